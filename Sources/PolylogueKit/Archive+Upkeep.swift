import Glibc

extension Archive {
  /// Checks the archive against itself.
  ///
  /// - Parameters:
  ///   - isDeep: Read every byte, not only the structure.
  ///   - subset: Of a deep check, only this part of so many, counted from 1.
  public func verify(isDeep: Bool, subset: (part: Int, of: Int)? = nil) throws -> VerifyReport {
    var report = try translating {
      try Verifier(connection: connection, compressor: compressor)
        .verify(isDeep: isDeep, subset: subset)
    }
    try verifyIndex(into: &report)
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
  public func diagnose() throws -> [Finding] {
    var findings: [Finding] = []
    findings.append(
      Finding(
        name: "archive", severity: .ok,
        message: "\(folder.archivePath), \(ArchiveFolder.byteCount(of: folder.archivePath)) bytes"))
    for path in [folder.path, folder.archivePath, folder.indexPath] {
      if let finding = Archive.mode(of: path) { findings.append(finding) }
    }
    let log = ArchiveFolder.byteCount(of: folder.archivePath + "-wal")
    findings.append(
      Finding(
        name: "write-ahead log", severity: log > 256 << 20 ? .warning : .ok,
        message: "\(log) bytes",
        advice: log > 256 << 20 ? "a program that reads for long keeps it; end it" : nil))
    let partial = try imports().filter { $0.status != .complete }
    findings.append(
      Finding(
        name: "imports", severity: partial.isEmpty ? .ok : .warning,
        message: partial.isEmpty
          ? "all imports are complete" : "\(partial.count) imports are not complete",
        advice: partial.isEmpty
          ? nil : "“polylogue raw list” names them; import interrupted files again"))
    findings.append(try indexFinding())
    findings.append(
      Finding(
        name: "stored bytes", severity: .ok, message: "not looked at here",
        advice: "“polylogue verify --deep” reads each of them and compares its hash"))
    return findings
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
