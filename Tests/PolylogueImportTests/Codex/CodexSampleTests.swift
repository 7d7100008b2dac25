import PolylogueImport
import PolylogueModel
import Testing

/// Real rollouts of several versions, counted against their manifest.
@Suite(.enabled(if: Samples.areThere, "set POLYLOGUE_SAMPLES to the folder of the samples"))
struct CodexSampleTests {
  @Test(arguments: Samples.entries("codex"))
  func `agrees with the manifest`(sample: Samples.Entry) throws {
    let text = try Samples.text(sample.path)
    #expect(CodexImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    #expect(!ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    let result = try SessionImport.run(CodexImporter(), [(sample.path, text)])
    #expect(result.violations.isEmpty)
    print(
      sample.path,
      result.conversations.map {
        (
          $0.header.id.native, $0.header.title ?? "", $0.messages.count,
          $0.messages.filter { !$0.isActive }.count, $0.header.metadata ?? "",
          $0.header.lineage?.parent ?? "-"
        )
      })
    for t in result.receipt.tallies {
      print("   ", t.kind, t.seen, t.understood, t.skipped, t.unknown, t.reason ?? "")
    }
    for m in result.conversations.flatMap(\.messages).prefix(14) {
      print("      ", m.id, m.role, m.kind, m.outline.map { $0.prefix(60) }, m.usage?.output ?? -1)
    }
  }
}
