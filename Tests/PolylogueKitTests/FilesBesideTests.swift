import Foundation
import PolylogueKit
import PolylogueModel
import Testing

/// Attachments that lie beside a file, known by the name of their folder alone.
@Suite struct FilesBesideTests {
  /// A prompt of AI Studio that names files in Drive.
  private func prompt(_ text: String, files: [String]) -> String {
    let chunks = files.enumerated().map {
      #"{"role":"user","text":"\#(text) \#($0)","driveImage":{"id":"d\#($0)","name":"\#($1)"}}"#
    }
    return #"{"runSettings":{"model":"m"},"chunkedPrompt":{"chunks":["#
      + chunks.joined(separator: ",") + "]}}"
  }

  /// The bytes of all attachments, by name.
  private func stored(_ archive: Archive) throws -> [String] {
    var found: [String] = []
    try archive.forEachConversation { conversation, _ in
      for attachment in conversation.messages.flatMap(\.attachments) {
        var bytes = Data()
        if let stored = attachment.stored {
          try archive.writeRaw(matching: stored.sha256) { bytes.append(contentsOf: $0) }
        }
        found.append("\(attachment.name ?? "-"): \(String(decoding: bytes, as: UTF8.self))")
      }
    }
    return found
  }

  @Test(arguments: ["", "Google AI Studio", "Google AI Studio/Plan"])
  func `files beside a prompt are found from its folder, the one above, and the prompt alone`(
    path: String
  ) throws {
    let workspace = try Workspace()
    let folder = "tree/Google AI Studio/"
    _ = try workspace.write(folder + "Plan", prompt("See", files: ["a.png", "b.txt"]))
    _ = try workspace.write(folder + "a.png", "A")
    _ = try workspace.write(folder + "b.txt", "B")
    let archive = try workspace.archive()
    let input = workspace.path + "/tree/" + path
    let report = try archive.importPaths([input])
    #expect(report.failed.isEmpty && report.attachments.new == 2)
    #expect(try stored(archive) == ["a.png: A", "b.txt: B"])
    #expect(try archive.importPaths([input]).conversations.unchanged == 1)
  }

  @Test func `of a prompt alone only the files that it names are taken, also when they come late`()
    throws
  {
    let workspace = try Workspace()
    let folder = "Google AI Studio/"
    let file = try workspace.write(folder + "Plan", prompt("See", files: ["a.png"]))
    _ = try workspace.write(folder + "other.png", "other")
    let archive = try workspace.archive()
    #expect(try archive.importPaths([file]).attachments.missing == 1)
    _ = try workspace.write(folder + "a.png", "A")
    _ = try archive.importPaths([file])
    #expect(try stored(archive) == ["a.png: A"])
    let imports = try archive.imports()
    #expect(!imports.contains { $0.path.hasSuffix("other.png") })
  }

  @Test(arguments: ["Gemini Apps", "Gemini Apps/MyActivity.json"])
  func `files beside the activity are found from its folder and from the activity alone`(
    path: String
  ) throws {
    let workspace = try Workspace()
    _ = try workspace.write(
      "Gemini Apps/MyActivity.json",
      #"[{"header":"Gemini Apps","title":"Prompted x","time":"2026-01-01T10:00:00Z","#
        + #""attachedFiles":["a.png"]}]"#)
    _ = try workspace.write("Gemini Apps/a.png", "A")
    let archive = try workspace.archive()
    #expect(try archive.importPaths([workspace.path + "/" + path]).failed.isEmpty)
    #expect(try stored(archive) == ["a.png: A"])
  }

  @Test func `names that differ only in Unicode normalisation are different files`() throws {
    let workspace = try Workspace()
    let (composed, decomposed) = ("caf\u{E9}.txt", "cafe\u{301}.txt")
    let folder = "Google AI Studio/"
    _ = try workspace.write(folder + "Plan", prompt("See", files: [composed, decomposed]))
    for (name, text) in [(composed, "one"), (decomposed, "two")] {
      // Foundation would normalise the names.
      let path = workspace.path + "/" + folder + name
      let handle = try #require(fopen(path, "w"))
      fputs(text, handle)
      fclose(handle)
    }
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path])
    let found = try stored(archive)
    #expect(found.map { $0.hasSuffix("one") } == [true, false])
    #expect(found.map { $0.hasSuffix("two") } == [false, true])
    let before = try archive.canonical()
    #expect(try archive.reprocess(all: true).failed.isEmpty)
    #expect(try archive.canonical() == before)
  }

  @Test func `of several prompts named one by one each takes its own files`() throws {
    let workspace = try Workspace()
    var inputs: [String] = []
    for folder in ["one/Google AI Studio/", "two/Google AI Studio/"] {
      for name in ["a", "b"] {
        inputs.append(
          try workspace.write(folder + name, prompt(folder + name, files: [name + ".png"])))
        _ = try workspace.write(folder + name + ".png", folder.prefix(3) + name)
      }
    }
    let archive = try workspace.archive()
    let report = try archive.importPaths(inputs)
    #expect(report.failed.isEmpty && report.attachments.missing == 0)
    #expect(
      try stored(archive).sorted() == [
        "a.png: onea", "a.png: twoa", "b.png: oneb", "b.png: twob",
      ])
  }

  @Test func `a file that is known is found by a prompt that comes later`() throws {
    let workspace = try Workspace()
    let folder = "Google AI Studio/"
    _ = try workspace.write(folder + "First", prompt("See", files: ["a.png"]))
    _ = try workspace.write(folder + "a.png", "A")
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path])
    _ = try workspace.write(folder + "Second", prompt("Again", files: ["a.png"]))
    #expect(try archive.importPaths([workspace.path]).attachments.missing == 0)
    #expect(try stored(archive) == ["a.png: A", "a.png: A"])
  }
}
