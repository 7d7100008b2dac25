import Foundation
import PolylogueModel
import PolylogueSearch
import Testing

@testable import PolylogueKit

@Suite struct `Asking questions` {
  /// A model that knows some words for the same thing.
  private final class Thesaurus: TextEmbedder, @unchecked Sendable {  // One test's thread uses it.
    private static let same = ["feline": "cat", "slumbers": "sleeps", "rug": "mat"]
    private let hashed = HashedEmbedder()
    var model: EmbeddingModel { hashed.model }
    var failure: (any Error)?

    func vectors(of texts: [String]) throws -> [Float] {
      if let failure { throw failure }
      return try hashed.vectors(
        of: texts.map { text in
          text.split(separator: " ").map { Thesaurus.same[String($0)] ?? String($0) }
            .joined(separator: " ")
        })
    }
  }

  private let workspace: Workspace
  private let archive: Archive
  private let model = Thesaurus()

  init() throws {
    workspace = try Workspace()
    archive = try workspace.archive()
    let conversations = [
      chatGPT("a", ["cat sleeps on mat", "the walls are green and so is the door"]),
      chatGPT("b", ["the engine needs oil", "change it every spring, cat or no cat"]),
      chatGPT("c", ["cat sleeps on mat again", "so it does"]),
    ]
    let path = try workspace.write("a.json", "[\(conversations.joined(separator: ","))]")
    _ = try archive.importPaths([path])
    archive.queries = QueryVectors { [model] _ in model }
  }

  private func titles(_ page: SearchPage) -> [String] { page.hits.map(\.conversation.native) }

  @Test func `without vectors, words are searched, and a note says how to get them`() throws {
    for mode in [SearchMode.hybrid, .semantic] {
      let page = try archive.search("cat sleeps", mode: mode)
      #expect(page.mode == "text")
      #expect(page.notes.contains { $0.contains("polylogue embed") })
      #expect(Set(titles(page)) == ["a", "c"])
      // None has all of them: some are better than nothing.
      let some = try archive.search("engine cat sleeps", mode: mode)
      #expect(some.mode == "words" && some.hits.count == 3)
    }
    #expect(try archive.search("engine cat sleeps").hits.isEmpty)
  }

  @Test func `a paraphrase finds what shares no word with it`() throws {
    _ = try archive.embed(with: model)
    for mode in [SearchMode.hybrid, .semantic] {
      let page = try archive.search("feline slumbers", mode: mode)
      #expect(page.mode == mode.rawValue)
      #expect(Set(titles(page).prefix(2)) == ["a", "c"])
      #expect(page.notes.map { $0.hasPrefix("none has a word") } == (mode == .hybrid ? [true] : []))
      #expect(page.hits.first?.parts.similarity ?? 0 > 0.5)
    }
    #expect(try archive.search("feline slumbers", mode: .text).hits.isEmpty)
    #expect(try archive.search("feline slumbers", mode: .words).hits.isEmpty)
  }

  @Test func `a hit without a word of the question shows its nearest passage`() throws {
    let filler = (0..<6).map {
      String(repeating: "Paragraph \($0) speaks of harbours and tolls. ", count: 20)
    }
    let wanted = "Meanwhile cat sleeps on mat. " + String(repeating: "cat sleeps ", count: 60)
    let long = (filler[..<3] + [wanted] + filler[3...]).joined(separator: "\n\n")
    func take(_ text: String, _ updated: Double) throws {
      let conversations = [
        chatGPT("long", [text, "short answer"], updated: updated),
        chatGPT("like", ["feline slumbers"]),
      ]
      let path = try workspace.write(
        "\(updated).json", "[\(conversations.joined(separator: ","))]")
      _ = try archive.importPaths([path])
    }
    func excerpt(_ page: SearchPage) throws -> PolylogueKit.SearchHit {
      try #require(page.hits.first { $0.id == "chatgpt:long/n0" })
    }
    try take(long, 1_700_000_100)
    _ = try archive.embed(with: model)
    for mode in [SearchMode.hybrid, .semantic] {
      let hit = try excerpt(archive.search("feline slumbers", mode: mode, per: .message))
      #expect(hit.snippet.hasPrefix("…Meanwhile cat sleeps on mat."), "\(hit.snippet)")
      #expect(hit.snippet.hasSuffix("…") && hit.highlights.isEmpty)
      #expect(hit.snippet == hit.plainSnippet)
    }
    let like = try excerpt(archive.similar(to: "chatgpt:like", per: .message))
    #expect(like.snippet.hasPrefix("…Meanwhile cat sleeps on mat."))
    // A word is what it was found by.
    let word = try excerpt(archive.search("feline tolls", mode: .hybrid, per: .message))
    #expect(word.snippet.contains("**tolls**"))
    // What the vectors were computed of is there no more.
    try take(filler.joined(separator: "\n\n"), 1_700_000_900)
    let changed = try excerpt(archive.search("feline slumbers", mode: .hybrid, per: .message))
    #expect(changed.snippet.hasPrefix("Paragraph 0 speaks"))
  }

