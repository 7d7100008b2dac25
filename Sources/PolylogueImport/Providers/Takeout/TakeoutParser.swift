import PolylogueModel
import PolylogueParsing

/// Collects the entries of one file, puts them in order and threads them.
///
/// The file has its newest entry first and no conversations: entries with the same address are one;
/// the others are one as long as no more than ``gap`` lies between them, which is marked as inferred.
final class TakeoutParser: RecordParser {
  /// The most bytes of entries that wait to be put in order; a longer file is threaded in parts.
  static let byteLimit = 64 << 20
  /// The time between two turns from which on they are taken for two conversations.
  static let gap: Int64 = 30 * 60 * 1_000_000

  private let member: (String) -> String?
  private var entries: [TakeoutEntry] = []
  private var byteCount = 0
  private var threads: [ExactID: TakeoutThread] = [:]
  private var order: [ExactID] = []
  private var others: [String: Int] = [:]
  private var count = 0

  /// - Parameter member: The label of the file of this name that lies beside; nil when there is
  ///   none.
  init(member: @escaping (String) -> String?) {
    self.member = member
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    guard let entry = TakeoutEntry(record.value, offset: record.offset) else {
      return sink.receipt.unknown(
        "entry", because: "it has neither a product nor a time", at: record.offset)
    }
    count += 1
    guard entry.isGemini else {
      let name = entry.product.prefix(40)
      others[String(name), default: 0] += 1
      return sink.receipt.skipped(
        "entry of \(name.isEmpty ? "no product" : name)", because: "another product's activity",
        at: record.offset)
    }
    note(driftOf: entry, into: sink)
    byteCount += entry.byteCount
    entries.append(entry)
    if byteCount > TakeoutParser.byteLimit { try thread(into: sink) }
  }

  /// Tells of a language that this version does not know; the entry is taken all the same.
  private func note(driftOf entry: TakeoutEntry, into sink: any ConversationSink) {
    if entry.time == nil {
      sink.receipt.unknownDetail(
        "date of the activity",
        because: "it is missing, or written in a way not known to this version", at: entry.offset)
    }
    if entry.request == nil, entry.action.verb != .known {
      sink.receipt.unknownDetail(
        "verb of the activity", because: "in a language not known to this version",
        at: entry.offset)
    }
  }

  func finish(into sink: any ConversationSink) throws {
    try thread(into: sink)
    var isEmpty = true
    for id in order {
      guard let thread = threads[id] else { continue }
      if let header = thread.header {
        isEmpty = false
        try sink.finish(header, inactive: [])
      }
    }
    // A file of nothing but other products' entries is not what was meant to be imported.
    if isEmpty, !others.isEmpty, count == others.values.reduce(0, +) {
      let names = others.sorted { $0.key < $1.key }.prefix(5).map { "\($0.key) × \($0.value)" }
      sink.receipt.unknown(
        "activity",
        because: "none of its entries is of Gemini Apps: " + names.joined(separator: ", "))
    }
    threads = [:]
    order = []
  }

  // MARK: Threads

  /// Puts what was collected in order and hands its messages over.
  private func thread(into sink: any ConversationSink) throws {
    let entries = chronological()
    self.entries = []
    byteCount = 0
    var inferred: [TakeoutEntry] = []
    var last: Timestamp?
    for entry in entries {
      if let native = entry.thread {
        try add([entry], to: native, isInferred: false, into: sink)
        continue
      }
      if let time = entry.time, let before = last,
        time.microseconds - before.microseconds >= TakeoutParser.gap
      {
        try add(inferred, into: sink)
        inferred = []
      }
      last = entry.time ?? last
      inferred.append(entry)
    }
    try add(inferred, into: sink)
  }

  /// The entries from the oldest to the newest; those of one moment, and those without a time, as
  /// they stand in the file.
  private func chronological() -> [TakeoutEntry] {
    var list = entries
    let times = list.compactMap(\.time)
    if let first = times.first, let last = times.last, first >= last { list.reverse() }
    var inherited: Timestamp?
    var keyed: [(time: Int64, place: Int)] = []
    for (place, entry) in list.enumerated() {
      inherited = entry.time ?? inherited
      keyed.append((inherited?.microseconds ?? Int64.min, place))
    }
    keyed.sort { $0.time != $1.time ? $0.time < $1.time : $0.place < $1.place }
    return keyed.map { list[$0.place] }
  }

  /// Adds entries without an address; events that surround no turn are left out.
  private func add(_ entries: [TakeoutEntry], into sink: any ConversationSink) throws {
    guard let first = entries.first(where: { TakeoutThread.isTurn($0) }) else {
      for entry in entries {
        sink.receipt.skipped(
          "event of the app", because: "nothing was asked or answered near it", at: entry.offset)
      }
      return
    }
    let name = "activity-" + TakeoutThread.name(of: first)
    var native = name
    var number = 1
    // Two conversations that begin in one second are told apart by their order.
    while threads[ExactID(native)] != nil {
      number += 1
      native = "\(name)-\(number)"
    }
    try add(entries, to: native, isInferred: true, into: sink)
  }

  private func add(
    _ entries: [TakeoutEntry], to native: String, isInferred: Bool, into sink: any ConversationSink
  ) throws {
    let key = ExactID(native)
    if threads[key] == nil {
      order.append(key)
      threads[key] = TakeoutThread(native: native, isInferred: isInferred)
    }
    for entry in entries {
      guard let messages = threads[key]?.messages(of: entry, member: member) else { continue }
      guard !messages.isEmpty else {
        sink.receipt.skipped("entry", because: "it says nothing new", at: entry.offset)
        continue
      }
      let id = ConversationID(provider: .geminiApps, native: native)
      for message in messages { try sink.add(message, to: id) }
      sink.receipt.understood(TakeoutThread.isTurn(entry) ? "turn" : "event of the app")
      if TakeoutThread.isTurn(entry), entry.answer.isEmpty {
        sink.receipt.skipped(
          "answer", because: "Google did not keep it", at: entry.offset)
      }
    }
  }
}
