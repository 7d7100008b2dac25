import CPolylogueWordPiece

/// Cuts a text into the pieces of BERT's uncased vocabularies, as the package `tokenizers` does with
/// the model's `tokenizer.json` (BertNormalizer, BertPreTokenizer, WordPiece).
///
/// A text is cleaned of what does not show, ideographs become words of their own, marks and case go,
/// words are cut at spaces and punctuation, and each word into the longest pieces from its
/// beginning. A word with a character that no piece has, or of more than 100 characters, is `[UNK]`.
///
/// One thing differs on purpose: a text that says `[SEP]` or `[MASK]` is cut like any other
/// (`encode_special_tokens` there), so that what is archived cannot speak to the model.
package struct WordPieceTokenizer {
  /// The most characters of a word that is looked up.
  static let wordLimit = 100

  /// The number of what fills up a shorter row of a batch.
  package let padding: Int32
  private let unknown: Int32
  private let beginning: Int32
  private let end: Int32
  private let vocabulary: Vocabulary

  /// Reads a vocabulary.
  ///
  /// - Parameter vocabulary: The bytes of `vocab.txt`, one piece a line.
  /// - Throws: ``LanguageModelError`` where `[PAD]`, `[UNK]`, `[CLS]` or `[SEP]` is missing.
  package init(vocabulary bytes: [UInt8]) throws(LanguageModelError) {
    vocabulary = Vocabulary(bytes)
    guard let padding = vocabulary.special("[PAD]"), let unknown = vocabulary.special("[UNK]"),
      let beginning = vocabulary.special("[CLS]"), let end = vocabulary.special("[SEP]")
    else {
      throw LanguageModelError(
        .damaged, "the model's vocabulary has no [PAD], [UNK], [CLS] or [SEP]; install it again")
    }
    self.padding = padding
    self.unknown = unknown
    self.beginning = beginning
    self.end = end
  }

  /// The number of pieces in the vocabulary.
  package var count: Int { vocabulary.count }

  /// The pieces of a text, between `[CLS]` and `[SEP]`.
  ///
  /// - Parameters:
  ///   - text: Any text. It is read only as far as it takes to reach the limit.
  ///   - limit: The most pieces, those two included; at least 2.
  /// - Returns: Their numbers.
  /// - Complexity: O(bytes of the text).
  package func pieces(of text: String, limit: Int) -> [Int32] {
    var text = text
    return text.withUTF8 { pieces(of: $0, limit: limit) }
  }

  /// As ``pieces(of:limit:)-(String,_)`` for bytes of UTF-8; what is none counts as U+FFFD.
  func pieces(of text: UnsafeBufferPointer<UInt8>, limit: Int) -> [Int32] {
    var run = Run(vocabulary: vocabulary, unknown: unknown, limit: max(0, limit - 2))
    run.pieces.reserveCapacity(min(limit, text.count + 2))
    run.pieces.append(beginning)
    run.take(text)
    run.pieces.append(end)
    return run.pieces
  }

  /// One text on its way.
  private struct Run {
    let vocabulary: Vocabulary
    let unknown: Int32
    /// The most pieces, beside the one that begins the text.
    let limit: Int
    var pieces: [Int32] = []
    /// The word that is being read, normalised, as UTF-8.
    private var word: [UInt8] = []
    private var characters = 0
    private var isUnknown = false

    init(vocabulary: Vocabulary, unknown: Int32, limit: Int) {
      self.vocabulary = vocabulary
      self.unknown = unknown
      self.limit = limit
      word.reserveCapacity(WordPieceTokenizer.wordLimit * 4)
    }

    private var isFull: Bool { pieces.count > limit }

    mutating func take(_ text: UnsafeBufferPointer<UInt8>) {
      var position = 0
      while position < text.count, !isFull {
        let byte = text[position]
        if byte < 0x80 {
          position += 1
          takeCharacter(UInt32(byte))
        } else {
          takeCharacter(Run.decode(text, &position))
        }
      }
      if !isFull { endWord() }
    }

    /// The character at a place, which moves behind it; U+FFFD for a byte that begins none.
    private static func decode(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt32
    {
      let first = text[position]
      let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
      guard first >= 0xC2, first < 0xF5, position + length <= text.count else {
        position += 1
        return 0xFFFD
      }
      var value = UInt32(first) & (0xFF >> UInt32(length + 1))
      for offset in 1..<length {
        let byte = text[position + offset]
        guard byte & 0xC0 == 0x80 else {
          position += 1
          return 0xFFFD
        }
        value = value << 6 | UInt32(byte & 0x3F)
      }
      position += length
      return value > 0x10FFFF ? 0xFFFD : value
    }

    @inline(__always)
    private mutating func takeCharacter(_ character: UInt32) {
      let code = plw_normal(character)
      switch Int(code) {
      case PLW_ITSELF: append(character)
      case PLW_SPACE: endWord()
      case PLW_DROPPED: break
      case PLW_ALONE: standAlone(character)
      case PLW_UNKNOWN: isUnknown = true
      case PLW_UNKNOWN_ALONE:
        endWord()
        isUnknown = true
        endWord()
      case PLW_SEVERAL:
        var several: (UInt32, UInt32, UInt32) = (0, 0, 0)
        let count = withUnsafeMutablePointer(to: &several) {
          $0.withMemoryRebound(to: UInt32.self, capacity: 3) { plw_several_of(character, $0) }
        }
        append(several.0)
        append(several.1)
        if count > 2 { append(several.2) }
      default:
        if plw_normal(code) == UInt32(PLW_ALONE) { standAlone(code) } else { append(code) }
      }
    }

    @inline(__always)
    private mutating func append(_ character: UInt32) {
      characters += 1
      // A word that is too long is counted and not kept.
      guard characters <= WordPieceTokenizer.wordLimit else { return }
      if character < 0x80 {
        word.append(UInt8(truncatingIfNeeded: character))
      } else if character < 0x800 {
        word.append(UInt8(truncatingIfNeeded: 0xC0 | character >> 6))
        word.append(UInt8(truncatingIfNeeded: 0x80 | character & 0x3F))
      } else {
        word.append(UInt8(truncatingIfNeeded: 0xE0 | character >> 12))
        word.append(UInt8(truncatingIfNeeded: 0x80 | character >> 6 & 0x3F))
        word.append(UInt8(truncatingIfNeeded: 0x80 | character & 0x3F))
      }
    }

    private mutating func standAlone(_ character: UInt32) {
      endWord()
      append(character)
      endWord()
    }

    private mutating func endWord() {
      guard characters > 0 || isUnknown, !isFull else { return }
      let start = pieces.count
      if isUnknown || characters > WordPieceTokenizer.wordLimit || !cutWord() {
        pieces.removeSubrange(start...)
        pieces.append(unknown)
      }
      // A word is cut whole before it is known whether it can be; what is too much goes again.
      if pieces.count > limit + 1 { pieces.removeSubrange((limit + 1)...) }
      word.removeAll(keepingCapacity: true)
      characters = 0
      isUnknown = false
    }

    /// Adds the pieces of the word, as far as it can be cut into pieces.
    private mutating func cutWord() -> Bool {
      var found: [Int32] = []
      swap(&found, &pieces)
      defer { swap(&found, &pieces) }
      return word.withUnsafeBufferPointer { bytes in
        var position = 0
        var root = Vocabulary.wordRoot
        while position < bytes.count {
          guard let piece = vocabulary.longest(bytes, from: position, root: root) else {
            return false
          }
          found.append(piece.number)
          position = piece.end
          root = Vocabulary.continuationRoot
        }
        return true
      }
    }
  }
}
