import PolylogueModel

/// What the archive knows about a message at a glance; stored in `message.flags`.
public struct MessageFlags: OptionSet, Hashable, Sendable {
  /// The stored bits.
  public let rawValue: Int64

  /// Flags from stored bits.
  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// It lies on the path last shown.
  public static let active = MessageFlags(rawValue: 1)
  /// The provider's interface hides it.
  public static let hidden = MessageFlags(rawValue: 2)
  /// The latest full export no longer has it.
  public static let vanished = MessageFlags(rawValue: 4)
  /// Files came with it.
  public static let attachment = MessageFlags(rawValue: 8)
  /// It holds code.
  public static let code = MessageFlags(rawValue: 16)
  /// It holds reasoning.
  public static let thinking = MessageFlags(rawValue: 32)
  /// It calls a tool or holds a tool's result.
  public static let tool = MessageFlags(rawValue: 64)
  /// Some message of the conversation lies off the active path. Only on conversations.
  public static let branch = MessageFlags(rawValue: 128)

  /// What follows from the content alone.
  public static let features: MessageFlags = [.attachment, .code, .thinking, .tool]
}

/// A message ready to be written: encoded, hashed and mostly compressed, away from the database.
public struct PreparedMessage: Sendable {
  /// The provider's id.
  public let nativeID: NativeID
  /// The provider's id of its parent.
  public let parentID: NativeID?
  /// Who speaks.
  public let role: Role
  /// Where the text comes from.
  public let kind: MessageKind
  /// What is known at a glance.
  public var flags: MessageFlags
  /// The model that answered.
  public let model: String?
  /// When it was written.
  public let timestamp: Timestamp?
  /// The first 8 bytes of the SHA-256 of all that makes up its content.
  public let hash: Int64
  /// The compressed ``MessageBody``, unless it is still to be compressed.
  fileprivate(set) var body: (codec: Codec, bytes: [UInt8])?
  /// The dictionary it is to be compressed with.
  fileprivate let dictionary: Codec?
  /// The ``MessageBody`` itself, for the index.
  public let plain: [UInt8]
  /// Its files.
  public private(set) var attachments: [PreparedAttachment]

  /// What an index needs of it, without what only the database does: it waits there for a commit.
  var forIndex: PreparedMessage {
    var message = self
    message.body = nil
    for index in attachments.indices where attachments[index].inline != nil {
      message.attachments[index].inline = nil
    }
    return message
  }

  /// The memory it takes, roughly, in bytes.
  public var byteCount: Int {
    attachments.reduce(200 + (body?.bytes.count ?? 0) + plain.count) {
      $0 + 200 + ($1.text?.count ?? 0) + ($1.inline?.bytes.count ?? 0)
    }
  }

  /// The ``MessageBody`` as it is to be stored; compressed now, unless it was before.
  func stored(by compressor: Compressor) -> (codec: Codec, bytes: [UInt8]) {
    body
      ?? compressor.compress(plain, hasFiles: !attachments.isEmpty, dictionary: dictionary)
  }
}

/// A file of a message, ready to be written.
public struct PreparedAttachment: Sendable {
  /// What is known about it, without text and bytes.
  public let attachment: Attachment
  /// How `text` is compressed.
  public let codec: Codec
  /// The extracted text, compressed.
  public let text: [UInt8]?
  /// Bytes that stood inside the record.
  public internal(set) var inline: PreparedBlob?
}

/// A piece of the raw tier, ready to be written.
public struct PreparedBlob: Sendable {
  /// The SHA-256 of the original bytes.
  public let sha256: [UInt8]
  /// The size of the original in bytes.
  public let size: Int
  /// How `bytes` is compressed.
  public let codec: Codec
  /// The bytes as they are to be stored, or, where they are still to be compressed, as they came.
  public let bytes: [UInt8]
  /// Whether `bytes` are still to be compressed.
  private let isPlain: Bool

  init(sha256: [UInt8], size: Int, codec: Codec, bytes: [UInt8], isPlain: Bool = false) {
    self.sha256 = sha256
    self.size = size
    self.codec = codec
    self.bytes = bytes
    self.isPlain = isPlain
  }

  /// A blob that somebody else is to compress, see ``compressed(by:)``.
  public init(plain bytes: UnsafeRawBufferPointer, sha256: [UInt8]) {
    self.init(sha256: sha256, size: bytes.count, codec: 0, bytes: Array(bytes), isPlain: true)
  }

  /// The blob as it is to be stored.
  public func compressed(by compressor: Compressor) -> PreparedBlob {
    guard isPlain else { return self }
    let (codec, stored) = bytes.withUnsafeBytes { compressor.compress($0, dictionary: nil) }
    return PreparedBlob(sha256: sha256, size: size, codec: codec, bytes: stored)
  }

  /// A blob that is in the archive already and is only referred to.
  public init(knownAs sha256: [UInt8], size: Int) {
    self.init(sha256: sha256, size: size, codec: 0, bytes: [])
  }
}

/// Turns messages and bytes into what is written. Used by one thread at a time; no database.
public final class Preparer {
  /// A longer piece would wait for its thread as it came, and take too much memory.
  private static let plainByteCount = 512 << 10

  /// How much waits for the thread that stores, from 0, when that thread has nothing to do, to 1,
  /// when this one has to wait. Compressing takes a third of an import: it is done here or there,
  /// so that neither waits for the other.
  public var backlog = 0.0

  /// The compressor and its dictionaries.
  public let compressor: Compressor
  /// The dictionary for messages, once there is one.
  public var messageDictionary: Codec?

