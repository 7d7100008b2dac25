import Glibc
import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueSQL
import PolylogueStore

/// Looks at the places where programs keep conversations: at names, sizes and times. A file is opened
/// only where the archive has one of the same size under another name, to compare their hashes, and
/// settings that tell how long a program keeps its files.
public struct SourceSurvey {
  /// What is vanishing is counted within so many days.
  static let horizonDays = 7
  /// The most bytes of a settings file.
  static let settingsLimit = 1 << 20
  /// The most days that a setting is taken for.
  private static let daysLimit: Int64 = 100_000

  private let variable: (String) -> String?
  private let imported: ImportedFiles?
  private let now: Timestamp

  /// - Parameters:
  ///   - connection: The archive; nil where there is none.
  ///   - now: The present.
  ///   - variable: The values of environment variables.
  public init(
    connection: Connection?, now: Timestamp, variable: @escaping (String) -> String?
  ) {
    self.variable = variable
    self.now = now
    imported = connection.map { ImportedFiles(known: KnownFiles(connection: $0)) }
  }

  /// Looks at all known places.
  ///
  /// - Parameters:
  ///   - wantsAbsent: Tell of the places too where nothing is.
  ///   - isCancelled: Asked for each folder; what was found by then is returned.
  ///   - onProgress: Told how many files were found so far.
  public func reports(
    wantsAbsent: Bool, isCancelled: () -> Bool = { false }, onProgress: (Int) -> Void = { _ in }
  ) throws -> [SourceReport] {
    let projects = try projectFolders()
    var reports: [SourceReport] = []
    var count = 0
    for source in KnownSource.all {
      for root in unique(source.roots.flatMap { paths(of: $0, projects: projects) }) {
        if isCancelled() { return reports }
        let report = try look(at: source, in: root, isCancelled: isCancelled) {
          count += 1
          onProgress(count)
        }
        let isProject = source.roots.contains { if case .projects = $0 { true } else { false } }
        if report.files > 0 || !report.problems.isEmpty || (wantsAbsent && !isProject) {
          reports.append(report)
        }
      }
    }
    return reports
  }

  // MARK: Roots

  private var home: String { variable("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? "" }

  private func paths(of root: KnownSource.Root, projects: [String]) -> [String] {
    // A slash too many would make another name of it than an import gives.
    func below(_ folder: String, _ path: String) -> [String] {
      var folder = folder
      while folder.utf8.count > 1, folder.utf8.last == UInt8(ascii: "/") { folder.removeLast() }
      return folder.isEmpty ? [] : [path.isEmpty ? folder : folder + "/" + path]
    }
    // A relative path there is to be ignored, says the specification.
    func base(_ name: String, _ otherwise: String) -> String {
      if let set = variable(name), set.hasPrefix("/") { return set }
      return home.isEmpty ? "" : home + "/" + otherwise
    }
    switch root {
    case .home(let path): return below(home, path)
    case .config(let path): return below(base("XDG_CONFIG_HOME", ".config"), path)
    case .data(let path): return below(base("XDG_DATA_HOME", ".local/share"), path)
    case .variable(let name, let path, let others):
      if let set = variable(name), !set.isEmpty { return below(set, path) }
      return others.flatMap { paths(of: $0, projects: projects) }
    case .projects: return projects
    }
  }

  private func projectFolders() throws -> [String] {
    var folders = [home]
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    if getcwd(&buffer, buffer.count) != nil {
      let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      folders.append(String(decoding: bytes, as: UTF8.self))
    }
    folders += try imported?.projects() ?? []
    return unique(folders.filter { $0.hasPrefix("/") })
  }

  private func unique(_ paths: [String]) -> [String] {
    var seen: Set<[UInt8]> = []
    return paths.filter { seen.insert(Array($0.utf8)).inserted }
  }

  // MARK: One place

  private func look(
    at source: KnownSource, in root: String, isCancelled: () -> Bool, onFile: () -> Void
  ) throws -> SourceReport {
    var report = SourceReport(
      provider: source.provider, program: source.program, things: source.things, path: root)
    report.obstacle = obstacle(of: source)
    var facts = stat()
    guard stat(root, &facts) == 0 else {
      report.isThere = false
      if errno != ENOENT, errno != ENOTDIR {
        report.add(problem: "\(root): \(String(cString: strerror(errno)))")
      }
      return report
    }
    let days = source.retention.map { keptDays($0, below: root, &report) }
    report.keptDays = days
    if days != nil {
      report.vanishing = .init(days: SourceSurvey.horizonDays, files: 0, notArchived: 0)
    }
    for pattern in source.files {
      let before = (report.changed, report.new)
      try PatternWalk(root: root, pattern: pattern).forEachFile(
        isCancelled: isCancelled, onProblem: { report.add(problem: $0) }
      ) { path, stamp in
        onFile()
        try count(path, stamp, keptDays: days, in: &report)
      }
      if report.isImportable, (report.changed, report.new) != before {
        report.importPaths.append(PatternWalk(root: root, pattern: pattern).fixedPart)
      }
    }
    report.importPaths = unique(report.importPaths)
    return report
  }

  private func obstacle(of source: KnownSource) -> String? {
    if let obstacle = source.obstacle { return obstacle }
    return ImporterRegistry.importer(for: source.provider) == nil
      ? "this version does not read \(source.program)" : nil
  }

  private func count(
    _ path: String, _ stamp: FileStamp, keptDays: Int?, in report: inout SourceReport
  ) throws {
    report.files += 1
    report.bytes += max(0, stamp.byteCount)
    let time = Timestamp(microseconds: stamp.modified / 1000)
    if report.oldest.map({ time < $0 }) ?? true { report.oldest = time }
    if report.newest.map({ $0 < time }) ?? true { report.newest = time }
    let state = try imported?.state(of: path, stamp) ?? .new
    switch state {
    case .whole: report.archived += 1
    case .changed: report.changed += 1
    case .new: report.new += 1
    }
    guard let keptDays else { return }
    let end = Int64(keptDays) * 86_400_000_000
    let horizon = Int64(SourceSurvey.horizonDays) * 86_400_000_000
    let (age, overflow) = now.microseconds.subtractingReportingOverflow(time.microseconds)
    guard !overflow, age + horizon >= end else { return }
    report.vanishing?.files += 1
    if state != .whole { report.vanishing?.notArchived += 1 }
  }

  /// The days that a program keeps its files: as its settings say, else as it does by itself.
  private func keptDays(
    _ retention: KnownSource.Retention, below root: String, _ report: inout SourceReport
  ) -> Int {
    let path = root + "/" + retention.settings.file
    guard let bytes = SourceSurvey.contents(of: path) else {
      var facts = stat()
      if stat(path, &facts) == 0 {
        report.add(problem: "\(path): cannot be read; \(retention.days) days were assumed")
      }
      return retention.days
    }
    var reader = JSONReader()
    guard let value = try? reader.parse(bytes), value.kind == .object else {
      report.add(problem: "\(path): is no JSON object; \(retention.days) days were assumed")
      return retention.days
    }
    guard let days = value[retention.settings.key]?.int64, days >= 0 else { return retention.days }
    return Int(min(days, SourceSurvey.daysLimit))
  }

  private static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size <= settingsLimit
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return count == bytes.count ? bytes : nil
  }
}
