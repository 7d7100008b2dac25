import PolylogueModel

/// Reads a conversation back from the Markdown that this program has rendered.
///
/// Every message and every block but plain text is announced by a comment that archived text cannot
/// imitate; what stands between two of them belongs to the first. What was edited by hand is read as
/// far as it can be; the rest is named with its line.
struct RenderedConversation {
  /// What could not be read.
  private(set) var problems: [MarkdownProblem] = []

  private let text: MarkdownText
  private let head: FrontMatter
  /// The folder of the file's label, with its slash: attachments stand below it.
  private let folder: Substring
  private var messages: [(message: Message, place: Int?)] = []
  private var ids: Set<ExactID> = []
  private var isActive = true
  /// Fences that the rendering has closed, and the comments that say so.
  private var added: Set<Int> = []

  init(_ text: MarkdownText, head: FrontMatter, label: String) {
    self.text = text
    self.head = head
    folder = label[..<(label.lastIndex(of: "/").map { label.index(after: $0) } ?? label.startIndex)]
  }

  /// The conversation.
  ///
  /// - Throws: ``RecordError`` when its head does not say which it is.
  mutating func read() throws -> Conversation {
    guard head["polylogue"] == "1" else {
      throw RecordError(
        "line \(head.line(of: "polylogue") + 1): it was rendered by a newer version; update polylogue"
      )
    }
    guard let id = head["id"].flatMap({ ConversationID($0) }), !id.native.isEmpty else {
      throw RecordError(
        "line \(head.line(of: "id") + 1): the front matter has no id of the form provider:id")
    }
    guard ProviderName.isWellFormed(id.provider.rawValue) else {
      throw RecordError(
        "line \(head.line(of: "id") + 1): what stands before the colon of the id is no name of"
          + " \(ProviderName.form)")
    }
    readMessages()
    if let stated = head["messages"].flatMap({ Int($0) }), stated != messages.count {
      note(
        head.line(of: "messages"), "it tells of \(stated) messages, and \(messages.count) are there"
      )
    }
    if messages.allSatisfy({ $0.place != nil }) {
      messages.sort { ($0.place ?? 0) < ($1.place ?? 0) }
    }
    return Conversation(header: header(id), messages: messages.map(\.message))
  }

  private func header(_ id: ConversationID) -> ConversationHeader {
    var header = ConversationHeader(
      id: id, title: head["title"], createdAt: head["created_at"].flatMap { Timestamp(iso: $0) },
      updatedAt: head["updated_at"].flatMap { Timestamp(iso: $0) }, project: head["project"],
      fidelity: .rendered)
    for kind in [Lineage.Kind.fork, .subagent, .continuation] {
      guard let parent = head[kind.name + "_of"].flatMap({ ConversationID($0) }) else { continue }
      header.lineage = Lineage(kind: kind, parent: parent.native, origin: head["origin"])
    }
    return header
  }

  private mutating func note(_ line: Int, _ reason: String) {
    problems.append(MarkdownProblem(line: line, reason: reason))
  }

  // MARK: Messages

  private mutating func readMessages() {
    var open: (marker: MarkdownMarker, line: Int)?
    for number in head.end..<max(head.end, text.count) where MarkdownMarker.opens(text[number]) {
      guard let marker = MarkdownMarker(text[number]) else {
        note(number, "a comment of the rendering is damaged; what follows it was left out")
        if let open { take(open.marker, open.line, upTo: number) }
        open = nil
        continue
      }
      if marker.name == "fence-added" {
        added.formUnion([number - 1, number])
        continue
      }
      if let open { take(open.marker, open.line, upTo: number) }
      open = (marker, number)
    }
    if let open { take(open.marker, open.line, upTo: text.count) }
  }

  /// Takes what a comment has announced, and the lines up to the next one.
  private mutating func take(_ marker: MarkdownMarker, _ line: Int, upTo end: Int) {
    let body = (line + 1)..<max(line + 1, end)
    switch marker.name {
    case "message": return begin(marker, line, body)
    case "branches":
      isActive = false
      return
    case "branch": return
    default: break
    }
    guard let last = messages.indices.last else {
      return note(line, "it belongs to a message, and none has begun")
    }
    if marker.name.hasPrefix("attachment") {
      return takeAttachment(marker, line, body, of: last)
    }
    if let block = block(marker, line, body) { messages[last].message.blocks.append(block) }
  }

  private mutating func begin(_ marker: MarkdownMarker, _ line: Int, _ body: Range<Int>) {
    guard let id = marker["id"], let role = marker["role"].flatMap({ Role(name: $0) }) else {
      return note(line, "a message without an id or a role was left out")
    }
    guard ids.insert(ExactID(id)).inserted else {
      return note(line, "a message with this id stands above; this one was left out")
    }
    let kind = marker["kind"].flatMap { name in
      MessageKind.allCases.first { $0.name == name }
    }
    var message = Message(
      id: id, parentID: marker["parent"], role: role, kind: kind ?? .message,
      author: marker["author"], model: marker["model"],
      timestamp: marker["time"].flatMap { Timestamp(iso: $0) }, isActive: isActive,
      isHidden: marker["hidden"] == "true")
    if marker["time"] != nil, message.timestamp == nil { note(line, "its time is none") }
    var content = body
    if let first = content.first, text[first].first == UInt8(ascii: "#") {
      content = content.dropFirst()
      if let next = content.first, text.isBlank(next) { content = content.dropFirst() }
    }
    content = withoutEnd(content)
    if !content.isEmpty { message.blocks = [.text(prose(content))] }
    messages.append((message, marker["place"].flatMap { Int($0) }))
  }

