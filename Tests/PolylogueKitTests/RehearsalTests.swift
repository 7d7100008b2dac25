import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

/// A dry run says what the import would do.
@Suite struct RehearsalTests {
  private func export(_ workspace: Workspace) throws -> String {
    _ = try workspace.write(
      "e/talk.jsonl",
      """
      {"format":"polylogue","provider":"kitchen","id":"a","messages":[{"role":"user","text":"x",\
      "attachments":[{"id":"1","member":"polylogue-attachments/a.png"},\
      {"id":"2","member":"polylogue-attachments/b.png"},{"id":"3","data":"R0lGODlhAQABAAAAACw="}]}]}
      """)
    _ = try workspace.write("e/polylogue-attachments/a.png", "here")
    return workspace.path + "/e"
  }

  private var rehearsal: ImportOptions {
    var options = ImportOptions()
    options.isDryRun = true
    return options
  }

  @Test func `files that the export lacks are counted as the import counts them`() throws {
    let workspace = try Workspace()
    let folder = try export(workspace)
    let archive = try workspace.archive()
    let dry = try archive.importPaths([folder], options: rehearsal)
    #expect(dry.attachments.new == 2 && dry.attachments.missing == 1)
    #expect(try archive.importPaths([folder]).attachments == dry.attachments)
  }

  @Test func `files that the archive lacks still are counted as missing again`() throws {
    let workspace = try Workspace()
    let folder = try export(workspace)
    let archive = try workspace.archive()
    let first = try archive.importPaths([folder])
    let line = try String(contentsOfFile: folder + "/talk.jsonl", encoding: .utf8)
    let reread = try archive.reprocess(all: true)
    _ = try workspace.write("e/talk.jsonl", line + "\n\n")
    for report in [reread, try archive.importPaths([folder])] {
      #expect(report.attachments.unchanged == first.attachments.new)
      #expect(report.attachments.missing == first.attachments.missing)
    }
    // Without the file beside it, the archive has it all the same.
    let alone = try workspace.write("alone.jsonl", "\n" + line)
    let report = try archive.importPaths([alone])
    #expect(report.attachments.unchanged == 2 && report.attachments.missing == 1)
  }

  @Test func `a conversation in two files is new once`() throws {
    let workspace = try Workspace()
    let line =
      #"{"format":"polylogue","provider":"kitchen","id":"a","messages":[{"role":"user","text":"x"}]}"#
    let files = [
      try workspace.write("one.jsonl", line), try workspace.write("two.jsonl", line + "\n\n"),
      try workspace.write(
        "three.jsonl", line.replacing("}]}", with: #"},{"role":"assistant","text":"y"}]}"#)),
    ]
    let archive = try workspace.archive()
    let dry = try archive.importPaths(files, options: rehearsal)
    #expect(dry.isDryRun)
    #expect(dry.conversations == ChangeCounts(new: 1, updated: 1, unchanged: 1))
    #expect(dry.messages == ChangeCounts(new: 2, updated: 0, unchanged: 2))
    let report = try archive.importPaths(files)
    #expect(!report.isDryRun)
    #expect(report.conversations == dry.conversations && report.messages == dry.messages)
  }

  @Test func `an archive of a former format is left as it is, and that is said`() throws {
    let workspace = try Workspace()
    let folder = try export(workspace)
    let archive = try workspace.archive()
    _ = try archive.importPaths([folder])
    try archive.close()
    let path = archive.folder.archivePath
    let connection = try Connection(path: path, mode: .readWrite)
    let current = try #require(try connection.integer("PRAGMA user_version"))
    try connection.execute(
      "ALTER TABLE revision DROP COLUMN seal; PRAGMA user_version=\(current - 1)")
    let report = try Archive.rehearseImport([folder], at: archive.path, options: rehearsal)
    #expect(report.failed == [] && report.conversations.new == 1)
    #expect(report.notes.contains { $0.contains("former format") })
    #expect(try connection.integer("PRAGMA user_version") == current - 1)
  }
}
