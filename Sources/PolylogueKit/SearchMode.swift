/// How a query is understood.
public enum SearchMode: String, Sendable, CaseIterable {
  /// As ``text``; where no message has all the words, as ``hybrid``, when messages have vectors of a
  /// model on this machine.
  case automatic
  /// All plain words are required.
  case text
  /// As a question: some of its words are enough, English ones in any form. The more of them, the
  /// rarer, and the more messages around say so too, the better.
  case words
  /// By what messages mean, whatever their words.
  case semantic
  /// By words and meaning, as a question.
  case hybrid

  /// The name in results.
  var name: String { self == .automatic ? SearchMode.text.rawValue : rawValue }
}

/// What a hit of a search is.
public enum HitUnit: String, Sendable, CaseIterable {
  /// Each message that is found.
  case message
  /// The best message of each conversation.
  case conversation
}
