import PolylogueModel
import PolylogueParsing

/// One session in the course of being read.
///
/// A session file is a log: a later record of the same id replaces the earlier one, `$rewindTo`
/// takes turns back, and `$set.messages` brings the list in line with what the model is given. So
/// records are kept until the end, and only the last state of each becomes messages. What was taken
/// back stays, as a branch.
final class GeminiCLISession {
  /// The most bytes of records that are kept; then those that no longer change are handed over.
  static let heldByteLimit: Int64 = 64 << 20
  /// What a record that is kept takes besides its own bytes, in bytes.
  private static let recordOverhead: Int64 = 6 << 10
  /// How often notices are carried over by lists of messages. A hostile file could otherwise have
  /// all of its notices walked through for each of its lists; what is beyond stays as a branch.
  private static let noticeBudget = 1 << 22

  /// A record of the session.
  private struct Entry {
    var id: String
    /// nil once it was handed over.
    var value: JSONValue?
    var offset: Int64
    var type: String?
    /// The record it follows where it is off the path; -1 for none.
    var branchParent = -1
    /// Its place on the path; -1 off the path.
    var position = -1
    /// The ids of its messages once they were handed over.
    var messageIDs: [String]?
  }

  let id: String
  var header: GeminiCLIHeader
  private var entries: [Entry] = []
  private var places: [ExactID: Int] = [:]
  /// The records of the conversation as it stands, in order.
  private var path: [Int] = []
  private var occurrences: [ExactID: Int] = [:]
  private var heldByteCount: Int64 = 0
  private var noticesLeft = GeminiCLISession.noticeBudget

  init(id: String, header: GeminiCLIHeader) {
    self.id = id
    self.header = header
  }

  var isEmpty: Bool { entries.isEmpty }

  // MARK: Records

  /// Adds a message, or replaces the one of this id.
  func add(_ value: JSONValue, at offset: Int64, byteCount: Int64, receipt: inout Receipt) {
    let place = place(of: value, at: offset, counting: &occurrences, receipt: &receipt)
    heldByteCount += byteCount + GeminiCLISession.recordOverhead
    // What was taken back and is written again goes on from the end.
    if entries[place].position < 0 { append(place) }
  }

  /// Takes back a prompt and what follows it.
  ///
  /// Gemini CLI goes back to before the prompt it names. What is no prompt is kept: it was asked to
  /// go on from there.
  ///
  /// - Returns: Whether there is such a message.
  func rewind(to id: String) -> Bool {
    guard let entry = places[ExactID(id)], entries[entry].position >= 0 else { return false }
    let isPrompt = entries[entry].type == "user"
    cut(to: entries[entry].position + (isPrompt ? 0 : 1))
    return true
  }

  /// Brings the messages in line with a list: that of a session written whole, or what the model is
  /// given from now on.
  ///
  /// What stands before the first message that both have stays: a summary has taken its place for
  /// the model, not for the reader. Notices, which the model is never given, stay too.
  ///
  /// - Complexity: O(the list, and what stands behind the first message that both have).
  func apply(_ list: JSONValue, at offset: Int64, byteCount: Int64, receipt: inout Receipt) {
    var listed: [Int] = []
    var seen: Set<Int> = []
    // A list says again what was said before, also where that has no ids.
    var counts: [ExactID: Int] = [:]
    for value in list.elements {
      guard value.kind == .object else {
        receipt.unknown("message", because: "not an object", at: offset)
        continue
      }
      let place = place(of: value, at: offset, counting: &counts, receipt: &receipt)
      if seen.insert(place).inserted { listed.append(place) }
    }
    occurrences.merge(counts) { max($0, $1) }
    heldByteCount += byteCount + GeminiCLISession.recordOverhead
    var noticesAfter: [Int: [Int]] = [:]
    if let first = listed.lazy.map({ self.entries[$0].position }).filter({ $0 >= 0 }).min() {
      var last = -1
      for entry in path[first...] {
        if seen.contains(entry) {
          last = entry
        } else if isNotice(entry), noticesLeft > 0 {
          noticesLeft -= 1
          noticesAfter[last, default: []].append(entry)
        }
      }
      cut(to: first)
    }
    for entry in listed {
      append(entry)
      for notice in noticesAfter[entry] ?? [] { append(notice) }
    }
  }

  private func isNotice(_ entry: Int) -> Bool {
    switch entries[entry].type {
    case "info", "warning", "error": true
    default: false
    }
  }

