import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue show`
struct ShowCommand: Command {
  let name = "show"
  let summary = "read one conversation"
  let discussion = """
    Shows the path that was last shown by the provider; --branch shows another one. Any beginning
    of an id will do as long as it fits one conversation only.

    The id of a hit (with a message behind the slash) shows that message, marked, with the messages
    around it; the conversation's own id shows all of it. As Markdown, HTML or JSON a hit's id gives the
    whole conversation too, unless --context is given.
    """
  let operands = [
    Operand(name: "ID", help: "A conversation's or a hit's id, or a unique beginning of it.")
  ]
  var flags: [FlagDeclaration] {
    [
      Self.format.declaration, Self.context.declaration, Self.branch.declaration,
      Self.only.declaration,
    ]
  }
  let examples: [Example] = [
    Example("polylogue show chatgpt:6745", "Reads a conversation by the beginning of its id"),
    Example("polylogue show codex:0199 --only tools", "Reads only tool calls and results"),
  ]

  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "text (the default), markdown, html or json.")
  private static let context = Option.number(
    "context", "N",
    help: """
      With a hit's id: the messages shown before and behind it, of those that hold the part where \
      --only asks for one; 2 without it.
      """,
    minimum: 0)
  private static let branch = Option.text(
    "branch", "WHICH",
    help: "The path to the N-th leaf (1 is the one last shown), or through a message's id.")
  private static let only = Option<Projection>.choice(
    "only", "PART",
    help: """
      Only this part: dialogue, substantive (dialogue without acknowledgements and tool chatter), \
      tools, thinking or code.
      """)

  private enum Format: String, CaseIterable, Sendable {
    case text, markdown, html, json
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let format = try invocation.value(Self.format) ?? (context.isJSON ? .json : .text)
    let around = try invocation.value(Self.context)
    let branch = try invocation.value(Self.branch)
    let only = try invocation.value(Self.only)
    let isText = format == .text && !context.isJSON
    try context.withArchive(.read) { archive in
      let found = try ShowCommand.find(invocation.operands[0], in: archive)
      if around != nil, found.message == nil {
        throw UsageError("--context goes with a hit's id, which names a message", command: name)
      }
      var view = ConversationView(found.conversation)
      if let branch { try view.take(branch: branch) }
      if let message = found.message, isText || around != nil {
        try view.cut(
          around: message, context: around ?? 2, onBranch: branch != nil, keeping: only)
      } else if let only {
        view.keep(only)
      }
      switch context.isJSON ? .json : format {
      case .json:
        try context.print(ConversationDocument.json(view.conversation))
      case .markdown:
        try ShowCommand.printMarkdown(view, context)
      case .html:
        try context.out.write(HTMLRenderer().bytes(of: view.asWhole))
      case .text:
        let text = ConversationText(style: context.style, width: context.width)
        try context.print(
          text.header(view, relatives: archive.relatives(of: view.conversation.header)))
        try text.forEachLine(of: view) { try context.out.line($0) }
      }
    }
    return .done
  }

  /// The conversation that an id names, and the message where it is a hit's id.
  static func find(
    _ id: String, in archive: Archive
  ) throws -> (conversation: Conversation, message: String?) {
    do {
      return (try archive.conversation(matching: id), nil)
    } catch {
      // A hit's id ends in a message's id; both ids may hold slashes themselves.
      var missing: String?
      for slash in id.utf8.indices where id.utf8[slash] == UInt8(ascii: "/") {
        let message = String(id[id.utf8.index(after: slash)...])
        guard let found = try? archive.conversation(matching: String(id[..<slash])) else {
          continue
        }
        if BranchMap(found.messages).contains(message) { return (found, message) }
        missing = "\(found.header.id) has no message “\(message)”"
      }
      if let missing { throw CommandError(missing) }
      throw error
    }
  }

  /// What an id names, as ``find(_:in:)``, without its messages where the id is a conversation's.
  static func place(
    of id: String, in archive: Archive
  ) throws -> (conversation: ConversationID, message: String?) {
    do {
      return (try archive.identifier(matching: id), nil)
    } catch {
      let found = try find(id, in: archive)
      return (found.conversation.header.id, found.message)
    }
  }

  private static func printMarkdown(_ view: ConversationView, _ context: CommandContext) throws {
    let document = MarkdownRenderer().bytes(of: view.asWhole)
    if context.out.isTerminal {
      try context.out.write(VisibleText.block(String(decoding: document, as: UTF8.self)))
    } else {
      try context.out.write(document)
    }
  }
}
