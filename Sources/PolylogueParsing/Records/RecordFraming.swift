/// How the records of a file follow each other.
public enum RecordFraming: Sendable {
  /// Elements of a top-level array, or of the array in `{"conversations": […]}`.
  case array
  /// JSONL: one record a line.
  case lines
  /// One document, or several one behind the other.
  case document
  /// Markdown: the whole file is one record, read as a JSON string of its text.
  case text
  /// An HTML page of activity: each cell is a record, read as a JSON string of its HTML.
  case cells

  /// What is parsed as JSON of a record; nil where that is the record as it stands.
  public func json(of record: UnsafeRawBufferPointer) -> [UInt8]? {
    guard self == .text || self == .cells else { return nil }
    return Array(JSONWriter.quoted(String(decoding: record, as: UTF8.self)).utf8)
  }
}