  @Test func `a query that finds nothing is asked as a question`() throws {
    _ = try archive.embed(with: model)
    let page = try archive.search("feline slumbers", mode: .automatic)
    #expect(page.mode == "hybrid")
    #expect(page.notes.contains { $0.contains("no message has all of these words") })
    #expect(Set(titles(page).prefix(2)) == ["a", "c"])
    // What asks for exactly these words is not.
    #expect(try archive.search("\"feline slumbers\"", mode: .automatic).hits.isEmpty)
    #expect(try archive.search("feline -slumbers", mode: .automatic).hits.isEmpty)
    #expect(try archive.search("feline", mode: .automatic).hits.isEmpty)
    #expect(try archive.search("cat sleeps", mode: .automatic).mode == "text")
  }

  @Test func `hits are conversations or messages`() throws {
    _ = try archive.embed(with: model)
    #expect(try archive.search("cat", mode: .words).hits.count == 3)
    #expect(try archive.search("cat", mode: .words, per: .message).hits.count > 3)
    #expect(try archive.search("cat", mode: .text).hits.count == 3)
    #expect(try archive.search("the", mode: .text, per: .conversation).hits.count == 2)
  }

  @Test func `what is like a conversation is found, and not the conversation itself`() throws {
    let words = try archive.similar(to: "chatgpt:a")
    #expect(words.mode == "words" && titles(words).first == "c")
    _ = try archive.embed(with: model)
    let page = try archive.similar(to: "chatgpt:a")
    #expect(page.mode == "hybrid" && titles(page).first == "c")
    #expect(!titles(page).contains("a"))
    let hit = try #require(try archive.search("engine").hits.first)
    #expect(try !titles(archive.similar(to: hit.id)).contains("b"))
    #expect(throws: ArchiveError.self) { try archive.similar(to: "chatgpt:nothing") }
  }

  @Test func `a model that fails is told, and words are searched`() throws {
    _ = try archive.embed(with: model)
    model.failure = LanguageModelError(.failed, "the model crashed")
    let page = try archive.search("cat sleeps", mode: .hybrid)
    #expect(page.mode == "text" && Set(titles(page)) == ["a", "c"])
    #expect(page.notes.contains { $0.contains("the model crashed") })
  }

  @Test func `damaged vectors are told as such, and words are searched`() throws {
    _ = try archive.embed(with: model)
    let file = try #require(FileHandle(forUpdatingAtPath: archive.folder.vectorsPath))
    // Behind the first page, which says what kind of file it is.
    try file.seek(toOffset: 16_384)
    let rest = try file.readToEnd()?.count ?? 0
    try file.seek(toOffset: 16_384)
    try file.write(contentsOf: Data(repeating: 0xA5, count: rest))
    try file.close()
    let page = try archive.search("cat sleeps", mode: .hybrid)
    #expect(page.mode == "text" && Set(titles(page)) == ["a", "c"])
    #expect(page.notes.contains { $0.contains("polylogue embed") }, "\(page.notes)")
    #expect(!page.notes.contains { $0.contains("text index") })
  }

  @Test func `questions with known answers are measured`() throws {
    _ = try archive.embed(with: model)
    let hit = try #require(try archive.search("engine").hits.first)
    let questions = [
      EvaluationQuestion(query: "what does the engine need", relevant: [hit.id], group: "x"),
      EvaluationQuestion(query: "feline slumbers", relevant: ["chatgpt:a", "chatgpt:c"]),
      EvaluationQuestion(query: "anything", relevant: ["chatgpt:gone"]),
    ]
    let report = try archive.evaluate(questions)
    #expect(report.unanswerable == 1)
    #expect(report.modes.map(\.mode) == [.text, .words, .semantic, .hybrid])
    let words = try #require(report.modes.first { $0.mode == .words })
    #expect(words.measures.map(\.reciprocalRank) == [1, 0, 0])
    let hybrid = try #require(report.modes.last)
    #expect(hybrid.measures[1].recall[2] == 1 && hybrid.measures[1].nDCG == 1)
    let tuned = try #require(try archive.tune(questions, mode: .hybrid))
    #expect(tuned.heldOut.measures.count == 3)
  }