  // MARK: Blocks

  private mutating func block(
    _ marker: MarkdownMarker, _ line: Int, _ body: Range<Int>
  ) -> Block? {
    switch marker.name {
    case "text":
      let content = body.first.map { text.isBlank($0) } == true ? body.dropFirst() : body
      return .text(prose(withoutEnd(content)))
    case "thinking": return .thinking(quote(body))
    case "code": return .code(language: marker["language"], text: fenced(body, line) ?? "")
    case "tool-call":
      return .toolCall(
        ToolCall(
          id: marker["id"] ?? "", name: marker["name"] ?? "", input: fenced(body, line) ?? ""))
    case "tool-result":
      return .toolResult(
        ToolResult(
          callID: marker["call"] ?? "", name: marker["name"], output: fenced(body, line) ?? "",
          isError: marker["error"] == "true"))
    case "document":
      return .document(
        Document(
          id: marker["id"] ?? "", title: marker["title"], language: marker["language"],
          content: fenced(body, line) ?? "", isComplete: marker["complete"] != "false"))
    case "citation":
      return .citation(
        Citation(title: marker["title"], url: marker["url"], quote: marker["quote"]))
    case "unknown":
      return .unknown(type: marker["type"] ?? "", json: fenced(body, line) ?? "")
    // The user's own layer is in the page to be read.
    case "note": return nil
    default:
      note(line, "“\(marker.name)” is not known to this version; it was left out")
      return nil
    }
  }

  private mutating func takeAttachment(
    _ marker: MarkdownMarker, _ line: Int, _ body: Range<Int>, of last: Int
  ) {
    switch marker.name {
    case "attachment-place":
      messages[last].message.blocks.append(.attachment(id: marker["id"] ?? ""))
    case "attachment":
      messages[last].message.attachments.append(
        Attachment(
          id: marker["id"] ?? "", name: marker["name"], mediaType: marker["type"],
          byteCount: marker["bytes"].flatMap { Int64($0) },
          member: marker["file"].map { String(folder) + $0 }))
    case "attachment-text":
      let files = messages[last].message.attachments.indices
      guard let file = files.last, let content = fenced(body, line) else {
        return note(line, "it belongs to an attachment, and there is none")
      }
      messages[last].message.attachments[file].extractedText = content
    default: note(line, "“\(marker.name)” is not known to this version; it was left out")
    }
  }

  /// Without the empty line that ends a block.
  private func withoutEnd(_ lines: Range<Int>) -> Range<Int> {
    guard let last = lines.last, text[last].isEmpty else { return lines }
    return lines.dropLast()
  }

  /// Prose as it was: without the backslashes and fences that the rendering has added.
  private func prose(_ lines: Range<Int>) -> String {
    var scanner = FenceScanner()
    return text.string(lines) { number, line in
      if added.contains(number) { return nil }
      let wasOpen = scanner.open != nil
      let event = line.withUnsafeBufferPointer { scanner.take($0) }
      return unguarded(line, isInFence: wasOpen || event == .opens)
    }
  }

  private func unguarded(_ line: ArraySlice<UInt8>, isInFence: Bool) -> ArraySlice<UInt8> {
    let place = line.withUnsafeBufferPointer { GuardedLine.place(of: $0, isInFence: isInFence) }
    guard let place, line[line.startIndex + place] == UInt8(ascii: "\\") else { return line }
    var line = line
    line.remove(at: line.startIndex + place)
    return line
  }

  /// The lines of a block quote, behind the two that announce it.
  private mutating func quote(_ body: Range<Int>) -> String {
    let quoted = body.prefix { text[$0].first == UInt8(ascii: ">") }
    noteLeftovers(quoted.endIndex..<body.upperBound)
    let content = quoted.dropFirst(2)
    return text.string(content.startIndex..<content.endIndex) { _, line in
      line.starts(with: "> ".utf8) ? line.dropFirst(2) : line.dropFirst()
    }
  }

  /// What stands between fences.
  private mutating func fenced(_ body: Range<Int>, _ line: Int) -> String? {
    let mark = UInt8(ascii: "`")
    guard let opening = body.first(where: { text[$0].starts(with: "```".utf8) }) else {
      note(line, "the fenced text that it announces is missing")
      return nil
    }
    let fence = text[opening].prefix { $0 == mark }
    let content = (opening + 1)..<body.upperBound
    guard let closing = content.first(where: { text[$0] == fence }) else {
      note(opening, "the fence is not closed")
      return text.string(withoutEnd(content)) { unguarded($1, isInFence: true) }
    }
    noteLeftovers((closing + 1)..<body.upperBound)
    return text.string((opening + 1)..<closing) { unguarded($1, isInFence: true) }
  }

  private mutating func noteLeftovers(_ lines: Range<Int>) {
    if let first = lines.first(where: { !text.isBlank($0) }) {
      note(first, "text behind the end of a block was left out")
    }
  }
}
