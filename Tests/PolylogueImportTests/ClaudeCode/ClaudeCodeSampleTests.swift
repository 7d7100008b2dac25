import Foundation
import PolylogueImport
import PolylogueModel
import Testing

/// Real session files of several versions, counted against their manifest.
@Suite(.enabled(if: Samples.areThere, "set POLYLOGUE_SAMPLES to the folder of the samples"))
struct ClaudeCodeSampleTests {
  @Test(arguments: Samples.entries("claude-code").filter { $0.path.hasSuffix(".jsonl") })
  func `agrees with the manifest`(sample: Samples.Entry) throws {
    let text = try Samples.text(sample.path)
    let label = sample.path
    #expect(ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: label)))
    let result = try SessionImport.run(ClaudeCodeImporter(), [(label, text)])
    #expect(result.violations.isEmpty)
    let messages = result.conversations.flatMap(\.messages)
    print(
      sample.path,
      result.conversations.map {
        (
          $0.header.id.native, $0.header.title ?? "", $0.messages.count,
          $0.messages.filter { !$0.isActive }.count, $0.header.metadata ?? "",
          $0.header.lineage?.origin ?? "-"
        )
      })
    for t in result.receipt.tallies {
      print("   ", t.kind, t.seen, t.understood, t.skipped, t.unknown, t.reason ?? "")
    }
    let blocks = messages.flatMap(\.blocks)
    var calls = 0, results = 0, thinking = 0
    for block in blocks {
      switch block {
      case .toolCall: calls += 1
      case .toolResult: results += 1
      case .thinking: thinking += 1
      default: break
      }
    }
    #expect(calls == sample.counts["tool"] ?? 0)
    #expect(results == sample.counts["res"] ?? 0)
    #expect(thinking == sample.counts["think"] ?? 0)
  }
}
