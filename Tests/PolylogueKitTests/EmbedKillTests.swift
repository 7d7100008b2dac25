import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

@testable import PolylogueKit

@Suite struct `Killing what computes vectors` {
  /// The names of the texts whose vectors are committed.
  private func committed(_ folder: ArchiveFolder) throws -> Set<[UInt8]> {
    guard FileManager.default.fileExists(atPath: folder.vectorsPath) else { return [] }
    let vectors = try Connection(path: folder.vectorsPath, mode: .readOnly)
    guard try vectors.integer("PRAGMA user_version") == 1 else { return [] }
    let statement = try vectors.statement("SELECT hash FROM vector_passage")
    defer { statement.reset() }
    var names: Set<[UInt8]> = []
    while try statement.step() { names.insert(statement.bytes(0)) }
    return names
  }

  /// What a file of vectors says of messages and texts.
  private func passages(_ folder: ArchiveFolder) throws -> [String] {
    let vectors = try Connection(path: folder.vectorsPath, mode: .readOnly)
    let statement = try vectors.statement(
      "SELECT message, number, hex(hash) FROM vector_passage ORDER BY message, number")
    defer { statement.reset() }
    var lines: [String] = []
    while try statement.step() {
      lines.append("\(statement.int64(0)) \(statement.int64(1)) \(statement.string(2))")
    }
    return lines
  }

  private func lines(_ path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  /// Embeds an archive, writing each text that is computed to a log.
  private static func embed(_ path: String, log: String) throws -> EmbedReport {
    let model = HashedEmbedder()
    let descriptor = open(log, O_CREAT | O_WRONLY | O_APPEND, 0o600)
    defer { close(descriptor) }
    model.onGroup = { texts in
      let text = texts.joined(separator: "\n") + "\n"
      _ = text.withCString { write(descriptor, $0, strlen($0)) }
      usleep(8000)
    }
    return try Archive(path: path, access: .read).embed(with: model)
  }

  @Test func `loses nothing and repeats nothing that was committed`() async throws {
    let workspace = try Workspace()
    let conversations = (0..<40).map { number in
      chatGPT(
        "c\(number)", (0..<25).map { "text \($0 % 20) about topic \(number / 2) of the sea" })
    }
    let file = try workspace.write("a.json", "[\(conversations.joined(separator: ","))]")
    do {
      // Gone before its files are copied: closing a copy takes the locks of this process.
      let archive = try workspace.archive()
      #expect(try archive.importPaths([file]).messages.new == 1000)
      try archive.close()
    }
    let whole = workspace.path + "/whole"
    try FileManager.default.copyItem(atPath: workspace.path + "/archive", toPath: whole)
    let expected = try `Killing what computes vectors`.embed(whole, log: workspace.path + "/w.log")
    #expect(expected.vectors == 400)

    let path = workspace.path + "/archive"
    let log = workspace.path + "/log"
    let folder = ArchiveFolder(path: path)
    var done = 0
    for delay in [0, 3_000, 9_000, 14_000, 21_000, 33_000] {
      let known = try committed(folder)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, log = log as String, delay = delay as Int] in
        let thread = Thread {
          usleep(UInt32(delay))
          kill(getpid(), SIGKILL)
        }
        // The clock starts with the first group, so that every delay strikes within the work.
        let model = HashedEmbedder()
        let descriptor = open(log, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        model.onGroup = { texts in
          if model.groups.isEmpty { thread.start() }
          let text = texts.joined(separator: "\n") + "\n"
          _ = text.withCString { write(descriptor, $0, strlen($0)) }
          usleep(8000)
        }
        while true {
          _ = try Archive(path: path, access: .read).embed(with: model)
          usleep(1000)
        }
      }
      let texts = try lines(log)
      let repeated = texts[done...].filter { known.contains(TextHash(of: $0).bytes) }
      #expect(repeated.isEmpty)
      #expect(Set(texts[done...]).count == texts.count - done)
      done = texts.count
      #expect(try committed(folder).isSuperset(of: known))
    }
    let known = try committed(folder)
    let last = try `Killing what computes vectors`.embed(path, log: log)
    #expect(last.vectors == 400 - known.count)
    #expect(last.embedded + last.unchanged == 1000)
    #expect(try passages(folder) == passages(ArchiveFolder(path: whole)))
    let problems = try workspace.archive("archive", .read).verify(isDeep: false).problems
    #expect(problems == [])
  }
}
