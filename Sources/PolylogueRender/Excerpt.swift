public import PolylogueModel

/// A stretch of a path around one message.
public struct Excerpt: Sendable {
  /// The messages in order, the one asked for among them if it is kept.
  public let messages: [Message]
  /// How many messages kept stand before them.
  public let before: Int
  /// How many messages kept stand behind them.
  public let after: Int

  /// Cuts a path.
  ///
  /// - Parameters:
  ///   - path: The messages of the path in order.
  ///   - kept: Those of them that may be shown, or parts of them, in order; nil for all.
  ///   - id: The message to cut around, whether it is kept or not.
  ///   - context: How many of the messages kept to have on either side of it.
  /// - Returns: nil when the path has no such message.
  public init?(of path: [Message], keeping kept: [Message]? = nil, around id: String, context: Int)
  {
    guard let place = path.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
      return nil
    }
    let shown = kept ?? path
    let earlier = Set(path[..<place].map { Array($0.id.utf8) })
    let start = shown.firstIndex { !earlier.contains(Array($0.id.utf8)) } ?? shown.count
    let isKept = start < shown.count && shown[start].id.utf8.elementsEqual(id.utf8)
    let width = max(0, min(context, shown.count))
    let first = max(0, start - width)
    let end = min(shown.count, start + width + (isKept ? 1 : 0))
    messages = Array(shown[first..<end])
    before = first
    after = shown.count - end
  }
}
