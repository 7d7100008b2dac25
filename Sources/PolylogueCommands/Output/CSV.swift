import PolylogueModel

/// Messages as rows of comma-separated values (RFC 4180).
enum CSV {
  /// The first row.
  static let header =
    "conversation,provider,title,message,parent,role,kind,model,timestamp,active,text,tags,starred\r\n"

  /// The rows of a conversation, one a message.
  static func rows(of conversation: Conversation) -> String {
    let header = conversation.header
    let user = conversation.userData
    let tags = user.tags.joined(separator: " ")
    var out = ""
    for message in conversation.messages {
      let cells = [
        header.id.description, header.id.provider.rawValue, header.title ?? "", message.id,
        message.parentID ?? "", message.role.name, message.kind.name, message.model ?? "",
        message.timestamp?.iso ?? "", message.isActive ? "true" : "false", message.text,
        tags, user.isStarred ? "true" : "false",
      ]
      out += cells.map(cell).joined(separator: ",") + "\r\n"
    }
    return out
  }

  /// A cell. What a spreadsheet would take for a formula gets an apostrophe in front
  /// (<https://owasp.org/www-community/attacks/CSV_Injection>).
  static func cell(_ text: String) -> String {
    var text = text
    switch text.utf8.first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D:
      text = "'" + text
    default: break
    }
    let needsQuotes = text.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
    }
    return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}
