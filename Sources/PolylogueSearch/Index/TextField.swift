/// The parts of a message that are indexed apart, so that each has its own weight.
public enum TextField: UInt8, Sendable, CaseIterable {
  /// Prose, code and documents.
  case body = 0
  /// The conversation's title, which stands in a document of its own.
  case title = 1
  /// A tool's input and output.
  case tool = 2
  /// The model's visible reasoning.
  case thinking = 3
  /// Text extracted from attachments, and their names.
  case attachment = 4
  /// The name of who wrote it, where the provider gives one. Questions alone look at it: in a search,
  /// a name finds what speaks of it.
  case author = 5

  /// The fields in which words are searched.
  static let searched = allCases.filter { $0 != .author }

  /// How much a word found here counts.
  public var weight: Float {
    switch self {
    case .body: 1.0
    case .title: 1.5
    case .tool: 0.5
    case .thinking: 0.25
    case .attachment: 0.7
    case .author: 1.0
    }
  }
}
