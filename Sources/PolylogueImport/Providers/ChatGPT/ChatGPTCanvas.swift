import PolylogueModel
import PolylogueParsing

/// Follows the canvas documents of a conversation along its branches.
///
/// Calls of `canmore.create_textdoc` and `canmore.update_textdoc` carry JSON; the document's id
/// stands only in the tool's answer. The patterns of updates are those of Python's `re`: literal
/// ones and the replacement of everything are followed, others are kept as they are, since no
/// engine of exponential cost shall run on them.
struct ChatGPTCanvas {
  private(set) var history = DocumentHistory()
  /// Made with the first call; most conversations have no documents.
  private var reader: JSONReader?

  /// Reads a call.
  ///
  /// - Parameters:
  ///   - recipient: The tool.
  ///   - input: Its arguments.
  ///   - textdoc: The document's id, when the answer states it.
  ///   - fallback: An id for a document that has none.
  ///   - state: The number of the branch's state; changed when the call makes a version.
  /// - Returns: The version; nil when the call makes none.
  mutating func read(
    recipient: String, input: String, textdoc: String?, fallback: String, state: inout Int
  ) -> Document? {
    let isCreation = recipient == "canmore.create_textdoc"
    guard isCreation || recipient == "canmore.update_textdoc" else { return nil }
    if reader == nil { reader = JSONReader() }
    let value = try? reader?.parse(Array(input.utf8))
    return isCreation
      ? create(value, textdoc: textdoc, fallback: fallback, state: &state)
      : update(value, input: input, textdoc: textdoc, fallback: fallback, state: &state)
  }

  /// Notes that the person changed a document by hand; its text is not known from then on.
  mutating func edited(textdoc: String, state: inout Int) {
    var known = history.state(state)
    guard known.versions[ExactID(textdoc)] != nil else { return }
    known.versions[ExactID(textdoc)]?.content = nil
    state = history.keep(known)
  }

  private mutating func create(
    _ value: JSONValue?, textdoc: String?, fallback: String, state: inout Int
  ) -> Document? {
    guard let value, let content = value["content"]?.text else { return nil }
    let title = value["name"]?.text
    let id = ExactID(textdoc ?? title ?? fallback)
    var known = history.state(state)
    known.versions[id] = DocumentHistory.Version(
      title: title, language: value["type"]?.text, content: content)
    known.latest = id
    state = history.keep(known)
    return Document(
      id: id.string, title: title, language: value["type"]?.text, content: content)
  }

  private mutating func update(
    _ value: JSONValue?, input: String, textdoc: String?, fallback: String, state: inout Int
  ) -> Document? {
    var known = history.state(state)
    let id = textdoc.map { ExactID($0) } ?? known.latest ?? ExactID(fallback)
    var version = known.versions[id] ?? DocumentHistory.Version()
    var edit = ChatGPTCanvasEdit(content: version.content)
    if let updates = value?["updates"], updates.count > 0 {
      for change in updates.elements { edit.apply(change, history: &history) }
    } else {
      edit.fail(known: false)
    }
    version.content = edit.content
    known.versions[id] = version
    known.latest = id
    state = history.keep(known)
    if edit.isComplete, let content = edit.content {
      return Document(
        id: id.string, title: version.title, language: version.language, content: content)
    }
    return Document(
      id: id.string, title: version.title, language: version.language, content: input,
      isComplete: false)
  }
}

/// Applies the changes of one update in order.
struct ChatGPTCanvasEdit {
  /// The document; nil when it is not known (any more).
  private(set) var content: String?
  /// Whether every change could be applied.
  private(set) var isComplete = true

  init(content: String?) {
    self.content = content
  }

  /// Applies one change: `{pattern, multiple, replacement}`.
  mutating func apply(_ change: JSONValue, history: inout DocumentHistory) {
    guard let pattern = change["pattern"]?.string,
      let replacement = change["replacement"]?.string,
      let new = ChatGPTCanvasEdit.replacementText(replacement)
    else { return fail(known: false) }
    if ChatGPTCanvasEdit.everything.contains(ExactID(pattern)) {
      content = new
      return
    }
    guard let old = ChatGPTCanvasEdit.literal(pattern) else { return fail(known: false) }
    guard let base = content else { return fail(known: false) }
    let everywhere = change["multiple"]?.bool ?? false
    if let changed = history.replace(old, by: new, everywhere: everywhere, in: base) {
      content = changed
    } else {
      // What does not occur changes nothing: the tool reports it and the document stays.
      fail(known: true)
    }
  }

  /// Notes a change that could not be applied; `known` when the document stays as it was.
  mutating func fail(known: Bool) {
    isComplete = false
    if !known { content = nil }
  }

  /// Patterns that mean the whole document.
  private static let everything: Set<ExactID> = [
    ExactID(".*"), ExactID("(?s).*"), ExactID("(?s)^.*$"), ExactID("^.*$"),
    ExactID("[\\s\\S]*"), ExactID("(.|\\n)*"), ExactID(".+"), ExactID("(?s).+"),
  ]

  /// The text that a pattern without any operator stands for; nil when it has one.
  static func literal(_ pattern: String) -> String? {
    var out = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch scalar {
        case "n": out.append("\n")
        case "t": out.append("\t")
        case "r": out.append("\r")
        case "a"..."z", "A"..."Z", "0"..."9": return nil
        default: out.append(scalar)
        }
      } else if scalar == "\\" {
        isEscaped = true
      } else if ".*+?[](){}^$|".unicodeScalars.contains(scalar) {
        return nil
      } else {
        out.append(scalar)
      }
    }
    return isEscaped || out.isEmpty ? nil : String(out)
  }

  /// The text that a replacement stands for; nil when it refers to groups.
  static func replacementText(_ replacement: String) -> String? {
    guard replacement.utf8.contains(UInt8(ascii: "\\")) else { return replacement }
    var out = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in replacement.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch scalar {
        case "n": out.append("\n")
        case "t": out.append("\t")
        case "r": out.append("\r")
        case "\\": out.append("\\")
        case "a"..."z", "A"..."Z", "0"..."9": return nil
        default:
          // Python keeps the backslash of an escape that is none.
          out.append("\\")
          out.append(scalar)
        }
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        out.append(scalar)
      }
    }
    return isEscaped ? nil : String(out)
  }
}
