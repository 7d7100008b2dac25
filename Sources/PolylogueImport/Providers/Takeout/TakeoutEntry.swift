import PolylogueModel
import PolylogueParsing

/// One entry of the activity: one turn with the app, or something done in it.
struct TakeoutEntry {
  /// The product that the entry is filed under, in the account's language.
  private(set) var product: String
  private var products: [String] = []
  /// The line that says what was done, such as “Prompted …”.
  private(set) var title = ""
  private(set) var url: String?
  var time: Timestamp?
  /// The time as it stands there, where it could not be read or its zone is not known.
  private(set) var timeText: String?
  /// What was asked, where a field of its own holds it.
  private(set) var request: String?
  /// The answer, as Markdown.
  private(set) var answer = ""
  /// The names of files that came with the prompt.
  private(set) var files: [String] = []
  /// The names of files that the answer shows.
  private(set) var images: [String] = []
  private(set) var citations: [Citation] = []
  /// Lines below the title whose meaning differs: a model's name, a notice, a Canvas.
  private(set) var notes: [String] = []
  /// The names of all files that have their place.
  private var names: Set<ExactID> = []
  /// Where it begins in the file.
  let offset: Int64
  /// The most files of a prompt, and of an answer.
  static let fileLimit = 1000

  /// The memory it takes, roughly, in bytes.
  var byteCount: Int {
    let texts =
      [title, answer, request ?? ""] + files + images + notes
      + citations.flatMap { [$0.title ?? "", $0.url ?? ""] }
    return texts.reduce(256) { $0 + 32 + $1.utf8.count }
  }

  /// Reads an entry in any of its forms; nil when it is none.
  init?(_ value: JSONValue, offset: Int64) {
    self.offset = offset
    product = value["header"]?.text ?? ""
    if let html = value.string {
      guard html.containsBytes("outer-cell") else { return nil }
      let cell = TakeoutCell(html)
      product = cell.product
      (title, url) = (cell.title, cell.url)
      (time, timeText) = (cell.time, cell.timeText)
      (answer, files, images) = (cell.answer, cell.files, cell.images)
      return
    }
    guard value.kind == .object else { return nil }
    let hasShape =
      value["time"] != nil && (value["header"] != nil || value["products"] != nil)
      && (value["title"] != nil || value["titleUrl"] != nil || value["details"] != nil)
    guard hasShape || value["userInteractions"] != nil else { return nil }
    products = value["products"].list.compactMap(\.text)
    if product.isEmpty { product = products.first ?? "" }
    title = value["title"]?.text ?? ""
    if HTMLEntities.isEncoded(title) { title = HTMLEntities.decode(title) }
    let links = [value["titleUrl"]] + value["details"].list.map { $0["url"] }
    let urls = links.compactMap { $0?.text }
    url = urls.first { TakeoutEntry.thread(in: $0) != nil } ?? value["titleUrl"]?.text
    time = value["time"]?.timestamp
    timeText = time == nil ? value["time"]?.text : nil
    readAnswer(value)
    readFiles(value)
  }

  /// Whether it is the Gemini app's, under any of its names.
  var isGemini: Bool {
    for name in [product] + products {
      let lower = name.lowercased()
      if lower.contains("gemini") || lower == "bard" || lower.hasPrefix("bard ") { return true }
    }
    guard let url else { return product.isEmpty }
    return TakeoutEntry.isAddress(url)
  }

  /// Whether a link leads to the app.
  static func isAddress(_ url: String) -> Bool {
    url.hasPrefix("https://gemini.google.com/") || url.hasPrefix("https://bard.google.com/")
  }

  /// The id of its conversation, where its address tells it.
  var thread: String? { isGemini ? url.flatMap(TakeoutEntry.thread) : nil }

  /// The id of a conversation in its address: `…/app/ID`, `…/app/c/ID`, `…/u/0/app/ID`.
  static func thread(in url: String) -> String? {
    guard isAddress(url), let place = url[...].firstRange(ofUTF8: "/app/") else { return nil }
    var path = url[place.lowerBound...]
    if let end = path.firstIndex(where: { $0 == "?" || $0 == "#" }) { path = path[..<end] }
    var parts = path.split(separator: "/").dropFirst()
    if parts.first == "c" { parts = parts.dropFirst() }
    return parts.first.map(String.init)
  }

