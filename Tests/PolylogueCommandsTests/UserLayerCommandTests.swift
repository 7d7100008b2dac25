import Foundation
import PolylogueCommands
import Testing

/// `tag`, `star` and `note` on the sample exports.
@Suite struct UserLayerCommandTests {
  private let archive: SampleArchive
  private let id = "claude:26a2c0bd-153e-42d1-a26b-a8943b618676"
  private let message = "43435cc5-482c-4010-a254-88da6b4013ef"

  init() throws { archive = try SampleArchive() }

  @Test func `tag adds and takes away, and shows what there is`() throws {
    var run = try archive.run("tag", "claude:26a2c0bd", "+garden", "+to do", "-inbox", "--json")
    #expect(run.status == .done, "\(run.errors)")
    #expect(try run.document()["tags"] as? [String] == ["garden", "to do"])
    #expect(try run.document()["id"] as? String == id)
    run = try archive.run("tag", "claude:26a2c0bd", "-garden")
    #expect(run.output.contains("#to do"))
    #expect(!run.output.contains("garden"))
    #expect(try archive.run("tag", "claude:26a2c0bd").output == run.output)
    #expect(try archive.run("tag", "claude:26a2c0bd", "+").status == .usage)
    #expect(try archive.run("tag", "+garden").status == .usage)
    #expect(try archive.run("tag", "nothing", "+garden").status == .failed)
  }

  @Test func `several conversations are one document`() throws {
    let names = Array(try archive.ids().values.sorted().prefix(3))
    let run = try ProgramRun(
      arguments: ["--archive", archive.path, "--json", "tag"] + names + [names[0], "+garden"])
    let items = try run.document()["conversations"] as? [[String: Any]]
    #expect(items?.compactMap { $0["id"] as? String } == names)
    let listed = try archive.run("list", "--tag", "garden", "--json").document()["conversations"]
    #expect((listed as? [Any])?.count == 3)
  }

  @Test func `star is shown in lists and found by its filter`() throws {
    #expect(try archive.run("star", "claude:26a2c0bd").output.contains("★"))
    #expect(try archive.run("list", "--starred").output.contains("★ Calibrating"))
    #expect(try archive.run("search", "sensor", "--starred").output.contains("★ Calibrating"))
    let exported = try archive.run("export", "--starred", "--format", "csv").output
    #expect(exported.split(separator: "\r\n").dropFirst().allSatisfy { $0.hasSuffix(",,true") })
    #expect(try archive.run("star", "claude:26a2c0bd", "--remove").status == .done)
    #expect(try archive.run("list", "--starred").output == "no conversations\n")
  }

  @Test func `a note is written, shown, replaced and taken away`() throws {
    #expect(try archive.run("note", "claude:26a2c0bd", "- ask", "again").status == .done)
    #expect(try archive.run("show", id).output.contains("note: - ask again"))
    #expect(try archive.run("note", id, "other").output.contains("note: other"))
    #expect(try archive.run("note", id + "/" + message, "good").status == .done)
    let shown = try archive.run("show", id, "--json").document()
    #expect(shown["note"] as? String == "other")
    #expect((shown["message_notes"] as? [[String: String]])?.first?["message"] == message)
    let rendered = try archive.run("show", id, "--format", "markdown").output
    #expect(rendered.contains("\nnote: \"other\"\n"))
    #expect(try archive.run("note", id, "").status == .done)
    #expect(try archive.run("note", id + "/" + message, "").output.contains("no note"))
    #expect(try archive.run("note", id + "/none", "x").status == .failed)
    #expect(try archive.run("star", id + "/" + message).errors.contains("is one message"))
  }

  @Test func `a mistyped folder is no reason to make an archive`() throws {
    let path = archive.folder.path + "/typo"
    for command in [["tag", "x", "+a"], ["star", "x"], ["note", "x", "y"]] {
      #expect(try ProgramRun(arguments: ["--archive", path] + command).status == .failed)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}
