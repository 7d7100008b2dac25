import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

@Suite(.enabled(if: SampleManifest.isPresent, "no folder of samples (POLYLOGUE_SAMPLES)"))
struct ClaudeAISampleTests {
  static let conversations = SampleManifest.entries("claude-ai").filter {
    $0.figures["conv"] != nil
  }
  static let others = SampleManifest.entries("claude-ai").filter { $0.figures["conv"] == nil }

  @Test(arguments: conversations)
  func `a real export has the counts of the manifest`(sample: SampleManifest.Entry) throws {
    let text = String(decoding: try sample.bytes, as: UTF8.self)
    let export = try WebExport([("conversations.json", text)]).run(ClaudeAIImporter())
    let messages = export.conversations.flatMap(\.messages)
    #expect(export.conversations.count == sample.figure("conv"))
    #expect(messages.count == sample.figure("msgs"))
    #expect(messages.flatMap(\.attachments).count == sample.figure("att"))
    #expect(messages.flatMap(\.calls).count == sample.figure("blocks", "tool_use"))
    #expect(messages.flatMap(\.results).count == sample.figure("blocks", "tool_result"))
    // An element without chat_messages is not a conversation, and is named.
    #expect((export.tally("conversation")?.unknown ?? 0) == sample.figure("otheritems"))
    #expect(messages.allSatisfy { !$0.blocks.isEmpty || !$0.attachments.isEmpty })
  }

  @Test(arguments: others)
  func `real projects and memories are conversations of their own`(
    sample: SampleManifest.Entry
  ) throws {
    let bytes = try sample.bytes
    let probe = Probe(
      label: sample.path, records: try WebExport.records(of: bytes), framing: .array)
    #expect(ClaudeAIImporter().recognizes(probe))
    let text = String(decoding: bytes, as: UTF8.self)
    let export = try WebExport([(sample.path, text)]).run(ClaudeAIImporter())
    #expect(export.conversations.count == sample.figure("otheritems"))
    #expect(export.conversations.allSatisfy { $0.messages.count == 1 })
  }

  @Test(arguments: conversations)
  func `a real export is recognised, and not as another provider's`(
    sample: SampleManifest.Entry
  ) throws {
    let records = Array(try WebExport.records(of: sample.bytes).prefix(8))
    let probe = Probe(label: "data.json", records: records, framing: .array)
    #expect(ClaudeAIImporter().recognizes(probe))
    #expect(!ChatGPTImporter().recognizes(probe))
  }
}
