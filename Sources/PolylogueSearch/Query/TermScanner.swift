internal import CPolylogueText

/// A term of a query: its folded bytes, and where it stands.
struct QueryTerm: Hashable {
  var bytes: [UInt8]
  var position: UInt32
  /// A lone character of a script without spaces, found at the start of any pair.
  var isSingle: Bool
}

/// Cuts a query's text into terms as the index cuts messages.
enum TermScanner {
  /// The most terms used of one atom.
  static let termLimit = 64

  static func terms(of text: String) -> [QueryTerm] {
    var text = text
    return text.withUTF8 { bytes in
      var out: [QueryTerm] = []
      guard let base = bytes.baseAddress else { return out }
      var tokenizer = plt_tokenizer()
      plt_tokenizer_start(&tokenizer, base, bytes.count, 1)
      guard let batch = plt_batch_new() else { return out }
      defer { plt_batch_free(batch) }
      while out.count < termLimit, plt_tokenize(&tokenizer, batch) > 0 {
        append(batch, to: &out)
      }
      if out.count > termLimit { out.removeLast(out.count - termLimit) }
      return out
    }
  }

  private static func append(_ batch: UnsafeMutablePointer<plt_batch>, to out: inout [QueryTerm]) {
    for index in 0..<batch.pointee.count {
      var token = plt_token()
      let bytes = plt_batch_token(batch, index, &token)
      out.append(
        QueryTerm(
          bytes: Array(UnsafeBufferPointer(start: bytes, count: Int(token.length))),
          position: token.position, isSingle: token.is_single != 0))
    }
  }

  static func hasTerms(_ text: String) -> Bool { !terms(of: text).isEmpty }

  /// Whether the text ends in a word of at least so many bytes, so that a `*` behind it can mean
  /// something.
  static func endsInWord(_ text: String, atLeast count: Int) -> Bool {
    guard let last = terms(of: text).last, let byte = text.utf8.last else { return false }
    let isWordByte = byte >= 128 || (48...57).contains(byte) || (65...90).contains(byte & 0xDF)
    return isWordByte && last.bytes.count >= count
  }
}
