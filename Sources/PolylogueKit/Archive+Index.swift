import PolylogueSQL
import PolylogueSearch
import PolylogueStore

/// What making the index again has done.
public struct IndexReport: Sendable {
  /// Messages in the index now.
  public var messages: Int
  /// Wall-clock seconds.
  public var seconds: Double
}

extension Archive {
  /// Makes the text index again from the archive.
  ///
  /// - Parameter onProgress: Changes taken in, and how many there are.
  /// - Throws: ``ArchiveError`` with code `unavailable` when a file of cold storage is not there; the
  ///   index is left as it was.
  public func reindex(onProgress: @escaping (Int64, Int64) -> Void = { _, _ in }) throws
    -> IndexReport
  {
    try translating {
      let started = Timestamp.now
      try ColdStorage.requireAll(of: connection)
      let lock = try WriterLock(path: folder.indexLockPath)
      try lock.acquire()
      try IndexKeeper.remove(folder)
      lock.release()
      try IndexKeeper(folder: folder, onProgress: onProgress).finish()
      return IndexReport(
        messages: try statistics().messages,
        seconds: Double(Timestamp.now.microseconds - started.microseconds) / 1e6)
    }
  }

  /// Adds to a report what a check of the index finds.
  func verifyIndex(into report: inout VerifyReport) throws {
    guard ArchiveFolder.byteCount(of: folder.indexPath) > 0 else { return }
    do {
      let index = try Connection.reading(path: folder.indexPath)
      let statement = try index.statement("PRAGMA quick_check(10)")
      while try statement.step() {
        if statement.string(0) != "ok" {
          report.add("index.db: \(statement.string(0)); “polylogue reindex” makes it again")
        }
      }
      statement.reset()
      let newest = try connection.integer("SELECT max(sequence) FROM change") ?? 0
      if try TextIndexReader.watermark(in: index) > newest {
        report.add("index.db belongs to another archive; “polylogue reindex” makes it again")
      }
      if let note = try waitingNote() { report.notes.append(note) }
    } catch let error as SQLError {
      report.add("index.db: \(error.message); “polylogue reindex” makes it again")
    }
  }

  /// What `doctor` says of the index.
  func indexFinding() throws -> Finding {
    var damage = VerifyReport()
    try verifyIndex(into: &damage)
    if let problem = damage.problems.first {
      return Finding(name: "text index", severity: .problem, message: problem)
    }
    let newest = try connection.integer("SELECT max(sequence) FROM change") ?? 0
    let lag = newest - indexWatermark()
    if lag == 0, let note = try waitingNote() {
      return Finding(name: "text index", severity: .warning, message: note)
    }
    return Finding(
      name: "text index", severity: lag == 0 ? .ok : .warning,
      message: lag == 0 ? "up to date" : "\(lag) changes behind the archive",
      advice: lag == 0 ? nil : "the next import or search catches up; or run “polylogue reindex”")
  }
}
