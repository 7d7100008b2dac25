import PolylogueKit
import PolylogueModel
import PolylogueRender

/// What the user has added to conversations, as `tag`, `star` and `note` tell it.
enum UserDataDocument {
  typealias Entry = (summary: ConversationSummary, data: UserData)

  /// The document of `--json`: of several conversations, a list of such documents.
  static func json(_ entries: [Entry]) -> JSON {
    let documents = entries.map { entry in
      JSON.object(
        [("id", .string(entry.summary.id.description)), ("title", .string(entry.summary.title))]
          + members(entry.data))
    }
    return documents.count == 1 ? documents[0] : .object([("conversations", .array(documents))])
  }

  /// The user's layer as members of any document of a conversation.
  static func members(_ data: UserData) -> [(key: String, value: JSON)] {
    [
      ("tags", .strings(data.tags)), ("starred", .bool(data.isStarred)),
      ("note", .string(data.note)),
      (
        "message_notes",
        .array(
          data.messageNotes.map {
            .object([("message", .string($0.message)), ("text", .string($0.text))])
          })
      ),
    ]
  }

  /// The lines for a person.
  static func lines(_ entries: [Entry], style: Style) -> [String] {
    entries.flatMap { entry in
      let title = VisibleText.oneLine(entry.summary.title ?? "Untitled")
      let id = VisibleText.oneLine(entry.summary.id.description)
      return ["\(style.bold(title))  \(style.dim(id))"]
        + (entry.data.isEmpty ? ["  no tags, no star, no note"] : lines(entry.data))
    }
  }

  /// What there is, each on a line of its own; a note may take several.
  static func lines(_ data: UserData) -> [String] {
    var lines: [String] = []
    if data.isStarred { lines.append("  ★ starred") }
    if !data.tags.isEmpty { lines.append("  tags: \(tags(data.tags))") }
    if let note = data.note { lines += text("note", note) }
    for note in data.messageNotes {
      lines += text("note on \(VisibleText.oneLine(note.message))", note.text)
    }
    return lines
  }

  /// Tags on one line.
  static func tags(_ tags: [String]) -> String {
    tags.map { "#" + VisibleText.oneLine($0) }.joined(separator: " ")
  }

  private static func text(_ name: String, _ text: String) -> [String] {
    let lines = VisibleText.block(text).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 1
      ? ["  \(name): \(lines[0])"] : ["  \(name):"] + lines.map { "    \($0)" }
  }
}

extension Archive {
  /// Joins ids with what their documents need.
  func entries(_ ids: [ConversationID], _ data: [UserData]) throws -> [UserDataDocument.Entry] {
    try zip(ids, data).compactMap { id, data in try summary(of: id).map { ($0, data) } }
  }

  /// The conversations that ids or beginnings of ids name, each once; a hit's id is told apart, as it
  /// names one message.
  ///
  /// - Parameter verb: What takes whole conversations only, for the message.
  func identifiers(_ names: [String], for verb: String) throws -> [ConversationID] {
    var found: [ConversationID] = []
    for name in names {
      let id: ConversationID
      do {
        id = try identifier(matching: name)
      } catch {
        guard let hit = try? ShowCommand.find(name, in: self), hit.message != nil else {
          throw error
        }
        throw CommandError(
          "“\(name)” is one message; \(verb) takes whole conversations, and this one is"
            + " \(hit.conversation.header.id)")
      }
      if !found.contains(id) { found.append(id) }
    }
    return found
  }
}
