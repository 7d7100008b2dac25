import Foundation

/// The real exports that lie beside the repository, and what is known to be in them.
///
/// The folder is named by `POLYLOGUE_SAMPLES`, else it is `../shared/samples`. It is no part of the
/// repository: without it, the tests that need it are skipped and say so.
struct SampleManifest {
  /// One sample.
  struct Entry: CustomStringConvertible {
    var path: String
    /// The figures of the manifest, by name.
    var figures: [String: String]

    var description: String { path }

    /// A figure; 0 where the manifest leaves it out.
    func figure(_ name: String) -> Int { Int(figures[name] ?? "0") ?? -1 }

    /// A figure inside a list such as `types=text:3,code:1`.
    func figure(_ list: String, _ name: String) -> Int {
      for item in (figures[list] ?? "").split(separator: ",") where item.hasPrefix(name + ":") {
        return Int(item.dropFirst(name.count + 1)) ?? -1
      }
      return 0
    }

    /// The sample's bytes.
    var bytes: [UInt8] {
      get throws { Array(try Data(contentsOf: SampleManifest.folder.appending(path: path))) }
    }
  }

  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["POLYLOGUE_SAMPLES"] {
      return URL(filePath: path)
    }
    return URL(filePath: FileManager.default.currentDirectoryPath)
      .appending(path: "../shared/samples").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(
    atPath: folder.appending(path: "MANIFEST.tsv").path)

  /// The samples of a format whose name ends so; none when there is no manifest.
  static func entries(_ format: String, suffix: String = ".json") -> [Entry] {
    guard
      let text = try? String(contentsOf: folder.appending(path: "MANIFEST.tsv"), encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count > 7, columns[0] == format, columns[1].hasSuffix(suffix) else {
        return nil
      }
      var figures: [String: String] = [:]
      for item in columns[7].split(separator: " ") {
        let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { figures[parts[0]] = parts[1] }
      }
      return Entry(path: columns[1], figures: figures)
    }
  }
}
