import PolylogueModel

/// Turns HTML into Markdown, as far as answers of a model need it: paragraphs, line breaks,
/// emphasis, code, lists, links, images, headings, quotes and tables. Everything else is its text.
///
/// - Complexity: O(bytes); nesting beyond ``depthLimit`` is read as if it were not there.
struct MarkdownFromHTML {
  /// The deepest nesting of lists, quotes and emphasis that is followed.
  static let depthLimit = 32
  /// The most bytes that stand before a line for the quotes and lists around it; what is nested
  /// deeper stands below the last of them. Each of a hostile text's short lines has all of them.
  static let prefixByteLimit = 40
  /// The greatest number that a list may begin with, as in CommonMark.
  static let numberLimit = 999_999_999

  /// Emphasis or a link that is open. Its mark is written with the first text in it.
  private struct Inline {
    var tag: String
    var opening: String
    var closing: String
    var isWritten = false
    var isLink = false
  }

  private var out: [UInt8] = []
  /// Line ends owed before the next text.
  private var breaks = 0
  private var owesSpace = false
  private var isAtLineStart = true
  /// Whether the line end that is owed was asked for by itself, within a paragraph.
  private var isHardBreak = false
  /// Whether an item of a list has begun and nothing of it was written.
  private var isAfterMarker = false
  private var inlines: [Inline] = []
  /// What stands before each line: quotes and the indentation of lists, by element.
  private var prefixes: [(tag: String, text: String)] = []
  private var lists: [(isOrdered: Bool, number: Int, isEmpty: Bool)] = []
  private var code: (text: [UInt8], language: String?, isBlock: Bool)?
  private var table: (rows: [[String]], depth: Int)?
  private var cell: [UInt8]?

  /// The Markdown of a piece of HTML.
  static func convert(_ html: String) -> String {
    var tokens = HTMLTokenizer(html)
    var converter = MarkdownFromHTML()
    while let token = tokens.next() { converter.take(token) }
    return converter.finish()
  }

  /// Takes the next piece.
  mutating func take(_ token: HTMLTokenizer.Token) {
    switch token {
    case .text(let text): take(text)
    case .open(let tag): open(tag)
    case .close(let name): close(name)
    }
  }

  /// What came of it, without space around it.
  mutating func finish() -> String {
    closeCode()
    closeTable()
    suspendInlines(forGood: true)
    return String(decoding: out, as: UTF8.self)
  }

  // MARK: Text

