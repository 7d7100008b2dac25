/// What kind of file some bytes are, by how they begin.
///
/// A name or a stated type can be wrong or missing; the first bytes of these formats are not.
public enum MediaType {
  /// The most bytes that are looked at.
  public static let headByteCount = 512

  /// Whether a stated type says nothing: it is missing, or stands for any bytes.
  public static func isGeneric(_ type: String?) -> Bool {
    guard let type, !type.isEmpty else { return true }
    return generic.contains(type.lowercased())
  }

  /// The type of a file that begins so; nil when it is none of those known.
  ///
  /// - Parameter head: Its first bytes; ``headByteCount`` are enough.
  public static func sniff(_ head: some Collection<UInt8>) -> String? {
    let bytes = Array(head.prefix(headByteCount))
    for (start, type) in starts where bytes.starts(with: start) { return type }
    if bytes.count >= 12 {
      let inner = Array(bytes[8..<12])
      if bytes.starts(with: Array("RIFF".utf8)) {
        return riff[String(decoding: inner, as: UTF8.self)]
      }
      if bytes[4..<8].elementsEqual("ftyp".utf8) { return boxed(inner) }
    }
    return isHTML(bytes) ? "text/html" : nil
  }

  private static let generic: Set<String> = [
    "application/octet-stream", "binary/octet-stream", "application/binary", "application/unknown",
    "unknown", "file", "*/*",
  ]

  private static let starts: [([UInt8], String)] = [
    ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
    ([0xFF, 0xD8, 0xFF], "image/jpeg"),
    (Array("GIF87a".utf8), "image/gif"),
    (Array("GIF89a".utf8), "image/gif"),
    (Array("%PDF-".utf8), "application/pdf"),
    ([0x50, 0x4B, 0x03, 0x04], "application/zip"),
    ([0x1F, 0x8B], "application/gzip"),
    (Array("OggS".utf8), "audio/ogg"),
    (Array("fLaC".utf8), "audio/flac"),
    (Array("ID3".utf8), "audio/mpeg"),
    ([0xFF, 0xFB], "audio/mpeg"),
    ([0x1A, 0x45, 0xDF, 0xA3], "video/webm"),
    ([0x49, 0x49, 0x2A, 0x00], "image/tiff"),
    ([0x4D, 0x4D, 0x00, 0x2A], "image/tiff"),
    (Array("SQLite format 3\0".utf8), "application/vnd.sqlite3"),
    (Array("{\\rtf".utf8), "application/rtf"),
  ]

  private static let riff = ["WAVE": "audio/wav", "WEBP": "image/webp", "AVI ": "video/x-msvideo"]

  private static func boxed(_ brand: [UInt8]) -> String {
    switch String(decoding: brand, as: UTF8.self) {
    case "avif", "avis": "image/avif"
    case "heic", "heix", "mif1", "heim": "image/heic"
    case "M4A ", "M4B ": "audio/mp4"
    case "qt  ": "video/quicktime"
    default: "video/mp4"
    }
  }

  private static func isHTML(_ bytes: [UInt8]) -> Bool {
    let text = bytes.drop { $0 <= 32 }.prefix(15).map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
    return text.starts(with: "<!doctype html".utf8) || text.starts(with: "<html".utf8)
  }
}
