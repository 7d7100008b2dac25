import PolylogueLanguageModels
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// Gives vectors to the messages that wait for them, newest first, group by group.
///
/// Each group is one commit: its vectors, and that its messages wait no longer. Whatever ends the run
/// in between, what was committed is there, and nothing of it is computed again.
final class EmbedRun {
  /// The most texts of a group, and those of the first and the least: one is to take some seconds at
  /// most, since that is what stopping loses.
  private static let groupLimits = (least: 16, first: 32, most: 128)
  /// What a group is to take.
  private static let groupSeconds = 2.0
  /// Messages that are looked at for a group: many may need no vector computed.
  private static let lookAhead = 512

  private let keeper: VectorKeeper
  private let embedder: any TextEmbedder
  private let writer: VectorIndexWriter
  private let queue: VectorQueue
  private let files: ConversationReader
  private var groupLimit = EmbedRun.groupLimits.first
  private(set) var report: EmbedReport

  init(keeper: VectorKeeper, embedder: any TextEmbedder) throws {
    self.keeper = keeper
    self.embedder = embedder
    writer = try VectorIndexWriter(connection: keeper.connection, model: embedder.model)
    queue = VectorQueue(connection: keeper.connection, model: writer.row)
    let compressor = Compressor()
    try Dictionaries.load(from: keeper.archive, into: compressor)
    files = ConversationReader(connection: keeper.archive, compressor: compressor)
    report = EmbedReport(model: embedder.model)
  }

  /// Takes in the change feed, then computes.
  ///
  /// - Parameters:
  ///   - limit: The most messages; nil for all.
  ///   - onProgress: Told after each group.
  ///   - isCancelled: Asked before each group and while its vectors are computed.
  func run(
    limit: Int?, onProgress: (EmbedProgress) -> Void, isCancelled: () -> Bool
  ) throws {
    // What was deleted meanwhile is taken away however this ends: nobody else could.
    defer { _ = try? keeper.catchUp { false } }
    report.removed += try keeper.catchUp(isCancelled: isCancelled)
    report.removed += try keeper.catchUp(writer, isCancelled: isCancelled)
    try tryAgain()
    let started = Timestamp.now
    var done = 0
    var ready = try queue.readyCount()
    while done < limit ?? .max {
      if isCancelled() {
        report.wasCancelled = true
        break
      }
      if try keeper.isBehind(writer) {
        report.removed += try keeper.catchUp(writer, isCancelled: isCancelled)
        ready = try queue.readyCount()
      }
      let group = try nextGroup(atMost: min(EmbedRun.lookAhead, (limit ?? .max) - done))
      guard !group.messages.isEmpty else { break }
      do {
        try write(group, isCancelled)
      } catch let error where isCancelled() && EmbedRun.isCancellation(error) {
        report.wasCancelled = true
        break
      }
      done += group.messages.count
      ready = max(0, ready - group.messages.count)
      let seconds = Double(Timestamp.now.microseconds - started.microseconds) / 1e6
      let left = min(ready, limit.map { $0 - done } ?? .max)
      onProgress(
        EmbedProgress(
          done: done, total: done + left, rate: seconds > 0 ? Double(done) / seconds : 0))
    }
    try finish()
  }

  /// Puts back what could not be computed the last time, and what waited for a file that is there.
  private func tryAgain() throws {
    try writer.transaction {
      try queue.retry()
      for file in try queue.files().keys {
        let isAway = try keeper.reading {
          try WaitingMessages.isAway(file, archive: keeper.archive)
        }
        if !isAway { try queue.retry(file: file) }
      }
    }
  }

  private func finish() throws {
    try keeper.checkpoint()
    let state = try VectorFile.models(in: keeper.connection).first { $0.model == writer.model }
    report.waiting = state?.waiting ?? 0
    report.unchanged = max(0, (state?.messages ?? 0) - report.embedded)
    let away = try queue.files().values.reduce(0, +)
    if away > 0 {
      report.notes.append(
        "\(away) \(away == 1 ? "message waits" : "messages wait") for a file of cold storage that"
          + " is not there; “polylogue doctor” names it")
    }
    report.notes += keeper.notes
  }

  // MARK: Groups

  /// Messages that are written together.
  private struct Group {
    struct Entry {
      var row: Int64
      var hashes: [TextHash]
    }

    /// What is to be done with each message that was looked at.
    enum Outcome {
      case ready(Entry)
      case gone(Int64)
      case away(Int64, file: Int64)
    }

    var messages: [Outcome] = []
    /// The texts of which vectors are to be computed.
    var texts: [String] = []
    var hashes: [TextHash] = []
    /// Where each stands among them.
    var places: [TextHash: Int] = [:]
  }

  private func nextGroup(atMost limit: Int) throws -> Group {
    var group = Group()
    for row in try queue.next(limit) {
      let (outcome, texts) = try look(at: row)
      guard case .ready(let entry) = outcome else {
        group.messages.append(outcome)
        continue
      }
      var fresh: [(hash: TextHash, text: String)] = []
      for (hash, text) in zip(entry.hashes, texts) where group.places[hash] == nil {
        guard !fresh.contains(where: { $0.hash == hash }), try !writer.knows(hash) else { continue }
        fresh.append((hash, text))
      }
      guard group.texts.count + fresh.count <= groupLimit || group.texts.isEmpty
      else { break }
      for (hash, text) in fresh {
        group.places[hash] = group.texts.count
        group.texts.append(text)
        group.hashes.append(hash)
      }
      group.messages.append(outcome)
      // What was computed is not kept waiting for what needs no computing.
      if group.texts.count >= groupLimit { break }
    }
    return group
  }

