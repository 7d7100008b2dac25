public import PolylogueModel

/// Writes a conversation as one Markdown document.
///
/// The document opens with YAML front matter. Every message and every block but plain text is
/// announced by an HTML comment at the start of a line, such as
/// `<!-- polylogue:message id=m1 role=user kind=message -->`. A line of archived text that looks
/// like such a comment gets a backslash in front (and one that has backslashes already gets one
/// more), so that the comments are always the writer's: a reader that removes one backslash has the
/// text again. Values in comments are percent-encoded.
///
/// Line breaks are `\n`; control characters are shown as their pictures (see ``VisibleText``).
/// The active path comes first, then each other branch under a heading of its own.
public struct MarkdownRenderer: ConversationRenderer {
  /// The version of the document's form; raised when its structure changes.
  public static let formVersion = 1

  /// `md`.
  public var fileExtension: String { "md" }

  /// The form's version.
  public var stamp: String { "markdown \(MarkdownRenderer.formVersion)" }

  private let linksFiles: Bool

  /// A renderer.
  ///
  /// - Parameter linksFiles: Whether attachments that the archive has are linked to their files, in
  ///   the folder and under the name that ``FileName/attachment(_:)`` gives them. Pictures are
  ///   shown.
  public init(linksFiles: Bool = false) {
    self.linksFiles = linksFiles
  }

  /// The document's bytes.
  ///
  /// - Complexity: O(bytes of the conversation).
  public func bytes(of conversation: Conversation, relatives: Relatives) -> [UInt8] {
    var writer = MarkdownWriter(capacity: 1 << 16)
    // Only where there are branches does the document not show the order of all.
    let hasBranches = conversation.messages.contains { !$0.isActive }
    frontMatter(of: conversation, into: &writer)
    writer.append("# ")
    writer.append(MarkdownWriter.inline(conversation.header.title ?? "Untitled"))
    writer.append("\n\n")
    if relatives != .none { write(relatives, into: &writer) }
    let notes = MessageNotes(conversation.userData)
    let messages = conversation.messages
    for place in messages.indices where messages[place].isActive {
      write(messages[place], level: "##", place: hasBranches ? place : nil, notes, into: &writer)
    }
    guard hasBranches else { return writer.bytes }
    let map = BranchMap(messages)
    writer.append("<!-- polylogue:branches -->\n\n## Other branches\n\n")
    for (index, chain) in map.inactiveChains.enumerated() {
      writer.marker("branch", [("from", chain.first?.parentID)])
      writer.append("\n\n### Branch \(index + 1)\n\n")
      for message in chain {
        write(message, level: "####", place: map.place(of: message.id), notes, into: &writer)
      }
    }
    return writer.bytes
  }

  /// A list of links.
  public func bytes(of page: IndexPage) -> [UInt8] { IndexMarkdown.bytes(of: page) }

  private func frontMatter(of conversation: Conversation, into writer: inout MarkdownWriter) {
    let header = conversation.header
    writer.append("---\npolylogue: \(MarkdownRenderer.formVersion)\n")
    writer.yaml("id", header.id.description)
    writer.yaml("provider", header.id.provider.rawValue)
    writer.yaml("title", header.title)
    if let created = header.createdAt { writer.append("created_at: \(created.iso)\n") }
    if let updated = header.updatedAt { writer.append("updated_at: \(updated.iso)\n") }
    writer.yaml("project", header.project)
    if let lineage = header.lineage {
      writer.yaml(lineage.kind.name + "_of", header.parentID?.description)
      writer.yaml("origin", lineage.origin)
    }
    let models = MarkdownRenderer.models(of: conversation)
    if !models.isEmpty {
      writer.append("models: [")
      writer.append(models.map(MarkdownWriter.quotedYAML).joined(separator: ", "))
      writer.append("]\n")
    }
    let user = conversation.userData
    if !user.tags.isEmpty {
      writer.append("tags: [")
      writer.append(user.tags.map(MarkdownWriter.quotedYAML).joined(separator: ", "))
      writer.append("]\n")
    }
    if user.isStarred { writer.append("starred: true\n") }
    writer.yaml("note", user.note)
    writer.append("messages: \(conversation.messages.count)\n---\n\n")
  }

