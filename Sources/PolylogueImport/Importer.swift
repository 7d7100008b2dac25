public import PolylogueModel
public import PolylogueParsing

/// Everything that is known about one source: how to recognise its files and how to read them.
///
/// An importer is a value without state; what belongs to one export lives in the ``Export`` it
/// opens.
public protocol Importer: Sendable {
  /// The provider whose conversations it reads.
  var provider: Provider { get }

  /// The version of its parser. Raised whenever it understands more, so that archived bytes are
  /// read again.
  var version: Int { get }

  /// Whether each record is a whole conversation of its own, so that a record seen before need not
  /// be parsed again. False where a file is one conversation and its records are parts of it.
  var recordsAreIndependent: Bool { get }

  /// Whether a file, judged by its first records and not by its name, is this provider's.
  func recognizes(_ probe: Probe) -> Bool

  /// Whether a member of this provider's export, judged by its label, is a companion: read on
  /// demand through ``ExportMembers``, or kept only as bytes, and not a list of conversations.
  ///
  /// - Returns: what the member is (such as `asset registry`), or nil when the name says nothing.
  func companion(_ label: String) -> String?

  /// Opens an export, once for all the files in it.
  ///
  /// - Parameter members: The files that arrived together; nil for a file imported on its own.
  func open(_ members: (any ExportMembers)?) -> any Export
}

/// What ``Importer/companion(_:)`` calls the files that messages name.
public let attachmentCompanion = "attachment"

/// What is looked at to recognise a file.
public struct Probe {
  /// The label: a path inside the ZIP or folder. A hint, never a proof.
  public let label: String
  /// The first records of the file, at most eight.
  public let records: [JSONValue]
  /// How the file is framed.
  public let framing: RecordFraming

  /// Gathers what is known about a file.
  public init(label: String, records: [JSONValue], framing: RecordFraming) {
    self.label = label
    self.records = records
    self.framing = framing
  }
}

/// The files that arrived together with the one being read: the members of a ZIP or a folder.
///
/// Labels are `/`-separated paths below the root of the ZIP or folder; they are never opened as
/// paths by an importer.
public protocol ExportMembers: AnyObject {
  /// The labels below a folder (`""` is the root), in the order of the container, folders not
  /// included.
  func labels(under folder: String) -> [String]

  /// The bytes of a member.
  ///
  /// - Returns: nil when there is no such member, or it cannot be read, or it is longer than
  ///   `ParsingLimits.companionByteCount`.
  func bytes(of label: String) -> [UInt8]?

  /// A member's size in bytes, without reading it.
  ///
  /// - Returns: nil when there is no such member.
  func byteCount(of label: String) -> Int64?
}

/// One export being read.
public protocol Export: AnyObject {
  /// A parser for one of its files.
  func parser(for label: String) -> any RecordParser
}

/// Reads the records of one file in order.
public protocol RecordParser: AnyObject {
  /// Reads one record and hands over what is complete.
  ///
  /// - Throws: `RecordError` when the record cannot be understood; the file goes on with the next
  ///   one. Whatever the sink throws must be passed on.
  func consume(_ record: Record, into sink: any ConversationSink) throws

  /// Hands over what is still open at the end of the file.
  func finish(into sink: any ConversationSink) throws
}

/// One record of a file.
public struct Record {
  /// The parsed value. Valid as long as it is held.
  public let value: JSONValue
  /// Its position among the records of the file, from 0.
  public let index: Int
  /// The offset of its first byte in the file.
  public let offset: Int64

  /// Joins a value with its place.
  public init(value: JSONValue, index: Int, offset: Int64) {
    self.value = value
    self.index = index
    self.offset = offset
  }
}

/// Takes what a parser has understood.
///
/// Messages are handed over as soon as they are complete, so that a conversation longer than memory
/// can be read. A parent comes before its children.
public protocol ConversationSink: AnyObject {
  /// Announces a conversation whose messages follow, where its header is known ahead.
  ///
  /// A conversation too long to be held is written in parts; the header tells from the first part
  /// on whether it is older or poorer than what is there.
  func begin(_ header: ConversationHeader)

  /// Adds a message to a conversation. The conversation need not have been mentioned before.
  func add(_ message: Message, to conversation: ConversationID) throws

  /// Completes a conversation.
  ///
  /// - Parameters:
  ///   - header: Everything but the messages.
  ///   - inactive: Ids of messages off the active path, where that was not known when they were
  ///     added.
  func finish(_ header: ConversationHeader, inactive: Set<String>) throws

  /// Takes what somebody has added to a conversation in the archive that exported it; called before
  /// the conversation is completed.
  func add(_ userData: UserData, to conversation: ConversationID)

  /// What was seen, understood, skipped and not understood so far.
  var receipt: Receipt { get set }
}

extension ConversationSink {
  /// Takes no notice.
  public func begin(_ header: ConversationHeader) {}

  /// Takes no notice.
  public func add(_ userData: UserData, to conversation: ConversationID) {}

  /// Adds a whole conversation.
  public func add(_ conversation: Conversation) throws {
    begin(conversation.header)
    for message in conversation.messages { try add(message, to: conversation.header.id) }
    try finish(conversation.header, inactive: [])
  }
}

/// A record that cannot be understood.
public struct RecordError: Error, Sendable, CustomStringConvertible {
  /// What is wrong with it, without any of its text.
  public let reason: String

  /// States what is wrong.
  public init(_ reason: String) {
    self.reason = reason
  }

  /// What is wrong.
  public var description: String { reason }
}
