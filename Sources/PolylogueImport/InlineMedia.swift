import PolylogueModel
import PolylogueParsing

/// Files that stand inside a record as base64.
enum InlineMedia {
  /// The attachment for a base64 text. One that cannot be decoded is named without its bytes.
  static func attachment(
    id: String, name: String? = nil, mediaType: String?, base64: some StringProtocol
  ) -> Attachment {
    let bytes = Base64.decode(base64)
    return Attachment(
      id: id, name: name, mediaType: mediaType, byteCount: bytes.map { Int64($0.count) },
      inlineBytes: bytes)
  }

  /// The attachment for the address of an image: a `data:` URL is decoded, any other one is kept as
  /// the name and never fetched.
  static func attachment(id: String, url: String) -> Attachment {
    guard url.utf8.starts(with: "data:".utf8),
      let comma = url.utf8.firstIndex(of: UInt8(ascii: ","))
    else { return Attachment(id: id, name: url) }
    let head = url[..<comma].dropFirst(5).split(separator: ";")
    let mediaType = head.first.map(String.init)
    guard head.last == "base64" else { return Attachment(id: id, mediaType: mediaType) }
    return attachment(
      id: id, mediaType: mediaType, base64: url[url.utf8.index(after: comma)...])
  }
}
