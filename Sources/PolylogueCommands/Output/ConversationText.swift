import PolylogueKit
import PolylogueModel
import PolylogueRender

/// A conversation as a person reads it on a terminal. Everything that comes from the archive is made
/// safe to look at.
struct ConversationText {
  let style: Style
  /// The columns to break lines at; nil where they stay as long as they are.
  let width: Int?

  /// Lines shown of a message that only surrounds the one asked for.
  private static let neighbourLimit = 12
  /// Conversations named that derive from the one shown.
  private static let derivedLimit = 12

  typealias Relatives = (parent: ConversationSummary?, derived: [ConversationSummary])

  // MARK: Header

  /// The lines above the messages.
  func header(_ view: ConversationView, relatives: Relatives) -> [String] {
    let header = view.conversation.header
    var facts = [VisibleText.oneLine(header.id.provider.rawValue)]
    if let created = header.createdAt { facts.append(created.short) }
    let count = view.conversation.messages.count
    facts.append(
      count == view.total
        ? Amount.count(count, "message")
        : "\(Amount.count(count)) of \(Amount.count(view.total, "message"))")
    if view.map.leafCount > 1 { facts.append("\(view.map.leafCount) branches (--branch N)") }
    if let project = header.project { facts.append(VisibleText.oneLine(project)) }
    var lines = [
      style.bold(VisibleText.oneLine(header.title ?? "Untitled")),
      style.dim(facts.joined(separator: " · ")),
      style.dim(VisibleText.oneLine(header.id.description)),
    ]
    if let lineage = header.lineage, let parent = header.parentID {
      let title = relatives.parent.map { $0.title ?? "Untitled" } ?? "not in the archive"
      lines.append(relative("\(lineage.kind.name) of", parent, title))
    }
    lines += UserDataDocument.lines(view.conversation.userData)
    // Who reads a part has not asked for what else there is.
    if view.marked == nil, view.projection == nil { lines += derived(relatives.derived) }
    if view.conversation.messages.isEmpty, let (asked, others) = view.projection {
      let names = others.map(\.rawValue).joined(separator: ", ")
      lines += [
        "", "no \(asked.things) here" + (names.isEmpty ? "" : "; try --only with \(names)"),
      ]
    }
    return lines
  }

  private func derived(_ all: [ConversationSummary]) -> [String] {
    var lines = all.prefix(Self.derivedLimit).map {
      relative($0.lineage?.kind.name ?? "derived", $0.id, $0.title ?? "Untitled")
    }
    let left = all.count - Self.derivedLimit
    if left > 0 { lines.append(style.dim("… \(Amount.count(left)) more derive from it")) }
    return lines
  }

  /// A relative's id, and as much of its title as fits beside it.
  private func relative(_ kind: String, _ id: ConversationID, _ title: String) -> String {
    let name = "\(kind) \(VisibleText.oneLine(id.description))"
    let title = VisibleText.oneLine(title)
    guard let width else { return style.dim("\(name)  \(title)") }
    let room = width - DisplayWidth.columns(of: name) - 2
    return style.dim(room < 12 ? name : name + "  " + DisplayWidth.fit(title, columns: room))
  }

  // MARK: Messages

  /// Hands over the lines of all messages that are shown.
  func forEachLine(of view: ConversationView, _ body: (String) throws -> Void) throws {
    let (before, after) = view.cutOff
    if before > 0 { try body("\n" + style.dim("… \(Amount.count(before, "message")) before")) }
    for message in view.shown {
      let isMarked = view.marked.map { $0.utf8.elementsEqual(message.id.utf8) } ?? false
      var lines = lines(message, position: view.map.position(of: message.id), isMarked: isMarked)
      if view.marked != nil, !isMarked { lines = shortened(lines) }
      for line in lines { try body(line) }
    }
    if after > 0 { try body("\n" + style.dim("… \(Amount.count(after, "message")) behind")) }
    if view.marked != nil {
      let id = VisibleText.oneLine(view.id.description)
      try body("\n" + style.dim("the whole conversation: polylogue show \(id)"))
    }
  }

