import PolylogueModel
import PolylogueParsing

/// Reads a conversation from Markdown of other makes: a front matter, and messages under headings
/// that say who speaks, such as `## User` and `## Assistant (gpt-4o) · 2024-05-01 10:20`.
///
/// What the form does not tell is not guessed, but for the order: each message follows the one above.
struct HeadedConversation {
  /// The name of the older layout's files: `SLUG/conversation.md`.
  static let fileName = "conversation.md"
  /// The folder beside it that attachments stand in.
  static let attachmentFolder = "attachments/"

  private let text: MarkdownText
  private let head: FrontMatter
  /// The names of the folders that the file stands in, and its own.
  private let path: [Substring]

  init(_ text: MarkdownText, head: FrontMatter, label: String) {
    self.text = text
    self.head = head
    path = label.split(separator: "/")
  }

  /// The conversation.
  ///
  /// - Throws: ``RecordError`` when no heading says who speaks.
  func read() throws -> Conversation {
    let headings = headings()
    guard !headings.isEmpty else {
      throw RecordError(
        "line \(head.end + 1): no heading says who speaks, such as “## User” or “## Assistant”")
    }
    let id = try id()
    var messages: [Message] = []
    var seen: [String: Int] = [:]
    for (place, heading) in headings.enumerated() {
      let end = place + 1 < headings.count ? headings[place + 1].line : text.count
      let content = text.string(trimmed((heading.line + 1)..<end))
      var message = Message(
        id: "", parentID: messages.last?.id, role: heading.role, timestamp: heading.time,
        blocks: content.isEmpty ? [] : [.text(content)], attachments: attachments(in: content))
      if heading.role == .assistant {
        message.model = heading.label ?? head["model"]
      } else {
        message.author = heading.label
      }
      let hash = StableHash.identifier([
        id.description, heading.role.name, heading.time?.iso ?? "", content,
      ])
      let count = seen[hash, default: 0]
      seen[hash] = count + 1
      message.id = count == 0 ? hash : "\(hash)-\(count + 1)"
      messages.append(message)
    }
    return Conversation(header: header(id), messages: messages)
  }

  // MARK: The head

  private func id() throws -> ConversationID {
    let name = path.last.map(String.init) ?? ""
    let stem = name.split(separator: ".").first.map(String.init) ?? name
    let slug = name == HeadedConversation.fileName ? path.dropLast().last.map(String.init) : stem
    let stated = head["id"] ?? head["conversation_id"] ?? head["slug"] ?? slug
    guard let stated, !stated.isEmpty else {
      throw RecordError("line 1: the front matter has no id, and no folder names the conversation")
    }
    let provider = Provider(
      rawValue: HeadedConversation.known(head["provider"] ?? head["source"] ?? "markdown"))
    let prefix = provider.rawValue + ":"
    let native = stated.hasPrefix(prefix) ? String(stated.dropFirst(prefix.count)) : stated
    return ConversationID(provider: provider, native: native)
  }

  /// A provider's name as this program writes it.
  private static func known(_ name: String) -> String {
    switch ProviderName.made(of: String(name.map { $0 == "_" ? "-" : $0 })) {
    case "claude-ai", "anthropic": return "claude"
    case "openai", "chat-gpt": return "chatgpt"
    case let name: return name ?? Provider.markdown.rawValue
    }
  }

  private func header(_ id: ConversationID) -> ConversationHeader {
    func time(_ keys: String...) -> Timestamp? {
      keys.lazy.compactMap { head[$0] }.compactMap { Timestamp(text: $0) }.first
    }
    return ConversationHeader(
      id: id, title: head["title"] ?? firstHeading,
      createdAt: time("created_at", "created", "create_time", "createdAt", "date"),
      updatedAt: time("updated_at", "updated", "update_time", "updatedAt", "modified"),
      project: head["project"], fidelity: .rendered, metadata: metadata)
  }

  /// The document's title, where it has one above the messages.
  private var firstHeading: String? {
    for line in head.end..<max(head.end, text.count) where text[line].starts(with: "# ".utf8) {
      let words = String(decoding: text[line].dropFirst(2), as: UTF8.self)
      return Heading(text[line], line: line) == nil ? words : nil
    }
    return nil
  }

  /// Everything else that the head says.
  private var metadata: String? {
    let known: Set<String> = [
      "id", "provider", "title", "created_at", "updated_at", "project", "messages",
    ]
    var writer = JSONWriter()
    writer.beginObject()
    var isEmpty = true
    for field in head.fields where !known.contains(field.key) && !field.values.isEmpty {
      isEmpty = false
      writer.key(field.key)
      guard field.isList else {
        writer.value(field.values[0])
        continue
      }
      writer.beginArray()
      for value in field.values { writer.value(value) }
      writer.endArray()
    }
    writer.endObject()
    return isEmpty ? nil : writer.text
  }

