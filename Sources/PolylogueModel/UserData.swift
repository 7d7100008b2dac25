/// What the user has added to a conversation. It hangs on the public id, and no import takes any of it
/// away; one of Polylogue's own form adds what it says.
public struct UserData: Hashable, Sendable {
  /// A note on one message.
  public struct MessageNote: Hashable, Sendable {
    /// The message's own id in the conversation.
    public var message: String
    /// The note.
    public var text: String

    /// A note on a message.
    public init(message: String, text: String) {
      self.message = message
      self.text = text
    }
  }

  /// The tags, each once, sorted by their bytes.
  public var tags: [String]
  /// Whether it is starred.
  public var isStarred: Bool
  /// The note on the conversation.
  public var note: String?
  /// The notes on its messages, sorted by the messages' ids.
  public var messageNotes: [MessageNote]

  /// What the user has added; nothing, unless told otherwise.
  public init(
    tags: [String] = [], isStarred: Bool = false, note: String? = nil,
    messageNotes: [MessageNote] = []
  ) {
    self.tags = tags
    self.isStarred = isStarred
    self.note = note
    self.messageNotes = messageNotes
  }

  /// Whether there is nothing.
  public var isEmpty: Bool {
    tags.isEmpty && !isStarred && note == nil && messageNotes.isEmpty
  }

  /// The most tags, and the most notes on messages, that an import adds to a conversation.
  public static let countLimit = 1000
  /// The most bytes of the id of a message that a note is taken for.
  public static let idLimit = 1024
  /// The most bytes of a tag.
  public static let tagLimit = 200
  /// The most bytes of a note.
  public static let noteLimit = 1 << 20

  /// A tag as it is kept: without the spaces around it.
  ///
  /// - Returns: nil for what makes no tag: nothing, more than ``tagLimit`` bytes, control characters.
  public static func tag(_ text: String) -> String? {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    var scalars = text.unicodeScalars[...].drop(while: isSpace)
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    let isSound = scalars.allSatisfy { $0.properties.generalCategory != .control }
    guard !scalars.isEmpty, isSound, scalars.utf8Count <= tagLimit else { return nil }
    return String(scalars)
  }

  /// What became of what another archive's user has added.
  package struct Joined: Sendable, Equatable {
    /// Tags, stars and notes that were not there.
    package var added = 0
    /// Notes that were not taken, because there is another one on the same thing.
    package var leftNotes = 0

    package init() {}

    package static func += (sum: inout Self, other: Self) {
      sum.added += other.added
      sum.leftNotes += other.leftNotes
    }
  }

  /// Adds what another archive's user has added. Nothing of the own goes or changes: where both have a
  /// note on the same thing, the own one stays.
  package mutating func join(_ other: UserData) -> Joined {
    var joined = Joined()
    let known = tags.count
    for tag in other.tags { add(tag: tag) }
    joined.added = tags.count - known
    if other.isStarred, !isStarred {
      isStarred = true
      joined.added += 1
    }
    func isFree(_ own: String?, for text: String) -> Bool {
      guard let own else {
        joined.added += 1
        return true
      }
      if !own.hasSameBytes(as: text) { joined.leftNotes += 1 }
      return false
    }
    if let text = other.note, isFree(note, for: text) { setNote(text) }
    for entry in other.messageNotes
    where isFree(note(onMessage: entry.message), for: entry.text) {
      setNote(entry.text, onMessage: entry.message)
    }
    return joined
  }

  /// Adds a tag, where it is not there yet.
  public mutating func add(tag: String) {
    guard !tags.contains(where: { $0.hasSameBytes(as: tag) }) else { return }
    tags.append(tag)
    tags.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Takes a tag away, where it is there.
  public mutating func remove(tag: String) {
    tags.removeAll { $0.hasSameBytes(as: tag) }
  }

  /// Sets the note on the conversation or on one of its messages; an empty text takes it away.
  public mutating func setNote(_ text: String?, onMessage message: String? = nil) {
    let text = text.flatMap { $0.isEmpty ? nil : $0 }
    guard let message else {
      note = text
      return
    }
    messageNotes.removeAll { $0.message.hasSameBytes(as: message) }
    guard let text else { return }
    messageNotes.append(MessageNote(message: message, text: text))
    messageNotes.sort { $0.message.utf8.lexicographicallyPrecedes($1.message.utf8) }
  }

  /// The note on a message; nil where there is none.
  public func note(onMessage message: String) -> String? {
    messageNotes.first { $0.message.hasSameBytes(as: message) }?.text
  }
}

extension Substring.UnicodeScalarView {
  fileprivate var utf8Count: Int { reduce(0) { $0 + UTF8.width($1) } }
}
