import PolylogueModel

/// The binary form of a message's content, before compression.
///
/// A body is a sequence of fields: a tag byte, the payload's length as a LEB128 number, the payload.
/// A payload of several parts holds each part as its length + 1 and its bytes; 0 stands for an
/// absent part. Unknown tags are skipped, so that an older version can read what a newer one adds.
/// `docs/archive-format.md` lists the tags.
public enum MessageBody {
  /// The tag of a field.
  enum Tag: UInt8 {
    case text = 1
    case thinking = 2
    case code = 3
    case toolCall = 4
    case toolResult = 5
    case document = 6
    case citation = 7
    case attachment = 8
    case unknown = 9
    case author = 32
    case usage = 33
    case metadata = 34
  }

  /// What a piece of text in a body is, as far as search cares.
  public enum Part: Sendable {
    /// Prose, code and documents.
    case text
    /// Reasoning.
    case thinking
    /// A tool call's name and input, or a tool's output.
    case tool
    /// The name of who wrote it.
    case author
  }

  /// Encodes the blocks, author, usage and metadata of a message.
  public static func encode(_ message: Message) -> [UInt8] {
    var writer = BodyWriter()
    for block in message.blocks {
      switch block {
      case .text(let text): writer.field(.text, text)
      case .thinking(let text): writer.field(.thinking, text)
      case .code(let language, let text): writer.field(.code, [language, text])
      case .toolCall(let call): writer.field(.toolCall, [call.id, call.name, call.input])
      case .toolResult(let result):
        writer.field(
          .toolResult,
          [result.callID, result.name, result.output, result.isError ? "1" : nil])
      case .document(let document):
        writer.field(
          .document,
          [
            document.id, document.title, document.language, document.content,
            document.isComplete ? nil : "1",
          ])
      case .citation(let citation):
        writer.field(.citation, [citation.title, citation.url, citation.quote])
      case .attachment(let id): writer.field(.attachment, id)
      case .unknown(let type, let json): writer.field(.unknown, [type, json])
      }
    }
    if let author = message.author { writer.field(.author, author) }
    if let usage = message.usage {
      writer.field(
        .usage,
        [usage.input, usage.output, usage.cacheRead, usage.cacheWrite, usage.reasoning])
    }
    if let metadata = message.metadata { writer.field(.metadata, metadata) }
    return writer.bytes
  }

  /// Fills blocks, author, usage and metadata of a message from its body.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged` when the lengths do not fit.
  public static func decode(_ body: [UInt8], into message: inout Message) throws {
    try body.withUnsafeBytes { try decode($0, into: &message) }
  }

  /// As ``decode(_:into:)-([UInt8],_)``, from bytes that lie anywhere.
  static func decode(_ bytes: UnsafeRawBufferPointer, into message: inout Message) throws {
    var reader = BodyReader(bytes: bytes)
    while let (tag, payload) = try reader.next() {
      var parts = BodyReader(bytes: payload)
      switch tag {
      case .text: message.blocks.append(.text(text(payload)))
      case .thinking: message.blocks.append(.thinking(text(payload)))
      case .code:
        let language = try parts.part()
        message.blocks.append(.code(language: language, text: try parts.part() ?? ""))
      case .toolCall:
        message.blocks.append(
          .toolCall(
            ToolCall(
              id: try parts.part() ?? "", name: try parts.part() ?? "",
              input: try parts.part() ?? "")))
      case .toolResult:
        message.blocks.append(
          .toolResult(
            ToolResult(
              callID: try parts.part() ?? "", name: try parts.part(),
              output: try parts.part() ?? "", isError: try parts.part() != nil)))
      case .document:
        message.blocks.append(
          .document(
            Document(
              id: try parts.part() ?? "", title: try parts.part(), language: try parts.part(),
              content: try parts.part() ?? "", isComplete: try parts.part() == nil)))
      case .citation:
        message.blocks.append(
          .citation(
            Citation(
              title: try parts.part(), url: try parts.part(), quote: try parts.part())))
      case .attachment: message.blocks.append(.attachment(id: text(payload)))
      case .unknown:
        message.blocks.append(
          .unknown(type: try parts.part() ?? "", json: try parts.part() ?? ""))
      case .author: message.author = text(payload)
      case .usage: message.usage = try usage(&parts)
      case .metadata: message.metadata = text(payload)
      case nil: break
      }
    }
  }

