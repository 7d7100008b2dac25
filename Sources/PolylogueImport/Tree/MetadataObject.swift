import PolylogueParsing

/// Collects what else a provider says about a message or conversation as a JSON object.
///
/// What says nothing (null, false, "", [], {}) is left out: the original bytes are kept anyway.
struct MetadataObject {
  private var text = ""

  /// The object as JSON; nil when nothing was added.
  var json: String? { text.isEmpty ? nil : text + "}" }

  /// Adds a value as it stands in the record, unless it says nothing.
  mutating func add(_ key: StaticString, _ value: JSONValue?) {
    guard let value else { return }
    switch value.kind {
    case .null: return
    case .bool: if value.bool != true { return }
    case .string: if value.string?.isEmpty ?? true { return }
    case .array, .object: if value.count == 0 { return }
    case .number: break
    }
    add(key, json: value.json)
  }

  /// Adds a text, unless it is missing or empty.
  mutating func add(_ key: StaticString, _ string: String?) {
    guard let string, !string.isEmpty else { return }
    add(key, json: JSONWriter.quoted(string))
  }

  /// Adds a value that is JSON already.
  mutating func add(_ key: StaticString, json: String) {
    text += text.isEmpty ? "{" : ","
    text += "\"\(key)\":"
    text += json
  }
}
