import PolylogueModel
import PolylogueParsing

/// One conversation of the activity: makes messages of its turns.
struct TakeoutThread {
  private let native: String
  private let isInferred: Bool
  /// How often each id was given.
  private var repeats: [String: Int] = [:]
  /// What was said at each moment: Takeouts list some entries twice.
  private var said: Set<ExactID> = []
  private var last: String?
  private var title: String?
  private var span: (first: Timestamp, last: Timestamp)?
  private var address: String?

  init(native: String, isInferred: Bool) {
    self.native = native
    self.isInferred = isInferred
  }

  /// Whether something was asked or answered.
  static func isTurn(_ entry: TakeoutEntry) -> Bool {
    entry.request != nil || !entry.answer.isEmpty || !entry.images.isEmpty
      || entry.action.isPrompt
  }

  /// What an entry is called in ids: its second, which JSON and HTML both tell.
  static func name(of entry: TakeoutEntry) -> String {
    guard let time = entry.time else {
      return StableHash.identifier([entry.title, entry.request ?? "", entry.answer])
    }
    let second = time.microseconds - (time.microseconds % 1_000_000 + 1_000_000) % 1_000_000
    return Timestamp(microseconds: second).iso
  }

  /// Everything but the messages; nil when there are none.
  var header: ConversationHeader? {
    guard last != nil else { return nil }
    var object = MetadataObject()
    object.add("threading", isInferred ? "inferred" : "address")
    object.add("url", address)
    return ConversationHeader(
      id: ConversationID(provider: .geminiApps, native: native), title: title,
      createdAt: span?.first, updatedAt: span?.last, metadata: object.json)
  }

  /// The messages of the next entry, in the order of time.
  ///
  /// - Parameter member: The label of a file that lies beside the activity.
  mutating func messages(of entry: TakeoutEntry, member: (String) -> String?) -> [Message] {
    let base = TakeoutThread.name(of: entry)
    let content = StableHash.identifier([base, entry.title, entry.request ?? "", entry.answer])
    guard said.insert(ExactID(content)).inserted else { return [] }
    let title = entry.action
    let isTurn = TakeoutThread.isTurn(entry)
    let prompt = entry.request ?? (title.isPrompt || isTurn ? title.text : entry.title)
    var metadata = MetadataObject()
    if entry.request != nil || title.verb == .guessed { metadata.add("activity", entry.title) }
    metadata.add("time", entry.timeText)
    if !entry.notes.isEmpty {
      metadata.add(
        "notes", json: "[" + entry.notes.map(JSONWriter.quoted).joined(separator: ",") + "]")
    }
    metadata.add("url", isInferred ? entry.url : nil)
    var found: [Message] = []
    if !isTurn {
      found.append(
        message(
          "event", of: base, role: .user, text: prompt, at: entry.time, metadata: metadata.json))
      found[0].kind = .notice
    } else {
      if !prompt.isEmpty || !entry.files.isEmpty {
        var message = message(
          "prompt", of: base, role: .user, text: prompt, at: entry.time, metadata: metadata.json)
        message.attachments = TakeoutThread.attachments(entry.files, member: member)
        message.blocks += message.attachments.map { .attachment(id: $0.id) }
        found.append(message)
      }
      if !entry.answer.isEmpty || !entry.images.isEmpty {
        var message = message(
          "answer", of: base, role: .assistant, text: entry.answer, at: entry.time, metadata: nil)
        message.attachments = TakeoutThread.attachments(entry.images, member: member)
        message.blocks += message.attachments.map { .attachment(id: $0.id) }
        message.blocks += entry.citations.map { .citation($0) }
        found.append(message)
      }
      if self.title == nil { self.title = ConversationTitle.fromPrompt(prompt) }
    }
    note(entry)
    return found
  }

  private mutating func message(
    _ part: String, of base: String, role: Role, text: String, at time: Timestamp?,
    metadata: String?
  ) -> Message {
    let name = "\(base)/\(part)"
    let number = repeats[name, default: 0] + 1
    repeats[name] = number
    let id = number == 1 ? name : "\(base)-\(number)/\(part)"
    let message = Message(
      id: id, parentID: last, role: role, timestamp: time,
      blocks: text.isEmpty ? [] : [.text(text)],
      metadata: metadata)
    last = id
    return message
  }

  private mutating func note(_ entry: TakeoutEntry) {
    if !isInferred { address = address ?? entry.url }
    guard let time = entry.time else { return }
    span = (min(span?.first ?? time, time), max(span?.last ?? time, time))
  }

  private static func attachments(
    _ names: [String], member: (String) -> String?
  ) -> [Attachment] {
    var seen: Set<ExactID> = []
    return names.filter { seen.insert(ExactID($0)).inserted }.map {
      Attachment(id: $0, name: $0, member: member($0))
    }
  }
}
