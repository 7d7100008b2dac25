import Glibc
import PolylogueRender

/// Reads the folder that `--templates` names.
enum TemplateFolder {
  private static let maximumBytes = 1 << 20

  /// - Throws: An error that names the folder, or the file and the line.
  static func read(_ path: String) throws -> PageTemplate {
    let page = try file("\(path)/page.html")
    let style = try file("\(path)/style.css")
    guard page != nil || style != nil else {
      throw CommandError("\(path) has neither page.html nor style.css")
    }
    do {
      return try PageTemplate(page: page, style: style, folder: path)
    } catch {
      throw CommandError(error.description)
    }
  }

  /// The text of a file; nil when there is none.
  private static func file(_ path: String) throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw CommandError("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= maximumBytes {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandError("cannot read \(path): \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<count])
    }
    throw CommandError("\(path) is larger than a template can be")
  }
}
