/// A command of a client as a person typed it, such as `/review src`.
///
/// Claude Code writes one as `<command-message>…</command-message><command-name>/review</command-name>
/// <command-args>src</command-args>` in any order; its prompt history has it as it was typed.
package struct SlashCommand {
  /// Its name, with the slash where it was written with one.
  package let name: String
  /// What was typed behind it; empty for nothing.
  package let arguments: String

  /// Reads a command from its tags; nil where there are none.
  package init?(tagged text: some StringProtocol) {
    var copy = String(text)
    let found = copy.withUTF8 { bytes in
      (
        SlashCommand.element("command-name", in: bytes),
        SlashCommand.element("command-args", in: bytes)
      )
    }
    guard let name = found.0, !name.isEmpty else { return nil }
    self.name = name
    arguments = found.1 ?? ""
  }

  /// Reads a command from its tags, or as it was typed; nil for anything else.
  init?(of message: Message) {
    guard message.kind == .command, message.role == .user,
      case .text(let text)? = message.blocks.first
    else { return nil }
    if let tagged = SlashCommand(tagged: text) {
      self = tagged
    } else {
      guard text.utf8.first == UInt8(ascii: "/") else { return nil }
      let end = text.utf8.firstIndex { $0 <= 0x20 } ?? text.endIndex
      name = String(text[..<end])
      arguments = String(text[end...].drop { $0.isWhitespace })
    }
  }

  /// The command as it was typed.
  package var typed: String { arguments.isEmpty ? name : name + " " + arguments }

  /// What stands between a tag's first start and the end that follows.
  private static func element(_ tag: String, in bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard let open = place(of: Array("<\(tag)>".utf8), in: bytes[...]) else { return nil }
    let start = open + tag.utf8.count + 2
    guard let end = place(of: Array("</\(tag)>".utf8), in: bytes[start...]) else { return nil }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private static func place(
    of needle: [UInt8], in bytes: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Int? {
    bytes.indices.first { bytes[$0] == needle[0] && bytes[$0...].starts(with: needle) }
  }
}
