import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueSearch
import Testing

@testable import PolylogueKit

@Suite struct `Computing vectors` {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func conversation(_ name: String) -> ConversationID {
    ConversationID(provider: .chatgpt, native: name)
  }

  private func imported(_ conversations: [String], file: String = "a.json") throws -> Archive {
    let archive = try workspace.archive()
    let path = try workspace.write(file, "[\(conversations.joined(separator: ","))]")
    let report = try archive.importPaths([path])
    #expect(report.failed.isEmpty)
    return archive
  }

  private func nearest(_ archive: Archive, _ text: String, _ model: HashedEmbedder) throws
    -> [String]
  {
    let reader = try #require(try archive.vectors(of: model.model))
    return try reader.nearest(to: model.vector(text), limit: 5).compactMap {
      try archive.reader.hit(message: $0.message)?.message.text
    }
  }

  @Test func `finds what was embedded, and embeds nothing twice`() throws {
    let archive = try imported([
      chatGPT("a", ["why was the cache wrong", "the clock of the server went backwards"]),
      chatGPT("b", ["how do I bake bread", "mix flour and water and wait"]),
    ])
    let model = HashedEmbedder()
    #expect(try archive.embeddingState(of: model.model).waiting == 4)
    let report = try archive.embed(with: model)
    #expect(report.embedded == 4 && report.unchanged == 0 && report.vectors == 4)
    #expect(report.failed.isEmpty && report.waiting == 0 && report.model == model.model)
    #expect(try nearest(archive, "bake bread", model).first == "how do I bake bread")
    let again = try archive.embed(with: model)
    #expect(again.embedded == 0 && again.unchanged == 4 && again.vectors == 0)
    #expect(model.texts.count == 4)
    let state = try archive.embeddingState(of: model.model)
    #expect(state.vectors == 4 && state.messages == 4 && state.waiting == 0)
  }

  @Test func `embeds the newest messages first, and as many as are wanted`() throws {
    let archive = try imported([chatGPT("a", (0..<6).map { "message of number \($0)" })])
    let model = HashedEmbedder()
    let first = try archive.embed(with: model, limit: 2)
    #expect(first.embedded == 2 && first.waiting == 4)
    #expect(model.texts == ["message of number 5", "message of number 4"])
    var seen: [EmbedProgress] = []
    let rest = try archive.embed(with: model, onProgress: { seen.append($0) })
    #expect(rest.embedded == 4 && rest.unchanged == 2)
    #expect(seen.last?.done == 4 && seen.last?.total == 4)
  }

