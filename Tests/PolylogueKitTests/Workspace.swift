import Foundation
import PolylogueKit

/// A folder of its own with an archive in it, gone when the test is.
final class Workspace {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "polylogue-kit-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func archive(_ name: String = "archive", _ access: Archive.Access = .write) throws -> Archive {
    try Archive(path: path + "/" + name, access: access)
  }

  func write(_ name: String, _ bytes: Data) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try bytes.write(to: URL(fileURLWithPath: file))
    return file
  }

  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Data(text.utf8))
  }
}

/// The real exports that some tests read; set `POLYLOGUE_SAMPLES`, or put them beside the package.
enum Samples {
  static let root: String = {
    if let set = ProcessInfo.processInfo.environment["POLYLOGUE_SAMPLES"] { return set }
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder.deletingLastPathComponent().appendingPathComponent("shared/samples").path
  }()

  static var areThere: Bool {
    FileManager.default.fileExists(atPath: root + "/MANIFEST.tsv")
  }

  static let missing: String = "no samples: set POLYLOGUE_SAMPLES to their folder"

  /// All files of the providers that can be read, sorted.
  static func files() -> [String] {
    let formats = [
      "chatgpt", "claude-ai", "claude-code", "codex", "aistudio", "takeout", "gemini-cli",
    ]
    return formats.flatMap { provider -> [String] in
      let folder = root + "/" + provider
      let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
      return names.sorted().map { folder + "/" + $0 }.filter {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder)
          && !isFolder.boolValue
      }
    }
  }
}

extension Archive {
  /// The bytes of an import as `raw export` writes them.
  func rawBytes(_ importID: Int64) throws -> Data {
    var data = Data()
    try writeRaw(importID: importID) { data.append(contentsOf: $0) }
    return data
  }

  func canonical() throws -> String {
    var text = ""
    try exportCanonical { text += $0 + "\n" }
    return text
  }
}

/// A ChatGPT conversation as its export has it, with alternating messages.
func chatGPT(
  _ id: String, _ texts: [String], title: String? = nil, updated: Double = 1_700_000_100
) -> String {
  var nodes = ["\"root\":{\"id\":\"root\",\"message\":null,\"parent\":null,\"children\":[\"n0\"]}"]
  for (index, text) in texts.enumerated() {
    let parent = index == 0 ? "root" : "n\(index - 1)"
    let children = index + 1 < texts.count ? "\"n\(index + 1)\"" : ""
    let role = index.isMultiple(of: 2) ? "user" : "assistant"
    let quoted =
      "\""
      + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
        of: "\"", with: "\\\""
      ).replacingOccurrences(of: "\n", with: "\\n") + "\""
    nodes.append(
      """
      "n\(index)":{"id":"n\(index)","parent":"\(parent)","children":[\(children)],"message":{\
      "id":"n\(index)","author":{"role":"\(role)","name":null,"metadata":{}},\
      "create_time":\(1_700_000_000 + index),"content":{"content_type":"text","parts":[\(quoted)]},\
      "status":"finished_successfully","weight":1.0,"metadata":{},"recipient":"all"}}
      """)
  }
  return """
    {"id":"\(id)","conversation_id":"\(id)","title":"\(title ?? id)","create_time":1700000000,\
    "update_time":\(updated),"current_node":"n\(texts.count - 1)",\
    "mapping":{\(nodes.joined(separator: ","))}}
    """
}
