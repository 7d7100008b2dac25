import Glibc

/// A file or folder of a rendering that cannot be read or written.
public struct RenderError: Error, Sendable, CustomStringConvertible {
  /// What could not be done and why.
  public let description: String
  /// The system's error number.
  public let code: Int32

  init(_ action: String, _ path: String, _ code: Int32) {
    description = "\(action) \(VisibleText.oneLine(path)): \(String(cString: strerror(code)))"
    self.code = code
  }

  /// Another run is at work in the folder.
  init(busy path: String) {
    description =
      "another run is rendering into \(VisibleText.oneLine(path)); try again when it has ended,"
      + " or name another folder"
    code = EWOULDBLOCK
  }

  /// Something stands where a file should be written, and is not of an earlier run.
  init(foreign path: String) {
    description =
      "\(VisibleText.oneLine(path)) is not of an earlier rendering and stays as it is; name another"
      + " folder, or write over it with --force"
    code = EEXIST
  }
}
