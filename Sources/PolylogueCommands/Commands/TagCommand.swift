import PolylogueKit
import PolylogueModel

/// `polylogue tag`
struct TagCommand: Command {
  let name = "tag"
  let summary = "add tags to conversations, or take them away"
  let discussion = """
    +TAG adds a tag and -TAG takes one away; without either, the tags that are there are shown. All
    conversations get their tags or, if one of them is not there, none does. Tags hang on the id:
    importing again leaves them as they are. The filter --tag, in a query tag:TAG, finds what has one.
    """
  let operands = [
    Operand(
      name: "ID",
      help: "A conversation's id, or a unique beginning of it; may be given repeatedly.",
      isRepeatable: true),
    Operand(
      name: "+TAG", help: "A tag to add, or with a hyphen in front to take away.",
      isOptional: true, isRepeatable: true),
  ]
  var takesHyphenatedWords: Bool { true }
  let examples: [Example] = [
    Example("polylogue tag chatgpt:67458e1f +garden -inbox", "Adds a tag and takes one away"),
    Example("polylogue list --tag garden", "Lists what has the tag"),
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    var names: [String] = []
    var add: [String] = []
    var remove: [String] = []
    for word in invocation.operands {
      switch word.utf8.first {
      case UInt8(ascii: "+"): add.append(try TagCommand.tag(word))
      case UInt8(ascii: "-"): remove.append(try TagCommand.tag(word))
      default: names.append(word)
      }
    }
    guard !names.isEmpty else { throw UsageError("tag needs the ID of a conversation") }
    let isChange = !add.isEmpty || !remove.isEmpty
    let entries = try context.withUserLayer(isChange: isChange) { archive in
      let ids = try archive.identifiers(names, for: name)
      let data =
        isChange
        ? try archive.tag(ids, add: add, remove: remove)
        : try ids.map { try archive.userData(of: $0) }
      return try archive.entries(ids, data)
    }
    try context.show(entries)
    return .done
  }

  private static func tag(_ word: String) throws(UsageError) -> String {
    guard let tag = UserData.tag(String(word.unicodeScalars.dropFirst())) else {
      throw UsageError(
        "“\(word)” names no tag: it has at most \(UserData.tagLimit) bytes and no control"
          + " characters")
    }
    return tag
  }
}

extension CommandContext {
  /// Opens the archive, to write only where something is to be changed.
  func withUserLayer<Result>(
    isChange: Bool, _ body: (Archive) throws -> Result
  ) throws -> Result {
    isChange ? try withExistingArchive(body) : try withArchive(.read, body)
  }

  /// Tells what the user has added to conversations.
  func show(_ entries: [UserDataDocument.Entry]) throws {
    if isJSON {
      try print(UserDataDocument.json(entries))
    } else {
      try print(UserDataDocument.lines(entries, style: style))
    }
  }
}
