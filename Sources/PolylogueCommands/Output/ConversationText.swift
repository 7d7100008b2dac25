import PolylogueModel
import PolylogueRender

/// A conversation as a person reads it on a terminal. Everything that comes from the archive is made
/// safe to look at.
struct ConversationText {
  let style: Style

  /// The lines above the messages.
  func header(_ conversation: Conversation, branches: Int) -> [String] {
    let header = conversation.header
    var facts = [VisibleText.oneLine(header.id.provider.rawValue)]
    if let created = header.createdAt { facts.append(created.short) }
    facts.append(Amount.count(conversation.messages.count, "message"))
    if branches > 1 { facts.append("\(branches) branches (--branch N)") }
    if let project = header.project { facts.append(VisibleText.oneLine(project)) }
    return [
      style.bold(VisibleText.oneLine(header.title ?? "Untitled")),
      style.dim(facts.joined(separator: " · ")),
      style.dim(VisibleText.oneLine(header.id.description)),
    ]
  }

  /// The lines of one message, a blank line first.
  func lines(_ message: Message, position: (number: Int, count: Int)?) -> [String] {
    var heading = name(of: message)
    if let author = message.author { heading += " " + VisibleText.oneLine(author) }
    if message.kind != .message, message.kind != .toolResult {
      heading += " (\(message.kind.name))"
    }
    var facts: [String] = []
    if let model = message.model { facts.append(VisibleText.oneLine(model)) }
    if let time = message.timestamp { facts.append(time.short) }
    if let position { facts.append("\(position.number)/\(position.count)") }
    if !message.isActive { facts.append("other branch") }
    var lines = ["", colour(heading, message.role) + dimmed(facts)]
    for block in message.blocks { lines += self.lines(block, of: message) }
    for attachment in message.attachments {
      lines.append(style.cyan("  attachment: ") + VisibleText.oneLine(describe(attachment)))
    }
    return lines
  }

  private func dimmed(_ facts: [String]) -> String {
    facts.isEmpty ? "" : "  " + style.dim(facts.joined(separator: " · "))
  }

  private func name(of message: Message) -> String {
    switch message.role {
    case .user: "User"
    case .assistant: "Assistant"
    case .system: "System"
    case .tool: "Tool"
    }
  }

  private func colour(_ text: String, _ role: Role) -> String {
    switch role {
    case .user: style.bold(style.green(text))
    case .assistant: style.bold(style.cyan(text))
    case .system, .tool: style.bold(style.yellow(text))
    }
  }

  private func lines(_ block: Block, of message: Message) -> [String] {
    switch block {
    case .text(let text):
      return text.isEmpty ? [] : [VisibleText.block(text)]
    case .thinking(let text):
      return indented("thinking", text)
    case .code(let language, let text):
      return indented("code" + (language.map { " (\(VisibleText.oneLine($0)))" } ?? ""), text)
    case .toolCall(let call):
      return indented("call \(VisibleText.oneLine(call.name))", call.input)
    case .toolResult(let result):
      return indented(result.isError ? "error" : "result", result.output)
    case .document(let document):
      let title = VisibleText.oneLine(document.title ?? document.id)
      return indented(
        "\(document.isComplete ? "document" : "edit of document") \(title)", document.content)
    case .citation(let citation):
      let parts = [citation.title, citation.url].compactMap { $0 }.map(VisibleText.oneLine)
      return [style.cyan("  source: ") + parts.joined(separator: " – ")]
    case .attachment:
      return []
    case .unknown(let type, let json):
      return indented("not understood: \(VisibleText.oneLine(type))", json)
    }
  }

  private func indented(_ label: String, _ text: String) -> [String] {
    var lines = [style.cyan("  \(label)")]
    // The line break that ends a tool's output would show as an empty line.
    let text = text.utf8.last == 0x0A ? String(text.unicodeScalars.dropLast()) : text
    for line in VisibleText.block(text).utf8.split(
      separator: 0x0A, omittingEmptySubsequences: false)
    {
      lines.append(style.dim("  │ " + String(Substring(line))))
    }
    return lines
  }

  private func describe(_ attachment: Attachment) -> String {
    let facts = [attachment.mediaType, attachment.byteCount.map(Amount.bytes)].compactMap { $0 }
    let name = attachment.name ?? attachment.id
    return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: ", ")))"
  }
}
