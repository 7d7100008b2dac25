import PolylogueModel
import PolylogueParsing

/// The rollouts that arrived together.
final class CodexExport: Export {
  private let members: (any ExportMembers)?
  private var names: [String: String]?
  private var rollouts: Set<String>?

  init(_ members: (any ExportMembers)?) {
    self.members = members
  }

  func parser(for label: String) -> any RecordParser {
    CodexParser(label: label, export: self)
  }

  /// The name that `session_index.jsonl` gives a thread.
  func threadName(_ id: String) -> String? {
    if names == nil { names = readNames() }
    return names?[id]
  }

  /// Whether a thread's own rollout is among the files that arrived together.
  func hasRollout(_ id: String) -> Bool {
    if rollouts == nil {
      rollouts = Set((members?.labels(under: "") ?? []).compactMap(CodexExport.threadID))
    }
    return rollouts?.contains(id) == true
  }

  /// The UUID at the end of a rollout's name.
  static func threadID(of label: String) -> String? {
    guard var name = label.split(separator: "/").last, name.hasPrefix("rollout-") else {
      return nil
    }
    for suffix in [".zst", ".jsonl", ".json"] where name.hasSuffix(suffix) {
      name = name.dropLast(suffix.utf8.count)
    }
    let id = String(name.suffix(36))
    return RecordKey(id).isUUID ? id : nil
  }

  private func readNames() -> [String: String] {
    var names: [String: String] = [:]
    guard let members,
      let label = members.labels(under: "").first(where: {
        $0 == "session_index.jsonl" || $0.hasSuffix("/session_index.jsonl")
      }), let bytes = members.bytes(of: label)
    else { return names }
    var reader = JSONReader()
    for line in bytes.split(separator: 10) {
      guard let value = try? reader.parse(Array(line)), let id = value["id"]?.text,
        let name = value["thread_name"]?.string, !name.isEmpty
      else { continue }
      // The last line of an id counts.
      names[id] = name
    }
    return names
  }
}
