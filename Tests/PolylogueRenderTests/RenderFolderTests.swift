import Foundation
import PolylogueModel
import PolylogueRender
import Testing

@Suite struct RenderFolderTests {
  private let path: String

  init() throws {
    path = NSTemporaryDirectory() + "render-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Renders these files as conversations of their own, each in a state of its text.
  private func render(
    _ files: [String: String], isForced: Bool = false, isComplete: Bool = true,
    by renderer: Stub = Stub()
  ) throws -> RenderFolder.Summary {
    let folder = try RenderFolder(path: path + "/out", for: renderer, isForced: isForced)
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      try folder.write(
        Array(text.utf8), of: id(name), state: state(text), at: ("chatgpt", name))
    }
    return try folder.finish(isComplete: isComplete)
  }

  /// As ``render(_:isForced:isComplete:by:)``, making only what has to be made; also what that was.
  private func update(
    _ files: [String: String], isComplete: Bool = true, by renderer: Stub = Stub()
  ) throws -> (summary: RenderFolder.Summary, made: [String]) {
    let folder = try RenderFolder(path: path + "/out", for: renderer)
    var made: [String] = []
    for (name, text) in files.sorted(by: { $0.key < $1.key })
    where !folder.keep(id(name), state: state(text)) {
      made.append(name)
      try folder.write(
        Array(text.utf8), of: id(name), state: state(text),
        at: ("chatgpt", name + "." + renderer.fileExtension))
    }
    return (try folder.finish(isComplete: isComplete), made)
  }

  private func id(_ name: String) -> ConversationID {
    ConversationID(provider: .chatgpt, native: name)
  }

  private func state(_ text: String) -> UInt64 {
    text.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
  }

