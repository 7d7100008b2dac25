import Foundation
import PolylogueKit
import Testing

/// One rule for what is complete, partial and failed.
@Suite struct ImportStatusTests {
  /// An element of an export that looks like a conversation and is none that can be read.
  private let strange = "{\"id\":\"x\",\"title\":\"strange\",\"conversation_id\":\"x\"}"

  @Test func `a conversation that is not understood is counted and named, time and again`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "c.json", "[" + [chatGPT("a", ["one"]), strange].joined(separator: ",") + "]")
    let first = try archive.importPaths([file])
    #expect(first.conversations.new == 1)
    #expect(first.lostConversations == 1)
    #expect(first.failed.map(\.path) == [file])
    #expect(first.failed.first?.isPartial == true)
    #expect(first.failed.first?.reason.contains("1 of 2 conversations not understood") == true)
    #expect(try archive.imports().map(\.status) == [.partial])

    let again = try archive.importPaths([file])
    #expect(again.files == 1 && again.conversations.unchanged == 1)
    #expect(again.failed.first?.reason.hasPrefix("still partial: 1 of 2") == true)
    #expect(try archive.imports().count == 1)
  }

  @Test func `a file of which nothing is understood has failed`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    var options = ImportOptions()
    options.provider = .chatgpt
    let file = try workspace.write("c.json", "[\(strange),\(strange)]")
    let report = try archive.importPaths([file], options: options)
    #expect(report.files == 0)
    #expect(report.failed.first?.isPartial == false)
    #expect(try archive.imports().isEmpty)
  }

  @Test func `an unknown event of the client is counted, and the file is complete`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "rollout.jsonl",
      rollout(
        "{\"type\":\"event_msg\",\"payload\":{\"type\":\"mystery\"}}",
        item(
          "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
            + "\"text\":\"hello\"}]}")))
    let report = try archive.importPaths([file])
    #expect(report.failed.isEmpty)
    #expect(report.unknownDetails == 1 && report.lostRecords == 0)
    #expect(try archive.imports().map(\.status) == [.complete])
  }

  @Test func `an unknown item of a rollout makes it partial`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "rollout.jsonl",
      rollout(
        item("{\"type\":\"mystery\",\"text\":\"said\"}"),
        item(
          "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
            + "\"text\":\"hello\"}]}")))
    let report = try archive.importPaths([file])
    #expect(report.lostRecords == 1)
    #expect(report.failed.first?.reason.contains("1 of 3 records") == true)
  }

  @Test func `a rollout without messages is complete and said to be empty once`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("rollout.jsonl", rollout())
    let report = try archive.importPaths([file])
    #expect(report.failed.isEmpty)
    #expect(report.receipts.map(\.receipt.warnings) == [["a rollout without messages"]])
    #expect(try archive.imports().map(\.status) == [.complete])
  }

  @Test func `items of the same API among another program's lines are no rollout`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "chat_history.jsonl",
      """
      {"type":"system","content":"You are somebody else."}
      {"type":"user","content":[{"type":"text","text":"hello"}]}
      {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}]}
      {"type":"assistant","content":"hello"}

      """)
    let report = try archive.importPaths([file])
    #expect(report.files == 0 && report.failed.count == 1)
    #expect(try archive.statistics().conversations == 0)
  }

  @Test func `an export that lacks a shard is partial until the shard is there`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try workspace.write("export/conversations-001.json", "[" + chatGPT("b", ["two"]) + "]")
    let missing = workspace.path + "/export/conversations-000.json"
    let report = try archive.importPaths([workspace.path + "/export"])
    #expect(report.failed.map(\.path) == [missing])
    #expect(try archive.imports().map(\.status) == [.partial])

    #expect(try archive.importPaths([workspace.path + "/export"]).failed.count == 1)
    _ = try workspace.write("export/conversations-000.json", "[" + chatGPT("a", ["one"]) + "]")
    #expect(try archive.importPaths([workspace.path + "/export"]).failed.isEmpty)
    #expect(try archive.imports().map(\.status) == [.complete, .complete])
  }

  @Test func `doctor tells partial imports from interrupted ones and names them`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write(
      "c.json", "[" + [chatGPT("a", ["one"]), strange].joined(separator: ",") + "]")
    _ = try archive.importPaths([file])
    let findings = try archive.diagnose().filter { $0.name.hasSuffix("imports") }
    #expect(findings.map(\.name) == ["partial imports"])
    #expect(findings.first?.message.contains(file) == true)
  }

  @Test func `a file that was only touched is no second import`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = "[" + chatGPT("a", ["one"]) + "]"
    let file = try workspace.write("c.json", text)
    for _ in 0..<3 {
      _ = try workspace.write("c.json", text)
      _ = try archive.importPaths([file])
    }
    #expect(try archive.imports().count == 1)
    // Another name is another import.
    _ = try archive.importPaths([try workspace.write("d.json", text)])
    #expect(try archive.imports().count == 2)
  }

  @Test func `known files keep their receipts`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let file = try workspace.write("c.json", "[" + chatGPT("a", ["one"]) + "]")
    let first = try archive.importPaths([file])
    var options = ImportOptions()
    options.wantsKnownReceipts = true
    let again = try archive.importPaths([file], options: options)
    #expect(again.receipts.map(\.status) == ["unchanged"])
    #expect(again.receipts.first?.receipt == first.receipts.first?.receipt)
    #expect(again.receipts.first?.receipt.tallies.isEmpty == false)
  }

  @Test func `a container is partial when a member is, and names the member`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = "[" + [chatGPT("a", ["one"]), strange].joined(separator: ",") + "]"
    let file = try workspace.write("c.json.gz", try gzip(text))
    let report = try archive.importPaths([file])
    #expect(report.failed.map(\.path) == [file + "/c.json"])
    #expect(try archive.imports().map(\.status) == [.partial, .partial])
    var options = ImportOptions()
    options.wantsKnownReceipts = true
    let again = try archive.importPaths([file], options: options)
    #expect(again.failed.map(\.path) == [file])
    #expect(again.failed.first?.reason.hasPrefix("still partial: c.json: 1 of 2") == true)
    #expect(again.receipts.first?.receipt.lost == 1)
  }

  @Test func `a reason does not repeat the path before it`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = "[" + (0..<200).map { chatGPT("c\($0)", ["one"]) }.joined(separator: ",") + "]"
    let whole = try gzip(text)
    let files = [
      try workspace.write("cut.json.gz", whole.prefix(whole.count / 2)),
      try workspace.write("cut.zip", Data([0x50, 0x4B, 3, 4, 0, 0])),
    ]
    let report = try archive.importPaths(files)
    #expect(report.failed.count == 2)
    #expect(!report.failed.contains { $0.reason.contains(workspace.path) }, "\(report.failed)")
  }

  @Test func `a part of an export that holds only files is kept, and says what to do`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try workspace.write("part/file-AbCdEfGh12345678-photo.png", Data([0x89, 0x50, 0x4E, 0x47]))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
    process.arguments = ["python3", "-m", "zipfile", "-c", "part-2.zip", "part/"]
    try process.run()
    process.waitUntilExit()
    let report = try archive.importPaths([workspace.path + "/part-2.zip"])
    #expect(report.failed.isEmpty)
    #expect(report.receipts.last?.receipt.warnings.first?.contains("unpack all parts") == true)
    let kept = try archive.imports().first { $0.path.hasSuffix("photo.png") }
    #expect(try archive.rawBytes(#require(kept).id) == Data([0x89, 0x50, 0x4E, 0x47]))
  }

  /// A text as `gzip` writes it.
  private func gzip(_ text: String) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-c"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data
  }

  @Test func `what a folder holds besides is counted`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    _ = try workspace.write("f/notes.txt", "nothing")
    try FileManager.default.createSymbolicLink(
      atPath: workspace.path + "/f/link", withDestinationPath: "/etc/hostname")
    let report = try archive.importPaths([workspace.path + "/f"])
    #expect(report.ignored.files == 1 && report.ignored.links == 1)
    #expect(report.failed.isEmpty && report.files == 0)
  }

  @Test func `missing attachments are counted again for a known file`() throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let text = "[" + chatGPT("a", ["one"]) + "]"
    let named = text.replacingOccurrences(
      of: "\"metadata\":{},\"recipient\"",
      with: "\"metadata\":{\"attachments\":[{\"id\":\"file-abc12345678\",\"name\":\"a.png\"}]},"
        + "\"recipient\"")
    let file = try workspace.write("c.json", named)
    let first = try archive.importPaths([file])
    #expect(first.attachments.missing == 1)
    #expect(try archive.importPaths([file]).attachments == first.attachments)
    let copy = try workspace.write("d.json", named + "\n")
    #expect(try archive.importPaths([copy]).attachments == first.attachments)
  }

  private func item(_ payload: String) -> String {
    "{\"timestamp\":\"2026-01-01T00:00:01Z\",\"type\":\"response_item\",\"payload\":\(payload)}"
  }

  private func rollout(_ lines: String...) -> String {
    let meta = """
      {"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{\
      "id":"11111111-0000-4000-8000-000000000000","timestamp":"2026-01-01T00:00:00Z","cwd":"/p"}}
      """
    return ([meta] + lines).joined(separator: "\n") + "\n"
  }
}
