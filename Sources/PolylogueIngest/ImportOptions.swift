import PolylogueImport
import PolylogueModel
import PolylogueParsing
import PolylogueStore

/// How an import is done.
public struct ImportOptions: Sendable {
  /// The provider, when it shall not be recognised from the content.
  public var provider: Provider?
  /// Read and report only; nothing is written.
  public var isDryRun = false
  /// Look up the receipts of files that are as they were when they were imported.
  public var wantsKnownReceipts = false
  /// The bounds for untrusted input.
  public var limits = ParsingLimits.standard
  /// The importers, in the order in which they are asked.
  public var importers: [any Importer] = ImporterRegistry.all

  /// Recognises the provider and writes.
  public init() {}
}

/// Something that happens during an import.
public enum ImportEvent: Sendable {
  /// A file is being read.
  case started(path: String)
  /// This many bytes of a file of this size were read; the size is 0 when it is not known.
  case advanced(path: String, bytes: Int64, of: Int64)
  /// All of a file is durably in the archive.
  case imported(path: String)
  /// The text index is taking in what was imported: so many changes of so many.
  case indexing(done: Int64, of: Int64)
  /// A file, or a part of it, could not be imported. ``ImportReport/Failure/isPartial`` of the same
  /// path in ``ImportReport/failed`` tells which.
  case failed(path: String, reason: String)
}

/// What an import has done.
public struct ImportReport: Sendable {
  /// A file that could not be imported, or not wholly.
  public struct Failure: Sendable, Equatable {
    /// The file, or the part of it.
    public var path: String
    /// What is wrong with it and what to do.
    public var reason: String
    /// Whether the rest of it is in the archive.
    public var isPartial = false
  }

  /// Files of imported folders that were not looked into.
  public struct Ignored: Sendable, Equatable {
    /// Files of which no importer knows what they are.
    public var files = 0
    /// Symbolic links, which are not followed.
    public var links = 0
    /// Pipes, sockets and devices.
    public var special = 0
    /// The first of the files of which no importer knows what they are, at most ``exampleLimit``.
    public var examples: [String] = []

    /// The most examples.
    public static let exampleLimit = 3

    /// All of them.
    public var total: Int { files + links + special }
  }

  /// What was found in one file.
  public struct FileReceipt: Sendable {
    /// The file.
    public var path: String
    /// Whose conversations it holds.
    public var provider: Provider?
    /// `imported`, `unchanged`, `partial`, `companion` or `failed`.
    public var status: String
    /// Kind by kind.
    public var receipt: Receipt
  }

  /// Counts of attachments.
  public struct AttachmentCounts: Sendable, Equatable {
    /// Added.
    public var new = 0
    /// Already there.
    public var unchanged = 0
    /// Named by the export, but not in it.
    public var missing = 0
  }

  /// Files that held conversations, ZIP members counted one by one.
  public var files = 0
  /// Conversations.
  public var conversations = ChangeCounts()
  /// Conversations that were left out because the user has deleted them.
  public var deletedConversations = 0
  /// Messages.
  public var messages = ChangeCounts()
  /// Attachments.
  public var attachments = AttachmentCounts()
  /// Bytes read.
  public var bytes: Int64 = 0
  /// Wall-clock seconds.
  public var seconds: Double = 0
  /// What could not be imported, or not wholly.
  public var failed: [Failure] = []
  /// Conversations that are damaged or not understood; only their bytes are kept.
  public var lostConversations = 0
  /// Records of files that hold one conversation each, likewise.
  public var lostRecords = 0
  /// Events and blocks of kinds that this version does not know, in conversations that it does.
  public var unknownDetails = 0
  /// Kinds of records that this version does not know, in formats that it does.
  public var drift: [Drift] = []
  /// What folders held besides.
  public var ignored = Ignored()
  /// Receipts, at most ``receiptLimit``.
  public var receipts: [FileReceipt] = []
  /// What is to be known of the import as a whole.
  public var notes: [String] = []
  /// What became of tags, stars and notes in the files.
  var joined = UserData.Joined()
  /// Whether nothing was written: then the counts say what an import would do.
  public var isDryRun = false
  /// Whether it was stopped before the end.
  public var wasCancelled = false

  /// The most receipts kept in memory; all of them are in the archive.
  public static let receiptLimit = 10_000

  /// Nothing done.
  public init() {}
}

extension ImportReport {
  /// Counts a file that the archive has already.
  mutating func countUnchanged(_ file: UnchangedFile) {
    conversations.unchanged += file.conversations
    deletedConversations += file.deleted
    messages.unchanged += file.messages
    attachments.unchanged += file.attachments
    attachments.missing += file.missing
    if file.isConversations { files += 1 }
  }

  /// Notes what became of tags, stars and notes in the files, where there was something to do.
  mutating func noteJoined() {
    var parts: [String] = []
    if joined.added > 0 { parts.append("\(joined.added) added") }
    if joined.leftNotes > 0 {
      let (notes, others) =
        joined.leftNotes == 1 ? ("1 note", "another one") : ("\(joined.leftNotes) notes", "others")
      parts.append("\(notes) not taken (the archive has \(others))")
    }
    guard !parts.isEmpty else { return }
    notes.append("of tags, stars and notes in the files: \(parts.joined(separator: ", "))")
  }

  /// Counts what was not understood of a file.
  mutating func countLosses(of end: EndFile) {
    if end.holdsOneConversationPerRecord {
      lostConversations += end.receipt.lost
    } else {
      lostRecords += end.receipt.lost
    }
    unknownDetails += end.receipt.unknownDetails
    drift.add(end.receipt, of: end.outcome.provider, path: end.path)
  }
}

extension ImportReport.Ignored {
  /// A file of which no importer knows what it is.
  init(file path: String) {
    files = 1
    examples = [path]
  }

  static func += (sum: inout Self, other: Self) {
    sum.files += other.files
    sum.links += other.links
    sum.special += other.special
    sum.examples += other.examples.prefix(max(0, exampleLimit - sum.examples.count))
  }
}
