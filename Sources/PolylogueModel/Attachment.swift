/// A file that belongs to a message.
public struct Attachment: Hashable, Sendable {
  /// Whether the bytes are at hand.
  public enum State: UInt8, Sendable {
    /// The export names the file and does not carry it.
    case missing = 0
    /// The bytes are in the archive.
    case stored = 1
    /// Only the extracted text is in the export.
    case textOnly = 2

    /// The name used in JSON.
    public var name: String {
      switch self {
      case .missing: "missing"
      case .stored: "stored"
      case .textOnly: "text_only"
      }
    }
  }

  /// Bytes that the archive has.
  public struct Stored: Hashable, Sendable {
    /// Their SHA-256 as lower-case hexadecimal digits.
    public var sha256: String
    /// How many they are.
    public var byteCount: Int64
    /// The import that brought them as a file of its own; nil when they stood in a record.
    public var importID: Int64?

    /// Describes stored bytes.
    public init(sha256: String, byteCount: Int64, importID: Int64? = nil) {
      self.sha256 = sha256
      self.byteCount = byteCount
      self.importID = importID
    }
  }

  /// The provider's id, or one made from position and name; unique within the message.
  public var id: String
  /// The file's name as its owner saw it.
  public var name: String?
  /// The media type, as stated.
  public var mediaType: String?
  /// The size in bytes, as stated.
  public var byteCount: Int64?
  /// Text that the provider extracted from the file.
  public var extractedText: String?
  /// The member of the same export (a label, never a path to open) that holds the bytes.
  public var member: String?
  /// Where the archive has the bytes; nil when it has none.
  public var stored: Stored?
  /// Bytes that stood inside the record itself, such as an inline image.
  public var inlineBytes: [UInt8]?

  /// Whether the bytes are at hand in the archive it was read from.
  public var state: State {
    stored != nil ? .stored : extractedText != nil ? .textOnly : .missing
  }

  /// Describes one attachment.
  public init(
    id: String, name: String? = nil, mediaType: String? = nil, byteCount: Int64? = nil,
    extractedText: String? = nil, member: String? = nil, inlineBytes: [UInt8]? = nil,
    stored: Stored? = nil
  ) {
    self.id = id
    self.name = name
    self.mediaType = mediaType
    self.byteCount = byteCount
    self.extractedText = extractedText
    self.member = member
    self.inlineBytes = inlineBytes
    self.stored = stored
  }
}
