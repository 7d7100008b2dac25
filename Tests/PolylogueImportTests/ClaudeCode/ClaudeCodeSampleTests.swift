import PolylogueImport
import PolylogueModel
import Testing

/// Real session files of several versions, counted against their manifest.
@Suite(.enabled(if: Samples.areThere, "set POLYLOGUE_SAMPLES to the folder of the samples"))
struct ClaudeCodeSampleTests {
  private static let sessions = Samples.entries("claude-code").filter {
    $0.path.hasSuffix(".jsonl")
  }

  /// Lines that the manifest counts as prompts, but whose message is broken on purpose.
  private static let broken = ["edge_cases.jsonl": 2]

  @Test(arguments: sessions)
  func `agrees with the manifest`(sample: Samples.Entry) throws {
    let text = try Samples.text(sample.path)
    #expect(ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    #expect(!CodexImporter().recognizes(try SessionImport.probe(text, label: sample.path)))
    let result = try SessionImport.run(ClaudeCodeImporter(), [(sample.path, text)])
    #expect(result.violations.isEmpty)

    let lines = ["user", "assistant"].compactMap { result.tally($0)?.seen }.reduce(0, +)
    let broken = Self.broken.first { sample.path.hasSuffix($0.key) }?.value ?? 0
    #expect(lines + broken == sample.counts["ua"])

    var counts = ["tool": 0, "res": 0, "think": 0, "img": 0]
    for block in result.conversations.flatMap(\.messages).flatMap(\.blocks) {
      switch block {
      case .toolCall: counts["tool", default: 0] += 1
      case .toolResult: counts["res", default: 0] += 1
      case .thinking: counts["think", default: 0] += 1
      case .attachment: counts["img", default: 0] += 1
      default: break
      }
    }
    // The manifest counts reasoning of which only the signature is left; there is nothing to read.
    counts["think", default: 0] += text.ranges(of: "\"thinking\":\"\"").count
    for (name, count) in counts { #expect(count == sample.counts[name] ?? 0, "\(name)") }

    let subagents = result.conversations.filter { $0.header.lineage?.kind == .subagent }
    #expect(subagents.isEmpty == (sample.counts["side"] == nil))
  }

  /// The manifest counts every line with several children; parallel tools, attachments and progress
  /// make most of them. Only two files hold prompts that were written anew.
  @Test(arguments: sessions)
  func `sees branches only where a prompt was written anew`(sample: Samples.Entry) throws {
    let result = try SessionImport.run(
      ClaudeCodeImporter(), [(sample.path, try Samples.text(sample.path))])
    let inactive = result.conversations.flatMap(\.messages).filter { !$0.isActive }.count
    let forks = ["dag_fork.jsonl": 5, "dag_within_fork.jsonl": 3]
    #expect(inactive == forks.first { sample.path.hasSuffix($0.key) }?.value ?? 0)
  }

  @Test func `reads every step of a growing session as a beginning of the next`() throws {
    let steps = Self.sessions.map(\.path).filter { $0.contains("entire-growing") }.sorted()
    #expect(steps.count == 5)
    var before: [Message] = []
    for step in steps {
      let result = try SessionImport.run(ClaudeCodeImporter(), [(step, try Samples.text(step))])
      #expect(result.conversations.count == 1)
      let messages = try #require(result.conversations.first).messages
      #expect(messages.count > before.count)
      for (old, new) in zip(before, messages) {
        #expect(old.id == new.id && old.parentID == new.parentID)
        #expect(new.blocks.starts(with: old.blocks))
      }
      before = messages
    }
  }

  @Test func `reads the document of a web session`() throws {
    let path = "claude-code/simonw-sample_session-web-api.json"
    let text = try Samples.text(path)
    #expect(ClaudeCodeImporter().recognizes(try SessionImport.probe(text, label: path)))
    let result = try SessionImport.run(ClaudeCodeImporter(), [(path, text)])
    let messages = try #require(result.conversations.first).messages
    #expect(
      messages.count == text.ranges(of: "\"type\": \"user\"").count
        + text.ranges(of: "\"type\": \"assistant\"").count)
  }
}
