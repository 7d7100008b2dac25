import PolylogueModel

/// Tells from an entry's title what was done, and takes the verb off a prompt.
///
/// The verb is in the account's language; only a few are known. The whole title is kept in the
/// message's metadata where something was taken off by a guess.
struct TakeoutTitle {
  /// Whether the person wrote to the model; otherwise something else was done in the app.
  let isPrompt: Bool
  /// The prompt, or the whole title.
  let text: String
  /// Whether the verb was found by its colon, not by name.
  let isGuess: Bool

  init(_ title: String) {
    for verb in TakeoutTitle.promptVerbs where title.hasBytes(verb) {
      let rest = title.utf8.dropFirst(verb.utf8.count).drop { $0 == 32 || $0 == 10 }
      self.init(isPrompt: true, text: String(decoding: Array(rest), as: UTF8.self))
      return
    }
    for verb in TakeoutTitle.eventVerbs where title.hasBytes(verb) {
      self.init(isPrompt: false, text: title)
      return
    }
    self.init(byColonIn: title)
  }

  private init(isPrompt: Bool, text: String, isGuess: Bool = false) {
    self.isPrompt = isPrompt
    self.text = text
    self.isGuess = isGuess
  }

  /// Takes off what stands before a colon, where the title is not in English and it is short:
  /// `送信したメッセージ: …`.
  private init(byColonIn title: String) {
    let head = title.prefix(TakeoutTitle.verbLimit)
    let hasForeignLetters = head.unicodeScalars.contains { $0.value > 127 }
    if hasForeignLetters, let colon = head.firstIndex(where: { $0 == ":" || $0 == "：" }),
      colon > title.startIndex
    {
      let rest = title[title.index(after: colon)...].drop { $0 == " " || $0 == "\u{A0}" }
      if !rest.isEmpty {
        self.init(isPrompt: true, text: String(rest), isGuess: true)
        return
      }
    }
    self.init(isPrompt: true, text: title)
  }

  /// The most characters of a verb.
  private static let verbLimit = 40

  private static let promptVerbs = [
    "Prompted ", "Prompted\u{A0}", "Prompted\n", "Asked ", "Said ",
    "送信したメッセージ: ", "送信したメッセージ:", "Eingegebener Prompt: ", "Prompt: ", "Requête : ",
    "Petición: ", "Prompt enviado: ",
  ]
  private static let eventVerbs = [
    "Created ", "Gave feedback", "Selected preferred draft", "Used ", "Viewed ", "Shared ",
    "Deleted ", "Opened ", "Visited ", "Turned ", "Edited ", "Generated ", "Uploaded ",
  ]
}

extension String {
  /// Whether the text begins with these bytes.
  fileprivate func hasBytes(_ start: String) -> Bool { utf8.starts(with: start.utf8) }
}
