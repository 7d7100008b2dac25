import PolylogueModel
import PolylogueParsing

/// Turns the running token counts of a rollout into counts of single answers.
struct CodexUsage {
  private var total: Counts?

  private struct Counts: Equatable {
    var input: Int64 = 0
    var cached: Int64 = 0
    var written: Int64 = 0
    var output: Int64 = 0
    var reasoning: Int64 = 0

    init?(_ value: JSONValue?) {
      guard let value, value.kind == .object else { return nil }
      func count(_ field: JSONValue?) -> Int64 { max(0, field?.integer ?? 0) }
      input = count(value["input_tokens"])
      cached = count(value["cached_input_tokens"])
      written = count(value["cache_write_input_tokens"])
      output = count(value["output_tokens"])
      reasoning = count(value["reasoning_output_tokens"])
    }

    /// What was added since; nil when a count fell, since the totals began anew.
    func difference(from before: Counts) -> Counts? {
      guard input >= before.input, cached >= before.cached, output >= before.output,
        reasoning >= before.reasoning, written >= before.written
      else { return nil }
      var added = self
      added.input -= before.input
      added.cached -= before.cached
      added.written -= before.written
      added.output -= before.output
      added.reasoning -= before.reasoning
      return added
    }

    /// Cached tokens stand inside the input as Codex counts it; here they stand outside.
    var usage: TokenUsage {
      TokenUsage(
        input: max(0, input - min(input, cached) - min(max(0, input - cached), written)),
        output: output, cacheRead: cached, cacheWrite: written, reasoning: reasoning)
    }
  }

  /// The tokens of the newest answer; nil when the record only repeats what was counted.
  mutating func tokens(in info: JSONValue?) -> TokenUsage? {
    let newTotal = Counts(info?["total_token_usage"])
    let last = Counts(info?["last_token_usage"])
    guard let newTotal else { return last?.usage }
    defer { total = newTotal }
    guard newTotal != total else { return nil }
    if let last { return last.usage }
    guard let total else { return newTotal.usage }
    return (newTotal.difference(from: total) ?? newTotal).usage
  }
}