  /// The passages of a message, as the archive has it now.
  private func look(at row: Int64) throws -> (Group.Outcome, [String]) {
    var outcome = Group.Outcome.gone(row)
    var texts: [String] = []
    try keeper.reading {
      texts = try PassageTexts.passages(ofMessage: row, from: keeper.feed, files: files) {
        outcome = .away(row, file: $0)
      }
    }
    if !texts.isEmpty {
      outcome = .ready(Group.Entry(row: row, hashes: texts.map { TextHash(of: $0) }))
    }
    return (outcome, texts)
  }

  private func write(_ group: Group, _ isCancelled: () -> Bool) throws {
    let started = MonotonicClock.seconds
    let vectors = try computed(group, isCancelled)
    adapt(texts: group.texts.count, seconds: MonotonicClock.seconds - started)
    var entries: [(Group.Entry, [VectorPassage])] = []
    for case .ready(let entry) in group.messages {
      let passages = entry.hashes.map { hash in
        VectorPassage(hash: hash, vector: group.places[hash].flatMap { vectors[$0] })
      }
      entries.append((entry, passages))
    }
    try writer.transaction {
      for outcome in group.messages {
        switch outcome {
        case .ready: break
        case .away(let row, let file): try queue.postpone(message: row, untilThereIs: file)
        case .gone(let row):
          if try writer.remove(message: row) { report.removed += 1 }
          try queue.remove(messages: row...row)
        }
      }
      for (entry, passages) in entries {
        let lacks = passages.contains { $0.vector == nil && group.places[$0.hash] != nil }
        guard !lacks else {
          try queue.fail(message: entry.row)
          continue
        }
        try writer.replace(message: entry.row, with: passages)
        try queue.remove(messages: entry.row...entry.row)
      }
    }
    count(entries, group, vectors)
    try keeper.checkpointIfDue()
  }

  /// Makes the next group as large as fits its time.
  private func adapt(texts: Int, seconds: Double) {
    guard texts > 0 else { return }
    let fitting = Double(texts) * EmbedRun.groupSeconds / max(seconds, 1e-3)
    let limits = EmbedRun.groupLimits
    groupLimit = max(limits.least, Int(min(fitting, Double(limits.most))))
  }

  private func count(
    _ entries: [(Group.Entry, [VectorPassage])], _ group: Group, _ vectors: [[Float]?]
  ) {
    report.vectors += vectors.count { $0 != nil }
    for (entry, passages) in entries {
      let computed = passages.filter { group.places[$0.hash] != nil }
      if computed.contains(where: { $0.vector == nil }) {
        report.failed.append((name(of: entry.row), lastFailure))
      } else if !computed.isEmpty {
        report.embedded += 1
      }
    }
  }

  /// The public id of a message.
  private func name(of row: Int64) -> String {
    let hit = try? files.hit(message: row)
    return hit.map { "\($0.conversation)/\($0.message.id)" } ?? "message \(row)"
  }

  // MARK: Computing

  /// Why a vector could not be computed.
  private var lastFailure = ""

  /// The vectors of a group's texts; nil for a text that the model fails on.
  ///
  /// - Throws: What the model fails with where it fails on any text, or is cancelled.
  private func computed(_ group: Group, _ isCancelled: () -> Bool) throws -> [[Float]?] {
    guard !group.texts.isEmpty else { return [] }
    do {
      return try vectors(of: group.texts, isCancelled)
    } catch let error where !isCancelled() && EmbedRun.mayBeAboutTexts(error) {
      // Is it one of the texts, or the model?
      guard group.texts.count > 1,
        (try? vectors(of: ["The model answers."], isCancelled)) != nil
      else { throw error }
      return try group.texts.map { text in
        do {
          return try vectors(of: [text], isCancelled)[0]
        } catch let error where !isCancelled() {
          lastFailure = "\(error)"
          return nil
        }
      }
    }
  }

  private static func isCancellation(_ error: any Error) -> Bool {
    error is CancellationError || (error as? LanguageModelError)?.code == .cancelled
  }

  /// Whether other texts may do better; a model may fail with any error.
  private static func mayBeAboutTexts(_ error: any Error) -> Bool {
    guard let error = error as? LanguageModelError else { return true }
    return error.code == .rejected || error.code == .failed
  }

  private func vectors(of texts: [String], _ isCancelled: () -> Bool) throws -> [[Float]?] {
    let dimensions = embedder.model.dimensions
    let numbers = try embedder.vectors(of: texts, isCancelled: isCancelled)
    guard numbers.count == texts.count * dimensions else {
      throw ArchiveError(
        .invalidArgument,
        "the model \(embedder.model.name) gave \(numbers.count) numbers for \(texts.count)"
          + " texts, where it has \(dimensions) dimensions")
    }
    guard numbers.allSatisfy(\.isFinite) else {
      throw ArchiveError(
        .invalidArgument, "the model \(embedder.model.name) gave what is no finite number")
    }
    return (0..<texts.count).map { Array(numbers[$0 * dimensions..<($0 + 1) * dimensions]) }
  }
}
