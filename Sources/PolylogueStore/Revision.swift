import PolylogueModel
import PolylogueSQL

/// The rank of one state in which a conversation arrived.
///
/// Of two revisions the greater one says what is true. The order is total and depends on nothing but
/// what the revisions say, so that an archive holds the same whatever order they came in: what is
/// kept of each message, file and field is the greatest revision that has it.
struct Revision: Comparable {
  /// The least rank: what was written before ranks were kept.
  static let least = Revision(
    fidelity: ConversationHeader.Fidelity.rendered.rank, updatedAt: .min, parserVersion: 0,
    richness: 0, digest: .min)

  /// How much of the original its export carries: 1 full, 0 slim, -1 a rendering.
  var fidelity: Int64
  /// When it says that it last changed, in microseconds; `Int64.min` where it does not say.
  var updatedAt: Int64
  /// The version of the parser that read it.
  var parserVersion: Int64
  /// About how many bytes it says.
  var richness: Int64
  /// A hash of what it says; decides between revisions that are equal in all else.
  var digest: Int64

  private var key: (Int64, Int64, Int64, Int64, Int64) {
    (fidelity, updatedAt, parserVersion, richness, digest)
  }

  static func < (left: Revision, right: Revision) -> Bool { left.key < right.key }

  static func == (left: Revision, right: Revision) -> Bool { left.key == right.key }

  /// Whether a full export is behind it.
  var isFull: Bool { fidelity > 0 }

  /// Whether a slim export is behind it, and no rendering.
  var isSlim: Bool { fidelity == 0 }

  /// Whether it was read back from a rendering.
  var isRendering: Bool { fidelity < 0 }

  /// Whether a message or file that comes from this revision alone is gone for one that is greater:
  /// only a full export tells that, and not of what a slim one of a later time adds.
  func isGone(for top: Revision) -> Bool {
    top.isFull && (isFull || updatedAt < top.updatedAt)
  }

  /// Reads the five columns that begin at one.
  init(_ statement: Statement, from column: Int) {
    self.init(
      fidelity: statement.int64(column), updatedAt: statement.int64(column + 1),
      parserVersion: statement.int64(column + 2), richness: statement.int64(column + 3),
      digest: statement.int64(column + 4))
  }

  init(
    fidelity: Int64, updatedAt: Int64, parserVersion: Int64, richness: Int64, digest: Int64
  ) {
    self.fidelity = fidelity
    self.updatedAt = updatedAt
    self.parserVersion = parserVersion
    self.richness = richness
    self.digest = digest
  }

  func bind(to statement: Statement, from index: Int) {
    statement.bind(fidelity, at: index)
    statement.bind(updatedAt, at: index + 1)
    statement.bind(parserVersion, at: index + 2)
    statement.bind(richness, at: index + 3)
    statement.bind(digest, at: index + 4)
  }
}

/// Sums up what a revision says, message by message.
struct RevisionDigest {
  private var value: UInt64 = 0x243f_6a88_85a3_08d3
  private var inactive: UInt64 = 0
  private var richness: Int64 = 0

  /// Takes a message in order.
  mutating func add(_ message: PreparedMessage) {
    add(message.nativeID.word)
    add(message.parentID?.word ?? 0)
    add(UInt64(bitPattern: message.hash))
    richness &+= Int64(message.plain.count)
    for attachment in message.attachments { add(attachment) }
    if !message.flags.contains(.active) { addInactive(message.nativeID) }
  }

  /// Takes note that a message lies off the active path; in any order, once for each message.
  mutating func addInactive(_ id: NativeID) {
    inactive &+= (id.word ^ 0x13198a2e03707344) &* 0x9e37_79b9_7f4a_7c15
  }

  private mutating func add(_ prepared: PreparedAttachment) {
    let attachment = prepared.attachment
    for text in [attachment.name, attachment.mediaType, attachment.member] {
      richness &+= Int64(text?.utf8.count ?? 0)
    }
    richness &+= Int64(prepared.text?.count ?? 0) &+ Int64(prepared.inline?.size ?? 0)
  }

  /// The rank of the revision, once its header is known.
  func revision(_ header: ConversationHeader, parserVersion: Int) -> Revision {
    var all = self
    all.add(inactive)
    for text in [
      header.title, header.project, header.metadata, header.lineage?.parent,
      header.lineage?.origin, header.lineage?.kind.name,
    ] {
      all.add(NativeID(text ?? "\0").word)
      all.richness &+= Int64(text?.utf8.count ?? 0)
    }
    all.add(UInt64(bitPattern: header.createdAt?.microseconds ?? .min))
    return Revision(
      fidelity: header.fidelity.rank, updatedAt: header.updatedAt?.microseconds ?? .min,
      parserVersion: Int64(parserVersion), richness: all.richness,
      digest: Int64(bitPattern: all.value))
  }

  private mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0xff51_afd7_ed55_8ccd
    value ^= value >> 32
  }
}

extension ConversationHeader.Fidelity {
  /// Its place in the order of revisions.
  var rank: Int64 {
    switch self {
    case .full: 1
    case .slim: 0
    case .rendered: -1
    }
  }

  /// The one that `conversation.fidelity` holds.
  init(stored: Int64) {
    self = ConversationHeader.Fidelity(rawValue: UInt8(clamping: stored)) ?? .full
  }
}
