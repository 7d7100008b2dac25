import PolylogueModel

/// Writes one message.
struct MessageHTML {
  let linksFiles: Bool
  var markdown = MarkdownHTML()

  init(linksFiles: Bool) { self.linksFiles = linksFiles }

  /// How a message looks.
  struct Look {
    let isFolded: Bool
    let classes: StaticString

    init(_ message: Message) {
      let isPlain = message.kind == .message || message.kind == .toolResult
      isFolded = message.isHidden || message.kind == .injected || message.role == .system
      let isTechnical = message.blocks.allSatisfy { block in
        switch block {
        case .toolCall, .toolResult, .thinking: true
        default: false
        }
      }
      if isFolded || !isPlain {
        classes = isFolded ? "q" : "y"
      } else if isTechnical, !message.blocks.isEmpty, message.attachments.isEmpty {
        classes = "x"
      } else {
        classes =
          switch message.role {
          case .user: "u"
          case .assistant: "a"
          case .system, .tool: "y"
          }
      }
    }
  }

  // MARK: Heading

  static func heading(_ message: Message, _ look: Look, _ html: inout HTMLWriter) {
    html.markup("<h2>")
    switch message.role {
    case .user: html.markup("User")
    case .assistant: html.markup("Assistant")
    case .system: html.markup("System")
    case .tool: html.markup("Tool")
    }
    if let author = message.author {
      html.markup(" ")
      html.text(author)
    }
    html.markup("</h2>")
    if message.kind != .message, message.kind != .toolResult {
      html.markup("<span>")
      html.text(message.kind.name)
      html.markup("</span>")
    }
    if message.isHidden { html.markup("<span>hidden</span>") }
    if let model = message.model {
      html.markup("<span>")
      html.text(model)
      html.markup("</span>")
    }
  }

  /// A time of UTC, to the minute; to the second for programs.
  static func time(_ iso: String, _ html: inout HTMLWriter) {
    html.markup("<time datetime=\"")
    html.text(iso)
    html.markup("\">")
    var copy = iso
    copy.withUTF8 { bytes in
      guard bytes.count >= 16 else { return html.text(bytes) }
      html.text(UnsafeBufferPointer(rebasing: bytes[..<10]))
      html.markup(" ")
      html.text(UnsafeBufferPointer(rebasing: bytes[11..<16]))
    }
    html.markup("</time>")
  }

  static func tokens(_ usage: TokenUsage, _ html: inout HTMLWriter) {
    guard usage.input > 0 || usage.output > 0 else { return }
    html.markup("<span title=\"tokens read and written\">")
    html.number(Int(usage.input))
    html.markup(" → ")
    html.number(Int(usage.output))
    html.markup("</span>")
  }

  // MARK: Content

  mutating func content(_ message: Message, _ html: inout HTMLWriter) {
    for block in message.blocks { write(block, of: message, &html) }
    let rest = message.attachments.filter { !isShown($0, in: message) }
    guard !rest.isEmpty else { return }
    html.markup("<ul class=att>")
    for attachment in rest {
      html.markup("<li>")
      write(attachment, &html)
      html.markup("</li>")
    }
    html.markup("</ul>\n")
  }

  private mutating func write(_ block: Block, of message: Message, _ html: inout HTMLWriter) {
    switch block {
    case .text(let text):
      html.markup("<div class=t>")
      markdown.write(text, to: &html)
      html.markup("</div>\n")
    case .thinking(let text):
      html.markup("<details class=\"d think\"><summary>Thinking</summary><div class=t>")
      markdown.write(text, to: &html)
      html.markup("</div></details>\n")
    case .code(let language, let text):
      CodeHTML.write(text, language: language, to: &html)
    case .toolCall(let call): write(call, &html)
    case .toolResult(let result): write(result, &html)
    case .document(let document): write(document, &html)
    case .citation(let citation): write(citation, &html)
    case .attachment(let id):
      let found = message.attachments.first { $0.id.hasSameBytes(as: id) }
      if let found, picture(found) != nil {
        write(found, &html)
      } else {
        html.markup("<p class=gone>▤ ")
        html.text(found?.name ?? id)
        html.markup("</p>\n")
      }
    case .unknown(let type, let json):
      html.markup("<details class=d><summary>Not understood: <strong>")
      html.text(type)
      html.markup("</strong></summary>")
      CodeHTML.write(PrettyJSON.text(json), language: "json", to: &html)
      html.markup("</details>\n")
    }
  }

