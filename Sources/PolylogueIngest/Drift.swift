import PolylogueImport
import PolylogueModel
import PolylogueSQL

/// A kind of record that this version does not know, in a format that it does: a sign that the format
/// has changed.
public struct Drift: Sendable, Equatable {
  /// Whose format.
  public var provider: Provider
  /// The kind, as the receipt names it.
  public var kind: String
  /// How many of it were met.
  public var count: Int
  /// The first file with one.
  public var path: String
  /// The byte offset of the first one there.
  public var example: Int64?

  /// Such as `codex event_msg/foo × 3`.
  public var summary: String { "\(provider.rawValue) \(kind) × \(count)" }

  /// The most kinds told apart.
  public static let limit = 200

  /// What drifts in the imports of an archive, of each file as it was imported last.
  ///
  /// - Complexity: O(imports); only receipts that name something unknown are read.
  public static func all(in connection: Connection) throws -> [Drift] {
    let statement = try connection.statement(
      """
      SELECT i.provider, i.label, i.receipt FROM import AS i
      WHERE i.status > 0 AND i.provider IS NOT NULL AND i.receipt GLOB '*"unknown":[1-9]*'
        AND i.id = (SELECT max(id) FROM import WHERE label = i.label AND status > 0)
      ORDER BY i.id
      """)
    defer { statement.reset() }
    var found: [Drift] = []
    while try statement.step() {
      guard let receipt = Receipt(json: statement.string(2)) else { continue }
      found.add(receipt, of: Provider(rawValue: statement.string(0)), path: statement.string(1))
    }
    return found
  }
}

extension [Drift] {
  /// Adds what a file's receipt says. Damaged records are no sign of a new format.
  mutating func add(_ receipt: Receipt, of provider: Provider?, path: String) {
    guard let provider else { return }
    for tally in receipt.tallies
    where tally.unknown > 0 && !tally.kind.hasSameBytes(as: Receipt.unreadableKind) {
      add(
        Drift(
          provider: provider, kind: tally.kind, count: tally.unknown, path: path,
          example: tally.example))
    }
  }

  /// Adds what was found elsewhere.
  mutating func add(_ others: [Drift]) {
    for drift in others { add(drift) }
  }

  private mutating func add(_ drift: Drift) {
    let place = firstIndex {
      $0.provider == drift.provider && $0.kind.hasSameBytes(as: drift.kind)
    }
    if let place {
      self[place].count += drift.count
    } else if count < Drift.limit {
      append(drift)
    }
  }
}
