import PolylogueModel

/// Pairs events with the response items that say the same.
///
/// Which of the two comes first, and how far behind the other one follows, differs between versions
/// of Codex. An event waits for its item; an item remembers itself for its event.
struct CodexEventQueue {
  /// What events and items are paired by, besides their text.
  enum Kind: UInt64 {
    case prompt = 1
    case answer = 2
    case reasoning = 3
    case notice = 4
  }

  /// An event that no item has repeated yet.
  struct Event {
    var kind: Kind
    var hash: UInt64
    var place: Int
    var message: Message
  }

  private var waiting: [Event] = []
  /// Items whose events have not come, and events that went out before their items, by text.
  private var items: [UInt64: Int] = [:]
  private var emitted: [UInt64: Int] = [:]
  /// The newest unpaired item of each kind: its record and time.
  private var newest: [Kind: (place: Int, hash: UInt64, time: Timestamp?)] = [:]
  /// The most events that wait.
  private static let limit = 64
  /// The most texts remembered of a turn.
  private static let memory = 4096

  /// Puts an event in the queue, unless its item was there.
  ///
  /// - Returns: Whether it only repeats an item.
  mutating func add(_ event: Event) -> Bool {
    let key = CodexEventQueue.key(event.kind, event.hash)
    if CodexEventQueue.consume(key, &items) {
      newest[event.kind] = nil
      return true
    }
    if let last = newest[event.kind], last.place + 1 == event.place,
      CodexEventQueue.isSameMoment(last.time, event.message.timestamp)
    {
      // The same message, written down a little differently.
      _ = CodexEventQueue.consume(CodexEventQueue.key(event.kind, last.hash), &items)
      newest[event.kind] = nil
      return true
    }
    waiting.append(event)
    return false
  }

  /// Whether more events wait than should.
  var isFull: Bool { waiting.count >= CodexEventQueue.limit }

  /// What an item finds when it comes.
  enum Match {
    /// Its event went out already; the item is a repetition.
    case repetition
    /// Its event waits no longer; the message is named for the event's record.
    case event(place: Int)
    /// Nothing.
    case none
  }

  /// Pairs an item with its event.
  mutating func match(
    _ kind: Kind, hash: UInt64, place: Int, time: Timestamp?
  ) -> Match {
    let key = CodexEventQueue.key(kind, hash)
    if let found = waiting.firstIndex(where: { $0.kind == kind && $0.hash == hash })
      ?? waiting.firstIndex(where: {
        $0.kind == kind && $0.place + 1 == place
          && CodexEventQueue.isSameMoment($0.message.timestamp, time)
      })
    {
      return .event(place: waiting.remove(at: found).place)
    }
    if CodexEventQueue.consume(key, &emitted) { return .repetition }
    if items.count >= CodexEventQueue.memory { items = [:] }
    items[key, default: 0] += 1
    newest[kind] = (place, hash, time)
    return .none
  }

  /// Expects an event that repeats a part of an item, and drops one that waits.
  mutating func expectRepetition(_ kind: Kind, hash: UInt64) {
    if let found = waiting.firstIndex(where: { $0.kind == kind && $0.hash == hash }) {
      waiting.remove(at: found)
      return
    }
    if items.count >= CodexEventQueue.memory { items = [:] }
    items[CodexEventQueue.key(kind, hash), default: 0] += 1
  }

  /// Takes the waiting events out; with a kind only those that stand before an item of it.
  mutating func take(before kind: Kind?) -> [Event] {
    guard !waiting.isEmpty else { return [] }
    let taken: [Event]
    if let kind {
      // A prompt precedes everything, reasoning its answer; more is not sure.
      taken =
        waiting.filter { $0.kind.rawValue < kind.rawValue && $0.kind == .prompt }
        + waiting.filter { kind == .answer && $0.kind == .reasoning }
      waiting.removeAll { event in taken.contains { $0.place == event.place } }
    } else {
      taken = waiting
      waiting = []
    }
    for event in taken {
      if emitted.count >= CodexEventQueue.memory { emitted = [:] }
      emitted[CodexEventQueue.key(event.kind, event.hash), default: 0] += 1
    }
    return taken
  }

  /// Forgets the texts of the turns before.
  mutating func beginTurn() {
    items.removeAll(keepingCapacity: true)
    emitted.removeAll(keepingCapacity: true)
    newest = [:]
  }

  private static func key(_ kind: Kind, _ hash: UInt64) -> UInt64 {
    hash ^ kind.rawValue &* 0x9e37_79b9_7f4a_7c15
  }

  private static func consume(_ key: UInt64, _ counts: inout [UInt64: Int]) -> Bool {
    guard let count = counts[key] else { return false }
    counts[key] = count > 1 ? count - 1 : nil
    return true
  }

  private static func isSameMoment(_ one: Timestamp?, _ other: Timestamp?) -> Bool {
    guard let one, let other else { return false }
    let (gap, overflows) = one.microseconds.subtractingReportingOverflow(other.microseconds)
    return !overflows && gap.magnitude <= 100_000
  }
}
