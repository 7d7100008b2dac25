import PolylogueKit

/// `polylogue raw cat`
struct RawCatCommand: Command {
  let name = "raw cat"
  let summary = "print the source bytes of a conversation, an import, an attachment or a blob"
  let operands = [
    Operand(
      name: "ID_OR_SHA256",
      help: """
        A conversation's id, an import's number, or at least 8 digits of the SHA-256 of an import, \
        an attachment or a blob.
        """)
  ]
  let hasDocument = false
  let examples: [Example] = [
    Example(
      "polylogue raw cat chatgpt:6745 | jq .", "Shows what ChatGPT exported for a conversation"),
    Example(
      "polylogue raw cat 0b7fcd9a41 > picture.png",
      "Writes an attachment's bytes; “show” tells the digits"),
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    try context.withArchive(.read) { archive in
      try archive.writeRaw(matching: invocation.operands[0]) { try context.out.write($0) }
    }
    return .done
  }
}
