import PolylogueModel
import PolylogueParsing
import PolylogueSearch
import PolylogueStore

/// A question whose answers are known, to measure search by.
public struct EvaluationQuestion: Sendable, Equatable {
  /// What is asked, in the language of ``Archive/search(_:mode:filter:sort:limit:offset:per:)``.
  public var query: String
  /// The ids of messages, or of conversations, any of which answers it; at least one.
  public var relevant: [String]
  /// Filters in the language of queries that hold for this question, such as `project:kitchen`.
  public var filter: String?
  /// What questions have in common that must not be parted when weights are tuned, such as the person
  /// whose conversations they ask about.
  public var group: String?
  /// The line of the file that it was read from, counted from 1.
  public var line: Int?

  /// A question with its answers.
  public init(
    query: String, relevant: [String], filter: String? = nil, group: String? = nil,
    line: Int? = nil
  ) {
    self.query = query
    self.relevant = relevant
    self.filter = filter
    self.group = group
    self.line = line
  }

  /// Whether both ask the same, wherever they stand.
  public static func == (one: EvaluationQuestion, other: EvaluationQuestion) -> Bool {
    one.json.utf8.elementsEqual(other.json.utf8)
  }

  /// Whether a hit is a conversation: when no answer names a message.
  var asksForConversations: Bool { !relevant.contains { $0.utf8.contains(UInt8(ascii: "/")) } }

  /// The most bytes of a file of questions.
  static let byteLimit = 256 << 20

  /// Reads questions, one JSON object a line: `query`, `relevant`, and if wanted `filter` and `group`.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - name: What to call it in errors.
  /// - Throws: ``ArchiveError`` with code `invalidArgument`, which names the line.
  public static func read(_ bytes: [UInt8], name: String) throws -> [EvaluationQuestion] {
    var reader = JSONReader()
    var questions: [EvaluationQuestion] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      guard line.contains(where: { $0 > 32 }) else { continue }
      func failure(_ reason: String) -> ArchiveError {
        ArchiveError(.invalidArgument, "\(name): line \(number + 1): \(reason)")
      }
      let value: JSONValue
      do {
        value = try reader.parse(Array(line))
      } catch {
        throw failure("no JSON object: \(error.reason)")
      }
      guard let query = value["query"]?.string else { throw failure("it has no “query”") }
      var seen: Set<String> = []
      let relevant = (value["relevant"]?.elements.compactMap(\.text) ?? []).filter {
        seen.insert($0).inserted
      }
      guard !relevant.isEmpty else { throw failure("“relevant” names no id") }
      let filter = value["filter"]
      if let filter, let flaw = flaw(ofFilter: filter.string) { throw failure(flaw) }
      questions.append(
        EvaluationQuestion(
          query: query, relevant: relevant, filter: filter?.string, group: value["group"]?.text,
          line: number + 1))
    }
    guard !questions.isEmpty else {
      throw ArchiveError(.invalidArgument, "\(name) holds no question")
    }
    return questions
  }

  /// Why a filter says nothing or something else than was meant, and how filters are written; nil for one
  /// that is right. Without it, it would be left out, and its question asked of the whole archive.
  private static func flaw(ofFilter filter: String?) -> String? {
    guard let filter else { return "“filter” is no text, such as \"project:kitchen\"" }
    let parsed = QueryParser.parse(filter, now: Timestamp(microseconds: 0))
    if let piece = parsed.misread.first {
      return "“\(piece)” in “filter” is no filter: \(Archive.advice(on: piece))"
    }
    if let word = parsed.required.first?.alternatives.first ?? parsed.excluded.first {
      return
        "“\(word.text)” in “filter” is no filter: filters are written provider:NAME, project:NAME,"
        + " tag:NAME, title:WORD, since:DATE and so on; words belong into “query”"
    }
    return parsed.filters.scope == .code || parsed.filters.scope == .journal
      ? "code and journal are not in the archive yet: take “in” out of “filter”" : nil
  }

  /// Reads a file of questions; see ``read(_:name:)``.
  ///
  /// - Parameter path: The file, at most 256 MB.
  /// - Throws: ``ArchiveError`` with code `notFound` or `invalidArgument`.
  public static func read(from path: String) throws -> [EvaluationQuestion] {
    var bytes: [UInt8] = []
    do {
      let source = try FileSource(path: path)
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while bytes.count <= byteLimit {
        let count = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
        guard count > 0 else { return try read(bytes, name: path) }
        bytes += chunk[..<count]
      }
    } catch let error as SourceError {
      throw ArchiveError(error.code == .notFound ? .notFound : .invalidArgument, error.message)
    }
    throw ArchiveError(.invalidArgument, "\(path) is too large for a file of questions")
  }

  /// The line of a file of questions, without a line break.
  public var json: String {
    var line = "{\"query\":\(JSONWriter.quoted(query)),\"relevant\":["
    line += relevant.map { JSONWriter.quoted($0) }.joined(separator: ",") + "]"
    if let filter { line += ",\"filter\":\(JSONWriter.quoted(filter))" }
    if let group { line += ",\"group\":\(JSONWriter.quoted(group))" }
    return line + "}"
  }
}