  private func shortened(_ lines: [String]) -> [String] {
    // A block of text is one element of many lines until it is cut here.
    let all = lines.flatMap { line in
      line.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
        String(Substring($0))
      }
    }
    let left = all.count - Self.neighbourLimit
    guard left > 1 else { return all }
    return all.prefix(Self.neighbourLimit) + [style.dim("  … \(Amount.count(left, "more line"))")]
  }

  /// The lines of one message, a blank line first.
  private func lines(
    _ message: Message, position: (number: Int, count: Int)?, isMarked: Bool
  ) -> [String] {
    var heading = (isMarked ? "▶ " : "") + name(of: message)
    if let author = message.author { heading += " " + VisibleText.oneLine(author) }
    if message.kind != .message, message.kind != .toolResult {
      heading += " (\(message.kind.name))"
    }
    var facts: [String] = []
    if let model = message.model { facts.append(VisibleText.oneLine(model)) }
    if let time = message.timestamp { facts.append(time.short) }
    if let position { facts.append("\(position.number)/\(position.count)") }
    if message.isVanished {
      facts.append("not in the latest export")
    } else if !message.isActive {
      facts.append("other branch")
    }
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

  // MARK: Blocks

  private func lines(_ block: Block, of message: Message) -> [String] {
    switch block {
    case .text(let text):
      return text.isEmpty ? [] : Self.split(VisibleText.block(text)).flatMap(wrapped)
    case .thinking(let text):
      return indented("thinking", text)
    case .code(let language, let text):
      return indented("code" + (language.map { " (\(VisibleText.oneLine($0)))" } ?? ""), text)
    case .toolCall(let call):
      return indented("call \(VisibleText.oneLine(call.name))", readable(call, of: message))
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

  /// A call's arguments, one a line, those of several lines below their name. What the message
  /// shows as a document anyway is not repeated.
  private func readable(_ call: ToolCall, of message: Message) -> String {
    guard let arguments = call.arguments else { return call.input }
    let documents = message.blocks.compactMap { block -> String? in
      if case .document(let document) = block { document.content } else { nil }
    }
    return arguments.map { name, value in
      if !value.isEmpty, documents.contains(where: { $0.utf8.elementsEqual(value.utf8) }) {
        return "\(name): (the document below)"
      }
      return value.utf8.contains(0x0A) ? "\(name):\n\(value)" : "\(name): \(value)"
    }.joined(separator: "\n")
  }

  private func indented(_ label: String, _ text: String) -> [String] {
    var lines = [style.cyan("  \(label)")]
    // The line break that ends a tool's output would show as an empty line.
    let text = text.utf8.last == 0x0A ? String(text.unicodeScalars.dropLast()) : text
    for line in Self.split(VisibleText.block(text)) {
      for part in DisplayWidth.wrap(line, columns: width.map { $0 - 4 }) {
        lines.append(style.dim("  │ " + part))
      }
    }
    return lines
  }

  private func wrapped(_ line: String) -> [String] { DisplayWidth.wrap(line, columns: width) }

  private static func split(_ text: String) -> [String] {
    text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  private func describe(_ attachment: Attachment) -> String {
    let size = attachment.byteCount ?? attachment.stored?.byteCount
    var facts = [attachment.mediaType, size.map(Amount.bytes)].compactMap { $0 }
    if let stored = attachment.stored { facts.append("raw cat \(stored.sha256.prefix(12))") }
    let name = attachment.name ?? attachment.id
    return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: ", ")))"
  }
}

extension Projection {
  /// What it shows, as a person calls it.
  var things: String {
    switch self {
    case .dialogue: "dialogue"
    case .substantive: "message that says something"
    case .tools: "tool calls"
    case .thinking: "reasoning"
    case .code: "code blocks"
    }
  }
}
