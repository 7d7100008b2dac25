import PolylogueModel

/// What was found in one of the places where programs keep conversations.
public struct SourceReport: Sendable {
  /// What its program will have deleted soon.
  public struct Vanishing: Sendable {
    /// Within so many days.
    public var days: Int
    /// So many files.
    public var files: Int
    /// Of them so many that the archive has not, or not as they are now.
    public var notArchived: Int
  }

  /// Whose conversations they are.
  public var provider: Provider
  /// The program.
  public var program: String
  /// What one of the files is, such as `session`.
  public var things: String
  /// The folder that was looked into.
  public var path: String
  /// Whether that is there.
  public var isThere = true
  /// The files.
  public var files = 0
  /// Their bytes.
  public var bytes: Int64 = 0
  /// When the oldest of them was last changed.
  public var oldest: Timestamp?
  /// When the newest of them was last changed.
  public var newest: Timestamp?
  /// Why this version cannot import them; nil where it can.
  public var obstacle: String?
  /// Files that the archive has as they are.
  public var archived = 0
  /// Files of which the archive has an earlier state.
  public var changed = 0
  /// Files that the archive has not.
  public var new = 0
  /// The days after which the program deletes them; nil where it is not known to.
  public var keptDays: Int?
  /// What it deletes next, where it deletes anything.
  public var vanishing: Vanishing?
  /// What to hand over to an import, where something is new or changed: a folder or a file.
  public var importPaths: [String] = []
  /// What could not be looked at, and why; at most ``problemLimit`` of them.
  public var problems: [String] = []
  /// Problems beyond those.
  public var furtherProblems = 0

  /// The most problems that are named.
  public static let problemLimit = 10

  /// Whether this version can import them.
  public var isImportable: Bool { obstacle == nil }

  mutating func add(problem: String) {
    guard !problems.contains(problem) else { return }
    if problems.count < SourceReport.problemLimit {
      problems.append(problem)
    } else {
      furtherProblems += 1
    }
  }
}
