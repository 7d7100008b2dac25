import Foundation
import PolylogueRender
import Testing

@Suite struct RenderFolderTests {
  private let path: String

  init() throws {
    path = NSTemporaryDirectory() + "render-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  private func render(
    _ files: [String: String], isForced: Bool = false, isComplete: Bool = true
  ) throws -> RenderFolder.Summary {
    let folder = try RenderFolder(path: path + "/out", isForced: isForced)
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      try folder.write(Array(text.utf8), folder: "chatgpt", name: name)
    }
    return try folder.finish(isComplete: isComplete)
  }

  private func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: path + "/out/" + name).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path + "/out" + name)[.posixPermissions]
      as? Int
  }

  @Test func `only what differs is written, only what is ours is removed`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try render(["a.md": "1", "b.md": "2"]).written == 2)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path + "/out/chatgpt/notes.md"))
    let second = try render(["a.md": "1", "c.md": "3"])
    #expect(second.written == 1)
    #expect(second.unchanged == 1)
    #expect(second.removed == 1)
    #expect(text("chatgpt/b.md") == nil)
    #expect(text("chatgpt/notes.md") == "mine")
    #expect(try render(["a.md": "1", "c.md": "3"], isForced: true).written == 2)
  }

  @Test func `a file that somebody changed is written again`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try render(["a.md": "one"])
    try Data("two".utf8).write(to: URL(fileURLWithPath: path + "/out/chatgpt/a.md"))
    #expect(try render(["a.md": "one"]).written == 1)
    #expect(text("chatgpt/a.md") == "one")
  }

  @Test func `an incomplete run removes nothing and forgets nothing`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try render(["a.md": "1", "b.md": "2"])
    #expect(try render(["a.md": "1"], isComplete: false).removed == 0)
    #expect(text("chatgpt/b.md") == "2")
    #expect(try render(["a.md": "1"]).removed == 1)
  }

  @Test func `files and folders are the owner's alone`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try render(["a.md": "1"])
    #expect(try mode("") == 0o700)
    #expect(try mode("/chatgpt") == 0o700)
    #expect(try mode("/chatgpt/a.md") == 0o600)
    #expect(try mode("/.polylogue-render.json") == 0o600)
  }

  @Test(arguments: [
    "{\"polylogue_render\": 1, \"files\": [\n\"../victim\"\n]}\n",
    "{\"polylogue_render\": 1, \"files\": [\n\"chatgpt/../../victim\"\n]}\n",
    "{\"polylogue_render\": 1, \"files\": [\n\"/victim/x\"\n]}\n",
    "{\"polylogue_render\": 2, \"files\": [\n\"chatgpt/b.md\"\n]}\n",
    "garbage",
  ])
  func `a manifest that is not ours to the letter removes nothing`(manifest: String) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try render(["b.md": "2"])
    try Data("safe".utf8).write(to: URL(fileURLWithPath: path + "/victim"))
    try Data(manifest.utf8).write(
      to: URL(fileURLWithPath: path + "/out/" + RenderFolder.manifestName))
    #expect(try render(["a.md": "1"]).removed == 0)
    #expect(text("../victim") == "safe")
    #expect(text("chatgpt/b.md") == "2")
  }

  @Test func `a symbolic link does not lead out of the folder`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(
      atPath: path + "/out", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: path + "/elsewhere", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: path + "/out/chatgpt", withDestinationPath: path + "/elsewhere")
    #expect(throws: RenderError.self) { try render(["a.md": "1"]) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/elsewhere").isEmpty)
  }

  @Test func `equal names get numbers, wild names are refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = try RenderFolder(path: path + "/out")
    try folder.write([49], folder: "codex", name: "a.md")
    try folder.write([50], folder: "codex", name: "a.md")
    #expect(throws: RenderError.self) { try folder.write([51], folder: "codex", name: "../a.md") }
    #expect(throws: RenderError.self) { try folder.write([51], folder: "..", name: "a.md") }
    #expect(try folder.finish().written == 2)
    #expect(text("codex/a-2.md") == "2")
  }
}
