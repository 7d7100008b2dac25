import PolylogueModel

/// Cuts HTML, damaged or hostile as it may be, into tags and text.
///
/// It never goes back: each byte is looked at a bounded number of times. What is no tag is text.
struct HTMLTokenizer {
  /// One piece of the document.
  enum Token {
    /// Text with its character references replaced.
    case text(String)
    /// A tag that opens an element; names in lower case.
    case open(HTMLTag)
    /// A tag that closes an element.
    case close(String)
  }

  /// The most attributes that are read of one tag.
  static let attributeLimit = 32

  private let bytes: [UInt8]
  private var index = 0

  /// Reads a document or a part of one.
  init(_ html: String) {
    bytes = Array(html.utf8)
  }

  /// The next piece; nil at the end.
  mutating func next() -> Token? {
    while index < bytes.count {
      guard beginsMarkup(at: index) else { return text() }
      if let token = markup() { return token }
    }
    return nil
  }

  // MARK: Text

  private mutating func text() -> Token {
    let start = index
    repeat { index += 1 } while index < bytes.count && !beginsMarkup(at: index)
    return .text(HTMLEntities.decode(bytes[start..<index]))
  }

  // MARK: Tags

  /// Whether a `<` begins a tag, a comment or a declaration, and is no text.
  private func beginsMarkup(at index: Int) -> Bool {
    guard bytes[index] == UInt8(ascii: "<"), index + 1 < bytes.count else { return false }
    switch bytes[index + 1] {
    case UInt8(ascii: "!"), UInt8(ascii: "?"): return true
    case UInt8(ascii: "/"):
      return index + 2 < bytes.count && HTMLTokenizer.isLetter(bytes[index + 2])
    case let byte: return HTMLTokenizer.isLetter(byte)
    }
  }

  /// Reads what begins with `<`; nil when it is passed over, as a comment is.
  private mutating func markup() -> Token? {
    index += 1
    switch bytes[index] {
    case UInt8(ascii: "!"):
      skipDeclaration()
      return nil
    case UInt8(ascii: "?"):
      skip(behind: UInt8(ascii: ">"))
      return nil
    case UInt8(ascii: "/"):
      index += 1
      let name = name()
      skip(behind: UInt8(ascii: ">"))
      return .close(name)
    default:
      let tag = tag()
      if tag.name == "script" || tag.name == "style" { skipContent(of: tag.name) }
      return .open(tag)
    }
  }

  private mutating func tag() -> HTMLTag {
    var tag = HTMLTag(name: name())
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: ">") {
        index += 1
        return tag
      }
      if HTMLTokenizer.isSpace(byte) || byte == UInt8(ascii: "/") {
        index += 1
        continue
      }
      let start = index
      let key = name()
      let value = value()
      if tag.attributes.count < HTMLTokenizer.attributeLimit { tag.attributes.append((key, value)) }
      // Whatever stands there, a step is made.
      if index == start { index += 1 }
    }
    return tag
  }

  private mutating func name() -> String {
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if HTMLTokenizer.isSpace(byte) || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/")
        || byte == UInt8(ascii: "=")
      {
        break
      }
      index += 1
    }
    // No name that is known is longer.
    return String(
      decoding: bytes[start..<index].prefix(64).map { $0 &- 65 < 26 ? $0 | 0x20 : $0 },
      as: UTF8.self)
  }

  private mutating func value() -> String {
    var next = index
    while next < bytes.count, HTMLTokenizer.isSpace(bytes[next]) { next += 1 }
    guard next < bytes.count, bytes[next] == UInt8(ascii: "=") else { return "" }
    index = next + 1
    while index < bytes.count, HTMLTokenizer.isSpace(bytes[index]) { index += 1 }
    guard index < bytes.count else { return "" }
    let quote = bytes[index]
    let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
    if isQuoted { index += 1 }
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if isQuoted ? byte == quote : HTMLTokenizer.isSpace(byte) || byte == UInt8(ascii: ">") {
        break
      }
      index += 1
    }
    let value = HTMLEntities.decode(bytes[start..<index])
    if isQuoted, index < bytes.count { index += 1 }
    return value
  }

  // MARK: Passing over

  private mutating func skip(behind byte: UInt8) {
    while index < bytes.count, bytes[index] != byte { index += 1 }
    index = min(index + 1, bytes.count)
  }

  private mutating func skipDeclaration() {
    guard bytes[index...].starts(with: Array("!--".utf8)) else {
      return skip(behind: UInt8(ascii: ">"))
    }
    index += 3
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: ">"), bytes[index - 1] == UInt8(ascii: "-"),
        bytes[index - 2] == UInt8(ascii: "-")
      {
        index += 1
        return
      }
      index += 1
    }
  }

  /// Passes over the content of an element that holds no markup, up to its closing tag.
  private mutating func skipContent(of name: String) {
    let end = Array("</\(name)".utf8)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "<"),
        bytes[index...].prefix(end.count).map({ $0 &- 65 < 26 ? $0 | 0x20 : $0 }) == end
      {
        return
      }
      index += 1
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 32 || byte == 9 || byte == 10 || byte == 13 || byte == 12
  }
}

/// A tag that opens an element.
struct HTMLTag {
  var name: String
  var attributes: [(name: String, value: String)] = []

  /// The value of an attribute; the first one counts.
  subscript(_ name: String) -> String? {
    attributes.first { $0.name == name }?.value
  }

  /// Whether a class is among its classes.
  func hasClass(_ name: String) -> Bool {
    (self["class"] ?? "").split(separator: " ").contains { $0 == name[...] }
  }
}
