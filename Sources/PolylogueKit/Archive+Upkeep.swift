import Glibc
public import PolylogueLanguageModels
import PolylogueSQL

extension Archive {
  /// Checks the archive against itself.
  ///
  /// - Parameters:
  ///   - isDeep: Read every byte, not only the structure.
  ///   - subset: Of a deep check, only this part of so many, counted from 1.
  ///   - onStep: Told what a deep check reads, and how much of it was read; what it throws ends the
  ///     check.
  public func verify(
    isDeep: Bool, subset: (part: Int, of: Int)? = nil,
    onStep: @escaping (String, Int) throws -> Void = { _, _ in }
  ) throws -> VerifyReport {
    var report = try translating {
      try Verifier(connection: connection, compressor: compressor)
        .verify(isDeep: isDeep, subset: subset, onStep: onStep)
    }
    try verifyIndex(into: &report)
    try verifyVectors(into: &report)
    return report
  }
}

/// Something that `doctor` has to say.
public struct Finding: Sendable {
  /// How serious it is.
  public enum Severity: String, Sendable {
    /// As it should be.
    case ok
    /// Worth knowing.
    case warning
    /// To be mended.
    case problem
  }

  /// What was looked at.
  public var name: String
  /// How serious it is.
  public var severity: Severity
  /// What was found.
  public var message: String
  /// What to do.
  public var advice: String?
}

extension Archive {
  /// Looks at the archive's surroundings: files, modes, sizes, the log, the index, imports that
  /// are not whole.
  ///
  /// - Parameter models: The models that search by meaning may use; none is loaded or asked.
  public func diagnose(models: LanguageModels = LanguageModels()) throws -> [Finding] {
    var findings: [Finding] = []
    let size = ByteCount.text(ArchiveFolder.byteCount(of: folder.archivePath))
    findings.append(
      Finding(
        name: "archive", severity: .ok,
        message: "\(folder.archivePath), \(size)"))
    for path in [folder.path, folder.archivePath, folder.indexPath, folder.vectorsPath] {
      if let finding = Archive.mode(of: path) { findings.append(finding) }
    }
    let log = ArchiveFolder.byteCount(of: folder.archivePath + "-wal")
    findings.append(
      Finding(
        name: "write-ahead log", severity: log > 256 << 20 ? .warning : .ok,
        message: ByteCount.text(log),
        advice: log > 256 << 20 ? "a program that reads for long keeps it; end it" : nil))
    findings += try importFindings()
    findings += try driftFindings()
    findings += try attachmentFindings()
    findings.append(try indexFinding())
    findings += try vectorFindings()
    findings.append(modelFinding(models))
    findings += weightsFinding()
    findings += try coldFindings()
    findings.append(
      Finding(
        name: "stored bytes", severity: .ok, message: "not looked at here",
        advice: "“polylogue verify --deep” reads each of them and compares its hash"))
    return findings
  }

  /// What is to be said of imports: those that were interrupted can be completed, of partial ones
  /// the bytes are all there and something in them could not be read.
  private func importFindings() throws -> [Finding] {
    var latest: [[UInt8]: ImportRecord] = [:]
    for record in try imports() { latest[Array(record.path.utf8)] = record }
    let records = latest.values.sorted { $0.id < $1.id }
    func finding(_ name: String, _ status: ImportStatus, _ what: String, _ advice: String)
      -> Finding?
    {
      let found = records.filter { $0.status == status }
      guard !found.isEmpty else { return nil }
      let names = found.prefix(3).map(\.path).joined(separator: ", ")
      let more = found.count > 3 ? " and \(found.count - 3) more" : ""
      return Finding(
        name: name, severity: .warning,
        message: "\(found.count) \(found.count == 1 ? "file" : "files") \(what): \(names)\(more)",
        advice: advice)
    }
    let found = [
      finding(
        "interrupted imports", .incomplete, "not imported to the end", "import them again"),
      finding(
        "partial imports", .partial, "damaged or not wholly understood",
        "`polylogue raw list` says why; every byte is kept. Export or download damaged files again"
          + " where you can"),
    ].compactMap { $0 }
    guard found.isEmpty else { return found }
    return [Finding(name: "imports", severity: .ok, message: "all imports are complete")]
  }

  /// Kinds that this version does not know: a program has changed its format.
  private func driftFindings() throws -> [Finding] {
    let drift = try translating { try Drift.all(in: connection) }
    guard !drift.isEmpty else { return [] }
    let more = drift.count > 10 ? " and \(drift.count - 10) more" : ""
    return [
      Finding(
        name: "formats", severity: .warning,
        message: "kinds that this version does not know:"
          + " \(drift.prefix(10).map(\.summary).joined(separator: ", "))\(more)",
        advice:
          "every byte is kept, a newer version may understand them; `polylogue raw list --json`"
          + " has the receipts")
    ]
  }

  private func attachmentFindings() throws -> [Finding] {
    let missing = try missingAttachments()
    guard missing > 0 else { return [] }
    return [
      Finding(
        name: "attachments", severity: .ok,
        message:
          "\(missing) \(missing == 1 ? "is" : "are") named by messages and not in the archive",
        advice: "an export that holds them brings them in")
    ]
  }

  /// How many attachments the messages name whose bytes and text the archive has not.
  ///
  /// - Complexity: O(those).
  public func missingAttachments() throws -> Int {
    try translating {
      Int(
        try connection.integer(
          """
          SELECT count(*) FROM attachment AS a CROSS JOIN message AS m ON m.id = a.message
          WHERE a.state = 0 AND m.original IS NULL
          """) ?? 0)
    }
  }

  private func coldFindings() throws -> [Finding] {
    try coldFiles().map { record in
      let isThere = ColdStorage.isThere(record, archive: connection)
      return Finding(
        name: "cold storage", severity: isThere ? .ok : .warning,
        message: "\(record.path)\(isThere ? "" : " is not there"): \(record.contents)",
        advice: isThere
          ? "back it up like archive.db"
          : "connect its disk; if it has another place now: polylogue optimize --moved FILE")
    }
  }

  private static func mode(of path: String) -> Finding? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    let isOpen = info.st_mode & 0o077 != 0
    return Finding(
      name: "mode of \(path)", severity: isOpen ? .warning : .ok,
      message: isOpen ? "others on this machine may read it" : "only you may read it",
      advice: isOpen ? "chmod go= '\(path)'" : nil)
  }
}
