import PolylogueModel

/// The versions of the documents made beside a conversation, along each of its branches.
///
/// A version made on one branch is not seen on another. States are shared until they change, so a
/// conversation without documents pays nothing.
struct DocumentHistory {
  /// What is known about a document at one point of a branch.
  struct Version {
    var title: String?
    var language: String?
    /// nil after a change that could not be followed.
    var content: String?
  }

  /// The documents known at one point of a branch, and the one touched last.
  struct State {
    var versions: [ExactID: Version] = [:]
    var latest: ExactID?
  }

  /// The most bytes that applying edits may read and write in one conversation. A hostile file
  /// could otherwise ask for thousands of versions of a large document.
  static let byteBudget = 64 << 20

  private var states: [State] = []
  private var bytesLeft = DocumentHistory.byteBudget

  /// The state with this number; -1 is the state before any document.
  func state(_ number: Int) -> State {
    states.indices.contains(number) ? states[number] : State()
  }

  /// Keeps a state and returns its number; -1 when the budget is spent.
  mutating func keep(_ state: State) -> Int {
    // Each state has a table of its own.
    guard spend(state.versions.count &* 16) else { return -1 }
    states.append(state)
    return states.count - 1
  }

  /// Whether work on this many bytes is still within the budget; takes them from it.
  mutating func spend(_ byteCount: Int) -> Bool {
    guard byteCount <= bytesLeft else { return false }
    bytesLeft -= byteCount
    return true
  }

  /// Replaces the first occurrence, or all of them, of a text by another, byte by byte.
  ///
  /// - Returns: nil when the text does not occur, is empty, or the budget is spent.
  mutating func replace(
    _ old: String, by new: String, everywhere: Bool = false, in content: String
  ) -> String? {
    guard spend(content.utf8.count) else { return nil }
    let old = Array(old.utf8)
    let new = Array(new.utf8)
    let source = Array(content.utf8)
    guard !old.isEmpty else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(source.count)
    var position = 0
    var found = false
    while let hit = source.firstRange(of: old, from: position) {
      out.append(contentsOf: source[position..<hit])
      guard spend(new.count) else { return nil }
      out.append(contentsOf: new)
      position = hit + old.count
      found = true
      if !everywhere { break }
    }
    guard found else { return nil }
    out.append(contentsOf: source[position...])
    return String(decoding: out, as: UTF8.self)
  }
}

extension Array where Element == UInt8 {
  /// Where a sequence of bytes begins, searched from an index on.
  ///
  /// Knuth, Morris and Pratt's search: both sequences can come from a hostile file, and a naive
  /// search would take their product.
  ///
  /// - Complexity: O(count + needle.count).
  func firstRange(of needle: [UInt8], from start: Int) -> Int? {
    guard !needle.isEmpty, start >= 0, count - start >= needle.count else { return nil }
    // borders[i]: the length of the longest proper prefix of needle[...i] that is its suffix too.
    var borders = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      borders[index] = length
    }
    var matched = 0
    for index in start..<count {
      while matched > 0, self[index] != needle[matched] { matched = borders[matched - 1] }
      if self[index] == needle[matched] { matched += 1 }
      if matched == needle.count { return index - matched + 1 }
    }
    return nil
  }
}
