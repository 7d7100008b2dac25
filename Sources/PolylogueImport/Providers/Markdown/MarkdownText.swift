import PolylogueModel

/// A Markdown file as its lines, counted from 0.
struct MarkdownText {
  private let bytes: [UInt8]
  private let lines: [Range<Int>]

  /// Cuts a text at its line breaks; one at the end begins no further line. A byte order mark, and
  /// carriage returns before line breaks, as editors add them, are left out.
  init(_ text: String) {
    bytes = Array(text.utf8)
    var lines: [Range<Int>] = []
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let hasReturn = end > start && bytes[end - 1] == 0x0D
      lines.append(start..<(hasReturn ? end - 1 : end))
      start = end + 1
    }
    self.lines = lines
  }

  /// How many lines there are.
  var count: Int { lines.count }

  /// The bytes of a line.
  subscript(line: Int) -> ArraySlice<UInt8> { bytes[lines[line]] }

  /// Whether a line holds nothing but space.
  func isBlank(_ line: Int) -> Bool {
    self[line].allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  func string(_ line: Int) -> String { String(decoding: self[line], as: UTF8.self) }

  /// Lines joined by line breaks.
  func string(_ lines: Range<Int>) -> String {
    string(lines) { _, line in line }
  }

  /// Lines joined by line breaks, each as `change` gives it.
  func string(
    _ lines: Range<Int>, _ change: (Int, ArraySlice<UInt8>) -> ArraySlice<UInt8>?
  ) -> String {
    var joined: [UInt8] = []
    var isFirst = true
    for line in lines {
      guard let changed = change(line, self[line]) else { continue }
      if !isFirst { joined.append(0x0A) }
      isFirst = false
      joined.append(contentsOf: changed)
    }
    return String(decoding: joined, as: UTF8.self)
  }
}

/// What is wrong with a Markdown file, and where.
struct MarkdownProblem {
  /// The line, from 0.
  var line: Int
  /// What is wrong, without any of the text.
  var reason: String

  /// As a person reads it.
  var description: String { "line \(line + 1): \(reason)" }
}
