import Foundation
import PolylogueModel
import Testing

@testable import PolylogueCommands

/// `docs/json.md` against what the commands print.
@Suite struct JSONReferenceTests {
  private let archive: SampleArchive
  private let reference: JSONReference

  init() throws {
    archive = try SampleArchive()
    reference = try JSONReference()
    try #"{"query": "drift", "relevant": ["chatgpt:none"]}"#.write(
      toFile: archive.folder.path + "/others.jsonl", atomically: true, encoding: .utf8)
  }

  /// Command lines by section; together their documents have every documented key.
  private var lines: [(section: String, prefix: String, arguments: [[String]])] {
    let out = archive.folder.path + "/out"
    let questions = archive.folder.path + "/questions.jsonl"
    let hit = "claude:26a2c0bd-153e-42d1-a26b-a8943b618676/43435cc5-482c-4010-a254-88da6b4013ef"
    return [
      (
        "search", "",
        [["search", "sensor drift"], ["search", "--mode", "words", "--explain", "drift"]]
      ),
      (
        "eval", "",
        [
          ["eval", "--make", "2", questions], ["eval", "--tune", "--mode", "words", questions],
          ["eval", "--mode", "words", archive.folder.path + "/others.jsonl"],
        ]
      ),
      ("list", "", [["list", "--limit", "2"]]),
      ("stats", "", [["stats", "--by", "model"]]),
      ("render", "", [["render", "--output", out + ".d"]]),
      ("export", "", [["export", "--output", out]]), ("raw list", "", [["raw", "list"]]),
      ("raw list", "imports[]", [["raw", "export", "1", "--output", out]]),
      ("verify", "", [["verify", "--deep"]]), ("reindex", "", [["reindex"]]),
      ("extract-text", "", [["extract-text"]]), ("optimize", "", [["optimize"]]),
      ("doctor", "", [["doctor"]]), ("weights", "", [["weights", "neighbour=0.7"]]),
      ("version", "", [["version"]]),
      (
        "import", "",
        [["import", "--receipt", SampleArchive.exports[0], archive.folder.path + "/none"]]
      ),
      ("note", "", [["note", hit, "in spring"]]),
      ("tag", "", [["tag", "claude:26a2c0bd", "+garden"]]),
      ("star", "", [["star", "claude:26a2c0bd"]]),
      ("delete", "", [["delete", "claude:26a2c0bd"]]),
    ]
  }

  private func compare(_ documents: [Any], _ section: String, prefix: String = "") {
    var keys: Set<String> = []
    for document in documents {
      #expect(reference.complaints(of: document, section, prefix: prefix) == [], "\(section)")
      keys.formUnion(reference.keys(of: document, section, prefix: prefix))
    }
    // No sample drifts.
    let missing = Set((reference.sections[section]?.types ?? [:]).keys).subtracting(keys).filter {
      !$0.hasPrefix("drift[]")
    }
    #expect(missing.sorted() == [], "\(section)")
  }

  @Test func `every document has the keys and types that docs json.md says`() throws {
    for (section, prefix, arguments) in lines {
      let documents = try arguments.map {
        try ProgramRun(arguments: ["--archive", archive.path, "--json"] + $0).document()
      }
      compare(documents, section, prefix: prefix)
    }
    let sections = Set(Program.commands.filter(\.hasDocument).map(\.name))
    #expect(sections.subtracting(reference.sections.keys) == [])
    let reread = try archive.run("reprocess", "--all", "--receipt", "--json").document()
    #expect(reference.complaints(of: reread, "import") == [])
  }

  @Test func `a receipt is the same document wherever it stands`() throws {
    let imports = try archive.run("raw", "list", "--json").document()["imports"]
    let kept = try #require(imports as? [[String: Any]]).compactMap { $0["receipt"] }
    let path = archive.folder.path + "/again"
    let run = try ProgramRun(
      arguments: ["import", "--archive", path, "--receipt", "--json"] + SampleArchive.exports)
    let told = try #require(try run.document()["receipts"] as? [[String: Any]])
    #expect(kept.count == told.count)
    compare(kept + told.compactMap { $0["receipt"] }, "receipt")
  }

  @Test func `a conversation's document has the keys and types that docs json.md says`() throws {
    var documents: [Any] = try archive.run("export").output.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8))
    }
    let blocks: [Block] = [
      .code(language: nil, text: "c"), .citation(Citation(url: "u")), .attachment(id: "f"),
      .unknown(type: "z", json: "{}"),
    ]
    let made = Conversation(
      header: ConversationHeader(
        id: ConversationID(provider: .claude, native: "x"), metadata: "{\"a\":1}"),
      messages: [Message(id: "m", role: .user, blocks: blocks)],
      userData: UserData(messageNotes: [UserData.MessageNote(message: "m", text: "n")]))
    documents.append(
      try JSONSerialization.jsonObject(with: Data(ConversationDocument.json(made).bytes)))
    compare(documents, "show")
  }

  @Test func `the examples are documents of their section`() throws {
    for (name, section) in reference.sections where !section.types.isEmpty {
      #expect(section.examples.count == 1, "\(name)")
      for example in section.examples {
        let document = try JSONSerialization.jsonObject(with: Data(example.utf8))
        #expect(reference.complaints(of: document, name) == [], "\(name)")
      }
    }
  }

  @Test func `the columns of CSV are documented`() throws {
    let header = try archive.run("export", "--format", "csv").output.prefix { $0 != "\r\n" }
    #expect(header.split(separator: ",").map(String.init) == reference.sections["export"]?.columns)
  }
}
