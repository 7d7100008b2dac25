import Glibc
import PolylogueModel

/// Computes vectors by a local model, in a process of its own.
///
/// The worker is started when it is needed and again when it is gone: the first text costs 0.2
/// seconds, the next some milliseconds. It takes some 300 MB while it is there; the process that uses
/// this takes none of it. What crashes a worker or hangs in it is tried again and then narrowed down
/// to the text at fault.
public final class LocalEmbedder: TextEmbedder {
  /// How often a batch is tried before it is cut in halves.
  static let batchTries = 3
  /// How often a text alone is tried.
  static let textTries = 2
  /// The texts of one call that may be at fault before it is the model that is.
  static let rejectionLimit = 8

  /// The installed model.
  public let model: EmbeddingModel
  private let folder: String
  private let executable: String
  private let options: WorkerProcess.Options
  private var worker: WorkerProcess?

  /// Prepares to use an installed model; nothing is started yet.
  ///
  /// - Throws: ``LanguageModelError`` when the folder holds no model.
  init(
    folder: String, executable: String, options: WorkerProcess.Options = WorkerProcess.Options()
  ) throws(LanguageModelError) {
    model = try ModelFolder(reading: folder).model
    self.folder = folder
    self.executable = executable
    self.options = options
  }

  /// The number of the worker's process; nil while there is none.
  public var workerIdentifier: Int32? { worker?.identifier }

  /// Starts to load the model, without waiting for it: for what is about to be asked anyway.
  ///
  /// - Throws: ``LanguageModelError`` when the worker cannot be started.
  public func prepare() throws {
    _ = try startedWorker()
  }

  /// Ends the worker; the next text starts another one.
  public func stop() {
    worker = nil
  }

  /// The vectors of texts, see ``TextEmbedder/vectors(of:)``.
  ///
  /// - Parameter texts: Any number of texts; of each the first 32 KiB are taken, which is more than
  ///   the model reads.
  /// - Returns: `texts.count * model.dimensions` numbers.
  /// - Throws: ``LanguageModelError``, ``LanguageModelError/Code/rejected`` when some of the texts
  ///   are at fault: all others can be computed then.
  public func vectors(of texts: [String]) throws -> [Float] {
    try vectors(of: texts) { false }
  }

  /// The same, given up within moments when nobody wants it any more; the worker finishes what it is
  /// at, and can be asked again.
  ///
  /// - Parameters:
  ///   - texts: As above.
  ///   - isCancelled: Asked several times a second.
  /// - Returns: `texts.count * model.dimensions` numbers.
  /// - Throws: As above, or ``LanguageModelError/Code/cancelled``.
  public func vectors(of texts: [String], isCancelled: () -> Bool) throws -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(texts.count * model.dimensions)
    var rejected: [(index: Int, reason: String)] = []
    for start in stride(from: 0, to: texts.count, by: WorkerFrame.textLimit) {
      let end = min(texts.count, start + WorkerFrame.textLimit)
      result += try vectors(
        of: texts[start..<end], tries: LocalEmbedder.batchTries, rejected: &rejected, isCancelled)
    }
    guard rejected.isEmpty else {
      throw LanguageModelError(
        .rejected,
        "the model failed on \(rejected.count) of \(texts.count) texts: \(rejected[0].reason)",
        texts: rejected.map(\.index))
    }
    return result
  }

  private func vectors(
    of texts: ArraySlice<String>, tries: Int, rejected: inout [(index: Int, reason: String)],
    _ isCancelled: () -> Bool
  ) throws -> [Float] {
    var reason = ""
    var triesLeft = tries
    var hasBeenIdle = false
    while triesLeft > 0 {
      do {
        return try startedWorker().vectors(of: texts, by: model, unless: isCancelled)
      } catch let failure as WorkerProcess.Failure {
        if case .cancelled = failure { throw LanguageModelError.cancelled }
        worker = nil
        switch failure {
        case .cancelled: break
        case .idle where !hasBeenIdle: hasBeenIdle = true
        case .idle:
          reason = "it ended instead of answering"
          triesLeft -= 1
        case .refused(let error): throw error.code == .failed ? damage ?? error : error
        case .lost(let words):
          reason = words
          triesLeft -= 1
        }
      }
    }
    guard texts.count > 1 else {
      if rejected.isEmpty, let damage { throw damage }
      rejected.append((texts.startIndex, reason))
      guard rejected.count <= LocalEmbedder.rejectionLimit else {
        throw LanguageModelError(
          .failed, "the embedding worker fails on one text after the other: \(reason)")
      }
      return [Float](repeating: 0, count: model.dimensions)
    }
    let middle = texts.startIndex + texts.count / 2
    var result: [Float] = []
    for half in [texts[..<middle], texts[middle...]] {
      result += try vectors(
        of: half, tries: half.count == 1 ? LocalEmbedder.textTries : 1, rejected: &rejected,
        isCancelled)
    }
    return result
  }

  /// Whether what fails has a reason that a new installation removes.
  private var damage: LanguageModelError? { (try? ModelFolder(reading: folder))?.damage }

  private func startedWorker() throws(LanguageModelError) -> WorkerProcess {
    if let worker { return worker }
    let started = try WorkerProcess(executable: executable, folder: folder, options: options)
    worker = started
    return started
  }
}
