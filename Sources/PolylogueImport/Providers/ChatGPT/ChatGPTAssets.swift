import PolylogueModel
import PolylogueParsing

/// Finds the member of the export that holds an attachment's bytes, and what the registries say.
///
/// Until 2026 a file was called `file-<id>-<name>`; since then it is a blob `<id>.dat` and two
/// registries hold its name and type: `conversation_asset_file_names.json` and
/// `library_files.json`. Messages name it by `file-service://<id>`, `sediment://<id>` or the id.
final class ChatGPTAssets {
  /// What the registries say about a file.
  struct Entry {
    var name: String?
    var mediaType: String?
    var byteCount: Int64?
    var member: String?
    var digest: ContentDigest?
  }

  /// Whether the export's other files can be seen at all.
  let hasMembers: Bool
  /// Labels by each name that a pointer could use.
  private var labels: [ExactID: String] = [:]
  /// What `library_files.json` says, by file id and by conversation and name.
  private var library: [ExactID: Entry] = [:]
  private var libraryIDs: [ExactID: String] = [:]
  /// The files of `library_files.json` by name and size; empty where several have the same.
  private var librarySizes: [ExactID: String] = [:]
  /// The original names, by blob.
  private var names: [ExactID: String] = [:]
  /// The labels of the blobs that no id leads to, by size; under nil all of them. Looked at when a
  /// file is found in no other way.
  private lazy var blobLabels = listBlobs()
  /// Those blobs by what they hold, as far as they were read: by size, as above.
  private var blobs: [Int64?: [ContentDigest: String]] = [:]
  private let members: (any ExportMembers)?
  private let path: String

  init(path: String, members: (any ExportMembers)?) {
    hasMembers = members != nil
    self.members = members
    self.path = path
    guard let members else { return }
    for label in members.labels(under: "") where label.utf8.starts(with: path.utf8) {
      for key in ChatGPTAssets.keys(of: label) where labels[ExactID(key)] == nil {
        labels[ExactID(key)] = label
      }
    }
    var reader = JSONReader()
    if let bytes = members.bytes(of: path + "conversation_asset_file_names.json"),
      let value = try? reader.parse(bytes)
    {
      readNames(value)
    }
    if let bytes = members.bytes(of: path + "library_files.json"),
      let value = try? reader.parse(bytes)
    {
      readLibrary(value)
    }
  }

  /// The id in a pointer: `file-service://file-x`, `sediment://file_x`, `sediment://…#file_x#…`.
  static func id(of pointer: String) -> String {
    var rest = Substring(pointer)
    if let scheme = rest.firstRange(ofUTF8: "://") { rest = rest[scheme.upperBound...] }
    guard rest.utf8.contains(UInt8(ascii: "#")) else { return String(rest) }
    let parts = rest.split(separator: "#")
    return String(parts.first { $0.hasPrefix("file") } ?? parts.first ?? rest)
  }

  /// What is known about a file.
  ///
  /// - Parameters:
  ///   - id: Its id, without the scheme.
  ///   - name: Its name, where the message states it.
  ///   - size: Its size in bytes, where the message states it.
  ///   - conversation: The conversation's id, for files that have only a name.
  func entry(id: String, name: String?, size: Int64?, conversation: String) -> Entry {
    var entry = library[ExactID(id)] ?? Entry()
    var key = id
    if library[ExactID(id)] == nil, labels[ExactID(id)] == nil, let name,
      let joined = joinedID(name: name, size: size, conversation: conversation)
    {
      entry = library[ExactID(joined)] ?? Entry()
      key = joined
    }
    guard hasMembers else { return entry }
    entry.member =
      labels[ExactID(key)] ?? labels[ExactID("file-" + key)]
      ?? entry.digest.flatMap { blobs(of: entry.byteCount)[$0] }
    if entry.name == nil {
      entry.name =
        names[ExactID(key)] ?? names[ExactID("file-" + key)]
        ?? entry.member.flatMap { ChatGPTAssets.originalName(in: $0, id: key) }
    }
    return entry
  }

