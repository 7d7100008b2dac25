import PolylogueModel

/// Messages on their way out: named, chained, and held until their tokens are known.
///
/// Token counts come behind the answer they belong to, often behind the tools it called. So the
/// newest message of the model waits, and what comes behind it waits with it.
struct CodexOutbox {
  /// The most messages and bytes that wait.
  static let heldLimit = 500
  static let heldByteLimit = 8 << 20

  private var held: [Message] = []
  private var heldByteCount = 0
  /// All messages, by record and part; small, since a rollout may be longer than memory.
  private var places: [UInt32] = []
  /// Where turns begin, and the message each follows (-1 for none).
  private var turns: [(start: Int32, parent: Int32)] = []
  private var parent: Int32 = -1
  private var abandoned: [Range<Int>] = []

  /// How many messages there were.
  var count: Int { places.count }

  mutating func add(
    _ message: inout Message, place: Int, part: Int, isTurn: Bool, to id: ConversationID,
    into sink: any ConversationSink
  ) throws {
    let code = UInt32(truncatingIfNeeded: place << 1 | (part - 1))
    message.id = CodexOutbox.name(code)
    message.parentID = parent < 0 ? nil : CodexOutbox.name(places[Int(parent)])
    if isTurn { turns.append((Int32(truncatingIfNeeded: places.count), parent)) }
    parent = Int32(truncatingIfNeeded: places.count)
    places.append(code)
    let byteCount = message.blocks.reduce(64) { $0 + $1.textByteCount }
    if message.role == .assistant || held.isEmpty { try flush(to: id, into: sink) }
    held.append(message)
    heldByteCount += byteCount
    if held.count >= CodexOutbox.heldLimit || heldByteCount > CodexOutbox.heldByteLimit {
      try flush(to: id, into: sink)
    }
  }

  /// Gives the newest answer its tokens.
  ///
  /// - Returns: Whether there was one to take them.
  mutating func attach(_ usage: TokenUsage) -> Bool {
    guard let place = held.firstIndex(where: { $0.role == .assistant }) else { return false }
    if let before = held[place].usage {
      held[place].usage = before.adding(usage)
    } else {
      held[place].usage = usage
    }
    return true
  }

  /// Hands over what waits.
  mutating func flush(to id: ConversationID, into sink: any ConversationSink) throws {
    let waiting = held
    held = []
    heldByteCount = 0
    for message in waiting { try sink.add(message, to: id) }
  }

  /// Marks the newest turns as abandoned; what follows goes on from before them.
  mutating func rollBack(turns count: Int64) {
    guard count > 0, !turns.isEmpty else { return }
    let first = max(0, turns.count - Int(clamping: count))
    let turn = turns[first]
    turns.removeSubrange(first...)
    abandoned.append(Int(turn.start)..<places.count)
    parent = turn.parent
  }

  /// The ids of the messages in abandoned turns.
  var inactiveIDs: Set<String> {
    var ids: Set<String> = []
    for range in abandoned {
      for place in range { ids.insert(CodexOutbox.name(places[place])) }
    }
    return ids
  }

  private static func name(_ code: UInt32) -> String {
    code & 1 == 0 ? "r\(code >> 1)" : "r\(code >> 1)#2"
  }
}

extension TokenUsage {
  /// The sum, capped at the greatest number.
  fileprivate func adding(_ other: TokenUsage) -> TokenUsage {
    func sum(_ left: Int64, _ right: Int64) -> Int64 {
      let (value, overflows) = left.addingReportingOverflow(right)
      return overflows ? .max : value
    }
    return TokenUsage(
      input: sum(input, other.input), output: sum(output, other.output),
      cacheRead: sum(cacheRead, other.cacheRead), cacheWrite: sum(cacheWrite, other.cacheWrite),
      reasoning: sum(reasoning, other.reasoning))
  }
}

extension Block {
  /// About how many bytes of text it holds.
  fileprivate var textByteCount: Int {
    switch self {
    case .text(let text), .thinking(let text), .code(_, let text), .unknown(_, let text):
      text.utf8.count
    case .toolCall(let call): call.input.utf8.count
    case .toolResult(let result): result.output.utf8.count
    case .document(let document): document.content.utf8.count
    case .citation, .attachment: 64
    }
  }
}
