extension Message {
  /// Whether the message says something.
  ///
  /// It does when all of this holds:
  ///
  /// - a person or the model speaks (``Role/user`` or ``Role/assistant``), in a message of its own
  ///   (``MessageKind/message``: nothing injected, no command, tool result, summary or notice), and
  ///   the provider's interface shows it;
  /// - it has a file, a document, a code block, or text with at least one letter or digit;
  ///   reasoning, tool calls and citations alone say nothing;
  /// - its text is no bare acknowledgement: at most ``Substance/acknowledgementWordLimit`` words,
  ///   all of them from a fixed list of such words in English, German, French and Spanish (“ok”,
  ///   “yes please”, “thanks, go on”); “no” is an answer and not one of them;
  /// - its text does not merely announce a tool call: beside a tool call, fewer than
  ///   ``Substance/announcementWordLimit`` words.
  ///
  /// A command that the person typed with arguments, such as `/review src`, says something too.
  ///
  /// - Complexity: O(characters), but for most messages it ends within the first words.
  public var isSubstantive: Bool {
    if kind == .command, !isHidden, let command = SlashCommand(of: self) {
      return Substance.Words(command.arguments, atMost: 1).count > 0
    }
    guard kind == .message, role == .user || role == .assistant, !isHidden else { return false }
    if !attachments.isEmpty { return true }
    var callsTool = false
    var words = Substance.Words()
    for block in blocks {
      switch block {
      case .code(_, let text):
        if Substance.Words(text, atMost: 1).count > 0 { return true }
      case .document, .attachment: return true
      case .toolCall: callsTool = true
      case .text(let text): words.add(text, atMost: Substance.announcementWordLimit)
      case .thinking, .toolResult, .citation, .unknown: break
      }
    }
    if callsTool { return words.count >= Substance.announcementWordLimit }
    return words.count > 0 && !words.isAcknowledgement
  }
}

/// The measures of ``Message/isSubstantive``.
public enum Substance {
  /// The most words of a bare acknowledgement.
  public static let acknowledgementWordLimit = 5
  /// Beside a tool call, fewer words than this only announce it.
  public static let announcementWordLimit = 10

  /// The first words of a message: runs of letters and digits; in scripts written without spaces,
  /// each character.
  struct Words {
    private(set) var count = 0
    private var first: [String] = []

    init() {}

    init(_ text: String, atMost limit: Int) { add(text, atMost: limit) }

    /// Whether all words are from the list.
    var isAcknowledgement: Bool {
      count <= acknowledgementWordLimit
        && first.allSatisfy { acknowledgements.contains($0.lowercased()) }
    }

    /// Adds a text's words, until there are `limit` of them.
    mutating func add(_ text: String, atMost limit: Int) {
      var word = String.UnicodeScalarView()
      func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
          return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            || ("0"..."9").contains(scalar)
        }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || (!word.isEmpty && scalar.properties.generalCategory == .nonspacingMark)
      }
      for scalar in text.unicodeScalars {
        guard count < limit else { return }
        guard isPartOfWord(scalar) else {
          end(&word)
          continue
        }
        if Words.standsAlone(scalar) { end(&word) }
        // No word of the list is longer; what follows need not be kept.
        if word.count < 16 { word.append(scalar) }
        if Words.standsAlone(scalar) { end(&word) }
      }
      if count < limit { end(&word) }
    }

    private mutating func end(_ word: inout String.UnicodeScalarView) {
      guard !word.isEmpty else { return }
      count += 1
      if first.count <= acknowledgementWordLimit { first.append(String(word)) }
      word.removeAll()
    }

    /// Han, kana and hangul: their words are not told apart by spaces, or are short.
    private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x2E80...0x9FFF, 0xAC00...0xD7AF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
      default: false
      }
    }
  }

  /// Words of which acknowledgements, greetings and nods to go on are made.
  private static let acknowledgements: Set<String> = [
    "ok", "okay", "k", "kk", "yes", "yeah", "yep", "yup", "y", "sure", "right", "correct",
    "exactly", "agreed", "thanks", "thank", "you", "thx", "ty", "great", "good", "nice", "cool",
    "perfect", "excellent", "awesome", "wonderful", "fine", "done", "got", "it", "understood",
    "noted", "please", "continue", "proceed", "go", "on", "ahead", "next", "lgtm", "hi", "hello",
    "hey", "bye", "that", "s", "looks", "sounds", "works", "very", "so", "much", "alright", "job",
    "ja", "gut", "danke", "bitte", "weiter", "super", "genau", "prima", "passt", "hallo", "alles",
    "klar", "oui", "merci", "bien", "parfait", "bonjour", "accord", "d", "sí", "si", "gracias",
    "vale", "bueno", "perfecto", "hola", "sigue", "claro",
  ]
}
