import Glibc
import PolylogueModel

/// A folder of rendered files, kept up to date.
///
/// The manifest `.polylogue-render.json` lists what was written here, and of what: a file whose
/// conversation is in the same state, and which is itself as it was left, is not even made. Only what
/// the manifest lists is ever removed; other things in the folder stay as they are. Several renderers
/// can share a folder, each with an extension of its own. Files are made with mode 0600, folders with
/// 0700.
///
/// Before a file is written its path goes into a log, so that a run that was killed leaves nothing
/// that the next one does not know of.
public final class RenderFolder {
  /// What became of the files.
  public struct Summary: Sendable, Equatable {
    /// Files written, new or changed.
    public var written = 0
    /// Files that stood there already with the same bytes.
    public var unchanged = 0
    /// Files of an earlier rendering that no conversation stands for any more.
    public var removed = 0
    /// Attachments' files written.
    public var attachmentsWritten = 0
    /// Attachments' files that stood there already.
    public var attachmentsUnchanged = 0
    /// Attachments' files of an earlier rendering that no conversation has any more.
    public var attachmentsRemoved = 0
  }

  /// The manifest's name.
  public static let manifestName = ".polylogue-render.json"
  /// The name of the log of a run that has not ended.
  static let logName = ".polylogue-render.log"

  private let files: OutputFolder
  private let suffix: String
  private let stamp: StableDigest
  private let isForced: Bool
  private let former: [String: RenderManifest.Entry]
  private let formerPaths: [UInt64: String]
  private var newPaths: [UInt64: String] = [:]
  private var current: [String: RenderManifest.Entry] = [:]
  /// The conversations that this run has come to, by key.
  private var seen: Set<UInt64> = []
  private var log: Int32 = -1
  private var summary = Summary()

  /// Opens the folder, making it when it is missing.
  ///
  /// - Parameters:
  ///   - path: The folder; its parent must exist.
  ///   - renderer: Whose files are kept up to date; those of others are left alone.
  ///   - isForced: Whether files are written again that are as they should be.
  /// - Throws: ``RenderError`` when it cannot be made or opened, or another run is at work in it.
  public init(
    path: String, for renderer: some ConversationRenderer, isForced: Bool = false
  ) throws(RenderError) {
    files = try OutputFolder(path: path)
    suffix = "." + renderer.fileExtension
    var stamp = StableDigest()
    stamp.add(renderer.stamp)
    self.stamp = stamp
    self.isForced = isForced
    var known = RenderManifest.entries(in: files.bytes(of: RenderFolder.manifestName) ?? [])
    let unfinished = RenderFolder.paths(inLog: files.bytes(of: RenderFolder.logName) ?? [])
    for path in unfinished {
      // What stands there now is ours, and nobody knows what it is.
      known[path, default: RenderManifest.Entry()].size = -1
      let folder = OutputFolder.split(path).folder
      _ = try? files.remove(
        folder.isEmpty
          ? OutputFolder.temporaryName : "\(folder)/\(OutputFolder.temporaryName)")
    }
    former = known
    var paths: [UInt64: String] = [:]
    paths.reserveCapacity(known.count)
    for (path, entry) in known where entry.key != 0 && path.hasSuffix(suffix) {
      paths[entry.key] = path
    }
    formerPaths = paths
  }

  deinit {
    if log >= 0 { close(log) }
  }

  // MARK: Conversations

  /// Whether the file of a conversation, with all that it links to, is as an earlier run left it and
  /// was made of the same; then it counts as unchanged, and nothing is left to do.
  ///
  /// - Parameters:
  ///   - id: The conversation.
  ///   - state: A number that changes whenever the conversation does.
  public func keep(_ id: ConversationID, state: UInt64) -> Bool {
    let key = RenderFolder.key(of: id)
    guard !isForced, let path = formerPaths[key], let entry = former[path],
      entry.state == mixed(state), isAsLeft(path, entry)
    else { return false }
    let folder = OutputFolder.split(path).folder
    let attachments = entry.attachments.map { RenderFolder.attachmentPath(folder, $0) }
    for path in attachments {
      guard let entry = current[path] ?? former[path], isAsLeft(path, entry) else { return false }
    }
    current[path] = entry
    seen.insert(key)
    for path in attachments where current[path] == nil {
      current[path] = former[path]
      summary.attachmentsUnchanged += 1
    }
    summary.unchanged += 1
    return true
  }

