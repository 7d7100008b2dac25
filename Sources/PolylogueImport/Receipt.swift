/// What an import has seen, and what became of it.
///
/// A receipt answers, for every kind of record: how many there were, how many were understood, how
/// many left out and why, and where the first of them stands. It never holds conversation text.
public struct Receipt: Sendable, Equatable {
  /// What became of the records of one kind.
  public struct Tally: Sendable, Equatable {
    /// The kind of record, as the provider names it.
    public var kind: String
    /// Records of this kind met.
    public var seen = 0
    /// Records whose content is now in the archive's structured tier.
    public var understood = 0
    /// Records left out on purpose.
    public var skipped = 0
    /// Records that this version does not understand.
    public var unknown = 0
    /// Why records were skipped or not understood.
    public var reason: String?
    /// The byte offset of the first record that was skipped or not understood.
    public var example: Int64?

    /// A kind of which nothing was met.
    public init(kind: String) {
      self.kind = kind
    }
  }

  /// One line a kind, in the order of first sight.
  public private(set) var tallies: [Tally] = []
  /// Things a person should know: a missing shard, a repaired string, a format that drifts.
  public private(set) var warnings: [String] = []
  /// Members that the export names and does not hold.
  public private(set) var missingMembers: [String] = []
  /// Conversations, messages and records whose content is not in the structured tier, because they
  /// are damaged or not understood. Above 0, the import is partial.
  public private(set) var lost = 0
  /// Why the first of them was lost, and where it stands.
  public private(set) var firstLoss: String?
  private var places: [String: Int] = [:]

  /// The kind of what is damaged, whatever the format.
  public static let unreadableKind = "record that cannot be read"
  /// The most kinds counted apart; a file that invents kinds cannot grow the receipt.
  public static let kindLimit = 500
  /// The most warnings kept.
  public static let warningLimit = 100

  /// An empty receipt.
  public init() {}

  /// A receipt as it was kept.
  public init(
    tallies: [Tally], warnings: [String], missingMembers: [String], lost: Int, firstLoss: String?
  ) {
    for tally in tallies {
      places[tally.kind] = self.tallies.count
      self.tallies.append(tally)
    }
    self.warnings = warnings
    self.missingMembers = missingMembers
    self.lost = lost
    self.firstLoss = firstLoss
  }

  /// Equality of what was counted.
  public static func == (left: Receipt, right: Receipt) -> Bool {
    left.tallies == right.tallies && left.warnings == right.warnings
      && left.missingMembers == right.missingMembers && left.lost == right.lost
  }

  /// Counts a record whose content was taken.
  public mutating func understood(_ kind: String) {
    update(kind) { $0.understood += 1 }
  }

  /// Counts a record that carries no content for the archive.
  public mutating func skipped(_ kind: String, because reason: String, at offset: Int64? = nil) {
    update(kind) {
      $0.skipped += 1
      $0.reason = $0.reason ?? reason
      $0.example = $0.example ?? offset
    }
  }

  /// Counts a conversation, a message or a record that this version does not understand; its bytes
  /// are kept, its content is lost to search.
  public mutating func unknown(_ kind: String, because reason: String, at offset: Int64? = nil) {
    unknownDetail(kind, because: reason, at: offset)
    lost += 1
    firstLoss = firstLoss ?? reason + (offset.map { " (byte \($0))" } ?? "")
  }

  /// Counts what is of an unknown kind beside or within what was understood: an event of the
  /// client, a block of a message.
  public mutating func unknownDetail(
    _ kind: String, because reason: String, at offset: Int64? = nil
  ) {
    update(kind) {
      $0.unknown += 1
      $0.reason = $0.reason ?? reason
      $0.example = $0.example ?? offset
    }
  }

  /// Details of unknown kinds.
  public var unknownDetails: Int { max(0, tallies.reduce(0) { $0 + $1.unknown } - lost) }

  /// What is wrong with a file of so many conversations or records; nil when all were understood.
  public func problem(of count: Int, _ noun: String) -> String? {
    guard lost > 0, let firstLoss else { return nil }
    let total = max(count, lost)
    return "\(lost) of \(total) \(noun)\(total == 1 ? "" : "s") not understood, the first:"
      + " \(firstLoss)"
  }

  /// Notes something a person should know.
  public mutating func warn(_ text: String) {
    if warnings.count < Receipt.warningLimit, !warnings.contains(text) { warnings.append(text) }
  }

  /// Notes that the export names a member which it does not hold.
  public mutating func missing(_ member: String) {
    if missingMembers.count < Receipt.warningLimit, !missingMembers.contains(member) {
      missingMembers.append(member)
    }
  }

  /// Why nothing came of a file, in one line.
  public var explanation: String {
    let reasons = tallies.filter { $0.skipped + $0.unknown > 0 }.prefix(3).map {
      "\($0.kind) × \($0.skipped + $0.unknown): \($0.reason ?? "not understood")"
    }
    return reasons.isEmpty ? "it is empty" : reasons.joined(separator: "; ")
  }

  /// Adds another receipt to this one.
  public mutating func merge(_ other: Receipt) {
    for tally in other.tallies {
      update(tally.kind, seen: tally.seen) {
        $0.understood += tally.understood
        $0.skipped += tally.skipped
        $0.unknown += tally.unknown
        $0.reason = $0.reason ?? tally.reason
        $0.example = $0.example ?? tally.example
      }
    }
    lost += other.lost
    firstLoss = firstLoss ?? other.firstLoss
    for warning in other.warnings { warn(warning) }
    for member in other.missingMembers { missing(member) }
  }

  private mutating func update(_ kind: String, seen: Int = 1, _ change: (inout Tally) -> Void) {
    var key = kind
    if places[key] == nil, tallies.count >= Receipt.kindLimit { key = "(other kinds)" }
    if let place = places[key] {
      tallies[place].seen += seen
      change(&tallies[place])
    } else {
      var tally = Tally(kind: key)
      tally.seen = seen
      change(&tally)
      places[key] = tallies.count
      tallies.append(tally)
    }
  }
}
