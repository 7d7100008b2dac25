/// How the records of a file follow each other.
public enum RecordFraming: Sendable {
  /// Elements of a top-level array, or of the array in `{"conversations": […]}`.
  case array
  /// JSONL: one record a line.
  case lines
  /// One document, or several one behind the other.
  case document
}
