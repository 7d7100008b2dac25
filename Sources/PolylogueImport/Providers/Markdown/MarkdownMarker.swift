/// One of the comments that announce what follows in a rendered file, such as
/// `<!-- polylogue:message id=m1 role=user -->`.
struct MarkdownMarker {
  /// What it announces.
  let name: String
  private let values: [(key: String, value: String)]

  private static let opening = Array("<!-- polylogue:".utf8)
  private static let closing = Array("-->".utf8)

  /// Whether a line is a comment of ours, whole or damaged. No archived text looks like one.
  static func opens(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: opening) }

  /// Reads a line; nil when it is no such comment, or a damaged one.
  init?(_ line: ArraySlice<UInt8>) {
    guard MarkdownMarker.opens(line) else { return nil }
    var content = line.dropFirst(MarkdownMarker.opening.count)
    while content.last == 0x20 || content.last == 0x09 { content = content.dropLast() }
    guard content.count >= 3, content.suffix(3).elementsEqual(MarkdownMarker.closing) else {
      return nil
    }
    let parts = content.dropLast(3).split(separator: 0x20)
    guard let first = parts.first else { return nil }
    name = String(decoding: first, as: UTF8.self)
    var values: [(key: String, value: String)] = []
    for part in parts.dropFirst() {
      guard let sign = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      values.append(
        (
          String(decoding: part[..<sign], as: UTF8.self),
          MarkdownMarker.decode(part[(sign + 1)...])
        ))
    }
    self.values = values
  }

  subscript(key: String) -> String? { values.first { $0.key == key }?.value }

  private static func decode(_ text: ArraySlice<UInt8>) -> String {
    guard text.contains(UInt8(ascii: "%")) else { return String(decoding: text, as: UTF8.self) }
    var out: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == UInt8(ascii: "%"), index + 2 < text.endIndex,
        let byte = UInt8(
          String(decoding: text[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        out.append(byte)
        index += 3
      } else {
        out.append(text[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
