import PolylogueParsing

/// Pairs the tool calls of one message with their results.
///
/// Ids are often null. Then a call belongs to the next result of the same name that no id claims;
/// in interleaved content the result can even stand before its call.
struct ClaudeAIToolPairs {
  /// The id of the call or result at each position of the content; made from the message's id and
  /// the call's position where the export has none. Empty at results without a call.
  private(set) var ids: [Int: String] = [:]

  init(_ content: JSONValue, message: String) {
    var open = Queues()
    var orphans: [(position: Int, name: ExactID)] = []
    var answered: Set<ExactID> = []
    for block in content.elements where block["type"]?.string == "tool_result" {
      if let id = ClaudeAIToolPairs.text(block["tool_use_id"]) { answered.insert(ExactID(id)) }
    }
    for (position, block) in content.elements.enumerated() {
      let name = ExactID(block["name"]?.text ?? "")
      switch block["type"]?.string {
      case "tool_use":
        let id = ClaudeAIToolPairs.text(block["id"])
        ids[position] = id ?? "\(message)#\(position)"
        if let id, answered.contains(ExactID(id)) { continue }
        open.append(position, for: name)
      case "tool_result":
        if let id = ClaudeAIToolPairs.text(block["tool_use_id"]) {
          ids[position] = id
        } else if let call = open.takeFirst(for: name), let id = ids[call] {
          ids[position] = id
        } else {
          orphans.append((position, name))
        }
      default: break
      }
    }
    for orphan in orphans {
      guard let call = open.takeFirst(for: orphan.name), let id = ids[call] else { continue }
      ids[orphan.position] = id
    }
  }

  /// The calls that wait for a result, by name, in order.
  private struct Queues {
    private var positions: [ExactID: [Int]] = [:]
    private var taken: [ExactID: Int] = [:]

    mutating func append(_ position: Int, for name: ExactID) {
      positions[name, default: []].append(position)
    }

    mutating func takeFirst(for name: ExactID) -> Int? {
      let next = taken[name, default: 0]
      guard let waiting = positions[name], next < waiting.count else { return nil }
      taken[name] = next + 1
      return waiting[next]
    }
  }

  private static func text(_ value: JSONValue?) -> String? {
    value?.text.flatMap { $0.isEmpty ? nil : $0 }
  }
}
