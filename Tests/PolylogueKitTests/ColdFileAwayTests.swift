import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

@testable import PolylogueStore

/// What goes on while a file of cold storage is not there.
@Suite struct ColdFileAwayTests {
  private let workspace: Workspace
  private let file: String
  private let away: String

  init() throws {
    workspace = try Workspace()
    file = workspace.path + "/cold.db"
    away = workspace.path + "/away.db"
  }

  private func archive(updated times: [Double]) throws -> Archive {
    try workspace.archive(updated: times)
  }

  // MARK: The index

  @Test func `without the file the index is not made anew, and the old one stays`() throws {
    let archive = try archive(updated: [1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try FileManager.default.moveItem(atPath: file, toPath: away)
    let error = #expect(throws: ArchiveError.self) { _ = try archive.reindex() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(file) == true)
    #expect(try workspace.archive("archive", .read).search("sensor").hits.count == 2)
    try FileManager.default.moveItem(atPath: away, toPath: file)
    #expect(try archive.reindex().messages == 2)
    #expect(try workspace.archive("archive", .read).search("sensor").hits.count == 2)
  }

  @Test
  func `an index that lacks the file takes in the rest, and what it left out once it is there`()
    throws
  {
    let archive = try archive(updated: [1_600_000_000, 1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try archive.close()
    try FileManager.default.moveItem(atPath: file, toPath: away)
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: archive.folder.indexPath + suffix)
    }
    let again = try workspace.archive()
    let path = try workspace.write("late.json", "[\(chatGPT("late", ["a late sensor"]))]")
    let report = try again.importPaths([path])
    #expect(report.conversations.new == 1 && report.failed.isEmpty)
    #expect(report.notes.count == 1 && report.notes[0].contains("4 messages"))
    #expect(report.notes[0].contains(file))
    let found = try again.search("sensor")
    #expect(found.hits.map(\.conversation.native) == ["late"])
    #expect(found.notes.contains { $0.contains("4 messages") && $0.contains(file) })
    let verified = try again.verify(isDeep: false)
    #expect(verified.isOK && verified.notes.contains { $0.contains(file) })
    #expect(try again.diagnose().contains { $0.name == "text index" && $0.severity == .warning })
    // Once more in vain, and what is deleted meanwhile stays away.
    #expect(try again.importPaths([path]).notes == report.notes)
    let id = ConversationID(provider: .chatgpt, native: "c1")
    #expect(try again.delete([id]).conversations == 1)
    try FileManager.default.moveItem(atPath: away, toPath: file)
    let whole = try again.search("sensor")
    #expect(Set(whole.hits.map(\.conversation.native)) == ["late", "c0"])
    #expect(whole.hits.count == 3 && whole.notes == [])
    #expect(try again.verify(isDeep: true).notes == [])
    #expect(try again.importPaths([path]).notes == [])
  }

  @Test func `what waited for a file is found when it has been taken back`() throws {
    let archive = try archive(updated: [1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try FileManager.default.moveItem(atPath: file, toPath: away)
    try archive.close()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: archive.folder.indexPath + suffix)
    }
    let again = try workspace.archive()
    #expect(try again.search("sensor").hits.isEmpty)
    _ = try again.tidy(.moveBack(file: away))
    try FileManager.default.removeItem(atPath: away)
    #expect(try again.search("sensor").hits.count == 2)
    #expect(try again.search("sensor").notes == [])
  }

  // MARK: Shared history

  /// A rollout of Codex in which the user says some things.
  private func rollout(
    _ id: String, fork: String? = nil, year: Int, _ texts: [String]
  ) throws -> String {
    func line(_ type: String, _ payload: String, _ second: Int) -> String {
      """
      {"timestamp":"\(year)-01-01T00:00:0\(second)Z","type":"\(type)","payload":{\(payload)}}

      """
    }
    let parent = fork.map { #","forked_from_id":"\#($0)""# } ?? ""
    var text = line(
      "session_meta",
      #""id":"\#(id)","timestamp":"\#(year)-01-01T00:00:00Z","cwd":"/p"\#(parent)"#, 0)
    for (index, said) in texts.enumerated() {
      let role = index.isMultiple(of: 2) ? "user" : "assistant"
      let kind = index.isMultiple(of: 2) ? "input_text" : "output_text"
      text += line(
        "response_item",
        #""type":"message","role":"\#(role)","content":[{"type":"\#(kind)","text":"\#(said)"}]"#,
        index + 1)
    }
    return try workspace.write("rollout-\(id).jsonl", text)
  }

  private let shared = [
    "how does a sensor drift in the cold of winter, and its reading with it?",
    "its reading rises by a little less than half a degree in every month",
  ]
  private let parentID = "11111111-0000-4000-8000-000000000000"
  private let childID = "22222222-0000-4000-8000-000000000000"

  private func parentAndChild() throws -> (parent: String, child: String) {
    (
      try rollout(parentID, year: 2020, shared + ["and what of the summer then, please?"]),
      try rollout(childID, fork: parentID, year: 2026, shared + ["what of the spring, please?"])
    )
  }

  @Test(arguments: [false, true])
  func `a fork is imported whole, and compared with its parent once the file is back`(
    byTidying: Bool
  ) throws {
    let (parent, child) = try parentAndChild()
    let whole = try workspace.archive("whole")
    _ = try whole.importPaths([parent, child])
    #expect(try whole.statistics().messages == 4)
    let archive = try workspace.archive()
    _ = try archive.importPaths([parent])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try FileManager.default.moveItem(atPath: file, toPath: away)
    let other = try workspace.write("other.json", "[\(chatGPT("other", ["another sensor"]))]")
    let report = try archive.importPaths([child, other])
    #expect(report.failed.isEmpty && report.conversations.new == 2)
    #expect(report.notes.contains { $0.contains("1 fork") && $0.contains(file) })
    #expect(try archive.verify(isDeep: false).notes.contains { $0.contains("1 fork") })
    let texts = try archive.conversation(matching: "codex:\(childID)").messages.map(\.text)
    #expect(texts == shared + ["what of the spring, please?"])
    #expect(try archive.statistics().messages == 7)
    try FileManager.default.moveItem(atPath: away, toPath: file)
    if byTidying { _ = try archive.tidy() }
    #expect(try archive.importPaths([other]).notes == [])
    _ = try whole.importPaths([other])
    #expect(try archive.statistics().messages == 5)
    #expect(try archive.canonical() == whole.canonical())
    #expect(try archive.search("rises").hits.count == 1)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.verify(isDeep: true).notes == [])
  }

  @Test func `a fork that is deleted while it waits is waited for no more`() throws {
    let (parent, child) = try parentAndChild()
    let archive = try workspace.archive()
    _ = try archive.importPaths([parent])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try FileManager.default.moveItem(atPath: file, toPath: away)
    #expect(try archive.importPaths([child]).notes.count == 1)
    let id = ConversationID(provider: .codex, native: childID)
    #expect(try archive.delete([id]).conversations == 1)
    #expect(try archive.importPaths([child]).notes == [])
    #expect(try archive.verify(isDeep: false).notes == [])
  }

  // MARK: A file that is lost

  @Test func `an import gives back what was lost with a file, and verify names the rest`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    let long = "what stands in no export any more, for it was said too long ago"
    let gone = try workspace.write("gone.json", "[\(chatGPT("gone", [long]))]")
    _ = try archive.importPaths([gone, try parentAndChild().parent])
    let (before, bytes) = (try archive.canonical(), try raw(archive))
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    let there = #expect(throws: ArchiveError.self) { _ = try archive.tidy(.lose(file: file)) }
    #expect(there?.code == .invalidArgument)
    try FileManager.default.moveItem(atPath: file, toPath: away)
    let exports = [
      workspace.path + "/conversations.json", workspace.path + "/rollout-\(parentID).jsonl",
    ]
    // A disk that is only away is no reason to store everything anew.
    #expect(try archive.importPaths(exports).messages.updated == 0)
    _ = try archive.tidy(.lose(file: file))
    let lost = try archive.verify(isDeep: false).problems
    #expect(lost.count == 1 && lost[0].contains(file) && lost[0].contains("chatgpt:gone"))
    let report = try archive.importPaths(exports)
    #expect(report.messages.new == 0 && report.messages.updated == 7 && report.failed.isEmpty)
    #expect(try archive.conversation(matching: "chatgpt:c0").messages.count == 2)
    #expect(try archive.search("sensor").hits.allSatisfy { !$0.snippet.isEmpty })
    let left = try archive.verify(isDeep: true).problems
    #expect(left.count == 1)
    #expect(left[0].contains("1 messages and 1 pieces"))
    #expect(left[0].contains("of chatgpt:gone:"))
    #expect(try archive.importPaths(exports).messages.updated == 0)
    _ = try archive.reindex()
    try FileManager.default.moveItem(atPath: away, toPath: file)
    _ = try archive.tidy(.find(file: file))
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.canonical() == before)
    #expect(try raw(archive).prefix(3) == bytes.prefix(3))
  }

  @Test(.enabled(if: Samples.areThere, "\(Samples.missing)"), arguments: [true, false])
  func `a folder of attachments and a ZIP are given back, too`(isFolder: Bool) throws {
    let archive = try workspace.archive()
    let path = Samples.root + (isFolder ? "/claude-code" : "/chatgpt")
    _ = try archive.importPaths([path])
    let before = try archive.canonical()
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    try FileManager.default.removeItem(atPath: file)
    _ = try archive.tidy(.lose(file: file))
    #expect(try !archive.verify(isDeep: true).isOK)
    #expect(try archive.importPaths([path]).messages.new == 0)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.canonical() == before)
  }

  private func raw(_ archive: Archive) throws -> [Data] {
    try archive.imports().filter { $0.status != .incomplete }.map { try archive.rawBytes($0.id) }
  }
}