  /// Writes the file of a conversation, unless its bytes stand there already.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - id: The conversation.
  ///   - state: As given to ``keep(_:state:)``.
  ///   - place: Where ``FileName/path(for:extension:)`` puts it.
  ///   - attachments: The names of the attachments' files that it links to.
  public func write(
    _ bytes: [UInt8], of id: ConversationID, state: UInt64,
    at place: (folder: String, name: String), attachments: [String] = []
  ) throws {
    let key = RenderFolder.key(of: id)
    let path = unused(try RenderFolder.path(place.folder, place.name), for: key)
    var entry = RenderManifest.Entry(
      key: key, state: mixed(state), attachments: RenderFolder.unique(attachments))
    if try put(bytes, at: path, &entry) { summary.written += 1 } else { summary.unchanged += 1 }
    current[path] = entry
    newPaths[key] = path
    seen.insert(key)
  }

  /// Lets the file of a conversation that cannot be read now stand as an earlier run left it.
  public func leave(_ id: ConversationID) {
    if let path = formerPaths[RenderFolder.key(of: id)] { current[path] = former[path] }
  }

  /// Where the file of a conversation stands that this run or an earlier one has made.
  public func path(of id: ConversationID) -> String? {
    let key = RenderFolder.key(of: id)
    return newPaths[key] ?? formerPaths[key]
  }

  /// Writes the file of an attachment, beside the conversations of a folder.
  ///
  /// The name holds the hash of the bytes, so a file of the name and the size is taken for the
  /// same, unless it was changed since an earlier run wrote it; it is not read.
  ///
  /// - Parameters:
  ///   - folder: The conversations' folder: one tame name.
  ///   - name: A name that ``FileName/attachment(_:)`` has made.
  ///   - size: The file's size in bytes.
  ///   - source: Hands the bytes over, piece by piece.
  /// - Throws: ``RenderError``, or what `source` throws; the file is then as it was.
  public func writeAttachment(
    folder: String, name: String, size: Int64,
    from source: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    _ = try RenderFolder.path(folder, name)
    let path = RenderFolder.attachmentPath(folder, name)
    guard current[path] == nil else { return }
    if !isForced, let facts = files.facts(path), facts.size == size,
      former[path].map({ $0.size < 0 || isAsLeft(path, $0) }) ?? true
    {
      current[path] = RenderManifest.Entry(size: facts.size, modified: facts.modified)
      summary.attachmentsUnchanged += 1
      return
    }
    try announce(path)
    let facts = try files.replace(path, from: source)
    current[path] = RenderManifest.Entry(size: facts.size, modified: facts.modified)
    summary.attachmentsWritten += 1
  }

  // MARK: Pages of many conversations

  /// Keeps the pages that are made of all conversations, such as indexes. They are not counted.
  ///
  /// - Parameters:
  ///   - state: A number that changes whenever what they are made of does.
  ///   - make: Called unless all pages are as an earlier run left them and were made of the same;
  ///     hands over each page: the folder (one tame name, or empty for the root), the name, with the
  ///     renderer's extension, and the bytes.
  /// - Throws: ``RenderError``, also for a file that no earlier run has listed and that says something
  ///   else: it is somebody's own, and stays as it is unless all files are to be written again.
  public func writePages(
    state: UInt64,
    _ make: ((_ folder: String, _ name: String, _ bytes: [UInt8]) throws -> Void) throws -> Void
  ) throws {
    let state = mixed(state)
    let pages = former.filter { path, entry in
      entry.key == 0 && path.hasSuffix(suffix) && !RenderFolder.isAttachment(path)
    }
    if !isForced, !pages.isEmpty,
      pages.allSatisfy({ $1.state == state && isAsLeft($0, $1) })
    {
      current.merge(pages) { $1 }
      return
    }
    try make { folder, name, bytes in
      let path = try folder.isEmpty ? RenderFolder.path(name) : RenderFolder.path(folder, name)
      // A name such as index.md says nothing of who wrote it.
      if former[path] == nil, !isForced, files.exists(path),
        files.modified(path, ifItHolds: bytes) == nil
      {
        throw RenderError(foreign: "\(files.path)/\(path)")
      }
      var entry = RenderManifest.Entry(state: state)
      _ = try put(bytes, at: path, &entry)
      current[path] = entry
    }
  }

  // MARK: The end

  /// Removes the files of earlier runs that nothing stands for any more, and writes the manifest.
  ///
  /// - Parameter isComplete: Whether this run saw every conversation; otherwise only what it has
  ///   made anew under another name is removed.
  public func finish(isComplete: Bool = true) throws -> Summary {
    var kept = current
    for (path, entry) in former
    where current[path] == nil && path.hasSuffix(suffix) && !RenderFolder.isAttachment(path) {
      if isComplete || (entry.key != 0 && seen.contains(entry.key)) {
        if try files.remove(path), entry.key != 0 || entry.size < 0 { summary.removed += 1 }
      } else {
        kept[path] = entry
      }
    }
    for (path, entry) in former
    where kept[path] == nil && !path.hasSuffix(suffix) && !RenderFolder.isAttachment(path) {
      kept[path] = entry
    }
    try removeAttachments(keeping: &kept, isComplete: isComplete)
    if kept != former || log >= 0 { try writeManifest(kept) }
    return summary
  }

