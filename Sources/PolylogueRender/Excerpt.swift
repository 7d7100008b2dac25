public import PolylogueModel

/// A stretch of a path around one message.
public struct Excerpt: Sendable {
  /// The messages in order, the one asked for among them.
  public let messages: [Message]
  /// How many messages of the path stand before them.
  public let before: Int
  /// How many messages of the path stand behind them.
  public let after: Int

  /// Cuts a path.
  ///
  /// - Parameters:
  ///   - path: The messages of the path in order.
  ///   - id: The message to cut around.
  ///   - context: How many messages to keep on either side of it.
  /// - Returns: nil when the path has no such message.
  public init?(of path: [Message], around id: String, context: Int) {
    guard let place = path.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
      return nil
    }
    let kept = max(0, min(context, path.count))
    let first = max(0, place - kept)
    let end = min(path.count, place + kept + 1)
    messages = Array(path[first..<end])
    before = first
    after = path.count - end
  }
}