  /// The place of a record, kept anew.
  private func place(
    of value: JSONValue, at offset: Int64, counting counts: inout [ExactID: Int],
    receipt: inout Receipt
  ) -> Int {
    if let time = value["timestamp"]?.timestamp { header.note(time) }
    let stated = value["id"]?.text ?? ""
    let id = stated.isEmpty ? derivedID(value, counting: &counts) : stated
    if let known = places[ExactID(id)] {
      receipt.skipped(
        value["type"]?.string ?? "message", because: "written again later",
        at: entries[known].offset)
      entries[known].value = value
      entries[known].offset = offset
      return known
    }
    places[ExactID(id)] = entries.count
    entries.append(Entry(id: id, value: value, offset: offset, type: value["type"]?.string))
    return entries.count - 1
  }

  /// An id for a record without one: what it says, and how often that was said before.
  private func derivedID(_ value: JSONValue, counting counts: inout [ExactID: Int]) -> String {
    let id = StableHash.identifier([
      value["type"]?.string ?? "", value["timestamp"]?.text ?? "",
      (value["content"] ?? value["parts"])?.json ?? "",
    ])
    let count = counts[ExactID(id), default: 0]
    counts[ExactID(id)] = count + 1
    return count == 0 ? "m-\(id)" : "m-\(id)-\(count)"
  }

  private func append(_ entry: Int) {
    entries[entry].position = path.count
    path.append(entry)
  }

  /// Takes the end of the conversation off. What is left out hangs where it hung.
  private func cut(to count: Int) {
    while path.count > count {
      let entry = path.removeLast()
      entries[entry].branchParent = path.last ?? -1
      entries[entry].position = -1
    }
  }

  // MARK: Handing over

  /// Hands over what is not likely to change any more, when too much is kept.
  func spill(into sink: any ConversationSink) throws {
    guard heldByteCount > GeminiCLISession.heldByteLimit else { return }
    try handOver(all: false, into: sink)
    heldByteCount = 0
  }

  /// Hands over all that is left, and completes the conversation.
  func finish(label: String, export: GeminiCLIExport, into sink: any ConversationSink) throws {
    guard !entries.isEmpty else {
      sink.receipt.warn("a session without messages")
      return
    }
    try handOver(all: true, into: sink)
    var inactive: Set<String> = []
    for entry in entries where entry.position < 0 {
      inactive.formUnion(entry.messageIDs ?? [])
    }
    try sink.finish(
      header.header(session: id, label: label, export: export), inactive: inactive)
  }

  private func handOver(all: Bool, into sink: any ConversationSink) throws {
    var parents = entries.map(\.branchParent)
    var before = -1
    for entry in path {
      parents[entry] = before
      before = entry
    }
    // Records stand in the order in which they were first written.
    let tree = MessageTree(parents: parents) { _, siblings in siblings.sort() }
    let answered = answeredCalls()
    let conversation = ConversationID(provider: .geminiCLI, native: header.native(session: id))
    // The id that a follower of each record hangs on; nil at a root, absent where not handed over.
    var ends = [String??](repeating: nil, count: entries.count)
    for node in tree.order {
      let parent = tree.parents[node]
      guard let start = parent < 0 ? .some(String?.none) : ends[parent] else { continue }
      if !all, node == path.last { continue }
      if let value = entries[node].value {
        var messages = GeminiCLIMessages(
          value, id: entries[node].id, answered: answered, receipt: &sink.receipt,
          at: entries[node].offset
        ).list
        if !messages.isEmpty { messages[0].parentID = start }
        for index in messages.indices {
          messages[index].isActive = entries[node].position >= 0
          header.note(messages[index])
          try sink.add(messages[index], to: conversation)
        }
        entries[node].messageIDs = messages.map(\.id)
        entries[node].value = nil
      }
      ends[node] = .some(entries[node].messageIDs?.last ?? start)
    }
  }

  /// The calls that have their result beside them.
  private func answeredCalls() -> Set<ExactID> {
    var found: Set<ExactID> = []
    for entry in entries {
      guard let calls = entry.value?["toolCalls"] else { continue }
      for call in calls.elements where call["result"] != nil || call["resultDisplay"] != nil {
        if let id = call["id"]?.text, !id.isEmpty { found.insert(ExactID(id)) }
      }
    }
    return found
  }
}
