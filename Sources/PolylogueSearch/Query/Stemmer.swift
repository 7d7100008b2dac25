internal import CPolylogueStemmer

/// Takes the endings off English words, so that `camping` and `camped` count as one word.
///
/// It is Porter's revised algorithm as Snowball publishes it
/// (https://snowballstem.org/algorithms/english/stemmer.html). Words of other scripts are left as they
/// are. An object is used by one thread at a time.
final class Stemmer {
  private let stemmer: OpaquePointer?

  init() { stemmer = sb_stemmer_new("english", "UTF_8") }

  deinit { if let stemmer { sb_stemmer_delete(stemmer) } }

  /// The stem of a folded word.
  ///
  /// - Complexity: O(bytes), about half a microsecond.
  func stem(_ word: [UInt8]) -> [UInt8] {
    guard let stemmer, Stemmer.isEnglish(word) else { return word }
    return word.withUnsafeBufferPointer { bytes in
      guard let stem = sb_stemmer_stem(stemmer, bytes.baseAddress, Int32(bytes.count)) else {
        return word
      }
      return Array(UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(stemmer))))
    }
  }

  /// Whether a word is of Latin letters alone, and long enough to have an ending.
  static func isEnglish(_ word: [UInt8]) -> Bool {
    word.count > 2 && word.count <= 40
      && word.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }

  /// What all words of a stem begin with: endings may change its last letter, as in `happi` and
  /// `happy`.
  static func prefix(of stem: [UInt8]) -> [UInt8] { stem.count > 3 ? stem.dropLast() : stem }
}
