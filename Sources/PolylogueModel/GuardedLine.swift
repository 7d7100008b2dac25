/// Lines of archived text that could be taken for structure in a rendered file, and so stand there
/// with one backslash more.
package enum GuardedLine {
  /// Where the backslash goes, or stands, if the line could be taken for one of the rendering's own
  /// comments or, outside of fences, starts an HTML block that ends only at its own closing mark
  /// (<https://spec.commonmark.org/0.31.2/#html-blocks>, kinds 1 to 5).
  ///
  /// - Parameter line: The line with whatever backslashes it has, without its line break.
  package static func place(of line: UnsafeBufferPointer<UInt8>, isInFence: Bool) -> Int? {
    var place = 0
    while place < 3, place < line.count, line[place] == 0x20 { place += 1 }
    var index = place
    while index < line.count, line[index] == UInt8(ascii: "\\") { index += 1 }
    guard index < line.count, line[index] == UInt8(ascii: "<") else { return nil }
    if starts(line, at: index, with: "<!-- polylogue") { return place }
    guard !isInFence else { return nil }
    let openers: [StaticString] = ["<!", "<?", "<script", "<pre", "<style", "<textarea"]
    return openers.contains { starts(line, at: index, with: $0) } ? place : nil
  }

  private static func starts(
    _ line: UnsafeBufferPointer<UInt8>, at index: Int, with lowercase: StaticString
  ) -> Bool {
    lowercase.withUTF8Buffer { wanted in
      guard index + wanted.count <= line.count else { return false }
      for offset in 0..<wanted.count {
        let found = line[index + offset]
        let folded = found >= 0x41 && found <= 0x5A ? found | 0x20 : found
        if folded != wanted[offset] { return false }
      }
      return true
    }
  }
}