  /// A preparer that compresses with `compressor`.
  public init(compressor: Compressor, messageDictionary: Codec?) {
    self.compressor = compressor
    self.messageDictionary = messageDictionary
  }

  /// Hashes and compresses a piece of the raw tier. One of a usual size is left to be compressed by
  /// the thread that stores it, unless that has much to do.
  ///
  /// - Parameter sha256: The hash, when it was computed before.
  public func prepare(
    blob bytes: UnsafeRawBufferPointer, sha256: [UInt8]? = nil
  ) -> PreparedBlob {
    let hash = sha256 ?? SHA256.hash(bytes)
    if bytes.count <= Preparer.plainByteCount, backlog < 0.75 {
      return PreparedBlob(plain: bytes, sha256: hash)
    }
    let (codec, stored) = compressor.compress(bytes, dictionary: nil)
    return PreparedBlob(sha256: hash, size: bytes.count, codec: codec, bytes: stored)
  }

  /// Encodes, hashes and compresses a message; the last is left to the thread that stores it when
  /// that has little to do.
  public func prepare(_ message: Message) -> PreparedMessage {
    let plain = MessageBody.encode(message)
    let body =
      backlog < 0.25
      ? nil
      : compressor.compress(
        plain, hasFiles: !message.attachments.isEmpty, dictionary: messageDictionary)
    return PreparedMessage(
      nativeID: NativeID(message.id), parentID: message.parentID.map(NativeID.init),
      role: message.role, kind: message.kind, flags: Preparer.flags(of: message),
      model: message.model, timestamp: message.timestamp,
      hash: Preparer.hash(of: message, body: plain), body: body, dictionary: messageDictionary,
      plain: plain,
      attachments: message.attachments.map { prepare($0) })
  }

  private func prepare(_ attachment: Attachment) -> PreparedAttachment {
    var bare = attachment
    bare.extractedText = nil
    bare.inlineBytes = nil
    if let bytes = attachment.inlineBytes, MediaType.isGeneric(bare.mediaType) {
      bare.mediaType = MediaType.sniff(bytes) ?? bare.mediaType
    }
    var text: (codec: Codec, bytes: [UInt8])?
    if var extracted = attachment.extractedText {
      text = extracted.withUTF8 {
        compressor.compress(UnsafeRawBufferPointer($0), dictionary: nil)
      }
    }
    let inline = attachment.inlineBytes.map { $0.withUnsafeBytes { prepare(blob: $0) } }
    return PreparedAttachment(
      attachment: bare, codec: text?.codec ?? 0, text: text?.bytes, inline: inline)
  }

  private static func flags(of message: Message) -> MessageFlags {
    var flags: MessageFlags = []
    if message.isActive { flags.insert(.active) }
    if message.isHidden { flags.insert(.hidden) }
    if !message.attachments.isEmpty { flags.insert(.attachment) }
    for block in message.blocks {
      switch block {
      case .text(let text): if hasFence(text) { flags.insert(.code) }
      case .code, .document: flags.insert(.code)
      case .thinking: flags.insert(.thinking)
      case .toolCall, .toolResult: flags.insert(.tool)
      case .citation, .attachment, .unknown: break
      }
    }
    return flags
  }

  /// Whether a Markdown text holds a fenced code block.
  private static func hasFence(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var run = 0
      for byte in bytes {
        run = byte == UInt8(ascii: "`") ? run + 1 : 0
        if run == 3 { return true }
      }
      return false
    }
  }

  /// What tells whether the content of two messages differs.
  ///
  /// - Parameter body: The message's ``MessageBody``, uncompressed.
  static func hash(of message: Message, body: [UInt8]) -> Int64 {
    var hash = SHA256()
    body.withUnsafeBytes { hash.update($0) }
    addFields(of: message, to: &hash)
    return shorten(hash.digest())
  }

  private static func addFields(of message: Message, to hash: inout SHA256) {
    var fields: [UInt8] = [
      message.role.rawValue, message.kind.rawValue, message.isHidden ? 1 : 0,
    ]
    withUnsafeBytes(of: (message.timestamp?.microseconds ?? Int64.min).littleEndian) {
      fields.append(contentsOf: $0)
    }
    fields.append(contentsOf: (message.model ?? "").utf8)
    for attachment in message.attachments {
      for part in [
        attachment.id, attachment.name, attachment.mediaType, attachment.member,
        attachment.extractedText,
      ] {
        fields.append(0)
        fields.append(contentsOf: (part ?? "").utf8)
      }
      withUnsafeBytes(of: (attachment.byteCount ?? -1).littleEndian) {
        fields.append(contentsOf: $0)
      }
      fields.append(contentsOf: attachment.inlineBytes ?? [])
    }
    fields.withUnsafeBytes { hash.update($0) }
  }

  private static func shorten(_ digest: [UInt8]) -> Int64 {
    digest.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }
}

extension PreparedAttachment {
  /// The extracted text, brought back.
  public func decompressedText() throws -> String? {
    guard let text else { return nil }
    // Extracted texts are compressed without a dictionary.
    let plain = try text.withUnsafeBytes { try Compressor().decompress($0, codec: codec) }
    return String(decoding: plain, as: UTF8.self)
  }
}

extension Compressor {
  /// Compresses a ``MessageBody``. The hash of a message with files cannot be made anew once a later
  /// export has brought their bytes: what it says has a checksum instead.
  fileprivate func compress(_ plain: [UInt8], hasFiles: Bool, dictionary: Codec?) -> (
    codec: Codec, bytes: [UInt8]
  ) {
    plain.withUnsafeBytes {
      hasFiles
        ? compressChecked($0, dictionary: dictionary) : compress($0, dictionary: dictionary)
    }
  }
}