  /// Removes the attachments' files that no page links to any more, of whatever renderer.
  private func removeAttachments(
    keeping kept: inout [String: RenderManifest.Entry], isComplete: Bool
  ) throws {
    let former = former.filter { RenderFolder.isAttachment($0.key) && current[$0.key] == nil }
    guard !former.isEmpty else { return }
    var linked: Set<String> = []
    for (path, entry) in kept where !entry.attachments.isEmpty {
      let folder = OutputFolder.split(path).folder
      for name in entry.attachments { linked.insert(RenderFolder.attachmentPath(folder, name)) }
    }
    for (path, entry) in former {
      // What a run left that did not come to its end may be linked to by what comes next.
      if linked.contains(path) || (!isComplete && entry.size < 0) {
        kept[path] = entry
      } else if try files.remove(path) {
        summary.attachmentsRemoved += 1
      }
    }
  }

  private func writeManifest(_ entries: [String: RenderManifest.Entry]) throws {
    let bytes = RenderManifest.bytes(of: entries)
    try files.replace(RenderFolder.manifestName) { write in try bytes.withUnsafeBytes(write) }
    _ = try files.remove(RenderFolder.logName)
  }

  // MARK: Files

  /// Writes bytes where they differ, and notes what stands there.
  ///
  /// - Returns: Whether they were written.
  private func put(
    _ bytes: [UInt8], at path: String, _ entry: inout RenderManifest.Entry
  ) throws -> Bool {
    if !isForced, let modified = files.modified(path, ifItHolds: bytes) {
      entry.size = Int64(bytes.count)
      entry.modified = modified
      return false
    }
    try announce(path)
    let facts = try files.replace(path) { write in try bytes.withUnsafeBytes(write) }
    entry.size = facts.size
    entry.modified = facts.modified
    return true
  }

  /// Notes a path before it is written to.
  private func announce(_ path: String) throws {
    if log < 0 { log = try files.openLog(RenderFolder.logName) }
    let line = Array((path + "\n").utf8)
    let code = line.withUnsafeBytes { OutputFolder.writeAll($0, to: log) }
    if code != 0 { throw RenderError("cannot write", RenderFolder.logName, code) }
  }

  private func isAsLeft(_ path: String, _ entry: RenderManifest.Entry) -> Bool {
    guard entry.size >= 0, let facts = files.facts(path) else { return false }
    return facts == (entry.size, entry.modified)
  }

  /// The path, or one with a number where it belongs to another conversation.
  private func unused(_ path: String, for key: UInt64) -> String {
    func isOthers(_ path: String) -> Bool {
      let owner = current[path]?.key ?? former[path]?.key ?? 0
      return owner != 0 && owner != key
    }
    guard isOthers(path) else { return path }
    var number = 2
    while true {
      let candidate = "\(path.dropLast(suffix.utf8.count))-\(number)\(suffix)"
      if !isOthers(candidate) { return candidate }
      number += 1
    }
  }

  private static func path(_ names: String...) throws(RenderError) -> String {
    let path = names.joined(separator: "/")
    guard names.allSatisfy({ RenderManifest.isTame($0.utf8) }) else {
      throw RenderError("not a file name that rendering uses:", path, EINVAL)
    }
    return path
  }

  private static func attachmentPath(_ folder: String, _ name: String) -> String {
    "\(folder)/\(FileName.attachmentFolder)/\(name)"
  }

  private static func isAttachment(_ path: String) -> Bool {
    path.utf8.count { $0 == UInt8(ascii: "/") } == 2
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  private static func paths(inLog bytes: [UInt8]) -> [String] {
    // What follows the last line break was not written to its end.
    let end = bytes.lastIndex(of: 0x0A) ?? 0
    return bytes[..<end].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
      .filter(RenderManifest.isPath)
  }

  // MARK: States

  private static func key(of id: ConversationID) -> UInt64 {
    var digest = StableDigest()
    digest.add(id.provider.rawValue)
    digest.add(id.native)
    return max(1, digest.value)
  }

  private func mixed(_ state: UInt64) -> UInt64 {
    var digest = stamp
    digest.add(state)
    return digest.value
  }
}

/// FNV-1a, 64 bits: the same in every run.
struct StableDigest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { mix(UInt64(byte)) }
    mix(0xFF)
  }

  mutating func add(_ number: UInt64) {
    mix(number & 0xFFFF_FFFF)
    mix(number >> 32)
  }

  private mutating func mix(_ number: UInt64) {
    value = (value ^ number) &* 0x100_0000_01B3
  }
}
