import Foundation
import PolylogueCommands
import PolylogueKit
import Testing

/// Tags, stars and notes go to another archive with `export` and `import`.
@Suite struct UserLayerExportTests {
  private let sample: SampleArchive
  private let archive: Archive
  private let file: String

  init() throws {
    sample = try SampleArchive()
    archive = try Archive(path: sample.path, access: .write)
    file = sample.folder.path + "/all.jsonl"
  }

  private func export() throws {
    #expect(try sample.run("export", "--output", file).status == .done)
  }

  private func layers(_ archive: Archive) throws -> [ConversationID: UserData] {
    var found: [ConversationID: UserData] = [:]
    for item in try archive.list(limit: nil).items {
      found[item.id] = try archive.userData(of: item.id)
    }
    return found
  }

  private func open(_ name: String) throws -> Archive {
    try Archive(path: sample.folder.path + "/" + name, access: .write)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `whatever somebody has added comes along, once`(seed: UInt64) throws {
    var random = Numbers(state: seed)
    let texts = [
      "plain", "two words", "Straße", "é", "e\u{301}", "日本語", "\"quoted\"", "back\\slash", "🧑‍🍳",
      "\u{202E}x",
      "a:b", "null",
    ]
    for item in try archive.list(limit: nil).items where random.next(3) > 0 {
      let tags = (0..<random.next(4)).map { _ in texts[random.next(texts.count)] }
      try archive.tag([item.id], add: tags)
      if random.next(2) == 0 { try archive.star([item.id]) }
      if random.next(2) == 0 {
        try archive.note(texts[random.next(texts.count)] + "\n\nmore\tof it", on: item.id)
      }
      let messages = try archive.conversation(item.id)?.messages ?? []
      for message in messages where random.next(4) == 0 {
        try archive.note(texts[random.next(texts.count)], on: item.id, message: message.id)
      }
    }
    try export()
    let other = try open("other")
    for _ in 1...2 {
      let report = try other.importPaths([file])
      #expect(report.failed == [])
      #expect(try layers(other) == layers(archive))
      #expect(
        try layers(other).mapValues { $0.tags.map { Array($0.utf8) } }
          == layers(archive).mapValues { $0.tags.map { Array($0.utf8) } })
    }
    // Under another name the bytes are known, changed ones are read.
    let text = try String(contentsOfFile: file, encoding: .utf8) + "\n"
    try text.write(toFile: file + "2.jsonl", atomically: true, encoding: .utf8)
    _ = try other.importPaths([file + "2.jsonl"])
    #expect(try layers(other) == layers(archive))
    #expect(try other.verify(isDeep: true).problems == [])
  }

  @Test func `a conversation without messages comes along with what was added to it`() throws {
    let line =
      #"{"uuid":"5e1c0ab0-0000-4000-8000-000000000001","name":"Never begun","#
      + #""created_at":"2026-05-02T08:00:00Z","updated_at":"2026-05-02T08:00:00Z","chat_messages":[]}"#
    var options = ImportOptions()
    options.provider = .claude
    let empty = try sample.folder.write("[\(line)]", to: "empty/conversations.json")
    #expect(try archive.importPaths([empty], options: options).conversations.new == 1)
    let id = try #require(try archive.list(limit: nil).items.first { $0.title == "Never begun" }).id
    try archive.tag([id], add: ["later"])
    try archive.star([id])
    try archive.note("begin it", on: id)
    try export()
    let other = try open("other")
    _ = try other.importPaths([file])
    #expect(try other.conversation(id)?.header.title == "Never begun")
    #expect(
      try other.userData(of: id) == UserData(tags: ["later"], isStarred: true, note: "begin it"))
    #expect(try other.list(limit: nil).items.count == archive.list(limit: nil).items.count)
  }

  @Test func `what an import did with tags, stars and notes is told, in a dry run too`() throws {
    let id = try #require(try archive.list().items.first?.id)
    let message = try #require(try archive.conversation(id)?.messages.first?.id)
    try archive.tag([id], add: ["theirs", "both"])
    try archive.star([id])
    try archive.note("their words", on: id)
    try archive.note("their words", on: id, message: message)
    try export()
    let other = sample.folder.path + "/other"
    let added = "of tags, stars and notes in the files: 5 added"
    let dry = try ProgramRun("import", "--archive", other, "--dry-run", "--json", file)
    #expect(try dry.document()["notes"] as? [String] == [added])
    let first = try ProgramRun("import", "--archive", other, file)
    #expect(first.output.contains("  note: \(added)\n"))
    #expect(
      try ProgramRun("import", "--archive", other, "--json", file).document()["notes"] as? [String]
        == [])
    try archive.tag([id], remove: ["theirs"])
    try archive.note("my words", on: id)
    let options = ImportOptions()
    let report = try archive.importPaths([file], options: options)
    #expect(
      report.notes == [
        "of tags, stars and notes in the files: 1 added, 1 note not taken (the archive has another one)"
      ])
  }

  @Test func `an import takes nothing away, and the own note stays`() throws {
    let id = try #require(try archive.list().items.first?.id)
    let message = try #require(try archive.conversation(id)?.messages.first?.id)
    try archive.tag([id], add: ["theirs", "both"])
    try archive.note("their words", on: id)
    try archive.note("their words", on: id, message: message)
    try export()
    try archive.tag([id], add: ["mine"], remove: ["theirs"])
    try archive.star([id])
    try archive.note("my words", on: id)
    try archive.note(nil, on: id, message: message)
    _ = try archive.importPaths([file])
    let data = try archive.userData(of: id)
    #expect(data.tags == ["both", "mine", "theirs"])
    #expect(data.isStarred)
    #expect(data.note == "my words")
    #expect(data.note(onMessage: message) == "their words")
  }

  @Test func `reprocessing brings nothing back that was taken away, and deleting stays deleting`()
    throws
  {
    let ids = try archive.list().items.map(\.id)
    try archive.tag(ids, add: ["theirs"])
    try export()
    let other = try open("other")
    _ = try other.importPaths([file])
    try other.tag([ids[0]], remove: ["theirs"])
    _ = try other.delete([ids[1]])
    _ = try other.reprocess(all: true)
    _ = try other.importPaths([file])
    #expect(try other.userData(of: ids[0]).tags == [])
    #expect(try other.userData(of: ids[1]).isEmpty)
    #expect(try other.conversation(ids[1]) == nil)
    #expect(try other.userData(of: ids[2]).tags == ["theirs"])
    var tagged = Filter()
    tagged.tags = ["theirs"]
    #expect(try other.list(filter: tagged, limit: nil).items.count == ids.count - 2)
  }

  @Test func `what makes no tag is told and left out`() throws {
    let line =
      #"{"format":"polylogue","provider":"kitchen","id":"a","tags":["good","\#(String(repeating: "x", count: 300))",7],"#
      + #""starred":"yes","note":"","message_notes":[{"message":"","text":"t"},{"text":"u"},3],"#
      + #""messages":[{"role":"user","text":"x"}]}"#
    let odd = try sample.folder.write(line, to: "odd.jsonl")
    let other = try open("other")
    let report = try other.importPaths([odd])
    #expect(report.unknownDetails == 1)
    let id = ConversationID(provider: Provider(rawValue: "kitchen"), native: "a")
    #expect(try other.userData(of: id) == UserData(tags: ["good"]))
  }
}

/// A stream of numbers that is the same in every run.
private struct Numbers {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
