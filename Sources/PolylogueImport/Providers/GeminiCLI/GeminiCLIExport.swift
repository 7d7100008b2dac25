import PolylogueModel
import PolylogueParsing

/// The files of Gemini CLI that arrived together.
final class GeminiCLIExport: Export {
  private let members: (any ExportMembers)?
  private lazy var labels = members?.labels(under: "") ?? []
  /// The folders of projects, by the SHA-256 of their path and by the short name that Gemini CLI
  /// gives them.
  private lazy var projects = readProjects()
  /// The beginnings of the ids of sessions that have a file.
  private lazy var sessions = Set(labels.compactMap(GeminiCLIExport.shortID).map(ExactID.init))

  init(_ members: (any ExportMembers)?) {
    self.members = members
  }

  func parser(for label: String) -> any RecordParser {
    GeminiCLIParser(label: label, export: self)
  }

  /// Whether a session has a file of its own among those that arrived together.
  func hasSession(_ id: String) -> Bool {
    sessions.contains(ExactID(String(decoding: id.utf8.prefix(8), as: UTF8.self)))
  }

  /// The folder that a session was held in, where a file beside it tells.
  ///
  /// - Parameters:
  ///   - hash: The SHA-256 of the folder's path, as the session states it.
  ///   - directories: Folders that the session names; its own is told by the hash.
  func project(hash: String?, label: String, directories: [String]) -> String? {
    if let hash {
      if let path = projects[ExactID(hash)] { return path }
      if let path = directories.first(where: { GeminiCLIExport.hash(of: $0) == hash }) {
        return path
      }
    }
    let folder = GeminiCLIExport.projectFolder(of: label)
    let name = folder.split(separator: "/").last
    return projects[ExactID(folder)] ?? name.flatMap { projects[ExactID(String($0))] }
  }

  /// The first eight bytes of the session's id, from `session-2026-01-31T10-20-b1fc1c13.json`.
  private static func shortID(_ label: String) -> String? {
    guard let name = label.split(separator: "/").last, name.hasPrefix("session-"),
      let dot = name.lastIndex(of: "."), [".json", ".jsonl"].contains(name[dot...]),
      let dash = name[..<dot].lastIndex(of: "-")
    else { return nil }
    return String(name[name.index(after: dash)..<dot])
  }

  /// The folder that Gemini CLI keeps for a project: what stands before `chats`, else the file's own.
  private static func projectFolder(of label: String) -> String {
    let parts = label.split(separator: "/")
    let end = parts.lastIndex(of: "chats") ?? max(0, parts.count - 1)
    return parts[..<end].joined(separator: "/")
  }

  private func readProjects() -> [ExactID: String] {
    var found: [ExactID: String] = [:]
    for label in labels {
      let parts = label.split(separator: "/")
      if parts.last == "projects.json", let bytes = members?.bytes(of: label) {
        var reader = JSONReader()
        guard let list = try? reader.parse(bytes) else { continue }
        for (path, name) in (list["projects"] ?? list).members where path.hasPrefix("/") {
          found[ExactID(GeminiCLIExport.hash(of: path))] = path
          if let name = name.string { found[ExactID(name)] = path }
        }
      } else if parts.last == ".project_root", let bytes = members?.bytes(of: label),
        bytes.count <= 4096
      {
        let path = String(decoding: bytes.split(separator: 10).first ?? [], as: UTF8.self)
        guard !path.isEmpty else { continue }
        found[ExactID(GeminiCLIExport.hash(of: path))] = path
        found[ExactID(parts.dropLast().joined(separator: "/"))] = path
      }
    }
    return found
  }

  /// SHA-256 of a path as lower-case hexadecimal digits, by which sessions name their project.
  static func hash(of path: String) -> String {
    ContentDigest(of: Array(path.utf8)).hex
  }
}
