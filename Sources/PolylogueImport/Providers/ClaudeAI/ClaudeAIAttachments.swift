import PolylogueModel
import PolylogueParsing

/// Reads the files that came with a message: their names, and the text taken out of them.
struct ClaudeAIAttachments {
  /// The files, each with an id of its own.
  private(set) var list: [Attachment]
  private var ids: Set<ExactID> = []
  private var names: Set<ExactID> = []

  /// Reads the files of a message.
  ///
  /// - Parameter inContent: Files that its content blocks name.
  init(_ entry: JSONValue, inContent: [Attachment]) {
    list = inContent
    for file in inContent { ids.insert(ExactID(file.id)) }
    if let documents = entry["attachments"], documents.count > 0 { read(documents: documents) }
    if let files = entry["files"], files.count > 0 { read(files: files) }
    // Captures repeat `files` in it.
    if let files = entry["files_v2"], files.count > 0 { read(files: files) }
  }

  private mutating func read(documents: JSONValue) {
    for item in documents.elements where item.kind == .object {
      let name = (item["file_name"] ?? item["name"])?.text
      add(
        Attachment(
          id: item["id"]?.text ?? "attachment-\(list.count + 1)",
          // Text pasted into the input has no name.
          name: name.flatMap { $0.isEmpty ? nil : $0 },
          mediaType: item["file_type"]?.text, byteCount: item["file_size"]?.integer,
          extractedText: item["extracted_content"]?.text))
    }
  }

  private mutating func read(files: JSONValue) {
    for item in files.elements where item.kind == .object {
      let name = item["file_name"]?.text
      let id = (item["file_uuid"] ?? item["uuid"])?.text
      if let id {
        if ids.contains(ExactID(id)) {
          nameFile(id, name)
          continue
        }
      } else if let name, !names.insert(ExactID(name)).inserted {
        continue
      }
      if let name { names.insert(ExactID(name)) }
      add(
        Attachment(
          id: id ?? "file-\(list.count + 1)", name: name,
          mediaType: (item["file_type"] ?? item["mime_type"])?.text,
          byteCount: (item["file_size"] ?? item["size_bytes"])?.integer))
    }
  }

  private mutating func nameFile(_ id: String, _ name: String?) {
    guard let name, let place = list.prefix(64).firstIndex(where: { $0.id.hasSameBytes(as: id) }),
      list[place].name == nil
    else { return }
    list[place].name = name
  }

  private mutating func add(_ file: Attachment) {
    var file = file
    if !ids.insert(ExactID(file.id)).inserted {
      file.id += "-\(list.count + 1)"
      ids.insert(ExactID(file.id))
    }
    list.append(file)
  }
}
