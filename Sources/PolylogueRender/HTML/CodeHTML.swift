import Glibc
import PolylogueModel

/// Writes code as HTML, coloured where the language is known.
///
/// This is a lexer of a few rules, not a parser: comments, texts, numbers and keywords. It goes
/// through the code once.
struct CodeHTML {
  /// Longer code is not coloured.
  static let maximumBytes = 256 << 10

  private let code: UnsafeBufferPointer<UInt8>
  private let grammar: CodeGrammar
  private var done = 0
  private var index = 0
  /// For `"` and `'`, where the line ends in which none closes.
  private var unclosed = [0, 0]

  /// Appends a block of code.
  ///
  /// - Parameter language: As the text names it, with what it says behind the first word; it may be
  ///   empty.
  static func write(
    _ code: UnsafeBufferPointer<UInt8>, language: UnsafeBufferPointer<UInt8>,
    to html: inout HTMLWriter
  ) {
    html.markup("<pre class=code tabindex=0")
    if !language.isEmpty {
      html.markup(" data-language=\"")
      html.text(language)
      html.markup("\"")
    }
    html.markup("><code>")
    let word = UnsafeBufferPointer(rebasing: language.prefix { $0 > 0x20 })
    if code.count <= maximumBytes, !word.isEmpty, let grammar = CodeGrammar.named(word) {
      var lexer = CodeHTML(code: code, grammar: grammar)
      lexer.run(&html)
    } else {
      html.text(code)
    }
    html.markup("</code></pre>\n")
  }

  /// Appends a block of code.
  static func write(_ code: String, language: String?, to html: inout HTMLWriter) {
    var code = code
    var language = language ?? ""
    code.withUTF8 { code in
      language.withUTF8 { write(code, language: $0, to: &html) }
    }
  }

  private init(code: UnsafeBufferPointer<UInt8>, grammar: CodeGrammar) {
    self.code = code
    self.grammar = grammar
  }

  private mutating func run(_ html: inout HTMLWriter) {
    switch grammar.form {
    case .program: program(&html)
    case .markup: markup(&html)
    case .difference: difference(&html)
    }
    plain(to: code.count, &html)
  }

  // MARK: Programs

  private mutating func program(_ html: inout HTMLWriter) {
    while index < code.count {
      let byte = code[index]
      if CodeHTML.isWord(byte) {
        word(&html)
      } else if byte <= 0x20 {
        index += 1
      } else if let end = comment() {
        token("<i class=c>", to: end, &html)
      } else if let end = quoted() {
        token("<i class=s>", to: end, &html)
      } else {
        index += 1
      }
    }
  }

  private mutating func word(_ html: inout HTMLWriter) {
    let start = index
    var hash = CodeHash.seed
    let isNumber = code[index] >= 0x30 && code[index] <= 0x39
    while index < code.count,
      CodeHTML.isWord(code[index]) || (isNumber && code[index] == UInt8(ascii: "."))
    {
      let byte = code[index]
      let isCapital = byte >= 0x41 && byte <= 0x5A
      hash = CodeHash.add(grammar.ignoresCase && isCapital ? byte | 0x20 : byte, to: hash)
      index += 1
    }
    let end = index
    index = start
    if isNumber {
      token("<i class=n>", to: end, &html)
    } else if grammar.keywords.contains(hash) {
      token("<b>", to: end, &html)
    }
    index = end
  }

  private func comment() -> Int? {
    for opener in grammar.lineComments where starts(opener) {
      // In shells and the like a hash inside a word is none.
      if opener == "#", index > 0, CodeHTML.isWord(code[index - 1]) || code[index - 1] == 0x24 {
        continue
      }
      return Lines.lineBreak(in: code, from: index) ?? code.count
    }
    if let block = grammar.blockComment, starts(block.open) {
      return find(block.close, from: index + block.open.utf8.count) ?? code.count
    }
    return nil
  }

  private mutating func quoted() -> Int? {
    for quote in grammar.longQuotes where starts(quote) {
      return find(quote, from: index + quote.utf8.count) ?? code.count
    }
    let quote = code[index]
    guard grammar.quotes.contains(quote), index >= unclosed[Int(quote & 1)] else { return nil }
    var place = index + 1
    while place < code.count, code[place] != 0x0A {
      if code[place] == quote { return place + 1 }
      place += code[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    // Nothing ends it: an apostrophe. The rest of the line is not searched again.
    unclosed[Int(quote & 1)] = place
    return nil
  }

  // MARK: Markup and differences

  private mutating func markup(_ html: inout HTMLWriter) {
    var isInTag = false
    while index < code.count {
      let byte = code[index]
      if !isInTag {
        if starts("<!--") {
          token("<i class=c>", to: find("-->", from: index + 4) ?? code.count, &html)
        } else if byte == UInt8(ascii: "<") {
          index += 1
          isInTag = true
          if index < code.count, code[index] == UInt8(ascii: "/") { index += 1 }
          token("<b>", to: wordEnd(), &html)
        } else {
          index += 1
        }
      } else if byte == UInt8(ascii: ">") {
        isInTag = false
        index += 1
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        var end = index + 1
        while end < code.count, code[end] != byte { end += 1 }
        token("<i class=s>", to: min(end + 1, code.count), &html)
      } else {
        index += 1
      }
    }
  }

  private mutating func difference(_ html: inout HTMLWriter) {
    while index < code.count {
      let end = Lines.lineBreak(in: code, from: index) ?? code.count
      switch code[index] {
      case UInt8(ascii: "+"): token("<ins>", to: end, &html)
      case UInt8(ascii: "-"): token("<del>", to: end, &html)
      case UInt8(ascii: "@"): token("<i class=c>", to: end, &html)
      default: break
      }
      index = min(end + 1, code.count)
    }
  }

  // MARK: Bytes

  private mutating func plain(to end: Int, _ html: inout HTMLWriter) {
    if end > done { html.text(UnsafeBufferPointer(rebasing: code[done..<end])) }
    done = max(done, end)
  }

  private mutating func token(_ tag: StaticString, to end: Int, _ html: inout HTMLWriter) {
    guard end > index else { return }
    plain(to: index, &html)
    html.markup(tag)
    plain(to: end, &html)
    switch tag.utf8Start[1] {
    case UInt8(ascii: "b"): html.markup("</b>")
    case UInt8(ascii: "d"): html.markup("</del>")
    default: html.markup(tag.utf8CodeUnitCount == 5 ? "</ins>" : "</i>")
    }
    index = end
  }

  private func wordEnd() -> Int {
    var end = index
    while end < code.count, CodeHTML.isWord(code[end]) || code[end] == 0x2D || code[end] == 0x3A {
      end += 1
    }
    return end
  }

  private func starts(_ wanted: String) -> Bool {
    var place = index
    for byte in wanted.utf8 {
      guard place < code.count, code[place] == byte else { return false }
      place += 1
    }
    return true
  }

  /// Behind the next occurrence.
  private func find(_ wanted: String, from start: Int) -> Int? {
    guard let first = wanted.utf8.first else { return nil }
    var place = start
    while let base = code.baseAddress, place < code.count,
      let found = memchr(base + place, Int32(first), code.count - place)
    {
      place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      if code[place...].starts(with: wanted.utf8) { return place + wanted.utf8.count }
      place += 1
    }
    return nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...0xFF: true
    default: false
    }
  }
}
