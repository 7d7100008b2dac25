/// A line being read from the left, indentation counted in columns.
struct MarkdownLine {
  let bytes: UnsafeBufferPointer<UInt8>
  var position: Int
  let end: Int
  /// Columns left over from a tab that was taken in part.
  var spare = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    self.bytes = bytes
    position = start
    self.end = end
  }

  /// How far what follows is indented, and where it begins. A tab counts four columns.
  var indentation: (columns: Int, next: Int) {
    var columns = spare
    var next = position
    while next < end {
      if bytes[next] == 0x20 {
        columns += 1
      } else if bytes[next] == 0x09 {
        columns += 4
      } else {
        break
      }
      next += 1
    }
    return (columns, next)
  }

  var isBlank: Bool { indentation.next == end }

  /// Takes up to so many columns of indentation.
  mutating func take(columns wanted: Int) {
    var left = wanted
    let fromSpare = min(spare, left)
    spare -= fromSpare
    left -= fromSpare
    while left > 0, position < end {
      if bytes[position] == 0x20 {
        left -= 1
      } else if bytes[position] == 0x09 {
        spare = max(0, 4 - left)
        left -= min(left, 4)
      } else {
        return
      }
      position += 1
    }
  }

  /// The byte at a place; 0 behind the end.
  func byte(_ place: Int) -> UInt8 { place < end ? bytes[place] : 0 }

  /// How many bytes of one kind stand at a place.
  func run(of byte: UInt8, at place: Int) -> Int {
    var index = place
    while index < end, bytes[index] == byte { index += 1 }
    return index - place
  }

  /// Where the line ends when blanks at its end do not count.
  func trimmedEnd(from place: Int) -> Int {
    var last = end
    while last > place, MarkdownLine.isBlank(bytes[last - 1]) { last -= 1 }
    return last
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

  // MARK: What a line can begin

  /// Three or more of `*`, `-` or `_` and nothing else.
  func isRule(at place: Int) -> Bool {
    let mark = byte(place)
    guard mark == UInt8(ascii: "*") || mark == UInt8(ascii: "-") || mark == UInt8(ascii: "_") else {
      return false
    }
    var count = 0
    for index in place..<end {
      if bytes[index] == mark {
        count += 1
      } else if !MarkdownLine.isBlank(bytes[index]) {
        return false
      }
    }
    return count >= 3
  }

  /// The level of a heading that begins here, 0 for none.
  func headingLevel(at place: Int) -> Int {
    guard byte(place) == UInt8(ascii: "#") else { return 0 }
    let level = run(of: UInt8(ascii: "#"), at: place)
    let next = place + level
    return level <= 6 && (next == end || MarkdownLine.isBlank(bytes[next])) ? level : 0
  }

  /// The level that this line gives the paragraph above it, 0 for none.
  func underlineLevel(at place: Int) -> Int {
    let mark = byte(place)
    guard mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-") else { return 0 }
    let isAll = place + run(of: mark, at: place) == trimmedEnd(from: place)
    return isAll ? (mark == UInt8(ascii: "=") ? 1 : 2) : 0
  }

  /// The mark and the length of a fence that opens here.
  func fence(at place: Int) -> (mark: UInt8, count: Int)? {
    let mark = byte(place)
    guard mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let count = run(of: mark, at: place)
    guard count >= 3 else { return nil }
    if mark == UInt8(ascii: "`"), bytes[(place + count)..<end].contains(mark) { return nil }
    return (mark, count)
  }

  /// A list's mark: its kind, its width in bytes and the number it states.
  func listMark(at place: Int) -> (kind: UInt8, width: Int, number: Int32)? {
    let first = byte(place)
    var next = place + 1
    var number: Int32 = 0
    var kind = first
    switch first {
    case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+"): break
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      next = place
      while next < end, next < place + 9, bytes[next] >= 0x30, bytes[next] <= 0x39 {
        number = number * 10 + Int32(bytes[next] - 0x30)
        next += 1
      }
      kind = byte(next)
      guard kind == UInt8(ascii: ".") || kind == UInt8(ascii: ")") else { return nil }
      next += 1
    default: return nil
    }
    guard next == end || MarkdownLine.isBlank(bytes[next]) else { return nil }
    return (kind, next - place, number)
  }

  /// The columns that a line under a table's head describes.
  func alignments(at place: Int) -> [MarkdownAlignment]? {
    var found: [MarkdownAlignment] = []
    var index = place
    let last = trimmedEnd(from: place)
    var hasPipe = false
    if byte(index) == UInt8(ascii: "|") {
      hasPipe = true
      index += 1
    }
    while index < last {
      while index < last, MarkdownLine.isBlank(bytes[index]) { index += 1 }
      let isLeft = byte(index) == UInt8(ascii: ":")
      if isLeft { index += 1 }
      let dashes = run(of: UInt8(ascii: "-"), at: index)
      guard dashes > 0 else { return nil }
      index += dashes
      let isRight = byte(index) == UInt8(ascii: ":")
      if isRight { index += 1 }
      while index < last, MarkdownLine.isBlank(bytes[index]) { index += 1 }
      if index < last {
        guard bytes[index] == UInt8(ascii: "|") else { return nil }
        hasPipe = true
        index += 1
      }
      found.append(isLeft ? (isRight ? .center : .left) : (isRight ? .right : .none))
    }
    return hasPipe && !found.isEmpty ? found : nil
  }
}