  @Test func `what questions name and the archive has not is explained`() throws {
    let lines = [
      #"{"query":"engine","relevant":["chatgpt:b/n0"],"filter":"provider:chatgpt"}"#, "",
      #"{"query":"engine","relevant":["chatgpt:b/n"]}"#,
      #"{"query":"engine","relevant":["chatgpt:b/n9","chatgpt:gone/n1"]}"#,
      #"{"query":"engine","relevant":["chatgpt:zebra"]}"#,
      #"{"query":"engine","relevant":["chatgpt:zebra-cross/n0","chatgpt:a"]}"#,
      #"{"query":"engine has:oil","relevant":["chatgpt:a"],"filter":"project:none"}"#,
      #"{"query":"engine","relevant":["chatgpt:a"],"filter":"provider:claude"}"#,
      #"{"query":"engine","relevant":["chatgpt:zeb/n0"]}"#,
    ]
    let path = try workspace.write("b.json", "[\(chatGPT("zebra-crossing", ["stripes"]))]")
    _ = try archive.importPaths([path])
    let questions = try EvaluationQuestion.read(
      Array(lines.joined(separator: "\n").utf8), name: "q")
    let report = try archive.evaluate(questions, modes: [.words])
    #expect(report.unanswerable == 5)
    #expect(report.problems.map(\.line) == [3, 4, 4, 5, 6, 6, 7, 7, 8, 9])
    #expect(report.problems.map(\.question) == [1, 2, 2, 3, 4, 4, 5, 5, 6, 7])
    let expected = [
      "chatgpt:b has no message “n”", "chatgpt:b has no message “n9”",
      "no conversation has an id that begins with “chatgpt:gone”", "write “chatgpt:zebra-crossing”",
      "write “chatgpt:zebra-crossing/n0”", "write CONVERSATION/MESSAGE",
      "“has:oil” in “query” is no filter", "its filter lets nothing of the archive through",
      "the archive has no conversation of “claude”", "write “chatgpt:zebra-crossing/n0”",
    ]
    for (problem, part) in zip(report.problems, expected) {
      #expect(problem.message.contains(part), "\(problem.message)")
    }
  }

  @Test(arguments: [
    ("boat", "“boat” in “filter” is no filter"), ("projekt:boat", "“projekt:boat”"),
    ("project:boat sail", "“sail”"), ("has:sail", "has: takes attachment"),
    ("-project:boat", "filters cannot be excluded"), ("in:code", "not in the archive yet"),
  ])
  func `a filter that is none is named by line`(filter: String, part: String) throws {
    let line = "\n" + EvaluationQuestion(query: "a", relevant: ["b"], filter: filter).json
    let error = #expect(throws: ArchiveError.self) {
      try EvaluationQuestion.read(Array(line.utf8), name: "q.jsonl")
    }
    #expect(error?.message.hasPrefix("q.jsonl: line 2: ") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test func `known items are made of the archive's own sentences`() throws {
    let folder = try Workspace()
    let archive = try folder.archive()
    let texts = (0..<12).map {
      "The \(["brass", "copper", "zinc"][$0 % 3]) kettle number\($0) whistles loudly beside window\($0)."
    }
    let path = try folder.write("b.json", "[\(chatGPT("k", texts))]")
    _ = try archive.importPaths([path])
    let questions = try archive.knownItemQuestions(count: 5, seed: 7)
    #expect(questions.count == 5)
    #expect(try archive.knownItemQuestions(count: 5, seed: 7) == questions)
    let lines = questions.map(\.json).joined(separator: "\n")
    #expect(try EvaluationQuestion.read(Array(lines.utf8), name: "q") == questions)
    let report = try archive.evaluate(questions, modes: [.words])
    #expect(report.unanswerable == 0)
    #expect(report.modes[0].hits[0].mean == 1)
  }

  @Test(arguments: [
    ("", "holds no question"), ("{\"query\":\"a\"}", "line 1"), ("\n[1", "line 2"),
    ("{\"relevant\":[\"a\"]}", "line 1"), ("{\"query\":\"a\",\"relevant\":[]}", "names no id"),
  ])
  func `a file of questions that is wrong is named by line`(text: String, part: String) throws {
    let error = #expect(throws: ArchiveError.self) {
      try EvaluationQuestion.read(Array(text.utf8), name: "questions.jsonl")
    }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }
}