  private mutating func take(_ text: String) {
    if code != nil {
      code?.text.append(contentsOf: text.utf8)
      return
    }
    // Some answers were encoded twice.
    let text = HTMLEntities.isEncoded(text) ? HTMLEntities.decode(text) : text
    var word: [UInt8] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      let isNoBreakSpace = byte == 0xC2 && bytes.first == 0xA0
      if isNoBreakSpace { bytes = bytes.dropFirst() }
      if isNoBreakSpace || byte == 32 || byte == 9 || byte == 10 || byte == 13 {
        write(word)
        word.removeAll(keepingCapacity: true)
        owesSpace = true
      } else {
        word.append(byte)
      }
    }
    write(word)
  }

  /// Writes text without space in it, behind all that is owed.
  private mutating func write(_ text: some Collection<UInt8>) {
    guard !text.isEmpty else { return }
    startLine()
    if owesSpace, !isAtLineStart { append([32]) }
    owesSpace = false
    for place in inlines.indices where !inlines[place].isWritten {
      inlines[place].isWritten = true
      append(inlines[place].opening.utf8)
    }
    append(text)
    isAtLineStart = false
    isAfterMarker = false
  }

  /// Writes the line ends that are owed, and what stands before a line.
  private mutating func startLine() {
    if cell != nil {
      if breaks > 0 { owesSpace = true }
      breaks = 0
      return
    }
    guard breaks > 0 || out.isEmpty else { return }
    let isFirst = out.isEmpty
    let prefix = prefixes.map(\.text).joined()
    if !isFirst {
      if isHardBreak, breaks == 1 { out.append(contentsOf: [32, 32]) }
      for number in 1...min(breaks, 2) {
        out.append(10)
        // Only quotes are seen on an empty line.
        if number < min(breaks, 2), prefix.utf8.contains(UInt8(ascii: ">")) {
          out.append(contentsOf: prefix.utf8)
          while out.last == 32 { out.removeLast() }
        }
      }
    }
    out.append(contentsOf: prefix.utf8)
    breaks = 0
    owesSpace = false
    isHardBreak = false
    isAtLineStart = true
  }

  private mutating func append(_ text: some Collection<UInt8>) {
    if cell != nil { cell?.append(contentsOf: text) } else { out.append(contentsOf: text) }
  }

  private mutating func breakLine(_ count: Int) {
    suspendInlines()
    if cell != nil || isAfterMarker { return owesSpace = true }
    isHardBreak = false
    breaks = max(breaks, count)
    owesSpace = false
  }

  // MARK: Elements

  private mutating func open(_ tag: HTMLTag) {
    if code != nil { return openInCode(tag) }
    switch tag.name {
    case "br": lineBreak()
    case "p", "figure", "details": breakLine(2)
    case "div", "section", "article", "summary", "dt", "dd", "figcaption": breakLine(1)
    case "hr":
      breakLine(2)
      write("---".utf8)
      breakLine(2)
    case "h1", "h2", "h3", "h4", "h5", "h6": openHeading(tag.name)
    case "ul", "ol", "li", "blockquote": openBlock(tag)
    case "b", "strong": push(Inline(tag: tag.name, opening: "**", closing: "**"))
    case "i", "em": push(Inline(tag: tag.name, opening: "*", closing: "*"))
    case "s", "del", "strike": push(Inline(tag: tag.name, opening: "~~", closing: "~~"))
    case "a": openLink(tag)
    case "img": image(tag)
    case "code", "tt", "kbd", "samp": code = ([], nil, false)
    case "pre":
      breakLine(2)
      code = ([], language(of: tag), true)
    case "table", "tr", "td", "th": openTable(tag.name)
    default: break
    }
  }

  private mutating func close(_ name: String) {
    if code != nil {
      let isBlock = code?.isBlock == true
      let ends = isBlock ? name == "pre" : ["code", "tt", "kbd", "samp"].contains(name)
      // A block that nobody closed ends with what is around it.
      guard ends || name == "li" || name == "table" || name == "body" else { return }
      closeCode()
      if ends { return }
    }
    switch name {
    case "p", "figure", "details", "h1", "h2", "h3", "h4", "h5", "h6": breakLine(2)
    case "div", "section", "article", "summary", "dt", "dd", "figcaption": breakLine(1)
    case "ul", "ol":
      _ = lists.popLast()
      breakLine(lists.isEmpty ? 2 : 1)
    case "li", "blockquote": closePrefix(name)
    case "b", "strong", "i", "em", "s", "del", "strike", "a": pop(name)
    case "table", "tr", "td", "th": closeInTable(name)
    default: break
    }
  }

  private mutating func lineBreak() {
    if cell != nil || isAfterMarker { return owesSpace = true }
    guard !out.isEmpty else { return }
    if breaks > 0 { return breakLine(2) }
    (breaks, isHardBreak, owesSpace) = (1, true, false)
  }

  private mutating func openHeading(_ name: String) {
    breakLine(2)
    guard cell == nil, let level = name.utf8.last.map({ Int($0) - 48 }) else { return }
    write(Array(repeating: UInt8(ascii: "#"), count: level))
    owesSpace = true
  }

  private mutating func openBlock(_ tag: HTMLTag) {
    guard cell == nil else { return owesSpace = true }
    switch tag.name {
    case "blockquote":
      breakLine(2)
      push(prefix: "> ", of: "blockquote")
    case "li":
      // An item that nobody closed ends where the next one of its list begins.
      if lists.last?.isEmpty == true { breakLine(1) } else { endItemLine() }
      if !lists.isEmpty { lists[lists.count - 1].isEmpty = false }
      let depth = prefixes.count(where: { $0.tag == "li" })
      if depth >= lists.count, depth > 0 { closePrefix("li") }
      var marker = "- "
      if let list = lists.last, list.isOrdered {
        marker = "\(list.number). "
        lists[lists.count - 1].number += 1
      }
      write(marker.utf8.dropLast())
      (owesSpace, isAfterMarker) = (true, true)
      push(prefix: String(repeating: " ", count: marker.utf8.count), of: "li")
    default:
      if lists.isEmpty { breakLine(2) } else { endItemLine() }
      guard lists.count < MarkdownFromHTML.depthLimit else { return }
      let start = tag["start"].flatMap { Int($0) } ?? 1
      let isNumber = (0...MarkdownFromHTML.numberLimit).contains(start)
      lists.append((tag.name == "ol", isNumber ? start : 1, true))
    }
  }

  private mutating func push(prefix: String, of tag: String) {
    let byteCount = prefixes.reduce(prefix.utf8.count) { $0 + $1.text.utf8.count }
    let isTooDeep = byteCount > MarkdownFromHTML.prefixByteLimit
    // The element is followed all the same, so that its end is known.
    guard prefixes.count < MarkdownFromHTML.depthLimit else { return }
    prefixes.append((tag, isTooDeep ? "" : prefix))
  }

  private mutating func closePrefix(_ tag: String) {
    guard let place = prefixes.lastIndex(where: { $0.tag == tag }) else { return }
    isAfterMarker = false
    prefixes.removeSubrange(place...)
    if tag == "li" { endItemLine() } else { breakLine(2) }
  }

  /// Ends a line between items: they follow each other closely, also those that hold paragraphs.
  private mutating func endItemLine() {
    breakLine(1)
    if breaks > 1, !out.isEmpty { breaks = 1 }
  }

  // MARK: Emphasis and links

  private mutating func push(_ inline: Inline) {
    guard inlines.count < MarkdownFromHTML.depthLimit else { return }
    inlines.append(inline)
  }

  private mutating func pop(_ tag: String) {
    guard let place = inlines.lastIndex(where: { $0.tag == tag }) else { return }
    for inline in inlines[place...].reversed() where inline.isWritten {
      append(inline.closing.utf8)
    }
    inlines.removeSubrange(place...)
  }

  /// Closes what is open at the end of a block, to be opened again in the next one. A link is not:
  /// its address would stand there once a block.
  private mutating func suspendInlines(forGood: Bool = false) {
    for inline in inlines.reversed() where inline.isWritten { append(inline.closing.utf8) }
    if forGood { return inlines = [] }
    inlines.removeAll { $0.isLink && $0.isWritten }
    for place in inlines.indices { inlines[place].isWritten = false }
  }

  private mutating func openLink(_ tag: HTMLTag) {
    guard let href = tag["href"], let address = MarkdownFromHTML.address(href) else { return }
    push(Inline(tag: "a", opening: "[", closing: "](\(address))", isLink: true))
  }

  private mutating func image(_ tag: HTMLTag) {
    let name = tag["alt"].flatMap { $0.isEmpty ? nil : $0 } ?? "image"
    guard let address = tag["src"].flatMap(MarkdownFromHTML.address) else { return take(name) }
    write("![\(name)](\(address))".utf8)
  }

  /// An address as it can stand in a link; nil for what is none of the web's.
  private static func address(_ href: String) -> String? {
    let lower = href.prefix(8).lowercased()
    guard ["http://", "https://", "mailto:"].contains(where: { lower.hasPrefix($0) }) else {
      return nil
    }
    var out: [UInt8] = []
    for byte in href.utf8 {
      switch byte {
      case 0...32, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"):
        let digits = String(byte, radix: 16, uppercase: true)
        out.append(contentsOf: ("%" + (digits.utf8.count < 2 ? "0" : "") + digits).utf8)
      default: out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  // MARK: Code

  private mutating func openInCode(_ tag: HTMLTag) {
    guard code?.isBlock == true else { return }
    if tag.name == "br" { code?.text.append(10) }
    if tag.name == "code", code?.language == nil {
      let name = language(of: tag)
      code?.language = name
    }
  }

  private func language(of tag: HTMLTag) -> String? {
    let found = (tag["class"] ?? "").split(separator: " ").first { $0.hasPrefix("language-") }
    let name = found?.dropFirst("language-".count) ?? ""
    let isPlain = name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "`") }
    return name.isEmpty || !isPlain ? nil : String(name.prefix(32))
  }

  private mutating func closeCode() {
    guard let (raw, language, isBlock) = code else { return }
    var text = raw
    code = nil
    var run = 0
    var longest = 0
    for byte in text {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    if !isBlock || cell != nil {
      text = text.map { $0 == 10 || $0 == 13 ? 32 : $0 }
      guard text.contains(where: { $0 != 32 }) else { return owesSpace = true }
      let fence = Array(repeating: UInt8(ascii: "`"), count: longest + 1)
      let pad: [UInt8] = longest > 0 ? [32] : []
      return write(fence + pad + text + pad + fence)
    }
    if text.first == 10 { text.removeFirst() }
    while text.last == 10 || text.last == 13 { text.removeLast() }
    let fence = Array(repeating: UInt8(ascii: "`"), count: max(3, longest + 1))
    write(fence + (language.map { Array($0.utf8) } ?? []))
    let prefix = prefixes.map(\.text).joined().utf8
    for line in text.split(separator: 10, omittingEmptySubsequences: false) {
      out.append(10)
      out.append(contentsOf: prefix)
      out.append(contentsOf: line)
    }
    out.append(10)
    out.append(contentsOf: prefix)
    out.append(contentsOf: fence)
    breakLine(2)
  }

  // MARK: Tables

  private mutating func openTable(_ name: String) {
    switch name {
    case "table":
      // A table in a cell is a part of its text.
      if table != nil {
        table?.depth += 1
        return
      }
      breakLine(2)
      table = ([], 1)
    case "tr" where table?.depth == 1:
      closeCell()
      table?.rows.append([])
    case "td" where table?.depth == 1, "th" where table?.depth == 1:
      closeCell()
      cell = []
      (owesSpace, isAtLineStart) = (false, true)
    default: owesSpace = true
    }
  }

  private mutating func closeInTable(_ name: String) {
    guard let depth = table?.depth else { return }
    guard depth == 1 else {
      if name == "table" { table?.depth -= 1 }
      return owesSpace = true
    }
    if name == "table" { closeTable() } else { closeCell() }
  }

  private mutating func closeCell() {
    guard let bytes = cell else { return }
    suspendInlines(forGood: true)
    let text = cell ?? bytes
    cell = nil
    if table?.rows.isEmpty == true { table?.rows.append([]) }
    guard let last = table?.rows.indices.last else { return }
    var escaped: [UInt8] = []
    for byte in text {
      if byte == UInt8(ascii: "|") { escaped.append(UInt8(ascii: "\\")) }
      escaped.append(byte)
    }
    table?.rows[last].append(String(decoding: escaped, as: UTF8.self))
    owesSpace = false
  }

  private mutating func closeTable() {
    closeCell()
    guard let rows = table?.rows.filter({ !$0.isEmpty }) else { return }
    table = nil
    for (number, row) in rows.enumerated() {
      breaks = number == 0 ? 2 : 1
      write(("| " + row.joined(separator: " | ") + " |").utf8)
      guard number == 0 else { continue }
      breaks = 1
      write(("|" + String(repeating: " --- |", count: row.count)).utf8)
    }
    breakLine(2)
  }
}
