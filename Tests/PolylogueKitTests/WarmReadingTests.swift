import Foundation
import Glibc
import PolylogueKit
import Testing

/// What a query costs once an archive has been read before (requirement B3).
@Suite struct WarmReadingTests {
  /// Counts how often files of one folder are opened, by whatever program.
  private struct OpenedFiles: ~Copyable {
    private let descriptor: Int32

    init(in folder: String) throws {
      descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
      try #require(descriptor >= 0)
      try #require(inotify_add_watch(descriptor, folder, UInt32(IN_OPEN)) >= 0)
    }

    deinit { close(descriptor) }

    /// The names of the files opened since the last call, in order.
    func next() -> [String] {
      var names: [String] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return names }
        buffer.withUnsafeBytes { bytes in
          var place = 0
          while place < count {
            let event = bytes.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
            let name = place + MemoryLayout<inotify_event>.size
            place = name + Int(event.len)
            names.append(String(decoding: bytes[name..<place].prefix { $0 != 0 }, as: UTF8.self))
          }
        }
      }
    }
  }

  @Test func `a warm query opens no file of the archive`() async throws {
    let workspace = try Workspace()
    let archive = try workspace.archive()
    let path = archive.path
    let conversations = (0..<20).map { chatGPT("c\($0)", ["question", "about walruses"]) }
    let file = try workspace.write("a.json", "[" + conversations.joined(separator: ",") + "]")
    _ = try archive.importPaths([file])
    try archive.close()

    let opened = try OpenedFiles(in: path)
    let id = ConversationID(provider: .chatgpt, native: "c7")
    try await AsyncPolylogue.open(path: path, readers: 2) { archive in
      let read: @Sendable () async throws -> Void = {
        let page = try await archive.search("walruses", limit: 5)
        let list = try await archive.filter().limit(3).list()
        let conversation = try await archive.conversation(id)
        let stats = try await archive.stats()
        #expect(page.total == 20)
        #expect(list.count == 3)
        #expect(conversation?.messages.isEmpty == false)
        #expect(stats.conversations == 20)
      }
      // As many at once as there are readers, so that each of them is warm.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { try await read() } }
        try await group.waitForAll()
      }
      let cold = opened.next()
      #expect(cold.contains("archive.db"))
      #expect(cold.contains("index.db"))
      for _ in 0..<20 { try await read() }
      #expect(opened.next() == [])
    }
  }
}
