import PolylogueModel

/// Reads one cell of `MyActivity.html`: a header with the product, then what was done, when, and the
/// answer, then notes in small print.
struct TakeoutCell {
  private(set) var product = ""
  private(set) var title = ""
  private(set) var url: String?
  private(set) var time: Timestamp?
  private(set) var timeText: String?
  private(set) var answer = ""
  private(set) var files: [String] = []
  private(set) var images: [String] = []

  private enum Part { case outside, header, content, caption }
  private var part = Part.outside
  /// How many `div`s are open within the part.
  private var depth = 0
  private var hasContent = false
  /// The lines before the date, and the one being read.
  private var lines: [String] = []
  private var line = ""
  /// Reads the answer, once the date was met.
  private var converter: MarkdownFromHTML?

  /// Reads a cell.
  init(_ html: String) {
    var tokens = HTMLTokenizer(html)
    while let token = tokens.next() {
      switch token {
      case .text(let text): take(text)
      case .open(let tag): open(tag)
      case .close(let name): close(name)
      }
      if part == .content { converter?.take(token) }
    }
    finish()
  }

  // MARK: Pieces

  private mutating func take(_ text: String) {
    switch part {
    case .header: product += text
    case .content where converter == nil: line += text
    default: break
    }
  }

  private mutating func open(_ tag: HTMLTag) {
    if tag.name == "div" {
      if part != .outside {
        depth += 1
      } else if tag.hasClass("header-cell") {
        enter(.header)
      } else if tag.hasClass("content-cell") {
        let isCaption =
          tag.hasClass("mdl-typography--caption") || tag.hasClass("mdl-typography--text-right")
        enter(isCaption || hasContent ? .caption : .content)
      }
    }
    // The conversation's address stands below the answer in newer pages.
    if part == .caption, tag.name == "a" { note(address: tag["href"] ?? "") }
    guard part == .content else { return }
    switch tag.name {
    case "br", "p", "ul", "ol", "div", "pre", "table", "h1", "h2", "h3": endLine()
    case "a": note(link: tag["href"] ?? "")
    case "img":
      if let name = tag["src"], TakeoutCell.isName(name), images.count < TakeoutEntry.fileLimit {
        images.append(name)
      }
    default: break
    }
  }

  private mutating func close(_ name: String) {
    if part == .content, name == "p" || name == "div" { endLine() }
    guard name == "div", part != .outside else { return }
    depth -= 1
    guard depth == 0 else { return }
    if part == .content { hasContent = true }
    part = .outside
  }

  private mutating func enter(_ next: Part) {
    (part, depth) = (next, 1)
  }

  /// Ends a line of the content; the date parts the prompt from the answer.
  private mutating func endLine() {
    guard converter == nil else { return }
    let text = TakeoutCell.trimmed(line)
    line = ""
    guard !lines.isEmpty || !text.isEmpty else { return }
    if !lines.isEmpty, let date = TakeoutDate(text) {
      time = date.time
      timeText = date.unknownZone == nil ? nil : text
      converter = MarkdownFromHTML()
      return
    }
    lines.append(text)
  }

  /// A link before the date leads to the conversation or names a file.
  private mutating func note(link: String) {
    if TakeoutCell.isName(link) {
      if converter == nil, files.count < TakeoutEntry.fileLimit { files.append(link) }
    } else if converter == nil {
      note(address: link)
    }
  }

  private mutating func note(address: String) {
    if TakeoutEntry.isAddress(address), url.flatMap(TakeoutEntry.thread) == nil { url = address }
  }

  private mutating func finish() {
    endLine()
    product = TakeoutCell.trimmed(product)
    while lines.last?.isEmpty == true { lines.removeLast() }
    if converter == nil, lines.count > 1 {
      // A date that cannot be read: the last line that could be one parts the rest all the same.
      if let place = lines.lastIndex(where: TakeoutCell.looksLikeTime) {
        timeText = lines[place]
        answer = lines[(place + 1)...].joined(separator: "\n")
        lines.removeSubrange(place...)
      }
    }
    title = lines.joined(separator: "\n")
    if converter != nil { answer = converter?.finish() ?? "" }
  }

  // MARK: Texts

  /// Whether a line holds a time of day and is short.
  private static func looksLikeTime(_ line: String) -> Bool {
    guard line.utf8.count <= TakeoutDate.byteLimit else { return false }
    let bytes = Array(line.utf8)
    return bytes.indices.dropFirst().dropLast().contains {
      bytes[$0] == UInt8(ascii: ":") && bytes[$0 - 1] &- 48 < 10 && bytes[$0 + 1] &- 48 < 10
    }
  }

  /// Whether a link names a file that lies beside.
  static func isName(_ link: String) -> Bool {
    !link.isEmpty
      && !link.utf8.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "#") || $0 < 32 }
      && !link.hasPrefix("/")
  }

  /// The text with all kinds of space made plain and none around it.
  private static func trimmed(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    var owes = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        owes = !scalars.isEmpty
      } else {
        if owes { scalars.append(" ") }
        owes = false
        scalars.append(scalar)
      }
    }
    return String(scalars)
  }
}
