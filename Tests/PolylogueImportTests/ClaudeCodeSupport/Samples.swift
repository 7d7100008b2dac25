import Foundation
import Testing

/// Real session files with known counts; they are no part of the package.
///
/// Found in the folder that `POLYLOGUE_SAMPLES` names, else in `../shared/samples` beside the
/// package. Tests that need them are not run where they are missing.
enum Samples {
  /// A line of the manifest.
  struct Entry: Sendable, CustomTestStringConvertible {
    var path: String
    var counts: [String: Int]
    var text: String?

    var testDescription: String { path }
  }

  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["POLYLOGUE_SAMPLES"] {
      return URL(fileURLWithPath: path)
    }
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { package.deleteLastPathComponent() }
    return package.deletingLastPathComponent().appendingPathComponent("shared/samples")
  }()

  static var areThere: Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent("MANIFEST.tsv").path)
  }

  /// The text of a sample; bytes that are no UTF-8 are replaced.
  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(path)), as: UTF8.self)
  }

  /// The manifest's lines of a format, those of companion files left out.
  static func entries(_ format: String) -> [Entry] {
    guard
      let manifest = try? String(
        contentsOf: folder.appendingPathComponent("MANIFEST.tsv"), encoding: .utf8)
    else { return [] }
    return manifest.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count > 7, fields[0] == format else { return nil }
      let counts = fields[7].split(separator: " ").compactMap { item -> (String, Int)? in
        let pair = item.split(separator: "=")
        guard pair.count == 2, let number = Int(pair[1]) else { return nil }
        return (String(pair[0]), number)
      }
      return Entry(
        path: fields[1], counts: Dictionary(counts) { first, _ in first }, text: fields[7])
    }
  }
}