  /// The library's id of a file that a message names otherwise: by its conversation and name, else by
  /// its name and size where only one file has them.
  private func joinedID(name: String, size: Int64?, conversation: String) -> String? {
    if let id = libraryIDs[ExactID(conversation + "\u{0}" + name)] { return id }
    let id = size.flatMap { librarySizes[ExactID("\($0)\u{0}" + name)] }
    return id?.isEmpty == true ? nil : id
  }

  /// The names by which a pointer can mean a file.
  private static func keys(of label: String) -> [String] {
    let base = String(label.split(separator: "/").last ?? "")
    let stem = ChatGPTAssets.stem(of: base)
    var keys = [base, stem]
    if base.hasPrefix("file-") || base.hasPrefix("file_") {
      // file-<id>-<original name>, file_<hex>-sanitized.png, file_<hex>-<uuid>.png
      let tail = base.dropFirst(5)
      if let dash = tail.firstIndex(of: "-") { keys.append(String(base[..<dash])) }
    }
    return keys
  }

  private static func stem(of name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// The name in `file-<id>-<name>`.
  private static func originalName(in label: String, id: String) -> String? {
    let base = label.split(separator: "/").last ?? ""
    guard base.hasPrefix(id + "-") else { return nil }
    let name = base.dropFirst(id.count + 1)
    return name.isEmpty || name.hasPrefix("sanitized.") ? nil : String(name)
  }

  private func listBlobs() -> [Int64?: [String]] {
    var found: [Int64?: [String]] = [:]
    for label in members?.labels(under: "") ?? []
    where label.utf8.starts(with: path.utf8) && label.hasSuffix(".dat") {
      let id = ChatGPTAssets.stem(of: String(label.split(separator: "/").last ?? ""))
      guard library[ExactID(id)] == nil, let size = members?.byteCount(of: label) else { continue }
      found[size, default: []].append(label)
      found[nil, default: []].append(label)
    }
    return found
  }

  /// The blobs of a size, or all, by what they hold: to tell takes reading them.
  private func blobs(of size: Int64?) -> [ContentDigest: String] {
    if let known = blobs[size] { return known }
    var found: [ContentDigest: String] = [:]
    for label in blobLabels[size] ?? [] {
      if let bytes = members?.bytes(of: label) { found[ContentDigest(of: bytes)] = label }
    }
    blobs[size] = found
    return found
  }

  private func readNames(_ value: JSONValue) {
    for (blob, original) in value.members {
      guard let original = original.text, !original.isEmpty else { continue }
      // The value can be a path or a bare id; a pointer can name the file by either.
      let base = String(original.split(separator: "/").last ?? "")
      for key in [blob, ChatGPTAssets.stem(of: blob)] where names[ExactID(key)] == nil {
        names[ExactID(key)] = base
      }
      if let label = labels[ExactID(blob)] {
        for key in [base, ChatGPTAssets.stem(of: base)] where labels[ExactID(key)] == nil {
          labels[ExactID(key)] = label
        }
      }
    }
  }

  private func readLibrary(_ value: JSONValue) {
    let list = value["files"] ?? value["items"] ?? value
    func read(_ entry: JSONValue) {
      guard let id = (entry["file_id"] ?? entry["id"])?.text else { return }
      let name = entry["file_name"]?.text
      library[ExactID(id)] = Entry(
        name: name, mediaType: entry["mime_type"]?.text,
        byteCount: entry["file_size_bytes"]?.integer,
        digest: entry["sha256_digest"]?.text.flatMap(ContentDigest.init(stated:)))
      guard let name else { return }
      if let thread = entry["origination_thread_id"]?.text {
        libraryIDs[ExactID(thread + "\u{0}" + name)] = id
      }
      if let size = entry["file_size_bytes"]?.integer {
        let key = ExactID("\(size)\u{0}" + name)
        librarySizes[key] = librarySizes[key] == nil ? id : ""
      }
    }
    for entry in list.elements { read(entry) }
    for (_, entry) in list.members { read(entry) }
  }
}
