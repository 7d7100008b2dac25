import PolylogueKit
import PolylogueModel
import PolylogueRender

/// `polylogue show`
struct ShowCommand: Command {
  let name = "show"
  let summary = "read one conversation"
  let discussion = """
    Shows the path that was last shown by the provider; --branch shows another one. Any beginning
    of an id will do as long as it fits one conversation only; the id of a hit (with a message
    behind the slash) shows its conversation.
    """
  let operands = [Operand(name: "ID", help: "The conversation's id, or a unique beginning of it.")]
  var flags: [FlagDeclaration] {
    [Self.format.declaration, Self.branch.declaration, Self.only.declaration]
  }
  let examples: [Example] = [
    Example("polylogue show chatgpt:6745", "Reads a conversation by the beginning of its id"),
    Example("polylogue show codex:0199 --only tools", "Reads only tool calls and results"),
  ]

  private static let format = Option<Format>.choice(
    "format", "FORMAT", help: "text (the default), markdown or json.",
    later: ["html"])
  private static let branch = Option.text(
    "branch", "WHICH",
    help: "The path to the N-th leaf (1 is the one last shown), or through a message's id.")
  private static let only = Option<Projection>.choice(
    "only", "PART", help: "Only this part: dialogue, tools, thinking or code.")

  private enum Format: String, CaseIterable, Sendable {
    case text, markdown, json
  }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let format = try invocation.value(Self.format) ?? (context.isJSON ? .json : .text)
    let branch = try invocation.value(Self.branch)
    let only = try invocation.value(Self.only)
    var conversation = try context.withArchive(.read) {
      try ShowCommand.find(invocation.operands[0], in: $0)
    }
    let map = BranchMap(conversation.messages)
    if let branch { conversation.messages = try path(branch, in: map) }
    if let only { conversation = only.apply(to: conversation) }
    switch context.isJSON ? .json : format {
    case .json:
      try context.print(ConversationDocument.json(conversation))
    case .markdown:
      if branch != nil {
        for place in conversation.messages.indices { conversation.messages[place].isActive = true }
      }
      let document = MarkdownRenderer().bytes(of: conversation)
      if context.out.isTerminal {
        try context.out.write(VisibleText.block(String(decoding: document, as: UTF8.self)))
      } else {
        try context.out.write(document)
      }
    case .text:
      try show(conversation, map: map, isWhole: branch == nil, context)
    }
    return .done
  }

  /// The conversation that an id or a hit's id names.
  private static func find(_ id: String, in archive: Archive) throws -> Conversation {
    do {
      return try archive.conversation(matching: id)
    } catch {
      // A hit's id ends in a message's id.
      guard let slash = id.utf8.lastIndex(of: UInt8(ascii: "/")),
        let found = try? archive.conversation(matching: String(id[..<slash]))
      else { throw error }
      return found
    }
  }

  private func path(_ branch: String, in map: BranchMap) throws -> [Message] {
    if let number = Int(branch) {
      guard let path = map.path(toBranch: number) else {
        throw CommandError(
          "there is no branch \(branch): the conversation has \(Amount.count(map.leafCount, "branch", "branches"))"
        )
      }
      return path
    }
    let id = branch.utf8.lastIndex(of: UInt8(ascii: "/")).map {
      String(branch[branch.utf8.index(after: $0)...])
    }
    guard let path = map.path(through: branch) ?? id.flatMap({ map.path(through: $0) }) else {
      throw CommandError("the conversation has no message “\(branch)”")
    }
    return path
  }

  private func show(
    _ conversation: Conversation, map: BranchMap, isWhole: Bool, _ context: CommandContext
  ) throws {
    let text = ConversationText(style: context.style)
    try context.print(text.header(conversation, branches: map.leafCount))
    for message in conversation.messages where message.isActive || !isWhole {
      // What the provider hides and what says nothing need not be seen.
      if message.isHidden, message.blocks.isEmpty, message.attachments.isEmpty { continue }
      try context.print(text.lines(message, position: map.position(of: message.id)))
    }
  }
}
