/// The list of files that renderings have written, as it stands in the folder.
///
/// It is JSON with one file a line: path, key, state, size, time, and the names of the attachments
/// that the file links to. What is not exactly of this form is not trusted: an unknown or damaged
/// manifest lists nothing, so nothing is removed on its word.
enum RenderManifest {
  /// A file that was written.
  struct Entry: Equatable {
    /// What it was made of: a conversation's key; 0 for an attachment and a page of many.
    var key: UInt64 = 0
    /// The state it was made of.
    var state: UInt64 = 0
    /// Its size in bytes; negative where it is not known what stands there.
    var size: Int64 = -1
    /// When it was written, in nanoseconds since 1970.
    var modified: Int64 = 0
    /// The names of the files that it links to, in the attachments' folder beside it.
    var attachments: [String] = []
  }

  private static let opening = "{\"polylogue_render\": 2, \"files\": ["
  private static let closing = "]}"

  /// The manifest's bytes: sorted, stable.
  static func bytes(of entries: [String: Entry]) -> [UInt8] {
    var out = Array(opening.utf8)
    out.reserveCapacity(entries.count * 160)
    var separator = "\n"
    for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
      out.append(contentsOf: separator.utf8)
      out.append(contentsOf: "[\"\(path)\",\"".utf8)
      out.append(contentsOf: String(entry.key, radix: 16).utf8)
      out.append(contentsOf: "\",\"".utf8)
      out.append(contentsOf: String(entry.state, radix: 16).utf8)
      out.append(contentsOf: "\",\(entry.size),\(entry.modified)".utf8)
      for name in entry.attachments { out.append(contentsOf: ",\"\(name)\"".utf8) }
      out.append(UInt8(ascii: "]"))
      separator = ",\n"
    }
    out.append(contentsOf: "\n\(closing)\n".utf8)
    return out
  }

  /// The files in a manifest; all paths are of the form that ``isPath(_:)`` knows.
  static func entries(in bytes: [UInt8]) -> [String: Entry] {
    let lines = bytes.split(separator: 0x0A)
    guard lines.count >= 2, let first = lines.first, let last = lines.last,
      first.elementsEqual(opening.utf8), last.elementsEqual(closing.utf8)
    else { return [:] }
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(lines.count)
    for line in lines.dropFirst().dropLast() {
      var reader = LineReader(line)
      guard let (path, entry) = reader.entry(), isPath(path) else { return [:] }
      entries[path] = entry
    }
    return entries
  }

  /// Whether rendering writes to such a path: one, two or three tame names, three only for an
  /// attachment's file.
  static func isPath(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.allSatisfy({ isTame($0) }) else { return false }
    return parts.count <= 2
      || (parts.count == 3 && parts[1].elementsEqual(FileName.attachmentFolder.utf8))
  }

  /// Whether a name is made of `[A-Za-z0-9_.-]`, does not start with a dot or a hyphen and is 1 to
  /// 200 bytes long.
  static func isTame(_ name: some Collection<UInt8>) -> Bool {
    guard let first = name.first, name.count <= 200, first != UInt8(ascii: "."),
      first != UInt8(ascii: "-")
    else { return false }
    return name.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// Reads one line of a manifest to the letter.
  private struct LineReader {
    private var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) {
      rest = line.last == UInt8(ascii: ",") ? line.dropLast() : line
    }

    mutating func entry() -> (path: String, entry: Entry)? {
      guard take("["), let path = text(), take(","), let key = text(), take(","),
        let state = text(), take(","), let size = number(), take(","), let modified = number(),
        let key = UInt64(key, radix: 16), let state = UInt64(state, radix: 16)
      else { return nil }
      var entry = Entry(key: key, state: state, size: size, modified: modified)
      while take(",") {
        guard let name = text(), isTame(name.utf8) else { return nil }
        entry.attachments.append(name)
      }
      return take("]") && rest.isEmpty ? (path, entry) : nil
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: byte) else { return false }
      rest = rest.dropFirst()
      return true
    }

    /// A text in quotes, in which nothing is ever escaped.
    private mutating func text() -> String? {
      guard take("\""), let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return String(decoding: rest[..<end], as: UTF8.self)
    }

    private mutating func number() -> Int64? {
      let end = rest.firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "]") }
      guard let end else { return nil }
      defer { rest = rest[end...] }
      return Int64(String(decoding: rest[..<end], as: UTF8.self))
    }
  }
}
