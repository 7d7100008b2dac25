import PolylogueModel
import PolylogueSQL
import PolylogueStore

/// What a reading of archived bytes is to mend.
struct Mending: Sendable {
  var damage = Damage()
  /// The files to read for it, by SHA-256, and whether a damaged conversation was last read from one.
  var files: [[UInt8]: Bool] = [:]
}

extension ImportPipeline {
  /// How many conversations of a former format are sealed in one group.
  private static let sealCount = 256

  /// Looks for conversations that are not what was written.
  ///
  /// - Throws: ``ImportCancelled``.
  func findDamage(
    isCancelled: () -> Bool, onEvent: @escaping (ImportEvent) -> Void
  ) throws -> Mending {
    try withoutActuallyEscaping(isCancelled) { isCancelled in
      try withVerifier { verifier, connection in
        var mending = Mending()
        mending.damage = try verifier.findDamage { _, count in
          guard count.isMultiple(of: 256) else { return }
          if isCancelled() { throw ImportCancelled() }
          onEvent(.checking(messages: count))
        }
        mending.files = try mending.damage.files(in: connection)
        return mending
      }
    }
  }

  /// Makes what is kept of conversations agree with them, seals those that have no seal, and names
  /// what is still damaged.
  func finish(
    _ mending: Mending, session: WriteSession, isCancelled: () -> Bool,
    onEvent: (ImportEvent) -> Void, in report: inout ImportReport
  ) throws {
    try session.setWaitsForDisk(true)
    try session.group { try session.settleKept(after: mending.damage) }
    var sealed = ImportPipeline.sealCount
    while sealed == ImportPipeline.sealCount, !isCancelled() {
      sealed = try session.group { try session.sealUnsealed(limit: ImportPipeline.sealCount) }
    }
    guard !mending.damage.isEmpty else { return }
    let left = try withVerifier { verifier, _ in try verifier.whatIsLeft(of: mending.damage) }
    for id in left {
      let failure = ImportReport.Failure(
        path: id.description,
        reason:
          "still damaged: no imported file that the archive keeps says what it said; restore a"
          + " backup, or import its export again under another name")
      report.failed.append(failure)
      onEvent(.failed(path: failure.path, reason: failure.reason))
    }
    let mended = mending.damage.conversations.count - left.count
    guard mended > 0 else { return }
    report.notes.append(
      "\(mended) damaged conversation\(mended == 1 ? "" : "s") written anew from the bytes that were"
        + " imported"
        + (mending.damage.unsealed.isEmpty
          ? "" : "; “polylogue extract-text” looks once more into their files"))
  }

  private func withVerifier<R>(_ body: (Verifier, Connection) throws -> R) throws -> R {
    let connection = try ArchiveDatabase.openForReading(folder)
    let compressor = Compressor()
    try Dictionaries.load(from: connection, into: compressor)
    return try body(Verifier(connection: connection, compressor: compressor), connection)
  }
}
