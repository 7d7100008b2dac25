import PolylogueParsing

/// What a browser extension keeps beside a conversation.
struct ChatGPTCapture {
  /// A file that stands in the capture.
  struct File {
    var id: String
    var name: String?
    var mediaType: String?
    var bytes: [UInt8]
  }

  /// The files of a capture whose bytes it holds, by message id.
  static func files(of capture: JSONValue) -> [ExactID: [File]] {
    guard let list = capture["session"]?["attachments"] else { return [:] }
    var found: [ExactID: [File]] = [:]
    for entry in list.elements {
      guard let message = entry["message_provider_id"]?.text,
        let text = entry["inline_base64"]?.string, let bytes = Base64.decode(text)
      else { continue }
      let name = entry["name"]?.text
      let pointer = entry["provider_attachment_id"]?.text ?? name ?? message
      // "sandbox:<message id>:/mnt/data/x" is the file that the text links as sandbox:/mnt/data/x.
      let prefix = "sandbox:\(message):"
      let id = pointer.hasPrefix(prefix) ? "sandbox:" + pointer.dropFirst(prefix.count) : pointer
      found[ExactID(message), default: []].append(
        File(id: id, name: name, mediaType: entry["mime_type"]?.text, bytes: bytes))
    }
    return found
  }
}
