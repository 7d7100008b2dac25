import Foundation

/// An archive of its own with the sample exports that the repository ships.
final class SampleArchive {
  let folder: TemporaryFolder
  let path: String
  /// The import's own run.
  let imported: ProgramRun

  /// The sample exports, one a provider.
  static let exports = ["chatgpt-export", "claude-export", "claude-code", "codex"].map {
    packageRoot + "/Demo/" + $0
  }

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/archive"
    imported = try ProgramRun(
      arguments: ["import", "--archive", path, "--json", "--"] + Self.exports)
  }

  /// Runs a command on the archive.
  func run(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun(arguments: ["--archive", path] + arguments)
  }

  /// The conversations that `list` tells, by title.
  func ids() throws -> [String: String] {
    let items = try run("list", "--all", "--json").document()["conversations"]
    var ids: [String: String] = [:]
    for item in items as? [[String: Any]] ?? [] {
      if let title = item["title"] as? String, let id = item["id"] as? String { ids[title] = id }
    }
    return ids
  }
}
