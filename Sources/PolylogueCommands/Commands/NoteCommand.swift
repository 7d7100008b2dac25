import Glibc
import PolylogueKit
import PolylogueModel

/// `polylogue note`
struct NoteCommand: Command {
  let name = "note"
  let summary = "write a note on a conversation or on one of its messages"
  let stopsByItself = true
  let discussion = """
    The note takes the place of the one that is there; an empty text takes it away. Without a text
    the notes that are there are shown. The id of a hit (with a message behind the slash) puts the note
    on that message. Notes hang on the id: importing again leaves them as they are.
    """
  let operands = [
    Operand(name: "ID", help: "A conversation's or a hit's id, or a unique beginning of it."),
    Operand(
      name: "TEXT",
      help: "The note; several words make one text, - takes standard input.", isOptional: true,
      isRepeatable: true, mayBeEmpty: true),
  ]
  var takesHyphenatedWords: Bool { true }
  let examples: [Example] = [
    Example(
      "polylogue note chatgpt:67458e1f \"ask again in spring\"", "Writes a note"),
    Example("polylogue note chatgpt:67458e1f \"\"", "Takes it away"),
  ]

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let words = Array(invocation.operands.dropFirst())
    let text =
      words.count == 1 && words[0].utf8.elementsEqual("-".utf8)
      ? try NoteCommand.standardInput() : words.joined(separator: " ")
    let entries = try context.withUserLayer(isChange: !words.isEmpty) { archive in
      let found = try ShowCommand.place(of: invocation.operands[0], in: archive)
      let data =
        words.isEmpty
        ? try archive.userData(of: found.conversation)
        : try archive.note(text, on: found.conversation, message: found.message)
      return try archive.entries([found.conversation], [data])
    }
    try context.show(entries)
    return .done
  }

  /// All of standard input, without the line breaks at its end.
  private static func standardInput() throws -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR, !Interruption.isRequested { continue }
      guard count >= 0 else {
        throw CommandError("cannot read standard input: \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { break }
      bytes += buffer[..<count]
      guard bytes.count <= UserData.noteLimit + 2 else {
        throw CommandError(
          "a note has at most \(ByteCount.text(Int64(UserData.noteLimit))); nothing was changed")
      }
    }
    while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
