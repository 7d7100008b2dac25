/// Takes the tags `<antArtifact …>…</antArtifact>` and `<antThinking>…</antThinking>` out of the
/// text of early answers (2024).
struct ClaudeAITags {
  /// One part of a text.
  enum Part {
    case text(String)
    case thinking(String)
    case artifact(attributes: [String: String], content: String)
  }

  /// Whether a text may hold tags; cheap enough to be asked of every text.
  static func mayOccur(in text: String) -> Bool { text.containsBytes("<ant") }

  /// Cuts a text at its tags. A tag without its end runs to the end of the text.
  ///
  /// - Complexity: O(length).
  static func parts(of text: String) -> [Part] {
    let bytes = Array(text.utf8)
    var parts: [Part] = []
    var from = 0
    var search = 0
    let mark = Array("<ant".utf8)
    while let start = bytes.firstRange(of: mark, from: search) {
      let names = ["antArtifact", "antThinking"]
      guard let name = names.first(where: { bytes.starts($0, at: start + 1) }) else {
        search = start + mark.count
        continue
      }
      guard let tagEnd = bytes[start...].firstIndex(of: UInt8(ascii: ">")) else { break }
      append(bytes[from..<start], to: &parts)
      let close = Array("</\(name)>".utf8)
      let end = bytes.firstRange(of: close, from: tagEnd + 1)
      let content = String(decoding: bytes[(tagEnd + 1)..<(end ?? bytes.count)], as: UTF8.self)
      if name == "antThinking" {
        parts.append(.thinking(trimmed(content)))
      } else {
        let attributes = attributes(in: bytes[(start + 1 + name.utf8.count)..<tagEnd])
        parts.append(.artifact(attributes: attributes, content: trimmed(content)))
      }
      from = end.map { $0 + close.count } ?? bytes.count
      search = from
    }
    append(bytes[from...], to: &parts)
    return parts
  }

  /// A text without the blank lines around it.
  static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard let start = bytes.firstIndex(where: { $0 > 32 }),
      let last = bytes.lastIndex(where: { $0 > 32 })
    else { return "" }
    return String(text[start..<bytes.index(after: last)])
  }

  private static func append(_ bytes: ArraySlice<UInt8>, to parts: inout [Part]) {
    let text = trimmed(String(decoding: bytes, as: UTF8.self))
    if !text.isEmpty { parts.append(.text(text)) }
  }

  /// `identifier="x" title="y"`.
  private static func attributes(in bytes: ArraySlice<UInt8>) -> [String: String] {
    var found: [String: String] = [:]
    var rest = bytes
    let quote = UInt8(ascii: "\"")
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      let name = trimmed(String(decoding: rest[..<equals], as: UTF8.self))
      guard let open = rest[equals...].firstIndex(of: quote),
        let close = rest[(open + 1)...].firstIndex(of: quote)
      else { break }
      found[name] = String(decoding: rest[(open + 1)..<close], as: UTF8.self)
      rest = rest[(close + 1)...]
    }
    return found
  }
}

extension Array where Element == UInt8 {
  fileprivate func starts(_ word: String, at index: Int) -> Bool {
    index <= count && self[index...].starts(with: word.utf8)
  }
}
