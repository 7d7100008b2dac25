import PolylogueModel
import PolylogueParsing

/// Collects the files of one message, each once, whatever names it goes by.
struct ChatGPTAttachments {
  private(set) var list: [Attachment] = []
  private var places: [ExactID: Int] = [:]
  private let assets: ChatGPTAssets
  private let conversation: String

  init(assets: ChatGPTAssets, conversation: String) {
    self.assets = assets
    self.conversation = conversation
  }

  /// Adds the files that `metadata.attachments` lists.
  mutating func add(listed: JSONValue) {
    for entry in listed.elements {
      let name = entry["name"]?.text
      guard let id = (entry["id"] ?? entry["file_id"])?.text ?? name else { continue }
      let place = place(
        of: ChatGPTAssets.id(of: id), name: name, size: entry["size"]?.integer)
      if let other = entry["file_id"]?.text { places[ExactID(other)] = place }
      list[place].mediaType =
        (entry["mime_type"] ?? entry["mimeType"])?.text ?? list[place].mediaType
      list[place].byteCount = entry["size"]?.integer ?? list[place].byteCount
    }
  }

  /// Adds the file that a pointer names.
  ///
  /// - Returns: Its id among the attachments; nil when the pointer names none.
  mutating func add(pointer: JSONValue) -> String? {
    let stated = (pointer["asset_pointer"] ?? pointer["watermarked_asset_pointer"]) ?? pointer
    guard let text = stated.text, !text.isEmpty else { return nil }
    let place = place(of: ChatGPTAssets.id(of: text), name: nil)
    if list[place].byteCount == nil { list[place].byteCount = pointer["size_bytes"]?.integer }
    if list[place].mediaType == nil, let format = pointer["format"]?.string {
      list[place].mediaType = "audio/" + format
    }
    return list[place].id
  }

  /// Adds a file that the model made and linked as `sandbox:/mnt/data/name`.
  mutating func add(sandbox path: String) {
    let name = path.split(separator: "/").last.map { String($0) }
    _ = place(of: path, name: name)
  }

  /// Adds a file whose bytes stand in the record.
  mutating func add(id: String, name: String?, mediaType: String?, bytes: [UInt8]) {
    let place = place(of: id, name: name)
    list[place].mediaType = mediaType ?? list[place].mediaType
    list[place].byteCount = Int64(bytes.count)
    list[place].inlineBytes = bytes
  }

  private mutating func place(of id: String, name: String?, size: Int64? = nil) -> Int {
    if let known = places[ExactID(id)] {
      if list[known].name == nil { list[known].name = name }
      return known
    }
    let entry = assets.entry(id: id, name: name, size: size, conversation: conversation)
    places[ExactID(id)] = list.count
    list.append(
      Attachment(
        id: id, name: name ?? entry.name, mediaType: entry.mediaType, byteCount: entry.byteCount,
        member: entry.member))
    return list.count - 1
  }
}