  /// Links to the files of relatives.
  private func write(_ relatives: Relatives, into writer: inout MarkdownWriter) {
    func link(_ relative: Relatives.Relative) -> String {
      "[\(MarkdownWriter.inline(relative.title ?? "Untitled"))](\(relative.file))"
    }
    if let parent = relatives.parent {
      writer.append("\(parent.kind.title) of \(link(parent))\n\n")
    }
    for child in relatives.derived.prefix(Relatives.derivedLimit) {
      writer.append("- \(child.kind.title): \(link(child))\n")
    }
    let more = relatives.derived.count - Relatives.derivedLimit
    if more > 0 { writer.append("- and \(more) more\n") }
    if !relatives.derived.isEmpty { writer.append("\n") }
  }

  /// The models that answered, in the order of first appearance.
  static func models(of conversation: Conversation) -> [String] {
    var models: [String] = []
    for message in conversation.messages {
      if let model = message.model, !models.contains(model) { models.append(model) }
    }
    return models
  }

  private func write(
    _ message: Message, level: StaticString, place: Int?, _ notes: MessageNotes,
    into writer: inout MarkdownWriter
  ) {
    writer.put("<!-- polylogue:message")
    writer.value("id", message.id)
    writer.value("parent", message.parentID)
    writer.put(" role=")
    writer.append(message.role.name)
    writer.put(" kind=")
    writer.append(message.kind.name)
    writer.value("author", message.author)
    writer.value("model", message.model)
    var time: Range<Int>?
    if let timestamp = message.timestamp {
      writer.put(" time=")
      time = writer.time(timestamp)
    }
    if message.isHidden { writer.put(" hidden=true") }
    if let place { writer.value("place", String(place)) }
    writer.put(" -->\n")
    if message.isHidden, message.blocks.isEmpty, message.attachments.isEmpty {
      writer.put("\n")
      return
    }
    writer.put(level)
    writer.put(" ")
    heading(of: message, time: time, into: &writer)
    writer.put("\n\n")
    for (index, block) in message.blocks.enumerated() {
      if case .text = block {
        if index > 0 { writer.put("<!-- polylogue:text -->\n\n") }
      }
      write(block, of: message, into: &writer)
    }
    for attachment in message.attachments { write(attachment, of: message, into: &writer) }
    if let note = notes[message] {
      writer.append("<!-- polylogue:note -->\n> **Note**\n>\n")
      writer.quote(note)
    }
  }

  /// - Parameter time: Where the message's time stands.
  private func heading(
    of message: Message, time: Range<Int>?, into writer: inout MarkdownWriter
  ) {
    switch message.role {
    case .user: writer.put("User")
    case .assistant: writer.put("Assistant")
    case .system: writer.put("System")
    case .tool: writer.put("Tool")
    }
    if let author = message.author {
      writer.put(" ")
      writer.append(MarkdownWriter.inline(author))
    }
    if message.kind != .message, message.kind != .toolResult {
      writer.append(" (\(message.kind.name))")
    }
    if let model = message.model {
      writer.put(" · ")
      writer.append(MarkdownWriter.inline(model))
    }
    if let time {
      writer.put(" · ")
      writer.dayAndTime(ofISO: time)
    }
  }

  private func write(_ block: Block, of message: Message, into writer: inout MarkdownWriter) {
    switch block {
    case .text(let text):
      writer.text(text)
    case .thinking(let text):
      writer.append("<!-- polylogue:thinking -->\n> **Thinking**\n>\n")
      writer.quote(text)
    case .code(let language, let text):
      writer.marker("code", [("language", language)])
      writer.append("\n")
      writer.fence(text, language: language)
    case .toolCall(let call):
      writer.marker("tool-call", [("id", call.id), ("name", call.name)])
      writer.append("\n**Tool call:** \(MarkdownWriter.inline(call.name))\n\n")
      writer.fence(call.input, language: MarkdownRenderer.isJSON(call.input) ? "json" : nil)
    case .toolResult(let result):
      writer.marker(
        "tool-result",
        [
          ("call", result.callID), ("name", result.name),
          ("error", result.isError ? "true" : nil),
        ])
      let name = result.name.map { " " + MarkdownWriter.inline($0) } ?? ""
      writer.append("\n**\(result.isError ? "Tool error" : "Tool result"):**\(name)\n\n")
      writer.fence(result.output, language: nil)
    case .document(let document):
      write(document, into: &writer)
    case .citation(let citation):
      write(citation, into: &writer)
    case .attachment(let id):
      let attachment = message.attachments.first { $0.id.utf8.elementsEqual(id.utf8) }
      let name = MarkdownWriter.inline(attachment?.name ?? id)
      writer.marker("attachment-place", [("id", id)])
      if let picture = attachment.flatMap(picturePath) {
        writer.append("\n![\(name)](\(picture))\n\n")
      } else {
        writer.append("\n*Attachment: \(name)*\n\n")
      }
    case .unknown(let type, let json):
      writer.marker("unknown", [("type", type)])
      writer.append("\n**Not understood:** \(MarkdownWriter.inline(type))\n\n")
      writer.fence(json, language: "json")
    }
  }