  // MARK: Messages

  /// The headings of messages: those of the first one's level that say who speaks, outside of fences.
  private func headings() -> [Heading] {
    var scanner = FenceScanner()
    var found: [Heading] = []
    for number in head.end..<max(head.end, text.count) {
      let event = text[number].withUnsafeBufferPointer { scanner.take($0) }
      guard scanner.open == nil, event == .text, text[number].first == UInt8(ascii: "#"),
        let heading = Heading(text[number], line: number),
        found.first.map({ $0.level == heading.level }) ?? true
      else { continue }
      found.append(heading)
    }
    return found
  }

  /// Without empty lines at both ends, and without the rule that some put between messages.
  private func trimmed(_ lines: Range<Int>) -> Range<Int> {
    var lines = lines
    while let first = lines.first, text.isBlank(first) { lines = lines.dropFirst() }
    var hasRule = false
    while let last = lines.last {
      let isRule = text[last].elementsEqual("---".utf8) && !hasRule
      guard isRule || text.isBlank(last) else { break }
      hasRule = hasRule || isRule
      lines = lines.dropLast()
    }
    return lines
  }

  /// What the text links to in the folder of attachments.
  private func attachments(in content: String) -> [Attachment] {
    let opening = Array("](\(HeadedConversation.attachmentFolder)".utf8)
    let bytes = Array(content.utf8)
    let folder = path.dropLast().map { $0 + "/" }.joined()
    var found: [Attachment] = []
    var seen: Set<ExactID> = []
    var index = 0
    while let bracket = bytes[index...].firstIndex(of: UInt8(ascii: "]")) {
      index = bracket + 1
      guard bytes[bracket...].starts(with: opening) else { continue }
      let target = bytes[(bracket + 2)...].prefix {
        $0 != UInt8(ascii: ")") && $0 != 0x20 && $0 != 0x0A
      }
      index = target.endIndex
      let link = String(decoding: target, as: UTF8.self)
      guard seen.insert(ExactID(link)).inserted else { continue }
      found.append(
        Attachment(
          id: link, name: String(link.dropFirst(HeadedConversation.attachmentFolder.count)),
          member: folder + link))
    }
    return found
  }
}

/// A heading that says who speaks.
private struct Heading {
  var line: Int
  var level: Int
  var role: Role
  /// The model or the name behind the role.
  var label: String?
  var time: Timestamp?

  init?(_ bytes: ArraySlice<UInt8>, line: Int) {
    let content = bytes.drop { $0 == UInt8(ascii: "#") }
    level = content.startIndex - bytes.startIndex
    guard (1...6).contains(level), content.first == 0x20 || content.first == 0x09 else {
      return nil
    }
    self.line = line
    // An icon or emphasis may stand before the word.
    let words = content.drop { !Heading.isLetter($0) }
    let word = words.prefix { Heading.isLetter($0) }
    guard content.prefix(while: { !Heading.isLetter($0) }).count <= 16,
      let role = Heading.role(String(decoding: word, as: UTF8.self).lowercased())
    else { return nil }
    self.role = role
    let rest = String(decoding: words[word.endIndex...], as: UTF8.self)
    // “User wants tea” is a heading of the text, not of a message.
    guard
      rest.unicodeScalars.first.map({ !"abcdefghijklmnopqrstuvwxyz'’".unicodeScalars.contains($0) })
        ?? true
    else { return nil }
    for part in rest.split(whereSeparator: { "·|()[]—–•*_@,".contains($0) }) {
      let piece = Heading.trimmed(part)
      guard !piece.isEmpty else { continue }
      if let time = Timestamp(iso: piece) {
        self.time = self.time ?? time
      } else if label == nil, piece.utf8.count <= 60 {
        label = piece
      }
    }
    if let label, rest.first == " ", rest.dropFirst().first?.isLetter == true, label.contains(" ") {
      return nil
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.unicodeScalars.first, " :-#\t".unicodeScalars.contains(first) {
      text.unicodeScalars.removeFirst()
    }
    while let last = text.unicodeScalars.last, " :-#\t".unicodeScalars.contains(last) {
      text.unicodeScalars.removeLast()
    }
    return String(text)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func role(_ word: String) -> Role? {
    switch word {
    case "user", "human", "you", "me", "prompt": .user
    case "assistant", "model", "ai", "bot", "chatgpt", "claude", "gemini", "codex", "response":
      .assistant
    case "system": .system
    case "tool", "function": .tool
    default: nil
    }
  }
}
