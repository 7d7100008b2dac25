import Foundation
import PolylogueParsing
import Testing

@Suite struct FileSourceTests {
  /// A folder of the test's own, removed at its end.
  final class Folder {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "polylogue-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
      try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
      return path + "/" + name
    }
  }

  private func code(_ path: String) -> SourceError.Code? {
    do {
      _ = try FileSource(path: path)
      return nil
    } catch {
      return (error as? SourceError)?.code
    }
  }

  @Test func `a file is read and known again`() throws {
    let folder = try Folder()
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
    let path = try folder.write("a", content)
    let source = try FileSource(path: path)
    #expect(source.identity.byteCount == 3_000_000)
    #expect(try source.currentIdentity() == source.identity)
    var read: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 100_000)
    while case let count = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }),
      count > 0
    {
      read += buffer[..<count]
    }
    #expect(read == content)
    try source.seek(to: 2_999_999)
    #expect(try buffer.withUnsafeMutableBytes { try source.read(into: $0) } == 1)
    #expect(buffer[0] == content[2_999_999])
    try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: 10)
    #expect(try source.currentIdentity() != source.identity)
  }

  @Test func `what is no regular file is refused by name, without waiting`() throws {
    let folder = try Folder()
    let file = try folder.write("file", [1])
    #expect(code(file) == nil)
    #expect(code(folder.path + "/none") == .notFound)
    #expect(code(folder.path + "/file/below") == .notFound)
    #expect(code("") == .notFound)
    #expect(code(file + "\0x") == .notFound)
    #expect(code(folder.path) == .notRegular)
    #expect(code("/dev/null") == .notRegular)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: file)
    #expect(code(folder.path + "/link") == .symbolicLink)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/loop", withDestinationPath: folder.path + "/loop")
    #expect(code(folder.path + "/loop") == .symbolicLink)
    #expect(mkfifo(folder.path + "/fifo", 0o600) == 0)
    #expect(code(folder.path + "/fifo") == .notRegular)
  }

  @Test func `a file that may not be read is refused by name`() throws {
    let folder = try Folder()
    let path = try folder.write("secret", [1])
    #expect(chmod(path, 0) == 0)
    // The superuser may read it all the same.
    #expect(code(path) == (geteuid() == 0 ? nil : .notPermitted))
  }

  @Test func `a file whose name is no UTF-8 is read`() throws {
    let folder = try Folder()
    let name = Array((folder.path + "/bad").utf8) + [0xFF, 0xFE]
    let descriptor = open(name.map { CChar(bitPattern: $0) } + [0], O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    #expect(write(descriptor, "[]", 2) == 2)
    close(descriptor)
    let source = try FileSource(pathBytes: name, label: "bad")
    #expect(source.identity.byteCount == 2)
  }

  @Test func `a pipe is read to its end`() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    #expect(write(ends[1], "{\"a\":1}\n", 8) == 8)
    close(ends[1])
    var reader = RecordReader(
      source: DescriptorSource(descriptor: ends[0], label: "standard input"), label: "-")
    let piece = try #require(try reader.next())
    #expect(Array(piece.bytes) == Array("{\"a\":1}".utf8))
    close(ends[0])
  }
}
