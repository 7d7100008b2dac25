import PolylogueModel
import PolylogueParsing

/// Texts and images from the content items of Codex.
struct CodexContent {
  var texts: [String] = []
  var attachments: [Attachment] = []

  /// Adds a text, a content item, or a list of them.
  mutating func add(_ value: JSONValue) {
    switch value.kind {
    case .string: addText(value.string)
    case .array:
      for element in value.elements {
        if let text = element.string { addText(text) } else { addItem(element) }
      }
    case .object: addItem(value)
    default: break
    }
  }

  private mutating func addItem(_ item: JSONValue) {
    switch item["type"]?.string {
    case "input_image", "image", "output_image", "image_url": addImage(item)
    default: addText(item["text"]?.string)
    }
  }

  private mutating func addText(_ text: String?) {
    if let text, !text.isEmpty { texts.append(text) }
  }

  private mutating func addImage(_ item: JSONValue) {
    let id = "image-\(attachments.count + 1)"
    if let data = item["data"]?.string {
      attachments.append(
        InlineMedia.attachment(
          id: id, mediaType: item["mimeType"]?.text ?? item["mime_type"]?.text, base64: data))
    } else if let url = item["image_url"]?.string ?? item["image_url"]?["url"]?.string
      ?? item["url"]?.string
    {
      attachments.append(InlineMedia.attachment(id: id, url: url))
    }
  }

  /// All texts, each a block, and the places of the images.
  var blocks: [Block] {
    texts.map { .text($0) } + attachments.map { .attachment(id: $0.id) }
  }

  /// All texts in one.
  var text: String { texts.count == 1 ? texts[0] : texts.joined(separator: "\n") }
}

/// What a tool of Codex gave back, in any of its forms.
struct CodexOutput {
  var text = ""
  var isError = false
  var attachments: [Attachment] = []

  /// Reads an output: a text, JSON in a text (`{"output": …, "metadata": {"exit_code": …}}`), a list
  /// of content items, or an object.
  init(_ value: JSONValue?) {
    guard let value else { return }
    if let string = value.string {
      readText(string)
    } else if value.kind == .object {
      readObject(value)
    } else {
      readContent(value)
    }
  }

  private mutating func readText(_ string: String) {
    if string.utf8.first == UInt8(ascii: "{"), string.utf8.last == UInt8(ascii: "}") {
      var reader = JSONReader()
      if let value = try? reader.parse(Array(string.utf8)), value.kind == .object,
        value["output"] != nil || value["content"] != nil || value["metadata"] != nil
      {
        readObject(value)
        return
      }
    }
    text = string
    isError = CodexOutput.exitCode(in: string).map { $0 != 0 } ?? false
  }

  private mutating func readObject(_ value: JSONValue) {
    if let output = value["output"] ?? value["content"] {
      readContent(output)
    } else if value["text"] != nil || value["type"] != nil {
      readContent(value)
    } else {
      let parts = [value["stdout"]?.string, value["stderr"]?.string].compactMap { $0 }
      text = parts.isEmpty ? value.json : parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }
    let code =
      value["metadata"]?["exit_code"]?.integer ?? value["exit_code"]?.integer
      ?? value["exitCode"]?.integer
    if let code {
      isError = code != 0
    } else if let success = value["success"]?.bool {
      isError = !success
    } else if let failed = value["isError"]?.bool ?? value["is_error"]?.bool {
      isError = failed
    } else {
      isError = CodexOutput.exitCode(in: text).map { $0 != 0 } ?? false
    }
  }

  private mutating func readContent(_ value: JSONValue) {
    var content = CodexContent()
    content.add(value)
    text = content.text
    attachments = content.attachments
  }

  /// The exit code from the header lines of an output: `Exit code: 1`, `Process exited with code 1`.
  private static func exitCode(in text: String) -> Int? {
    for line in text.utf8.prefix(512).split(separator: 10).prefix(8) {
      for mark in ["Exit code: ", "Process exited with code "] where line.starts(with: mark.utf8) {
        return Int(String(decoding: line.dropFirst(mark.utf8.count), as: UTF8.self))
      }
      if line.starts(with: "Output:".utf8) { break }
    }
    return nil
  }
}
