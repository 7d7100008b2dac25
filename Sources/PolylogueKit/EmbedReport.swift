public import PolylogueModel

/// What bringing vectors up to date has done.
public struct EmbedReport: Sendable {
  /// The model.
  public var model: EmbeddingModel
  /// Messages for which vectors were computed.
  public var embedded = 0
  /// Messages whose vectors were there already.
  public var unchanged = 0
  /// Messages whose vectors were taken away.
  public var removed = 0
  /// Texts that vectors were computed of: a long message has several, a text that several messages
  /// share is computed once.
  public var vectors = 0
  /// Public ids of the messages of which no vector could be computed, and why; they are tried again
  /// the next time.
  public var failed: [(id: String, reason: String)] = []
  /// Messages that wait still; at most so many, as some of them may say nothing.
  public var waiting = 0
  /// Whether it was stopped before the end; what was done is kept.
  public var wasCancelled = false
  /// What a person should know.
  public var notes: [String] = []
  /// Wall-clock seconds.
  public var seconds: Double = 0
}

/// How far bringing vectors up to date has come.
public struct EmbedProgress: Sendable {
  /// Messages that were looked at.
  public var done: Int
  /// Messages that were to be looked at, as far as it is known.
  public var total: Int
  /// Messages a second.
  public var rate: Double

  /// Seconds that the rest will take at this rate; nil where nothing can be said.
  public var secondsLeft: Double? {
    rate > 0 ? Double(max(0, total - done)) / rate : nil
  }
}

/// What the archive has of a model's vectors.
public struct EmbeddingState: Sendable, Equatable {
  /// The model.
  public var model: EmbeddingModel
  /// Vectors that are there.
  public var vectors: Int
  /// Messages that have vectors.
  public var messages: Int
  /// Messages that wait to be looked at; at most so many. Tools' output and what is injected wait only
  /// until the change feed is taken in, acknowledgements until they are looked at.
  public var waiting: Int
}
