import PolylogueModel

/// The chain of a session file: which record follows which, in a few bytes a record.
///
/// A parent is always an entry before its child, so there are no cycles to guard against: a record
/// that names a later or unknown parent follows what stood before it in its thread.
struct RecordChain {
  /// A record's place in the chain.
  typealias Index = Int32

  /// What an entry is good for.
  struct Flags: OptionSet {
    let rawValue: UInt16
    /// Became a message of its own; otherwise it stands for the message it was merged into or, when
    /// it was left out, for the message before it.
    static let message = Flags(rawValue: 1)
    /// A prompt or an answer: siblings of this kind are real branches.
    static let turn = Flags(rawValue: 2)
    /// A message between turns (context, notices) through which branches are looked for.
    static let passive = Flags(rawValue: 4)
    /// Its parent is a guess; no branch may be seen in it.
    static let orphan = Flags(rawValue: 8)
    /// A second message was split off before it, under the id of ``ClaudeCodeParser/splitID(_:)``.
    static let split = Flags(rawValue: 16)
    /// Has a turn below it.
    static let answered = Flags(rawValue: 32)
  }

  private struct Entry {
    /// The key's halves. Whether they are a UUID follows from `names`: a record has 24 bytes here.
    var high: UInt64
    var low: UInt64
    /// The parent of a message; what another record stands for. -1 for nothing.
    var link: Index
    var thread: UInt16
    /// Ten bits of the content's hash and six of flags.
    var bits: UInt16

    var flags: Flags {
      get { Flags(rawValue: bits & 63) }
      set { bits = bits & ~63 | newValue.rawValue }
    }
  }

  /// Entries in pieces, so that growth never copies them all.
  private var pieces: [[Entry]] = []
  private(set) var count = 0
  /// Open addressing: index + 1 of an entry, 0 for a free slot.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)
  /// Ids that are no UUIDs, by entry.
  private var names: [Index: String] = [:]
  /// Entries with more than one turn below.
  private var branches: Set<Index> = []

  /// The most records of one file; further ones are refused.
  static let limit = 1 << 30
  private static let pieceShift = 14
  private static let pieceMask = (1 << 14) - 1

  // MARK: Entries

  /// The entry with an id.
  func find(_ key: RecordKey, _ id: String) -> Index? {
    var slot = key.slot & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Index(slots[slot] - 1)
      if self[index].high == key.high, self[index].low == key.low {
        let name = names[index]
        if name.map({ !key.isUUID && $0.hasSameBytes(as: id) }) ?? key.isUUID { return index }
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Adds an entry that is not there yet.
  ///
  /// - Parameters:
  ///   - link: The parent of a message; for another record what it stands for; nil for nothing.
  ///   - check: A hash of the content, of which a few bits are kept.
  mutating func add(
    _ key: RecordKey, _ id: String, link: Index?, thread: Int, flags: Flags, check: UInt64
  ) -> Index {
    let index = Index(truncatingIfNeeded: count)
    if count & RecordChain.pieceMask == 0 {
      pieces.append([])
      if count > 0 { pieces[pieces.count - 1].reserveCapacity(RecordChain.pieceMask + 1) }
    }
    pieces[pieces.count - 1].append(
      Entry(
        high: key.high, low: key.low, link: link ?? -1, thread: UInt16(truncatingIfNeeded: thread),
        bits: RecordChain.checkBits(check) | flags.rawValue))
    count += 1
    if !key.isUUID { names[index] = id }
    if count * 4 > slots.count * 3 { grow() }
    place(key, index)
    noteTurn(index)
    return index
  }

  /// Whether a content hash is that of an entry, as far as it was kept.
  func matches(_ index: Index, check: UInt64) -> Bool {
    self[index].bits & ~63 == RecordChain.checkBits(check)
  }

  /// The entry of the message that an entry is or stands for.
  func message(of index: Index) -> Index? {
    let entry = self[index]
    if entry.flags.contains(.message) { return index }
    return entry.link < 0 ? nil : entry.link
  }

  /// The thread of an entry.
  func thread(of index: Index) -> Int { Int(self[index].thread) }

  /// The id of an entry.
  func id(of index: Index) -> String { names[index] ?? key(of: index).text }

  private func key(of index: Index) -> RecordKey {
    RecordKey(high: self[index].high, low: self[index].low, isUUID: names[index] == nil)
  }

  private static func checkBits(_ hash: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: hash ^ hash >> 32) & ~63
  }

  private subscript(_ index: Index) -> Entry {
    get { pieces[Int(index) >> RecordChain.pieceShift][Int(index) & RecordChain.pieceMask] }
    set {
      pieces[Int(index) >> RecordChain.pieceShift][Int(index) & RecordChain.pieceMask] = newValue
    }
  }

  private mutating func place(_ key: RecordKey, _ index: Index) {
    var slot = key.slot & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index) + 1
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for index in 0..<(count - 1) {
      let index = Index(truncatingIfNeeded: index)
      place(key(of: index), index)
    }
  }

