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

  /// One conversation's file, and perhaps an attachment's in two pieces; how often it was asked for.
  private func render(attachment name: String?, _ pieces: [String]) throws -> (
    summary: RenderFolder.Summary, reads: Int
  ) {
    let folder = try RenderFolder(path: path + "/out")
    var reads = 0
    if let name {
      let size = pieces.reduce(0) { $0 + $1.utf8.count }
      for _ in 0..<2 {
        try folder.writeAttachment(folder: "chatgpt", name: name, size: Int64(size)) { sink in
          reads += 1
          for piece in pieces { try Array(piece.utf8).withUnsafeBytes(sink) }
        }
      }
    }
    try folder.write([49], folder: "chatgpt", name: "a.md")
    return (try folder.finish(), reads)
  }

  @Test func `an attachment is written once, left alone, and removed with its conversation`() throws
  {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try render(attachment: "abc-plot.png", ["one", "two"])
    #expect(first.summary.attachmentsWritten == 1)
    #expect(first.summary.written == 1)
    #expect(text("chatgpt/attachments/abc-plot.png") == "onetwo")
    #expect(try mode("/chatgpt/attachments") == 0o700)
    #expect(try mode("/chatgpt/attachments/abc-plot.png") == 0o600)
    let second = try render(attachment: "abc-plot.png", ["one", "two"])
    #expect(second.summary.attachmentsUnchanged == 1)
    #expect(second.reads == 0)
    try Data("mine".utf8).write(
      to: URL(fileURLWithPath: path + "/out/chatgpt/attachments/notes.md"))
    #expect(try render(attachment: nil, []).summary.attachmentsRemoved == 1)
    #expect(text("chatgpt/attachments/abc-plot.png") == nil)
    #expect(text("chatgpt/attachments/notes.md") == "mine")
  }

  @Test func `an attachment that cannot be read leaves nothing behind`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    struct Damaged: Error {}
    let folder = try RenderFolder(path: path + "/out")
    #expect(throws: Damaged.self) {
      try folder.writeAttachment(folder: "chatgpt", name: "abc-x.bin", size: 3) { sink in
        try [1].withUnsafeBytes(sink)
        throw Damaged()
      }
    }
    #expect(throws: RenderError.self) {
      try folder.writeAttachment(folder: "chatgpt", name: "../x.bin", size: 3) { _ in }
    }
    let inner = path + "/out/chatgpt/attachments"
    #expect(try FileManager.default.contentsOfDirectory(atPath: inner).isEmpty)
  }
}
