import CPolylogueCrypto
import Glibc

/// The shell of a page and its stylesheet.
///
/// A template is HTML with places such as `{{content}}` between its tags. What goes there is either
/// HTML that the program has made or text that it has escaped; a template has no way to ask for
/// anything else. It cannot hold programs or styles either: the policy that `{{head}}` states
/// forbids the first and knows the stylesheet by its hash.
public struct PageTemplate: Sendable {
  /// A place in a template.
  enum Slot: String, CaseIterable, Sendable {
    case head, content, title, provider, project, id, created, updated
  }

  enum Part: Sendable {
    case markup([UInt8])
    case slot(Slot)
  }

  let parts: [Part]
  let style: [UInt8]
  /// `sha256-…` of the stylesheet.
  let styleHash: [UInt8]

  /// Differs for templates that differ.
  var digest: [UInt8] {
    var all = styleHash
    for part in parts {
      switch part {
      case .markup(let markup): all += markup
      case .slot(let slot): all += Array("{{\(slot.rawValue)}}".utf8)
      }
    }
    return PageTemplate.base64(PageTemplate.sha256(all))
  }

  /// The built-in page.
  public static let standard = PageTemplate(parts: standardParts, style: Stylesheet.standard)

  private static let standardParts: [Part] = [
    .markup(Array("<!doctype html>\n<html lang=en>\n<head>\n".utf8)), .slot(.head),
    .markup(Array("</head>\n<body>\n".utf8)), .slot(.content),
    .markup(Array("</body>\n</html>\n".utf8)),
  ]

  private init(parts: [Part], style: String) {
    self.parts = parts
    self.style = Array(style.utf8)
    styleHash = Array("sha256-".utf8) + PageTemplate.base64(PageTemplate.sha256(self.style))
  }

  /// The page with a user's files.
  ///
  /// - Parameters:
  ///   - page: The text of `page.html`; nil for the built-in shell.
  ///   - style: The text of `style.css`, which follows the built-in styles; nil for none.
  ///   - folder: The folder's name, for messages.
  /// - Throws: ``TemplateError`` with the file and the line.
  public init(page: String?, style: String?, folder: String) throws(TemplateError) {
    var parts = PageTemplate.standardParts
    if let page {
      var reader = TemplateReader(page, file: "\(folder)/page.html")
      parts = try reader.read()
    }
    var sheet = Stylesheet.standard
    if let style {
      try PageTemplate.check(style, file: "\(folder)/style.css")
      sheet += style
    }
    self.init(parts: parts, style: sheet)
  }

  /// A stylesheet must not end its own element, and loads nothing from elsewhere.
  private static func check(_ style: String, file: String) throws(TemplateError) {
    for (number, line) in style.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      let text = String(decoding: line, as: UTF8.self).lowercased()
      for word in ["</", "<!--", "@import", "url("] where text.contains(word) {
        throw TemplateError(
          file: file, line: number + 1,
          reason: "“\(word)” cannot stand in a page's styles: pages load nothing from elsewhere")
      }
    }
  }

  private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var hash = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = SHA256(bytes, bytes.count, &hash)
    return hash
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let isPadding = place > group.count
        out.append(
          isPadding
            ? UInt8(ascii: "=") : digits[Int(value >> UInt32(18 - 6 * place) & 63)])
      }
    }
    return out
  }
}

/// What is wrong with a template, and where.
public struct TemplateError: Error, CustomStringConvertible {
  /// The file's path.
  public let file: String
  /// From 1.
  public let line: Int
  /// What is wrong.
  public let reason: String

  /// `FILE:LINE: REASON`.
  public var description: String { "\(file):\(line): \(reason)" }
}

/// Reads a page's shell.
struct TemplateReader {
  private let text: [UInt8]
  private let file: String
  private var index = 0
  private var line = 1
  private var parts: [PageTemplate.Part] = []
  private var found: Set<PageTemplate.Slot> = []

