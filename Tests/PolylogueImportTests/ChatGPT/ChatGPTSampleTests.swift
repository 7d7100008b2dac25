import Foundation
import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

@Suite(.enabled(if: SampleManifest.isPresent, "no folder of samples (POLYLOGUE_SAMPLES)"))
struct ChatGPTSampleTests {
  static let conversations = SampleManifest.entries("chatgpt").filter { $0.figures["conv"] != nil }

  @Test(arguments: conversations)
  func `a real export has the counts of the manifest`(sample: SampleManifest.Entry) throws {
    let text = String(decoding: try sample.bytes, as: UTF8.self)
    let export = try WebExport([("conversations.json", text)]).run(ChatGPTImporter())
    expect(export, agreesWith: sample)
  }

  @Test(arguments: SampleManifest.entries("chatgpt", suffix: ".zip"))
  func `a real ZIP has the counts of the manifest`(sample: SampleManifest.Entry) throws {
    let path = SampleManifest.folder.appending(path: sample.path).path
    let archive = try ZipArchive(file: try FileSource(path: path))
    let files = try archive.members.map { member in
      (member.label, String(decoding: try bytes(of: member, in: archive), as: UTF8.self))
    }
    for (label, text) in files where label != "chat.html" {
      let records = try WebExport.records(of: Array(text.utf8)).prefix(8)
      let probe = Probe(label: label, records: Array(records), framing: .array)
      #expect(ChatGPTImporter().recognizes(probe) == (label == "conversations.json"))
    }
    let export = try WebExport(files).run(ChatGPTImporter())
    expect(export, agreesWith: sample)
  }

  private func bytes(of member: ZipMember, in archive: ZipArchive) throws -> [UInt8] {
    let source = try archive.open(member)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  @Test
  func `a capture of a browser extension is the conversation inside it, with its files`() throws {
    let folder = SampleManifest.folder.appending(path: "chatgpt")
    func conversation(_ name: String) throws -> Conversation {
      let data = try Data(contentsOf: folder.appending(path: name))
      return try WebExport.conversation(ChatGPTImporter(), String(decoding: data, as: UTF8.self))
    }
    let capture = try conversation("polylogue-native-browser-capture-v1.json")
    let plain = try conversation("polylogue-native-conversation-v1.json")
    #expect(capture.header == plain.header)
    #expect(capture.messages.map(\.blocks) == plain.messages.map(\.blocks))
    let file = try #require(capture.messages.last?.attachments.first { $0.inlineBytes != nil })
    #expect(file.id == "sandbox:/mnt/data/fixture-result.zip")
    #expect(file.inlineBytes?.prefix(2) == [0x50, 0x4B])
    #expect(capture.messages.last?.attachments.count == plain.messages.last?.attachments.count)
  }

  @Test
  func `missing shards of a real manifest are named`() throws {
    let folder = SampleManifest.folder.appending(path: "chatgpt/panchat-sharded")
    let names = [
      "conversations-000.json", "export_manifest.json", "conversation_asset_file_names.json",
    ]
    let files = try names.map { name in
      (name, String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self))
    }
    let export = try WebExport(files).run(ChatGPTImporter())
    #expect(export.conversations.count == 1)
    #expect(
      export.receipt.missingMembers == ["conversations-001.json", "conversations-404.json"])
  }

  private func expect(_ export: WebExport, agreesWith sample: SampleManifest.Entry) {
    let messages = export.conversations.flatMap(\.messages)
    #expect(export.conversations.count == sample.figure("conv"))
    #expect(messages.count == sample.figure("msgs"))
    #expect(messages.count { $0.role == .tool } == sample.figure("tool"))
    #expect(messages.flatMap(\.calls).count == sample.figure("toolcall"))
    #expect(branchings(export) == sample.figure("branch"))
    // The manifest counts people's and models' messages that hold a string. It leaves out words
    // spoken aloud, which stand in objects.
    let spoken = sample.path.contains("panchat") ? 1 : 0
    #expect(messages.count { hasText($0) } == sample.figure("ua") + spoken)
    // The manifest counts a file again for each place that names it, and neither links to files
    // that the model made nor the pictures that its code drew.
    let repeated = sample.path.contains("panchat") ? 1 : 0
    let files = messages.filter { $0.author != "python" }.flatMap(\.attachments)
    let linked = files.count { $0.id.hasPrefix("sandbox:") }
    #expect(files.count - linked + repeated == sample.figure("att"))
    for model in Set(messages.compactMap(\.model)) {
      #expect(messages.count { $0.model == model } == sample.figure("models", model))
    }
    // Entries without a mapping are not conversations, and are named.
    let unknown = export.tally("conversation")?.unknown ?? 0
    #expect(unknown == sample.figure("nomap"))
    #expect(!export.receipt.tallies.contains { $0.unknown > 0 && $0.kind != "conversation" })
  }

  /// Nodes with several children; where the node has no message, its children are roots.
  private func branchings(_ export: WebExport) -> Int {
    export.conversations.reduce(0) { sum, conversation in
      let groups = Dictionary(grouping: conversation.messages) { $0.parentID ?? "" }
      return sum + groups.values.count { $0.count > 1 }
    }
  }

  private func hasText(_ message: Message) -> Bool {
    guard message.role == .user || message.role == .assistant, message.kind != .injected else {
      return false
    }
    return message.blocks.contains { block in
      let text: String
      switch block {
      case .text(let prose): text = prose
      case .thinking(let reasoning): text = reasoning
      case .code(_, let code): text = code
      case .toolCall(let call): text = call.input
      default: text = ""
      }
      return text.contains { !$0.isWhitespace }
    }
  }
}