  /// What was done.
  var action: TakeoutTitle { TakeoutTitle(title, product: product) }

  // MARK: Answers

  private mutating func readAnswer(_ value: JSONValue) {
    var answers: [String] = []
    for item in value["safeHtmlItem"].list {
      guard let html = item["html"]?.text ?? item.string else { continue }
      answers.append(MarkdownFromHTML.convert(html))
      readImages(html)
    }
    for detail in value["details"].list {
      guard let text = detail["value"]?.text, !text.isEmpty else { continue }
      switch detail["name"]?.text?.lowercased() {
      case "request", "prompt": request = request ?? text
      case "response": answers.append(text)
      default: continue
      }
    }
    for item in value["userInteractions"].list {
      let interaction = item["userInteraction"] ?? item
      if let text = interaction["request"].flatMap(TakeoutEntry.text(of:)) {
        request = request.map { $0 + "\n\n" + text } ?? text
      }
      if let text = interaction["response"].flatMap(TakeoutEntry.text(of:)) {
        answers.append(text)
      }
    }
    // Seen in reduced exports.
    if answers.isEmpty, let text = value["description"]?.text { answers.append(text) }
    answer = answers.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// The text in a request or response, which is a JSON text in a string; nil when there is none.
  private static func text(of value: JSONValue) -> String? {
    var inner = value
    if let string = value.string {
      guard let first = string.utf8.first(where: { $0 > 32 }),
        first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
      else { return string.isEmpty ? nil : string }
      var reader = JSONReader()
      guard let parsed = try? reader.parse(Array(string.utf8)) else { return string }
      inner = parsed
    }
    let texts = TakeoutEntry.strings(in: inner)
    return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
  }

  /// The strings under keys that name a text; all strings where there are none.
  private static func strings(in value: JSONValue) -> [String] {
    var named: [String] = []
    var all: [String] = []
    var stack: [(value: JSONValue, isNamed: Bool)] = [(value, false)]
    while let (next, isNamed) = stack.popLast() {
      if let text = next.string, !text.isEmpty {
        if isNamed { named.append(text) } else { all.append(text) }
        continue
      }
      var inner = next.elements.map { ($0, isNamed) }
      next.forEachMember { key, value in
        let isText =
          key == "text" || key == "prompt" || key == "content" || key == "response"
          || key == "request" || key == "answer" || key == "query"
        inner.append((value, isText))
      }
      stack.append(contentsOf: inner.reversed())
    }
    return named.isEmpty ? all : named
  }

  // MARK: Files

  /// Notes the files that an answer shows. They are listed among those that came with the prompt.
  private mutating func readImages(_ html: String) {
    guard html.containsBytes("<img") else { return }
    var tokens = HTMLTokenizer(html)
    while let token = tokens.next() {
      guard case .open(let tag) = token, tag.name == "img", let name = tag["src"],
        TakeoutCell.isName(name), images.count < TakeoutEntry.fileLimit
      else { continue }
      images.append(name)
      names.insert(ExactID(name))
    }
  }

  private mutating func readFiles(_ value: JSONValue) {
    for item in value["attachedFiles"].list {
      if let name = item.string ?? (item["name"] ?? item["fileName"])?.text { add(file: name) }
    }
    for item in value["imageFile"].map({ $0.kind == .array ? Array($0.elements) : [$0] }) ?? [] {
      guard let name = item.string ?? item["name"]?.text, !name.isEmpty,
        images.count < TakeoutEntry.fileLimit
      else { continue }
      images.append(name)
    }
    for item in value["subtitles"].list {
      guard let url = item["url"]?.text, !url.isEmpty else {
        if let note = (item["name"] ?? item["value"])?.text, !note.isEmpty { notes.append(note) }
        continue
      }
      if url.utf8.contains(UInt8(ascii: ":")) {
        citations.append(Citation(title: item["name"]?.text, url: url))
      } else {
        add(file: url)
      }
    }
  }

  private mutating func add(file name: String) {
    guard !name.isEmpty, files.count < TakeoutEntry.fileLimit else { return }
    if names.insert(ExactID(name)).inserted { files.append(name) }
  }
}