  private func write(_ document: Document, into writer: inout MarkdownWriter) {
    writer.marker(
      "document",
      [
        ("id", document.id), ("title", document.title), ("language", document.language),
        ("complete", document.isComplete ? nil : "false"),
      ])
    let label = document.isComplete ? "Document" : "Edit of document"
    writer.append("\n**\(label):** \(MarkdownWriter.inline(document.title ?? document.id))\n\n")
    writer.fence(document.content, language: document.language)
  }

  private func write(_ citation: Citation, into writer: inout MarkdownWriter) {
    writer.marker(
      "citation", [("title", citation.title), ("url", citation.url), ("quote", citation.quote)])
    writer.append("\n**Source:** ")
    writer.append(MarkdownWriter.inline(citation.title ?? citation.url ?? "untitled"))
    if let url = citation.url, MarkdownRenderer.isLinkable(url) { writer.append(" <\(url)>") }
    writer.append("\n\n")
    if let quote = citation.quote { writer.quote(quote) }
  }

  /// Where the page finds an attachment that it can show.
  private func picturePath(_ attachment: Attachment) -> String? {
    guard linksFiles, let file = FileName.attachment(attachment), FileName.isPicture(file) else {
      return nil
    }
    return "\(FileName.attachmentFolder)/\(file)"
  }

  private func write(
    _ attachment: Attachment, of message: Message, into writer: inout MarkdownWriter
  ) {
    let size = attachment.byteCount ?? attachment.stored?.byteCount
    let file = linksFiles ? FileName.attachment(attachment) : nil
    let path = file.map { "\(FileName.attachmentFolder)/\($0)" }
    writer.marker(
      "attachment",
      [
        ("id", attachment.id), ("name", attachment.name), ("type", attachment.mediaType),
        ("bytes", attachment.byteCount.map { String($0) }), ("sha256", attachment.stored?.sha256),
        ("file", path),
      ])
    let name = MarkdownWriter.inline(attachment.name ?? attachment.id)
    writer.append("\n**Attachment:** ")
    // A path of ours holds nothing that would have to be escaped.
    writer.append(path.map { "[\(name)](\($0))" } ?? name)
    let facts = [attachment.mediaType, size.map { "\($0) bytes" }].compactMap { $0 }
    if !facts.isEmpty {
      writer.append(" (\(MarkdownWriter.inline(facts.joined(separator: ", "))))")
    }
    writer.append("\n\n")
    // A picture is shown once: where it stood in the message, else here.
    let isPlaced = message.blocks.contains {
      if case .attachment(let id) = $0 { id.utf8.elementsEqual(attachment.id.utf8) } else { false }
    }
    if !isPlaced, let picture = picturePath(attachment) {
      writer.append("![\(name)](\(picture))\n\n")
    }
    if let text = attachment.extractedText {
      writer.append("<!-- polylogue:attachment-text -->\n")
      writer.fence(text, language: nil)
    }
  }

  private static func isJSON(_ text: String) -> Bool {
    let first = text.utf8.first { $0 > 0x20 }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  /// Whether an address can stand between angle brackets: a web address of visible ASCII.
  private static func isLinkable(_ url: String) -> Bool {
    guard url.hasPrefix("https://") || url.hasPrefix("http://") else { return false }
    return url.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
    }
  }
}
