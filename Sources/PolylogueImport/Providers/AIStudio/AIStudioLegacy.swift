import PolylogueModel
import PolylogueParsing

/// Takes the text out of the prompt kinds that came before chunks (MakerSuite, PaLM).
///
/// Only few of their files are public: what is not known by its name is taken as one text.
enum AIStudioLegacy {
  /// A text and who said it.
  struct Turn {
    var role: Role
    var kind = MessageKind.message
    var text: String
  }

  private static let kinds = [
    "freeformPrompt", "textPrompt", "dataPrompt", "structuredPrompt", "multiturnPrompt",
  ]

  /// The kind of an older prompt; nil when it is none.
  static func kind(of value: JSONValue) -> String? {
    kinds.first { value[dynamic: $0] != nil }
  }

  /// What was said.
  static func turns(of value: JSONValue) -> [Turn] {
    guard let kind = kind(of: value), let prompt = value[dynamic: kind] else { return [] }
    if kind == "multiturnPrompt" { return exchanges(of: prompt) }
    let text = texts(in: prompt).joined(separator: "\n\n")
    return text.isEmpty ? [] : [Turn(role: .user, text: text)]
  }

  private static func exchanges(of prompt: JSONValue) -> [Turn] {
    var turns: [Turn] = []
    if let preamble = prompt["preamble"]?.text, !preamble.isEmpty {
      turns.append(Turn(role: .system, kind: .injected, text: preamble))
    }
    var lists: [JSONValue] = []
    if let priming = prompt["primingExchanges"] { lists.append(priming) }
    for session in prompt["sessions"].list {
      if let list = session["sessionExchanges"] { lists.append(list) }
    }
    for exchange in lists.flatMap({ Array($0.elements) }) {
      for (key, role) in [("request", Role.user), ("response", .assistant)] {
        guard let said = exchange[dynamic: key] else { continue }
        let text = said.text ?? texts(in: said).joined(separator: "\n\n")
        if !text.isEmpty { turns.append(Turn(role: role, text: text)) }
      }
    }
    return turns
  }

  /// All strings, in order, but for names and ids.
  private static func texts(in value: JSONValue) -> [String] {
    var found: [String] = []
    var stack = [value]
    while let next = stack.popLast() {
      if let text = next.string {
        if !text.isEmpty { found.append(text) }
        continue
      }
      var inner = Array(next.elements)
      next.forEachMember { key, value in
        let isName = key == "id" || key == "columnId" || key == "color" || key == "type"
        if !isName { inner.append(value) }
      }
      stack.append(contentsOf: inner.reversed())
    }
    return found
  }
}
