import PolylogueModel
import PolylogueParsing

/// One export: what its files have in common.
final class ChatGPTExport: Export {
  let members: (any ExportMembers)?
  private var folders: [ExactID: ChatGPTFolder] = [:]

  init(members: (any ExportMembers)?) {
    self.members = members
  }

  func parser(for label: String) -> any RecordParser {
    ChatGPTParser(folder: folder(of: label))
  }

  /// The companions of a file. Exports stand nested in folders, and several can lie in one ZIP.
  private func folder(of label: String) -> ChatGPTFolder {
    let slash = label.utf8.lastIndex(of: UInt8(ascii: "/"))
    let path = slash.map { String(label[...$0]) } ?? ""
    if let known = folders[ExactID(path)] { return known }
    let folder = ChatGPTFolder(path: path, members: members)
    folders[ExactID(path)] = folder
    return folder
  }
}

/// The companions that lie beside the conversations, each read when it is first asked for.
final class ChatGPTFolder {
  /// What a person said about an answer.
  typealias Feedback = String

  let path: String
  let members: (any ExportMembers)?
  private(set) lazy var assets = ChatGPTAssets(path: path, members: members)
  private(set) lazy var feedback = readFeedback()
  private var hasChecked = false

  init(path: String, members: (any ExportMembers)?) {
    self.path = path
    self.members = members
  }

  /// A companion as JSON; nil when it is missing or not JSON.
  func companion(_ name: String) -> JSONValue? {
    guard let bytes = members?.bytes(of: path + name) else { return nil }
    var reader = JSONReader()
    return try? reader.parse(bytes)
  }

  /// Notes, once, conversation files that ought to be there and are not.
  func checkShards(_ receipt: inout Receipt) {
    guard !hasChecked, let members else { return }
    hasChecked = true
    let labels = members.labels(under: "").filter { $0.utf8.starts(with: path.utf8) }
    let present = Set(labels.map { ExactID(String($0.utf8.dropFirst(path.utf8.count)) ?? "") })
    var expected: [String] = []
    if let files = companion("export_manifest.json")?["logical_files"], files.count > 0 {
      for (_, file) in files.members {
        guard let names = file["files"] else { continue }
        expected += names.elements.compactMap { $0.text ?? $0["path"]?.text }
      }
    } else {
      expected = ChatGPTFolder.shards(upTo: present)
    }
    for name in expected where !present.contains(ExactID(name)) {
      receipt.missing(name)
    }
  }

  /// The shards that a row of `conversations-NNN.json` without gaps would have.
  private static func shards(upTo present: Set<ExactID>) -> [String] {
    var last = -1
    for name in present where name.string.hasPrefix("conversations-") {
      let rest = name.string.dropFirst("conversations-".count)
      guard rest.hasSuffix(".json"), rest.utf8.count == 8, let number = Int(rest.dropLast(5)) else {
        continue
      }
      last = Swift.max(last, number)
    }
    guard last >= 0 else { return [] }
    return (0...last).map { number in
      let digits = String(number)
      let zeros = String(repeating: "0", count: Swift.max(0, 3 - digits.utf8.count))
      return "conversations-\(zeros)\(digits).json"
    }
  }

  /// Feedback by message id, as JSON.
  private func readFeedback() -> [ExactID: Feedback] {
    guard let list = companion("message_feedback.json") else { return [:] }
    var found: [ExactID: Feedback] = [:]
    for entry in list.elements {
      // Old exports have no message_id; their id is the message's.
      guard let id = (entry["message_id"] ?? entry["id"])?.text else { continue }
      var object = MetadataObject()
      object.add("rating", entry["rating"])
      object.add("create_time", entry["create_time"])
      object.add("content", entry["content"])
      if let json = object.json { found[ExactID(id)] = json }
    }
    return found
  }
}
