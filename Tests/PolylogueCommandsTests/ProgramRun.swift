import Foundation
import PolylogueCommands

/// One run of the program inside the test's process.
struct ProgramRun {
  let status: ExitStatus
  let output: String
  let errors: String

  /// Runs a command line with an environment of its own.
  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(arguments: arguments, environment: environment)
  }

  init(arguments: [String], environment: [String: String] = [:]) throws {
    let out = try Capture()
    let err = try Capture()
    status = Program.run(
      arguments: arguments, environment: environment,
      standardOutput: out.handle.fileDescriptor, standardError: err.handle.fileDescriptor)
    output = try out.text()
    errors = try err.text()
  }

  /// The members of the document on standard output.
  func document() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return value as? [String: Any] ?? [:]
  }
}

/// A file that takes what the program writes.
private struct Capture {
  let path = NSTemporaryDirectory() + "capture-" + UUID().uuidString
  let handle: FileHandle

  init() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  func text() throws -> String {
    defer { try? FileManager.default.removeItem(atPath: path) }
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}

/// A folder that is removed when the value is.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "polylogue-commands-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ text: String, to name: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// The root of the package.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path