  /// Calls `visit` for every piece of text that search looks at, in order, without making strings.
  public static func forEachText(
    _ body: UnsafeRawBufferPointer, _ visit: (Part, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var reader = BodyReader(bytes: body)
    while let (tag, payload) = try reader.next() {
      var parts = BodyReader(bytes: payload)
      switch tag {
      case .text: try visit(.text, payload)
      case .thinking: try visit(.thinking, payload)
      case .code:
        _ = try parts.span()
        if let code = try parts.span() { try visit(.text, code) }
      case .toolCall:
        _ = try parts.span()
        if let name = try parts.span() { try visit(.tool, name) }
        if let input = try parts.span() { try visit(.tool, input) }
      case .toolResult:
        _ = try parts.span()
        _ = try parts.span()
        if let output = try parts.span() { try visit(.tool, output) }
      case .document:
        _ = try parts.span()
        if let title = try parts.span() { try visit(.text, title) }
        _ = try parts.span()
        if let content = try parts.span() { try visit(.text, content) }
      case .citation:
        if let title = try parts.span() { try visit(.text, title) }
      case .author: try visit(.author, payload)
      case .attachment, .unknown, .usage, .metadata, nil: break
      }
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private static func usage(_ parts: inout BodyReader) throws -> TokenUsage {
    TokenUsage(
      input: try parts.number(), output: try parts.number(), cacheRead: try parts.number(),
      cacheWrite: try parts.number(), reasoning: try parts.number())
  }
}

/// Builds a body.
private struct BodyWriter {
  var bytes: [UInt8] = []

  mutating func field(_ tag: MessageBody.Tag, _ text: String) {
    bytes.append(tag.rawValue)
    number(UInt64(text.utf8.count))
    append(text)
  }

  mutating func field(_ tag: MessageBody.Tag, _ parts: [String?]) {
    var size = 0
    for part in parts { size += BodyWriter.size(of: part) }
    bytes.append(tag.rawValue)
    number(UInt64(size))
    for part in parts {
      guard let part else {
        bytes.append(0)
        continue
      }
      number(UInt64(part.utf8.count) + 1)
      append(part)
    }
  }

  mutating func field(_ tag: MessageBody.Tag, _ numbers: [Int64]) {
    bytes.append(tag.rawValue)
    number(UInt64(numbers.reduce(0) { $0 + BodyWriter.length(UInt64(bitPattern: $1)) }))
    for value in numbers { number(UInt64(bitPattern: value)) }
  }

  private mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func number(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  private static func length(_ value: UInt64) -> Int {
    max(1, (70 - value.leadingZeroBitCount) / 7)
  }

  private static func size(of part: String?) -> Int {
    guard let part else { return 1 }
    return length(UInt64(part.utf8.count) + 1) + part.utf8.count
  }
}

/// Reads fields or parts from a body, never past its end.
private struct BodyReader {
  let bytes: UnsafeRawBufferPointer
  var index = 0

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next field; the tag is nil when this version does not know it.
  mutating func next() throws -> (MessageBody.Tag?, UnsafeRawBufferPointer)? {
    guard index < bytes.count else { return nil }
    let tag = MessageBody.Tag(rawValue: bytes[index])
    index += 1
    return (tag, try take(try unsigned()))
  }

  /// The next part as bytes; nil when it is absent.
  mutating func span() throws -> UnsafeRawBufferPointer? {
    guard index < bytes.count else { return nil }
    let size = try unsigned()
    return size == 0 ? nil : try take(size - 1)
  }

  mutating func part() throws -> String? {
    try span().map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func number() throws -> Int64 {
    index < bytes.count ? Int64(bitPattern: try unsigned()) : 0
  }

  private mutating func unsigned() throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < bytes.count, shift < 64 {
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw BodyReader.damage
  }

  private mutating func take(_ size: UInt64) throws -> UnsafeRawBufferPointer {
    guard size <= UInt64(bytes.count - index) else { throw BodyReader.damage }
    defer { index += Int(size) }
    return UnsafeRawBufferPointer(rebasing: bytes[index..<index + Int(size)])
  }

  private static let damage = ArchiveError(
    .damaged, "a stored message is damaged", remedy: .verify)
}