  // MARK: Branches

  /// How far up a branch is looked for through messages between turns.
  private static let passiveLimit = 64

  /// The message whose branches a turn counts among.
  private func branchParent(of entry: Entry) -> Index? {
    guard entry.flags.isSuperset(of: [.message, .turn]), !entry.flags.contains(.orphan) else {
      return nil
    }
    var parent = entry.link
    for _ in 0..<RecordChain.passiveLimit {
      guard parent >= 0, self[parent].flags.contains(.passive) else { break }
      parent = self[parent].link
    }
    return parent < 0 ? nil : parent
  }

  private mutating func noteTurn(_ index: Index) {
    guard let parent = branchParent(of: self[index]) else { return }
    if self[parent].flags.contains(.answered) { branches.insert(parent) }
    self[parent].flags.insert(.answered)
  }

  /// The ids of the messages that lie on abandoned branches.
  ///
  /// Where several turns follow one message, the one that leads to a thread's last record stays;
  /// where none does, the newest.
  ///
  /// - Parameter leaves: The last message of each thread.
  /// - Complexity: Nothing without branches, else O(records).
  func inactiveIDs(leaves: [Index]) -> Set<String> {
    guard !branches.isEmpty else { return [] }
    let chosen = chosenTurns(pathsFrom: leaves)
    var isInactive = Array(repeating: false, count: count)
    var ids: Set<String> = []
    for place in 0..<count {
      let index = Index(truncatingIfNeeded: place)
      let entry = self[index]
      guard entry.flags.contains(.message) else { continue }
      if entry.link >= 0, isInactive[Int(entry.link)] {
        isInactive[place] = true
      } else if let parent = branchParent(of: entry), let kept = chosen[parent], kept != index {
        isInactive[place] = true
      }
      guard isInactive[place] else { continue }
      let id = id(of: index)
      ids.insert(id)
      if entry.flags.contains(.split) { ids.insert(ClaudeCodeParser.splitID(id)) }
    }
    return ids
  }

  private func chosenTurns(pathsFrom leaves: [Index]) -> [Index: Index] {
    var isOnPath = Array(repeating: false, count: count)
    for leaf in leaves {
      var place = leaf
      while place >= 0, !isOnPath[Int(place)] {
        isOnPath[Int(place)] = true
        place = self[place].link
      }
    }
    var chosen: [Index: Index] = [:]
    for place in 0..<count {
      let index = Index(truncatingIfNeeded: place)
      guard let parent = branchParent(of: self[index]), branches.contains(parent) else { continue }
      if let kept = chosen[parent], isOnPath[Int(kept)], !isOnPath[place] { continue }
      chosen[parent] = index
    }
    return chosen
  }
}

/// What a record is found by: its packed UUID, or a hash of another id.
struct RecordKey: Equatable {
  let high: UInt64
  let low: UInt64
  let isUUID: Bool

  /// A key put together again.
  init(high: UInt64, low: UInt64, isUUID: Bool) {
    (self.high, self.low, self.isUUID) = (high, low, isUUID)
  }

  /// Packs an id.
  init(_ id: String) {
    var id = id
    if let (high, low) = id.withUTF8({ RecordKey.pack($0) }) {
      (self.high, self.low, isUUID) = (high, low, true)
    } else {
      (high, low, isUUID) = (StableHash.of(id), 0, false)
    }
  }

  /// Where to look first in a table of a power of two.
  var slot: Int { Int(truncatingIfNeeded: (high ^ low &* 0x9e37_79b9_7f4a_7c15) >> 7) & .max }

  /// The UUID in its usual form.
  var text: String {
    var out = ""
    out.reserveCapacity(36)
    for (place, word) in [high, low].enumerated() {
      for digit in 0..<16 {
        let position = place * 16 + digit
        if position == 8 || position == 12 || position == 16 || position == 20 { out += "-" }
        let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - digit * 4)) & 15
        out.unicodeScalars.append(Unicode.Scalar(value < 10 ? 48 + value : 87 + value))
      }
    }
    return out
  }

  /// The halves of a UUID of lower-case digits; nil for anything else.
  static func pack(_ text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
    guard text.count == 36 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for (place, byte) in text.enumerated() {
      if place == 8 || place == 13 || place == 18 || place == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let value: UInt8
      switch byte {
      case 48...57: value = byte - 48
      case 97...102: value = byte - 87
      default: return nil
      }
      if digits < 16 {
        halves.0 = halves.0 << 4 | UInt64(value)
      } else {
        halves.1 = halves.1 << 4 | UInt64(value)
      }
      digits += 1
    }
    return halves
  }
}
