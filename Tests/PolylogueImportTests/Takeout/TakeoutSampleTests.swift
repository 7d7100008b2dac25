import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

@Suite(.enabled(if: SampleManifest.isPresent, "no folder of samples (POLYLOGUE_SAMPLES)"))
struct TakeoutSampleTests {
  static let files = SampleManifest.entries("takeout")

  @Test(arguments: files)
  func `real activity has the counts of the manifest`(sample: SampleManifest.Entry) throws {
    let text = String(decoding: try sample.bytes, as: UTF8.self)
    let export = try WebExport([(sample.path, text)]).run(TakeoutImporter())
    let kinds = ["turn", "event of the app", "entry of Search", "entry of YouTube"]
    let seen = kinds.map { export.tally($0)?.seen ?? 0 }
    #expect(seen.reduce(0, +) == sample.figure("entries"))
    #expect(export.conversations.isEmpty == sample.path.contains("NEGATIVE"))
    #expect((export.receipt.lost > 0) == sample.path.contains("NEGATIVE"))
  }

  @Test
  func `the turns of one address are one conversation, the others are marked as inferred`() throws {
    let sample = try #require(
      TakeoutSampleTests.files.first { $0.path.contains("panchat-gemini") })
    let text = String(decoding: try sample.bytes, as: UTF8.self)
    let export = try WebExport([(sample.path, text)]).run(TakeoutImporter())
    let thread = try #require(
      export.conversations.first { $0.header.id.native == "invented-thread-1" })
    #expect(thread.messages.map(\.role) == [.user, .assistant, .user, .assistant])
    #expect(thread.messages[0].text == "Explain the first half of the made-up thing")
    #expect(thread.messages[0].attachments.map(\.name) == ["invented-notes.pdf"])
    #expect(
      thread.messages[1].text == "The first half does not exist.\n\n- Nor does this list item.")
    #expect(thread.messages[3].text == "The second half is **likewise invented**.")
    let others = export.conversations.filter { $0.header.id != thread.header.id }
    #expect(others.allSatisfy { $0.header.metadata?.contains(#""threading":"inferred""#) == true })
    #expect(others.contains { $0.messages.first?.text == "これは作り話です" })
  }
}
