/// Writes the nodes of Markdown texts as HTML.
struct MarkdownHTML {
  /// Inline elements within each other beyond this are left out; their text is not.
  static let maximumInlineDepth = 40

  private let parser = MarkdownParser()
  private var inlineDepth = 0
  /// For each link that is open, whether it is one in the page, and what to show behind it.
  private var links: [(isFollowed: Bool, shown: [UInt8])] = []

  /// Appends a text, formatted; as it is where it cannot be.
  mutating func write(_ source: String, to html: inout HTMLWriter) {
    var copy = source
    copy.withUTF8 { bytes in
      guard parser.parse(bytes) else {
        html.markup("<pre class=raw>")
        html.text(bytes)
        html.markup("</pre>\n")
        return
      }
      let parser = parser
      parser.text.withUnsafeBufferPointer { text in
        inlineDepth = 0
        links.removeAll(keepingCapacity: true)
        for (index, node) in parser.nodes.enumerated() { write(node, index, text, to: &html) }
      }
    }
  }

  private mutating func write(
    _ node: MarkdownNode, _ index: Int, _ text: UnsafeBufferPointer<UInt8>,
    to html: inout HTMLWriter
  ) {
    switch node {
    case .text(let span): html.text(UnsafeBufferPointer(rebasing: text[span.range]))
    case .open(let element): open(element, &html)
    case .close(let element): close(element, &html)
    case .openNumbers(let start):
      html.markup("<ol")
      if start != 1 {
        html.markup(" start=")
        html.number(start)
      }
      html.markup(">\n")
    case .openTask(let isDone):
      html.markup("<li class=task><input type=checkbox disabled")
      if isDone { html.markup(" checked") }
      html.markup(">")
    case .openCell(let alignment, let isHeader):
      html.markup(isHeader ? "<th" : "<td")
      switch alignment {
      case .none: break
      case .left: html.markup(" class=l")
      case .right: html.markup(" class=r")
      case .center: html.markup(" class=c")
      }
      html.markup(">")
    case .openLink(let span, let isPicture):
      openLink(UnsafeBufferPointer(rebasing: text[span.range]), isPicture, &html)
    case .closeLink: closeLink(&html)
    case .openMath(let isDisplay):
      html.markup(isDisplay ? "<span class=\"math display\">" : "<span class=math>")
    case .character(let value): html.character(value)
    case .lineBreak: html.markup("<br>")
    case .softBreak: html.markup("\n")
    case .rule: html.markup("<hr>\n")
    case .codeBlock(let language, let content):
      CodeHTML.write(
        UnsafeBufferPointer(rebasing: text[content.range]),
        language: UnsafeBufferPointer(rebasing: text[language.range]), to: &html)
    }
  }

  private mutating func open(_ element: MarkdownElement, _ html: inout HTMLWriter) {
    switch element {
    case .paragraph: html.markup("<p>")
    // The page's own headings are h1 and h2.
    case .heading1: html.markup("<h3>")
    case .heading2: html.markup("<h4>")
    case .heading3: html.markup("<h5>")
    case .heading4, .heading5, .heading6: html.markup("<h6>")
    case .quote: html.markup("<blockquote>\n")
    case .bullets: html.markup("<ul>\n")
    case .numbers: html.markup("<ol>\n")
    case .item: html.markup("<li>")
    // Wide tables scroll; the box can be reached by keyboard.
    case .table: html.markup("<div class=wide tabindex=0><table>\n")
    case .header: html.markup("<thead>")
    case .body: html.markup("<tbody>")
    case .row: html.markup("<tr>")
    case .cell: html.markup("<td>")
    case .headerCell: html.markup("<th>")
    case .emphasis: inline("<em>", &html)
    case .strong: inline("<strong>", &html)
    case .struck: inline("<del>", &html)
    case .code: inline("<code>", &html)
    case .math: html.markup("<span class=math>")
    }
  }

  private mutating func close(_ element: MarkdownElement, _ html: inout HTMLWriter) {
    switch element {
    case .paragraph: html.markup("</p>\n")
    case .heading1: html.markup("</h3>\n")
    case .heading2: html.markup("</h4>\n")
    case .heading3: html.markup("</h5>\n")
    case .heading4, .heading5, .heading6: html.markup("</h6>\n")
    case .quote: html.markup("</blockquote>\n")
    case .bullets: html.markup("</ul>\n")
    case .numbers: html.markup("</ol>\n")
    case .item: html.markup("</li>\n")
    case .table: html.markup("</table></div>\n")
    case .header: html.markup("</thead>\n")
    case .body: html.markup("</tbody>")
    case .row: html.markup("</tr>\n")
    case .cell: html.markup("</td>")
    case .headerCell: html.markup("</th>")
    case .emphasis: endInline("</em>", &html)
    case .strong: endInline("</strong>", &html)
    case .struck: endInline("</del>", &html)
    case .code: endInline("</code>", &html)
    case .math: html.markup("</span>")
    }
  }

  private mutating func inline(_ tag: StaticString, _ html: inout HTMLWriter) {
    inlineDepth += 1
    if inlineDepth <= MarkdownHTML.maximumInlineDepth { html.markup(tag) }
  }

  private mutating func endInline(_ tag: StaticString, _ html: inout HTMLWriter) {
    if inlineDepth <= MarkdownHTML.maximumInlineDepth { html.markup(tag) }
    inlineDepth -= 1
  }

  // MARK: Links

  /// Opens a link, unless it stands in one already. Only web and mail addresses are followed; others
  /// are shown behind the label.
  private mutating func openLink(
    _ address: UnsafeBufferPointer<UInt8>, _ isPicture: Bool, _ html: inout HTMLWriter
  ) {
    let isSafe = LinkAddress.isSafe(address)
    let isFollowed = isSafe && !links.contains { $0.isFollowed }
    links.append((isFollowed, isSafe ? [] : Array(address)))
    guard isFollowed else { return }
    MarkdownHTML.startLink(&html, isPicture: isPicture)
    html.text(address)
    html.markup("\">")
    // A picture from elsewhere is a link: looking at a page must not tell anybody.
    if isPicture { html.markup("<span aria-hidden=true>▣ </span>") }
  }

  private mutating func closeLink(_ html: inout HTMLWriter) {
    guard let link = links.popLast() else { return }
    if link.isFollowed { html.markup("</a>") }
    guard !link.shown.isEmpty else { return }
    html.markup(" <span class=dest>")
    link.shown.withUnsafeBufferPointer { html.text($0) }
    html.markup("</span>")
  }

  static func startLink(_ html: inout HTMLWriter, isPicture: Bool = false) {
    html.markup(
      isPicture
        ? "<a class=picture rel=\"nofollow noopener noreferrer\" href=\""
        : "<a rel=\"nofollow noopener noreferrer\" href=\"")
  }
}

/// Which addresses a page may lead to.
enum LinkAddress {
  private static let schemes = ["https://", "http://", "mailto:"]

  /// Whether it is a web or mail address without blanks and control characters.
  static func isSafe(_ address: some Collection<UInt8>) -> Bool {
    let isKnown = schemes.contains { scheme in
      guard address.count > scheme.utf8.count else { return false }
      for (byte, wanted) in zip(address, scheme.utf8) {
        let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        if folded != wanted { return false }
      }
      return true
    }
    return isKnown && address.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
