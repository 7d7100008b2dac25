import PolylogueModel
import PolylogueSearch
import PolylogueStore

/// The texts of a message that are given vectors.
///
/// These are messages that say something (``Message/isSubstantive``): their prose with code and
/// documents, then the texts of their files. Reasoning, tool calls and tools' output are left to the
/// words: they are most of an agent's session and seldom what a person remembers. The vector of a text
/// depends on that text alone; what stands around a message counts when hits are ranked.
enum PassageTexts {
  /// The most passages of a message, and of one file among them; what follows is found by its words.
  static let limit = 32
  static let fileLimit = 8

  /// The passages of a message as the archive has it, in order; none when it says nothing, is a copy, is
  /// gone, or lies in a file of cold storage that is not there.
  ///
  /// - Parameters:
  ///   - row: The message's row.
  ///   - feed: Reads the message.
  ///   - files: Reads the texts of its files.
  ///   - onAbsent: Told the number of the file of cold storage that it lies in.
  static func passages(
    ofMessage row: Int64, from feed: FeedReader, files: ConversationReader,
    onAbsent: (Int64) -> Void = { _ in }
  ) throws -> [String] {
    var found: [String] = []
    try feed.forEachEntry(first: row, last: row, onAbsent: { onAbsent($1) }) { entry in
      found = try passages(of: entry) {
        try files.attachmentTexts(message: row).map(\.text).filter { !$0.isEmpty }
      }
    }
    return found
  }

  /// The passages of a message, in order; none when it says nothing.
  ///
  /// - Parameters:
  ///   - entry: The message.
  ///   - files: The texts of its files; only asked for when it has some.
  static func passages(
    of entry: FeedReader.Entry, files: () throws -> [String]
  ) throws -> [String] {
    var message = Message(
      id: "", role: entry.role, kind: entry.kind,
      isHidden: entry.flags.contains(.hidden))
    try MessageBody.decode(entry.body, into: &message)
    let hasFiles = entry.flags.contains(.attachment)
    guard isWorthIt(message, hasFiles: hasFiles) else { return [] }
    let cutter = PassageCutter()
    var passages = cutter.passages(of: prose(of: message), atMost: limit)
    guard hasFiles else { return passages }
    for text in try files() {
      let room = min(fileLimit, limit - passages.count)
      guard room > 0 else { break }
      passages += cutter.passages(of: text, atMost: room)
    }
    return passages
  }

  /// Whether such a message may have passages, whatever it says: what is injected, a summary, or said by
  /// a tool has none.
  static func mayHave(role: Role, kind: MessageKind, isHidden: Bool) -> Bool {
    guard !isHidden else { return false }
    return kind == .command || (kind == .message && (role == .user || role == .assistant))
  }

  private static func isWorthIt(_ message: Message, hasFiles: Bool) -> Bool {
    guard hasFiles else { return message.isSubstantive }
    return message.kind == .message && !message.isHidden
      && (message.role == .user || message.role == .assistant)
  }

  private static func prose(of message: Message) -> String {
    let text = message.text
    guard message.kind == .command, let command = SlashCommand(tagged: text) else { return text }
    return command.arguments.isEmpty ? command.name : "\(command.name) \(command.arguments)"
  }
}

extension TextHash {
  /// The name of a text.
  init(of text: String) {
    var text = text
    self.init(text.withUTF8 { SHA256.hash(UnsafeRawBufferPointer($0)) })
  }
}
