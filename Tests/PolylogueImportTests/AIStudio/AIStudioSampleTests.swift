import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

@Suite(.enabled(if: SampleManifest.isPresent, "no folder of samples (POLYLOGUE_SAMPLES)"))
struct AIStudioSampleTests {
  static let prompts = SampleManifest.entries("aistudio")

  @Test(arguments: prompts)
  func `a real prompt has the counts of the manifest`(sample: SampleManifest.Entry) throws {
    let text = String(decoding: try sample.bytes, as: UTF8.self)
    let export = try WebExport([(sample.path, text)]).run(AIStudioImporter())
    #expect(export.conversations.count == 1)
    let messages = export.conversations.flatMap(\.messages)
    let empty = export.tally("chunk")?.skipped ?? 0
    #expect((export.tally("chunk")?.understood ?? 0) + empty == sample.figure("chunks"))
    #expect(messages.count(where: { $0.role == .user }) == sample.figure("user"))
    #expect(messages.count(where: { !$0.thinking.isEmpty }) == sample.figure("think"))
    // The manifest counts chunks: a thought is a part of the answer it led to, and an empty chunk
    // is left out.
    let fromModel = messages.count(where: { $0.role != .user })
    #expect(fromModel == sample.figure("model") - sample.figure("think") - empty)
    // The manifest counts a video of YouTube as a file; it is a source.
    let videos = messages.flatMap(\.citations).count(where: {
      $0.url?.hasPrefix("https://www.youtube.com/") == true
    })
    #expect(messages.flatMap(\.attachments).count + videos == sample.figure("att"))
    #expect(export.receipt.unknownDetails == 0)
    #expect(export.receipt.lost == 0)
  }
}