  /// A policy counts only in a page's head.
  private static let headFirst = """
    {{head}} has to come first, with nothing but <!doctype>, <html> and <head> before it: it says \
    what the page may do
    """

  init(_ text: String, file: String) {
    self.text = Array(text.utf8)
    self.file = file
  }

  mutating func read() throws(TemplateError) -> [PageTemplate.Part] {
    var markup: [UInt8] = []
    while index < text.count {
      let byte = text[index]
      if byte == 0x0A { line += 1 }
      if starts("{{") {
        if !markup.isEmpty { parts.append(.markup(markup)) }
        markup = []
        try slot()
        continue
      }
      if byte == UInt8(ascii: "<") {
        let tag = try self.tag()
        markup += tag
        continue
      }
      if byte > 0x20, !found.contains(.head) { throw error(TemplateReader.headFirst) }
      markup.append(byte)
      index += 1
    }
    parts.append(.markup(markup))
    for slot in [PageTemplate.Slot.head, .content] where !found.contains(slot) {
      throw error("{{\(slot.rawValue)}} is missing")
    }
    return parts
  }

  private mutating func slot() throws(TemplateError) {
    var end = index + 2
    while end < text.count, text[end] != UInt8(ascii: "}"), text[end] != 0x0A { end += 1 }
    guard end + 1 < text.count, text[end] == UInt8(ascii: "}"), text[end + 1] == text[end] else {
      throw error("{{ is not closed on its line")
    }
    let name = String(decoding: text[(index + 2)..<end], as: UTF8.self)
      .split(separator: " ").joined()
    guard let slot = PageTemplate.Slot(rawValue: name) else {
      let known = PageTemplate.Slot.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: " ")
      throw error("{{\(name)}} is not known; there are \(known)")
    }
    guard slot == .head || found.contains(.head) else {
      throw error(TemplateReader.headFirst)
    }
    found.insert(slot)
    parts.append(.slot(slot))
    index = end + 2
  }

  /// A tag, a comment or a declaration: what stands in it is the template's own.
  private mutating func tag() throws(TemplateError) -> [UInt8] {
    let isComment = starts("<!--")
    for name in [
      "script", "style", "title", "textarea", "iframe", "base", "meta", "noscript",
      "xmp", "plaintext", "noembed", "noframes", "template", "svg", "math", "object", "embed",
      "select",
    ]
    where isNamed(name) {
      throw error("<\(name)> cannot stand in a template; {{head}} brings what a page's head needs")
    }
    let isOpening = ["!doctype", "html", "head"].contains(where: isNamed)
    guard isComment || isOpening || found.contains(.head) else {
      throw error(TemplateReader.headFirst)
    }
    let start = index
    var quote: UInt8?
    while index < text.count {
      let byte = text[index]
      if byte == 0x0A { line += 1 }
      if starts("{{") {
        throw error("{{…}} goes between tags, not into a tag or a comment")
      }
      index += 1
      if isComment {
        if byte == UInt8(ascii: ">"), index >= start + 7, text[index - 2] == 0x2D,
          text[index - 3] == 0x2D
        {
          return Array(text[start..<index])
        }
      } else if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return Array(text[start..<index])
      }
    }
    throw error("a tag or comment is not closed")
  }

  private func isNamed(_ name: String) -> Bool {
    var place = index + 1
    if place < text.count, text[place] == UInt8(ascii: "/") { place += 1 }
    for byte in name.utf8 {
      guard place < text.count, text[place] | 0x20 == byte else { return false }
      place += 1
    }
    return place >= text.count || !MarkdownMask.isAlphanumeric(text[place])
  }

  private func starts(_ wanted: String) -> Bool {
    text[index...].starts(with: wanted.utf8)
  }

  private func error(_ reason: String) -> TemplateError {
    TemplateError(file: file, line: line, reason: reason)
  }
}