  private func files() throws -> [String] {
    let found = FileManager.default.enumerator(atPath: path + "/out")?.allObjects as? [String]
    return (found ?? []).filter { $0.contains("/") || $0.hasPrefix(".") }.sorted()
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
    "{\"polylogue_render\": 2, \"files\": [\n[\"../victim.md\",\"1\",\"1\",4,1]\n]}\n",
    "{\"polylogue_render\": 2, \"files\": [\n[\"a/../../victim.md\",\"1\",\"1\",4,1]\n]}\n",
    "{\"polylogue_render\": 2, \"files\": [\n[\"/victim.md\",\"1\",\"1\",4,1]\n]}\n",
    "{\"polylogue_render\": 3, \"files\": [\n[\"chatgpt/b.md\",\"1\",\"1\",1,1]\n]}\n",
    "{\"polylogue_render\": 2, \"files\": [\n[\"chatgpt/b.md\",\"1\",\"1\",1,1\n]}\n",
    "{\"polylogue_render\": 2, \"files\": [\n[\"chatgpt/b.md\",\"1\",\"1\",1,1]\n",
    "garbage",
  ])
  func `a manifest that is not ours to the letter removes nothing`(manifest: String) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try render(["b.md": "2"])
    try Data("safe".utf8).write(to: URL(fileURLWithPath: path + "/victim.md"))
    try Data(manifest.utf8).write(
      to: URL(fileURLWithPath: path + "/out/" + RenderFolder.manifestName))
    #expect(try render(["a.md": "1"]).removed == 0)
    #expect(text("../victim.md") == "safe")
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
    let folder = try RenderFolder(path: path + "/out", for: Stub())
    try folder.write([49], of: id("x"), state: 1, at: ("codex", "a.md"))
    try folder.write([50], of: id("y"), state: 1, at: ("codex", "a.md"))
    for place in [("codex", "../a.md"), ("..", "a.md"), ("codex", ".a.md"), ("", "a.md")] {
      #expect(throws: RenderError.self) {
        try folder.write([51], of: id("z"), state: 1, at: place)
      }
    }
    #expect(try folder.finish().written == 2)
    #expect(text("codex/a-2.md") == "2")
  }

  @Test func `whoever has a name keeps it, in whatever order they come`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    for ids in [["x", "y"], ["y", "x"], ["y"], ["x"]] {
      let folder = try RenderFolder(path: path + "/out", for: Stub())
      for name in ids {
        try folder.write(Array(name.utf8), of: id(name), state: 1, at: ("codex", "a.md"))
      }
      _ = try folder.finish(isComplete: ids.count == 2)
      #expect(text("codex/a.md") == "x")
      #expect(text("codex/a-2.md") == "y")
    }
  }

  /// One conversation's file, and perhaps an attachment's in two pieces; how often it was asked for.
  private func render(attachment name: String?, _ pieces: [String]) throws -> (
    summary: RenderFolder.Summary, reads: Int
  ) {
    let folder = try RenderFolder(path: path + "/out", for: Stub())
    var reads = 0
    guard !folder.keep(id("a"), state: name == nil ? 1 : 2) else {
      return (try folder.finish(), 0)
    }
    if let name {
      let size = pieces.reduce(0) { $0 + $1.utf8.count }
      for _ in 0..<2 {
        try folder.writeAttachment(folder: "chatgpt", name: name, size: Int64(size)) { sink in
          reads += 1
          for piece in pieces { try Array(piece.utf8).withUnsafeBytes(sink) }
        }
      }
    }
    try folder.write(
      [49], of: id("a"), state: name == nil ? 1 : 2, at: ("chatgpt", "a.md"),
      attachments: name.map { [$0] } ?? [])
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
    let folder = try RenderFolder(path: path + "/out", for: Stub())
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

  @Test func `what was made of the same state is not made again`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let two = ["a": "1", "b": "2"]
    #expect(try update(two).made == ["a", "b"])
    let manifest = text(".polylogue-render.json")
    let second = try update(two)
    #expect(second.made.isEmpty)
    #expect(second.summary.unchanged == 2)
    #expect(text(".polylogue-render.json") == manifest)
    #expect(try update(["a": "1", "b": "changed"]).made == ["b"])
    #expect(text("chatgpt/b.md") == "changed")
    #expect(try update(two, by: Stub(stamp: "next version")).made == ["a", "b"])
  }

  @Test func `what somebody changed or deleted is made again`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let files = ["a": "one", "b": "two", "c": "three"]
    _ = try update(files)
    try Data("own".utf8).write(to: URL(fileURLWithPath: path + "/out/chatgpt/a.md"))
    try FileManager.default.removeItem(atPath: path + "/out/chatgpt/b.md")
    let again = try update(files)
    #expect(again.made == ["a", "b"])
    #expect(again.summary.written == 2)
    #expect(text("chatgpt/a.md") == "one")
    #expect(text("chatgpt/b.md") == "two")
  }

  @Test func `an attachment that somebody changed or deleted is written again`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let name = "abc-plot.png"
    let file = URL(fileURLWithPath: path + "/out/chatgpt/attachments/" + name)
    _ = try render(attachment: name, ["one", "two"])
    try Data("twoone".utf8).write(to: file)
    #expect(try render(attachment: name, ["one", "two"]).summary.attachmentsWritten == 1)
    #expect(text("chatgpt/attachments/" + name) == "onetwo")
    try FileManager.default.removeItem(at: file)
    #expect(try render(attachment: name, ["one", "two"]).summary.attachmentsWritten == 1)
    #expect(text("chatgpt/attachments/" + name) == "onetwo")
  }

  @Test func `a new name takes the place of the old one, even in a run that sees only a part`()
    throws
  {
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, others) in [("old.md", true), ("new.md", false)] {
      let folder = try RenderFolder(path: path + "/out", for: Stub())
      try folder.write([49], of: id("a"), state: 1, at: ("chatgpt", name))
      if others { try folder.write([50], of: id("b"), state: 1, at: ("chatgpt", "b.md")) }
      _ = try folder.finish(isComplete: others)
    }
    #expect(text("chatgpt/old.md") == nil)
    #expect(text("chatgpt/new.md") == "1")
    #expect(text("chatgpt/b.md") == "2")
  }

  @Test func `two renderers share a folder and its attachments`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let page = Stub(fileExtension: "html")
    for renderer in [Stub(), page] {
      let folder = try RenderFolder(path: path + "/out", for: renderer)
      try folder.writeAttachment(folder: "chatgpt", name: "abc-x.png", size: 1) { sink in
        try Array("1".utf8).withUnsafeBytes(sink)
      }
      try folder.write(
        [49], of: id("a"), state: 1, at: ("chatgpt", "a." + renderer.fileExtension),
        attachments: ["abc-x.png"])
      _ = try folder.finish()
    }
    #expect(try update([:], by: page).summary.removed == 1)
    #expect(text("chatgpt/a.html") == nil)
    #expect(text("chatgpt/a.md") == "1")
    #expect(text("chatgpt/attachments/abc-x.png") == "1")
    let last = try update([:]).summary
    #expect(last.removed == 1)
    #expect(last.attachmentsRemoved == 1)
    #expect(try files() == [".polylogue-render.json"])
  }

  @Test func `a run that was killed leaves nothing that the next one does not know of`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try update(["a": "1"])
    do {
      // It ends without its last step, as a killed one does.
      let folder = try RenderFolder(path: path + "/out", for: Stub())
      for name in ["a", "gone", "stays"] {
        try folder.write(
          Array("new \(name)".utf8), of: id(name), state: 9, at: ("chatgpt", name + ".md"))
      }
    }
    try Data("half".utf8).write(
      to: URL(fileURLWithPath: path + "/out/chatgpt/.polylogue.tmp"))
    let next = try update(["a": "1", "stays": "new stays"])
    #expect(next.summary.removed == 1)
    #expect(text("chatgpt/a.md") == "1")
    #expect(
      try files() == [".polylogue-render.json", "chatgpt/a.md", "chatgpt/stays.md"])
  }

  @Test func `two runs at once in one folder are refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try RenderFolder(path: path + "/out", for: Stub())
    #expect(throws: RenderError.self) { try render(["a.md": "1"]) }
    _ = try first.finish()
  }

  /// Makes two pages, unless they are as they were; says whether it did.
  private func pages(_ state: UInt64, names: [String], isForced: Bool = false) throws -> Bool {
    let folder = try RenderFolder(
      path: path + "/out", for: Stub(fileExtension: "html"), isForced: isForced)
    var isMade = false
    try folder.writePages(state: state) { write in
      isMade = true
      for name in names { try write(name == "index.html" ? "" : "month", name, [49]) }
    }
    _ = try folder.finish()
    return isMade
  }

  @Test func `pages of all conversations are made again when something has changed`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try update(["a": "1"])
    #expect(try pages(1, names: ["index.html", "2026-01.html"]))
    #expect(try !pages(1, names: ["index.html", "2026-01.html"]))
    #expect(try pages(2, names: ["index.html", "2026-02.html"]))
    #expect(text("index.html") == "1")
    #expect(text("month/2026-01.html") == nil)
    #expect(text("month/2026-02.html") == "1")
    try FileManager.default.removeItem(atPath: path + "/out/index.html")
    #expect(try pages(2, names: ["index.html", "2026-02.html"]))
    #expect(text("index.html") == "1")
    #expect(text("chatgpt/a.md") == "1")
  }

  @Test(arguments: [true, false])
  func `a page that is not ours is written over only by force`(isLink: Bool) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try update(["a": "1"])
    let index = path + "/out/index.html"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: isLink ? path + "/mine" : index))
    if isLink {
      try FileManager.default.createSymbolicLink(
        atPath: index, withDestinationPath: path + "/mine")
    }
    let error = #expect(throws: RenderError.self) { try pages(1, names: ["index.html"]) }
    #expect(
      try #require(error).description.contains("out/index.html is not of an earlier rendering"))
    #expect(text("index.html") == "mine")
    #expect(try pages(1, names: ["index.html"], isForced: true))
    #expect(text("index.html") == "1")
    #expect(text("../mine") == (isLink ? "mine" : nil))
    // Now it is ours, and what somebody makes of it is overwritten.
    try Data("mine".utf8).write(to: URL(fileURLWithPath: index))
    #expect(try pages(2, names: ["index.html"]))
    #expect(text("index.html") == "1")
  }

  @Test func `a page that says the same is taken for ours`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try pages(1, names: ["index.html"]))
    try FileManager.default.removeItem(atPath: path + "/out/" + RenderFolder.manifestName)
    #expect(try pages(1, names: ["index.html"]))
    #expect(try !pages(1, names: ["index.html"]))
  }
}

/// A renderer that is never asked.
private struct Stub: ConversationRenderer {
  var fileExtension = "md"
  var stamp = "stub"

  func bytes(of page: IndexPage) -> [UInt8] { [] }
  func bytes(of conversation: Conversation, relatives: Relatives) -> [UInt8] { [] }
}
