import PolylogueImport
import PolylogueModel
import Testing

/// Real rollouts of several versions, counted against their manifest.
@Suite(.enabled(if: Samples.areThere, "set POLYLOGUE_SAMPLES to the folder of the samples"))
struct CodexSampleTests {
  /// The kinds of record behind the manifest's counts.
  private static let kinds: [String: [String]] = [
    "msg": ["message"], "reason": ["reasoning"], "meta": ["session_meta"],
    "compacted": ["compacted"], "fc": ["function_call", "custom_tool_call", "local_shell_call"],
    "out": ["function_call_output", "custom_tool_call_output", "local_shell_call_output"],
  ]

  @Test(arguments: Samples.entries("codex"))
  func `agrees with the manifest`(sample: Samples.Entry) throws {
    let text = try Samples.text(sample.path)
    #expect(CodexImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    #expect(!ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    let result = try SessionImport.run(CodexImporter(), [(sample.path, text)])
    #expect(result.violations.isEmpty)
    for (name, kinds) in Self.kinds {
      let seen = kinds.compactMap { result.tally($0)?.seen }.reduce(0, +)
      #expect(seen == sample.counts[name] ?? 0, "\(name)")
    }
    #expect(result.conversations.count <= 1)
    // A rollout without a message names that as a reason.
    #expect(result.conversations.isEmpty == !result.receipt.warnings.isEmpty)
  }

  /// In files whose text was blanked, an item and its event differ in their text as well.
  @Test(arguments: Samples.entries("codex").filter { $0.path.contains("localpush") })
  func `takes nothing twice from complete rollouts`(sample: Samples.Entry) throws {
    let result = try SessionImport.run(
      CodexImporter(), [(sample.path, try Samples.text(sample.path))])
    let messages = try #require(result.conversations.first).messages
    let prose = messages.filter { !$0.text.isEmpty }
    #expect(prose.count == sample.counts["msg"])
    let calls = messages.flatMap(\.blocks).filter { if case .toolCall = $0 { true } else { false } }
    // Searches of the web are no functions.
    let searches = result.tally("web_search_call")?.understood ?? 0
    #expect(calls.count == (sample.counts["fc"] ?? 0) + searches)
  }
}
