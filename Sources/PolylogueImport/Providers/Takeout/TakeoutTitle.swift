import PolylogueModel

/// Tells from an entry's title what was done, and takes the verb off a prompt.
///
/// The verb is in the account's language, and Google documents none of them: those that public
/// readers of Takeouts have met are known. The whole title is kept in the message's metadata where
/// something was taken off by a guess.
struct TakeoutTitle {
  /// How the verb was found.
  enum Verb {
    /// By name.
    case known
    /// By the colon behind it, in a language whose verb is not known.
    case guessed
    /// It was not: the whole title is taken.
    case unknown
  }

  /// Whether the person wrote to the model; otherwise something else was done in the app.
  let isPrompt: Bool
  /// The prompt, or the whole title.
  let text: String
  /// How that was found out.
  let verb: Verb

  /// Reads a title.
  ///
  /// - Parameter product: The name of the app in the account's language.
  init(_ title: String, product: String) {
    if let rest = TakeoutTitle.prompt(in: title) {
      self.init(isPrompt: true, text: rest, verb: .known)
    } else if TakeoutTitle.isEvent(title, product: product) {
      self.init(isPrompt: false, text: title, verb: .known)
    } else if let rest = TakeoutTitle.behindColon(of: title, product: product) {
      self.init(isPrompt: true, text: rest, verb: .guessed)
    } else {
      self.init(isPrompt: true, text: title, verb: title.isEmpty ? .known : .unknown)
    }
  }

  private init(isPrompt: Bool, text: String, verb: Verb) {
    self.isPrompt = isPrompt
    self.text = text
    self.verb = verb
  }

  // MARK: Prompts

  /// What stands behind a verb that is known.
  private static func prompt(in title: String) -> String? {
    for (verb, needsColon) in verbs where title.hasBytes(verb) {
      var rest = title[title.utf8.index(title.startIndex, offsetBy: verb.utf8.count)...]
      let gap = rest.unicodeScalars.prefix { isSpace($0) }
      rest = rest[gap.endIndex...]
      let hasColon = rest.unicodeScalars.first == ":" || rest.unicodeScalars.first == "："
      // Chinese puts nothing between the words.
      let isApart = !gap.isEmpty || rest.isEmpty || (verb.unicodeScalars.last?.value ?? 0) > 0x3040
      guard hasColon || (!needsColon && isApart) else { continue }
      if hasColon {
        rest = rest[rest.unicodeScalars.index(after: rest.startIndex)...]
        rest = rest[rest.unicodeScalars.prefix { isSpace($0) }.endIndex...]
      }
      return String(rest)
    }
    return nil
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  /// The verbs of prompts, and whether only a colon tells them from a person's words.
  private static let verbs: [(String, needsColon: Bool)] = [
    ("Prompted", false), ("Asked", false), ("Said", false), ("Submitted query", false),
    ("Query submitted", false), ("Has dicho", false), ("Hiciste la petición", false),
    ("Preguntado", false), ("Υποβλήθηκε το ερώτημα", false), ("已提示", false),
    ("Eingegebener Prompt", true), ("Prompt enviado", true), ("Prompt", true), ("Requête", true),
    ("Petición", true), ("送信したメッセージ", true), ("プロンプト", true),
  ]

  // MARK: Events

  /// Whether something else was done: a Canvas made, feedback given, the app used.
  private static func isEvent(_ title: String, product: String) -> Bool {
    if events.contains(where: { title.hasBytes($0) }) { return true }
    // A Canvas keeps its name in every language, and “used the app” says little but the app's name.
    let isShort = title.utf8.count <= product.utf8.count + verbLimit
    return title.containsBytes("Gemini Canvas")
      || (isShort && !product.isEmpty && title[...].firstRange(ofUTF8: product) != nil)
  }

  private static let events = [
    "Created ", "Gave feedback", "Selected preferred draft", "Used ", "Viewed ", "Shared ",
    "Deleted ", "Opened ", "Visited ", "Turned ", "Edited ", "Generated ", "Uploaded ",
  ]

  // MARK: Guesses

  /// What stands behind the colon of a title that is not in English, where only a few words stand
  /// before it.
  private static func behindColon(of title: String, product: String) -> String? {
    let head = title.prefix(verbLimit)
    let isEnglish = product == "Gemini Apps" || product == "Bard"
    guard let colon = head.firstIndex(where: { $0 == ":" || $0 == "：" }), colon > title.startIndex,
      !isEnglish || head.unicodeScalars.contains(where: { $0.value > 127 }),
      title[..<colon].split(separator: " ").count <= 3
    else { return nil }
    let rest = title[title.index(after: colon)...].drop { $0.isWhitespace }
    return rest.isEmpty ? nil : String(rest)
  }

  /// The most characters of a verb.
  private static let verbLimit = 40
}

extension String {
  /// Whether the text begins with these bytes.
  fileprivate func hasBytes(_ start: String) -> Bool { utf8.starts(with: start.utf8) }
}