  @Test func `computes a text once for all messages that say it`() throws {
    let archive = try imported([
      chatGPT("a", ["please explain the walrus", "a large animal of the sea"]),
      chatGPT("b", ["please explain the walrus", "it has tusks and whiskers"]),
    ])
    let model = HashedEmbedder()
    let report = try archive.embed(with: model)
    #expect(report.vectors == 3 && model.texts.count == 3)
    #expect(
      try nearest(archive, "please explain the walrus", model).prefix(2)
        == ["please explain the walrus", "please explain the walrus"])
    _ = try archive.delete([conversation("a")])
    let left = try nearest(archive, "please explain the walrus", model)
    #expect(left == ["please explain the walrus", "it has tusks and whiskers"])
    _ = try imported(
      [chatGPT("c", ["please explain the walrus", "ask a zoologist"])], file: "c.json")
    #expect(try archive.embed(with: model).vectors == 1)
  }

  @Test func `looks at what is new or changed, and at nothing else`() throws {
    let archive = try imported([chatGPT("a", ["alpha alpha alpha", "beta beta beta"])])
    let model = HashedEmbedder()
    _ = try archive.embed(with: model)
    _ = try imported(
      [
        chatGPT("a", ["alpha alpha alpha", "gamma gamma gamma"], updated: 1_700_000_900),
        chatGPT("b", ["delta delta delta"]),
      ], file: "b.json")
    let report = try archive.embed(with: model)
    #expect(Set(model.texts.dropFirst(2)) == ["gamma gamma gamma", "delta delta delta"])
    #expect(report.embedded == 2)
    #expect(try nearest(archive, "gamma", model).first == "gamma gamma gamma")
    #expect(try archive.reindex().messages == 3)
    #expect(try archive.embed(with: model).vectors == 0)
  }

  @Test func `deleting takes vectors away at once, without a model`() throws {
    let archive = try imported([
      chatGPT("a", ["the secret is xylophone", "a strange answer"]),
      chatGPT("b", ["something else entirely", "another answer"]),
    ])
    let model = HashedEmbedder()
    _ = try archive.embed(with: model)
    _ = try archive.vectors(of: model.model)
    _ = try archive.delete([conversation("a")])
    let state = try archive.embeddingState(of: model.model)
    #expect(state.vectors == 2 && state.messages == 2)
    #expect(ArchiveFolder.byteCount(of: archive.folder.vectorsPath + "-wal") == 0)
    let vectors = try Connection(path: archive.folder.vectorsPath, mode: .readOnly)
    #expect(try vectors.integer("SELECT count(*) FROM vector_passage") == 2)
    #expect(try !nearest(archive, "xylophone", model).contains("the secret is xylophone"))
    #expect(try archive.embed(with: model).unchanged == 2)
    #expect(model.texts.count == 4)
  }

  @Test func `a search takes nothing into the queue, and tells what waits`() throws {
    let archive = try imported([chatGPT("a", ["a question of tides", "an answer of moons"])])
    let model = HashedEmbedder()
    archive.queries = QueryVectors { _ in model }
    _ = try archive.embed(with: model)
    _ = try imported([chatGPT("b", ["another question", "another answer"])], file: "b.json")
    let page = try archive.search("tides", mode: .hybrid)
    #expect(page.mode == "hybrid")
    #expect(page.notes.contains { $0.hasPrefix("2 messages wait for “polylogue embed”") })
    let vectors = try Connection(path: archive.folder.vectorsPath, mode: .readOnly)
    #expect(try vectors.integer("SELECT count(*) FROM vector_waiting") == 0)
    _ = try archive.embed(with: model, limit: 1)
    let next = try archive.search("tides", mode: .hybrid)
    #expect(next.notes.contains { $0.hasPrefix("1 message waits for “polylogue embed”") })
    _ = try archive.embed(with: model)
    #expect(try archive.search("tides", mode: .hybrid).notes == [])
  }

  @Test func `what is deleted beside another run leaves with the next search`() throws {
    let archive = try imported([
      chatGPT("a", ["the secret is xylophone", "a strange answer"]),
      chatGPT("b", ["something else entirely", "another answer"]),
    ])
    let model = HashedEmbedder()
    archive.queries = QueryVectors { _ in model }
    _ = try archive.embed(with: model)
    _ = try imported([chatGPT("c", ["this waits", "and so does this"])], file: "c.json")
    let lock = try WriterLock(path: archive.folder.vectorsLockPath)
    _ = try lock.withLock { try archive.delete([conversation("a")]) }
    let vectors = try Connection(path: archive.folder.vectorsPath, mode: .readOnly)
    #expect(try vectors.integer("SELECT count(*) FROM vector_passage") == 4)
    _ = try archive.search("something", mode: .semantic)
    #expect(try vectors.integer("SELECT count(*) FROM vector_passage") == 2)
    #expect(try vectors.integer("SELECT count(*) FROM vector_waiting") == 0)
    #expect(try archive.embed(with: model).embedded == 2)
    #expect(Set(model.texts.suffix(2)) == ["this waits", "and so does this"])
  }

  @Test func `what tools say does not wait`() throws {
    let archive = try workspace.archive()
    let lines = [
      #"{"type":"user","uuid":"u1","sessionId":"s","timestamp":"2026-01-01T00:00:00Z","#
        + #""message":{"role":"user","content":"list the files of the folder"}}"#,
      #"{"type":"assistant","uuid":"u2","parentUuid":"u1","sessionId":"s","#
        + #""timestamp":"2026-01-01T00:00:01Z","message":{"role":"assistant","content":"#
        + #"[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]}}"#,
      #"{"type":"user","uuid":"u3","parentUuid":"u2","sessionId":"s","#
        + #""timestamp":"2026-01-01T00:00:02Z","message":{"role":"user","content":"#
        + #"[{"type":"tool_result","tool_use_id":"t","content":"a.txt and b.txt"}]}}"#,
    ]
    let path = try workspace.write("s.jsonl", lines.joined(separator: "\n"))
    #expect(try archive.importPaths([path]).messages.new == 3)
    let model = HashedEmbedder()
    #expect(try archive.embeddingState(of: model.model).waiting == 3)
    let report = try archive.embed(with: model, limit: 0)
    // The output is known not to say anything, the call is not until it is looked at.
    #expect(report.waiting == 2)
    #expect(try archive.embed(with: model).waiting == 0)
    #expect(model.texts == ["list the files of the folder"])
  }

  @Test func `passes over what says nothing`() throws {
    let archive = try imported([chatGPT("a", ["ok", "thanks", "a real question about tides"])])
    let model = HashedEmbedder()
    let report = try archive.embed(with: model)
    #expect(model.texts == ["a real question about tides"])
    #expect(report.embedded == 1 && report.waiting == 0)
  }

  @Test func `cuts long messages, and finds them by any passage`() throws {
    let parts = (0..<40).map { "Topic\($0) is discussed here. " }
    let long = parts.map { String(repeating: $0, count: 12) }.joined(separator: "\n\n")
    let archive = try imported([chatGPT("a", [long, "short answer here"])])
    let model = HashedEmbedder(64)
    let report = try archive.embed(with: model)
    #expect(report.embedded == 2 && report.vectors > 5 && report.vectors <= 33)
    let reader = try #require(try archive.vectors(of: model.model))
    let hits = try reader.nearest(
      to: model.vector("topic9 topic9 topic9 topic10"), limit: 2)
    #expect(hits.first.map { $0.passage > 1 } == true)
    #expect(Set(hits.map(\.message)).count == hits.count)
  }

  @Test func `names the messages that the model fails on, and tries them again`() throws {
    let archive = try imported([
      chatGPT("a", ["a fine question", "an awful poison", "another fine one"])
    ])
    let model = HashedEmbedder()
    model.rejects = { $0.contains("poison") }
    let report = try archive.embed(with: model)
    #expect(report.embedded == 2 && report.waiting == 1)
    #expect(report.failed.map(\.id) == ["chatgpt:a/n1"])
    #expect(try archive.embed(with: HashedEmbedder()).embedded == 1)
    let broken = HashedEmbedder(revision: "2")
    broken.rejects = { _ in true }
    #expect(throws: HashedEmbedder.Failure.self) { try archive.embed(with: broken) }
    #expect(try archive.embeddingState(of: broken.model).waiting == 3)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `refuses what is no vector`(number: Float) throws {
    let archive = try imported([chatGPT("a", ["a fine question"])])
    let model = HashedEmbedder()
    model.first = number
    let error = #expect(throws: ArchiveError.self) { try archive.embed(with: model) }
    #expect(error?.message.contains("hashed") == true)
    #expect(try archive.embeddingState(of: model.model).vectors == 0)
  }

  @Test func `keeps what was done when it is stopped`() throws {
    let texts = (0..<300).map { "message of number \($0) about tides" }
    let archive = try imported([chatGPT("a", texts)])
    let model = HashedEmbedder()
    let report = try archive.embed(with: model, isCancelled: { model.groups.count == 1 })
    #expect(report.wasCancelled && report.embedded == model.groups[0])
    #expect(report.embedded < 128 && report.waiting == 300 - report.embedded)
    let rest = try archive.embed(with: model)
    #expect(!rest.wasCancelled && rest.embedded == report.waiting)
    #expect(rest.unchanged == report.embedded)
    #expect(model.groups.reduce(0, +) == 300 && model.groups.allSatisfy { $0 <= 128 })
  }

  @Test func `takes in what is imported meanwhile, the newest first`() throws {
    let texts = (0..<200).map { "message of number \($0) about tides" }
    let archive = try imported([chatGPT("a", texts)])
    let model = HashedEmbedder()
    let path = try workspace.write("late.json", "[\(chatGPT("b", ["late text of moons"]))]")
    model.onGroup = { [workspace, unowned model] _ in
      if model.groups.isEmpty { _ = try workspace.archive().importPaths([path]) }
    }
    #expect(try archive.embed(with: model).embedded == 201)
  }

  @Test(arguments: [0, 1]) func `makes damaged vectors anew, though nothing waits`(
    where place: Int
  ) throws {
    let archive = try imported([chatGPT("a", (0..<400).map { "message of number \($0)" })])
    let model = HashedEmbedder()
    #expect(try archive.embed(with: model).embedded == 400)
    let path = workspace.path + "/archive/vectors.db"
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.seek(toOffset: UInt64(place * (size / 2)))
    try file.write(contentsOf: Data(repeating: 0xFF, count: 20_000))
    try file.close()
    let report = try workspace.archive().embed(with: model)
    #expect(report.embedded == 400)
    #expect(report.notes.contains { $0.contains("was damaged and was made anew") })
    #expect(try workspace.archive().verify(isDeep: false).problems == [])
  }

  @Test func `keeps models apart, and removes one`() throws {
    let archive = try imported([chatGPT("a", ["why was the cache wrong", "the clock failed"])])
    let (small, large) = (HashedEmbedder(16), HashedEmbedder(48, name: "other"))
    _ = try archive.embed(with: small)
    _ = try archive.embed(with: large)
    #expect(try archive.embeddings().map(\.vectors) == [2, 2])
    #expect(try nearest(archive, "the clock", small).first == "the clock failed")
    #expect(try nearest(archive, "the clock", large).first == "the clock failed")
    #expect(try archive.removeEmbeddings(of: small.model))
    #expect(try !archive.removeEmbeddings(of: small.model))
    #expect(try archive.embeddings().map(\.model) == [large.model])
    #expect(try nearest(archive, "the clock", small).isEmpty)
  }

  @Test func `makes a damaged file anew, and says so`() throws {
    let archive = try imported([chatGPT("a", ["why was the cache wrong", "the clock failed"])])
    let model = HashedEmbedder()
    _ = try archive.embed(with: model)
    let path = archive.folder.vectorsPath
    for damage in ["no database at all", String(repeating: "x", count: 70_000)] {
      for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      try Data(damage.utf8).write(to: URL(fileURLWithPath: path))
      let reader = try workspace.archive("archive", .read)
      let error = #expect(throws: ArchiveError.self) { try reader.vectors(of: model.model) }
      #expect(error?.code == .damaged && error?.message.contains("polylogue embed") == true)
      #expect(try reader.verify(isDeep: false).problems.contains { $0.contains("vectors.db") })
      let report = try archive.embed(with: model)
      #expect(report.embedded == 2)
      #expect(report.notes.contains { $0.contains("damaged") })
      #expect(try nearest(archive, "the clock", model).first == "the clock failed")
      #expect(try archive.verify(isDeep: false).problems.isEmpty)
    }
  }

  @Test func `leaves alone the file of a newer version`() throws {
    let archive = try imported([chatGPT("a", ["why was the cache wrong"])])
    let model = HashedEmbedder()
    _ = try archive.embed(with: model)
    let vectors = try Connection(path: archive.folder.vectorsPath, mode: .readWrite)
    try vectors.execute("PRAGMA user_version=9")
    let error = #expect(throws: ArchiveError.self) { try archive.embed(with: model) }
    #expect(error?.code == .newerVersion)
    #expect(throws: ArchiveError.self) {
      try workspace.archive("archive", .read).vectors(of: model.model)
    }
    _ = try archive.delete([conversation("a")])
    try vectors.execute("PRAGMA user_version=1")
    #expect(try vectors.integer("SELECT count(*) FROM vector_passage") == 1)
  }

  @Test func `keeps vectors of an archive that was restored, by their texts`() throws {
    let archive = try imported([chatGPT("a", ["why was the cache wrong", "the clock failed"])])
    let backup = workspace.path + "/backup"
    try archive.close()
    try FileManager.default.createDirectory(atPath: backup, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: archive.folder.archivePath, toPath: backup + "/archive.db")
    _ = try imported([chatGPT("b", ["a message that will be lost"])], file: "b.json")
    let model = HashedEmbedder()
    _ = try archive.embed(with: model)
    try FileManager.default.copyItem(
      atPath: archive.folder.vectorsPath, toPath: backup + "/vectors.db")
    let restored = try workspace.archive("backup")
    let report = try restored.embed(with: model)
    #expect(report.vectors == 0 && report.removed == 1 && report.unchanged == 2)
    #expect(try nearest(restored, "the clock", model).first == "the clock failed")
  }

  @Test func `goes on beside reading, and stops when its task is cancelled`() async throws {
    let texts = (0..<400).map { "message of number \($0) about tides" }
    _ = try imported([chatGPT("a", texts)])
    try await AsyncPolylogue.open(path: workspace.path + "/archive") { archive in
      let (begun, beginning) = AsyncStream<Void>.makeStream()
      let isCancelled = DispatchSemaphore(value: 0)
      let task = Task {
        try await archive.embed(onProgress: { _ in beginning.yield() }) {
          let model = HashedEmbedder()
          model.onGroup = { [unowned model] _ in
            if model.groups.count == 1 { isCancelled.wait() }
          }
          return model
        }
      }
      for await _ in begun { break }
      #expect(try await archive.search("tides").total == 400)
      task.cancel()
      isCancelled.signal()
      let report = try await task.value
      #expect(report.wasCancelled && 1..<400 ~= report.embedded)
      let rest = try await archive.embed { HashedEmbedder() }
      #expect(rest.embedded + rest.unchanged == 400)
    }
  }
}
