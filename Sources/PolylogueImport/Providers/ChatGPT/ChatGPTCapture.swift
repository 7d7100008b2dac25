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
        let text = entry["inline_base64"]?.string, let bytes = decode(text)
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

  /// Decodes base64 (RFC 4648), white space left out; nil when it is none.
  static func decode(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in text.utf8 {
      let value: UInt8
      switch byte {
      case 65...90: value = byte - 65
      case 97...122: value = byte - 71
      case 48...57: value = byte + 4
      case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
      case UInt8(ascii: "="), 9, 10, 13, 32: continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 1
      if count == 4 {
        out.append(UInt8(truncatingIfNeeded: bits >> 16))
        out.append(UInt8(truncatingIfNeeded: bits >> 8))
        out.append(UInt8(truncatingIfNeeded: bits))
        (bits, count) = (0, 0)
      }
    }
    if count == 3 {
      out.append(UInt8(truncatingIfNeeded: bits >> 10))
      out.append(UInt8(truncatingIfNeeded: bits >> 2))
    } else if count == 2 {
      out.append(UInt8(truncatingIfNeeded: bits >> 4))
    } else if count == 1 {
      return nil
    }
    return out
  }
}