  private func write(_ call: ToolCall, _ html: inout HTMLWriter) {
    html.markup("<details class=d><summary><strong>")
    html.text(call.name)
    html.markup("</strong> <code>")
    html.text(PrettyJSON.gist(of: call.input))
    html.markup("</code></summary>")
    let isJSON = PrettyJSON.looksLikeJSON(call.input)
    CodeHTML.write(
      isJSON ? PrettyJSON.text(call.input) : call.input, language: isJSON ? "json" : nil,
      to: &html)
    html.markup("</details>\n")
  }

  private func write(_ result: ToolResult, _ html: inout HTMLWriter) {
    html.markup(
      result.isError
        ? "<details class=\"d err\"><summary><strong>Error</strong> "
        : "<details class=d><summary>Result ")
    if let name = result.name {
      html.markup("<strong>")
      html.text(name)
      html.markup("</strong> ")
    }
    html.markup("<code>")
    html.text(PrettyJSON.firstLine(of: result.output))
    html.markup("</code></summary><pre class=out tabindex=0>")
    html.text(result.output)
    html.markup("</pre></details>\n")
  }

  private mutating func write(_ document: Document, _ html: inout HTMLWriter) {
    html.markup(
      document.isComplete
        ? "<details class=d open><summary>Document <strong>"
        : "<details class=d open><summary>Edit of document <strong>")
    html.text(document.title ?? document.id)
    html.markup("</strong></summary>")
    let language = document.language ?? ""
    if language.hasSuffix("markdown") || language == "md" || language == "document" {
      html.markup("<div class=t>")
      markdown.write(document.content, to: &html)
      html.markup("</div>")
    } else {
      CodeHTML.write(document.content, language: document.language, to: &html)
    }
    html.markup("</details>\n")
  }

  private func write(_ citation: Citation, _ html: inout HTMLWriter) {
    html.markup("<div class=cite>")
    let isFollowed = citation.url.map { LinkAddress.isSafe($0.utf8) } ?? false
    if isFollowed, let url = citation.url {
      MarkdownHTML.startLink(&html)
      html.text(url)
      html.markup("\">")
    }
    html.text(citation.title ?? citation.url ?? "Untitled")
    if isFollowed { html.markup("</a>") }
    if !isFollowed, let url = citation.url, citation.title != nil {
      html.markup(" <small>")
      html.text(url)
      html.markup("</small>")
    }
    if let quote = citation.quote {
      html.markup("<br><small>")
      html.text(quote)
      html.markup("</small>")
    }
    html.markup("</div>\n")
  }

  // MARK: Attachments

  private func picture(_ attachment: Attachment) -> String? {
    guard linksFiles, let file = FileName.attachment(attachment), FileName.isPicture(file) else {
      return nil
    }
    return file
  }

  /// Whether a picture stands in the text already.
  private func isShown(_ attachment: Attachment, in message: Message) -> Bool {
    guard picture(attachment) != nil else { return false }
    return message.blocks.contains {
      if case .attachment(let id) = $0 { id.hasSameBytes(as: attachment.id) } else { false }
    }
  }

  private func write(_ attachment: Attachment, _ html: inout HTMLWriter) {
    let name = attachment.name ?? attachment.id
    if let file = picture(attachment) {
      html.markup("<figure>")
      link(to: file, &html)
      html.markup("<img loading=lazy src=\"")
      path(of: file, &html)
      html.markup("\" alt=\"")
      html.text(name)
      html.markup("\"></a><figcaption>")
      caption(attachment, name, file: nil, &html)
      html.markup("</figcaption></figure>\n")
    } else {
      html.markup("▤ ")
      caption(attachment, name, file: linksFiles ? FileName.attachment(attachment) : nil, &html)
    }
    if let text = attachment.extractedText {
      html.markup("<details class=d><summary>Text of the file</summary><pre class=out tabindex=0>")
      html.text(text)
      html.markup("</pre></details>\n")
    }
  }

  private func caption(
    _ attachment: Attachment, _ name: String, file: String?, _ html: inout HTMLWriter
  ) {
    if let file { link(to: file, &html) }
    html.text(name)
    if file != nil { html.markup("</a>") }
    html.markup(" <small>")
    if let type = attachment.mediaType {
      html.text(type)
      html.markup(" ")
    }
    if let size = attachment.byteCount ?? attachment.stored?.byteCount {
      html.number(Int(size))
      html.markup(" bytes ")
    }
    if attachment.state != .stored {
      html.markup(
        attachment.state == .textOnly
          ? "(only its text is in the archive)" : "(not in the archive)")
    }
    html.markup("</small>")
  }

  private func link(to file: String, _ html: inout HTMLWriter) {
    html.markup("<a href=\"")
    path(of: file, &html)
    html.markup("\">")
  }

  private func path(of file: String, _ html: inout HTMLWriter) {
    html.text(FileName.attachmentFolder)
    html.markup("/")
    html.text(file)
  }
}
