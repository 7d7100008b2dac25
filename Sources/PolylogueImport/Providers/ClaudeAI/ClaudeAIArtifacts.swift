import PolylogueModel
import PolylogueParsing

/// Follows the artifacts of a conversation along its branches.
///
/// Three generations: `<antArtifact>` tags in the text; a tool `artifacts` with the commands
/// create, update and rewrite; the tools `create_file` and `str_replace`, which name a path.
struct ClaudeAIArtifacts {
  private var history = DocumentHistory()

  /// Reads a call of a tool.
  ///
  /// - Returns: The version that it makes; nil when it makes none.
  mutating func read(tool: String, input: JSONValue, state: inout Int) -> Document? {
    switch tool {
    case "artifacts", "create_artifact", "update_artifact": return artifact(input, &state)
    case "create_file":
      guard let path = input["path"]?.text, let text = input["file_text"]?.text else { return nil }
      return keep(id: path, title: path, language: nil, content: text, &state)
    case "str_replace", "str_replace_editor", "str_replace_based_edit_tool":
      if let text = input["file_text"]?.text, let path = input["path"]?.text {
        return keep(id: path, title: path, language: nil, content: text, &state)
      }
      guard let path = input["path"]?.text, input["old_str"] != nil else { return nil }
      return update(id: path, input: input, &state)
    default: return nil
    }
  }

  /// Keeps a version that stands in full.
  mutating func keep(
    id: String, title: String?, language: String?, content: String, _ state: inout Int
  ) -> Document {
    var known = history.state(state)
    let before = known.versions[ExactID(id)]
    let version = DocumentHistory.Version(
      title: title ?? before?.title, language: language ?? before?.language, content: content)
    known.versions[ExactID(id)] = version
    known.latest = ExactID(id)
    state = history.keep(known)
    return Document(id: id, title: version.title, language: version.language, content: content)
  }

  private mutating func artifact(_ input: JSONValue, _ state: inout Int) -> Document? {
    let command = input["command"]?.string
    if command == "update" {
      guard let id = input["id"]?.text ?? history.state(state).latest?.string else { return nil }
      return update(id: id, input: input, &state)
    }
    guard let id = (input["id"] ?? input["title"])?.text, let content = input["content"]?.text
    else { return nil }
    return keep(
      id: id, title: input["title"]?.text, language: (input["language"] ?? input["type"])?.text,
      content: content, &state)
  }

  /// Replaces one occurrence of `old_str`; an edit that cannot be applied is kept as it is, and
  /// the document stays as it was.
  private mutating func update(id: String, input: JSONValue, _ state: inout Int) -> Document {
    var known = history.state(state)
    var version = known.versions[ExactID(id)] ?? DocumentHistory.Version()
    version.title = input["title"]?.text ?? version.title
    let old = input["old_str"]?.text ?? ""
    let new = input["new_str"]?.text ?? ""
    if let content = version.content, let changed = history.replace(old, by: new, in: content) {
      version.content = changed
      known.versions[ExactID(id)] = version
      known.latest = ExactID(id)
      state = history.keep(known)
      return Document(id: id, title: version.title, language: version.language, content: changed)
    }
    return Document(
      id: id, title: version.title, language: version.language, content: input.json,
      isComplete: false)
  }
}
