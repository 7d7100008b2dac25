import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

@testable import PolylogueStore

@Suite struct ColdStorageTests {
  private let workspace: Workspace
  private let file: String

  init() throws {
    workspace = try Workspace()
    file = workspace.path + "/cold.db"
  }

  private func archive(updated times: [Double]) throws -> Archive {
    try workspace.archive(updated: times)
  }

  private func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

  private let year: Double = 31_557_600

  private func raw(_ archive: Archive) throws -> [Data] {
    try archive.imports().filter { $0.status != .incomplete }.map { try archive.rawBytes($0.id) }
  }

  // MARK: Reading

  @Test(.enabled(if: Samples.areThere, "\(Samples.missing)"))
  func `what was moved reads exactly as before, without the file all that is newer does`() throws {
    let archive = try workspace.archive()
    _ = try archive.importPaths([Samples.root])
    let (before, bytes) = (try archive.canonical(), try raw(archive))
    let hits = try archive.search("the").hits.map(\.snippet)
    let times = try archive.list(limit: nil).items.compactMap { $0.updatedAt ?? $0.createdAt }
    let middle = times.sorted()[times.count / 2]
    let report = try archive.tidy(.move(before: middle, file: file))
    #expect(report.cold.messages > 100 && report.cold.blobs > 10)
    let other = try workspace.archive("archive", .read)
    #expect(try other.canonical() == before)
    #expect(try raw(other) == bytes)
    #expect(try other.search("the").hits.map(\.snippet) == hits)
    #expect(try other.verify(isDeep: true).problems == [])
    try FileManager.default.removeItem(atPath: file)
    let alone = try workspace.archive("archive", .read)
    for summary in try alone.list(limit: nil).items {
      guard let time = summary.updatedAt ?? summary.createdAt, time < middle else {
        let found = try alone.conversation(summary.id)
        #expect(found != nil)
        try alone.writeRaw(matching: summary.id.description) { _ in }
        continue
      }
    }
  }

  @Test func `only what is older is moved, and a later date adds to the same file`() throws {
    let start = 1_600_000_000.0
    let archive = try archive(updated: [start, start + year, start + 2 * year])
    let before = try archive.canonical()
    let limit = time(1_600_000_000 + 31_557_600)
    let first = try archive.tidy(.move(before: limit, file: file)).cold
    #expect(first.messages == 2 && first.blobs == 1)
    #expect(try archive.tidy(.move(before: limit, file: file)).cold == ColdMove())
    let second = try archive.tidy(.move(before: .distantFuture, file: file)).cold
    #expect(second.messages == 4 && second.blobs == 2)
    let record = try #require(try archive.coldFiles().first)
    #expect(record.messages == 6 && record.blobs == 3)
    #expect(try archive.coldFiles().count == 1)
    #expect(try archive.canonical() == before)
    var info = stat()
    #expect(stat(file, &info) == 0 && info.st_mode & 0o777 == 0o600)
  }

  @Test func `without the file everything else works, and the message names it`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    _ = try archive.tidy(.move(before: time(1_650_000_000), file: file))
    let moved = workspace.path + "/elsewhere.db"
    try FileManager.default.moveItem(atPath: file, toPath: moved)
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.list().items.count == 2)
    #expect(try reader.conversation(matching: "chatgpt:c1").messages.count == 2)
    let error = #expect(throws: ArchiveError.self) {
      _ = try reader.conversation(matching: "chatgpt:c0")
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(file) == true)
    #expect(error?.message.contains("2 messages and 1 pieces") == true)
    let page = try reader.search("sensor")
    #expect(page.hits.count == 4)
    #expect(page.notes.filter { $0.contains(file) }.count == 1)
    let problems = try reader.verify(isDeep: true).problems
    #expect(problems.count == 1 && problems[0].contains(file))
    #expect(try !reader.verify(isDeep: true).isDamaged)
    let shallow = try reader.verify(isDeep: false)
    #expect(shallow.isOK && shallow.unchecked == problems)
    let finding = try reader.diagnose().first { $0.name == "cold storage" }
    #expect(finding?.severity == .warning)
    // A disk that is not connected leaves an empty place, which is none for a new file.
    let refused = #expect(throws: ArchiveError.self) {
      _ = try archive.tidy(.move(before: .distantFuture, file: file))
    }
    #expect(refused?.code == .unavailable)
    #expect(!FileManager.default.fileExists(atPath: file))
    _ = try archive.tidy(.find(file: moved))
    let again = try workspace.archive("archive", .read)
    #expect(try again.conversation(matching: "chatgpt:c0").messages.count == 2)
    #expect(try again.verify(isDeep: true).problems == [])
  }

  @Test func `a file beside the archive moves with its folder`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let before = try archive.canonical()
    _ = try archive.tidy(
      .move(before: .distantFuture, file: workspace.path + "/archive/cold.db"))
    try archive.close()
    try FileManager.default.moveItem(
      atPath: workspace.path + "/archive", toPath: workspace.path + "/moved")
    #expect(try workspace.archive("moved", .read).canonical() == before)
  }

  @Test func `looking at a file does not take the locks of those who have it open`() throws {
    let archive = try archive(updated: [1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    let holder = try Connection(path: file, mode: .readWrite)
    // Closing it would take the locks, too.
    let descriptor = open(file, O_RDWR | O_CLOEXEC)
    try holder.execute("BEGIN IMMEDIATE")
    #expect(isLocked(descriptor))
    #expect(try archive.conversation(matching: "chatgpt:c0").messages.count == 2)
    #expect(isLocked(descriptor))
    try holder.execute("ROLLBACK")
    #expect(!isLocked(descriptor))
    close(descriptor)
  }

  /// Whether SQLite's reserved byte is locked, as one who is not of this process sees it.
  private func isLocked(_ descriptor: Int32) -> Bool {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_start = 0x4000_0001
    lock.l_len = 1
    let getLockOfOpenFile: Int32 = 36  // F_OFD_GETLK
    #expect(fcntl(descriptor, getLockOfOpenFile, &lock) == 0)
    return lock.l_type != Int16(F_UNLCK)
  }

  @Test func `damage in the file is found`() throws {
    let archive = try archive(updated: [1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    do {
      let connection = try Connection(path: file, mode: .readWrite)
      try connection.run("UPDATE piece SET bytes = zeroblob(length(bytes)) WHERE id = 1")
    }
    let reader = try workspace.archive("archive", .read)
    #expect(try !reader.verify(isDeep: true).isOK)
    let error = #expect(throws: ArchiveError.self) {
      _ = try reader.conversation(matching: "chatgpt:c0")
    }
    #expect(error?.code == .damaged)
  }

  // MARK: Writing

  private struct Killed: Error {}

  @Test(arguments: ColdMover.Moment.allCases, [0, 1])
  func `a move that ends at any moment loses nothing and can be run again`(
    moment: ColdMover.Moment, passed: Int
  ) throws {
    let archive = try archive(updated: [1_600_000_000, 1_650_000_000])
    let (before, bytes) = (try archive.canonical(), try raw(archive))
    do {
      let mover = ColdMover(session: try WriteSession(folder: archive.folder))
      var left = passed
      mover.onMoment = {
        if $0 == moment, left == 0 { throw Killed() }
        if $0 == moment { left -= 1 }
      }
      // The first two moments come once.
      let comesAgain = moment == .copied || moment == .marked
      if passed == 0 || comesAgain {
        #expect(throws: Killed.self) { try mover.move(before: .distantFuture, to: file) }
      }
    }
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.canonical() == before)
    #expect(try reader.verify(isDeep: true).problems == [])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    let record = try #require(try archive.coldFiles().first)
    #expect(record.messages == 4 && record.blobs == 2)
    #expect(try archive.canonical() == before)
    #expect(try raw(archive) == bytes)
    #expect(try archive.verify(isDeep: true).problems == [])
    let warm = try Connection(path: archive.folder.archivePath, mode: .readOnly)
    #expect(try warm.integer("SELECT count(*) FROM message WHERE codec >= 0") == 0)
  }

  @Test func `a file that is another one is refused untouched`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let text = try workspace.write("notes.txt", String(repeating: "notes ", count: 1000))
    let foreign = workspace.path + "/archive/index.db"
    let other = try workspace.archive("other")
    _ = try other.importPaths([
      try workspace.write(
        "other.json", "[\(chatGPT("o", ["one long enough to be moved, surely"]))]")
    ])
    _ = try other.tidy(.move(before: .distantFuture, file: file))
    for (path, code) in [
      (text, ArchiveError.Code.unknownFormat), (foreign, .unknownFormat),
      (file, .invalidArgument),
    ] {
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      for task in [
        ColdTask.move(before: .distantFuture, file: path), .moveBack(file: path),
        .find(file: path),
      ] {
        let error = #expect(throws: ArchiveError.self) { _ = try archive.tidy(task) }
        #expect(error?.code == code, "\(path)")
      }
      if path != foreign {
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      }
    }
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `what was moved can be taken back, and the file is needed no more`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    let (before, bytes) = (try archive.canonical(), try raw(archive))
    let out = try archive.tidy(.move(before: .distantFuture, file: file)).cold
    let back = try archive.tidy(.moveBack(file: file)).cold
    #expect(back == out)
    #expect(try archive.coldFiles().isEmpty)
    try FileManager.default.removeItem(atPath: file)
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.canonical() == before)
    #expect(try raw(reader) == bytes)
    #expect(try reader.verify(isDeep: true).problems == [])
  }

  @Test func `what was taken back can be moved to the same file again`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    let before = try archive.canonical()
    let out = try archive.tidy(.move(before: .distantFuture, file: file)).cold
    _ = try archive.tidy(.moveBack(file: file))
    let refused = #expect(throws: ArchiveError.self) {
      _ = try archive.tidy(.moveBack(file: file))
    }
    #expect(refused?.code == .invalidArgument)
    #expect(try archive.tidy(.move(before: .distantFuture, file: file)).cold == out)
    #expect(try archive.coldFiles().map(\.messages) == [4])
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.canonical() == before)
    #expect(try reader.verify(isDeep: true).problems == [])
  }

  @Test func `a file that was taken back and deleted is made again in its place`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let out = try archive.tidy(.move(before: .distantFuture, file: file)).cold
    _ = try archive.tidy(.moveBack(file: file))
    try FileManager.default.removeItem(atPath: file)
    #expect(try archive.tidy(.move(before: .distantFuture, file: file)).cold == out)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `what is moved out again while it is taken back is taken back as well`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    let before = try archive.canonical()
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    var hasMoved = false
    let back = try archive.tidy(.moveBack(file: file)) { _ in
      guard !hasMoved else { return }
      hasMoved = true
      _ = try workspace.archive().tidy(.move(before: .distantFuture, file: file))
    }
    #expect(hasMoved && back.cold.messages == 8)
    #expect(try archive.coldFiles().isEmpty)
    try FileManager.default.removeItem(atPath: file)
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.verify(isDeep: true).problems == [])
    #expect(try reader.canonical() == before)
  }

  @Test func `an archive that has lost track of a file says so, and knows it again when shown it`()
    throws
  {
    let archive = try archive(updated: [1_600_000_000, 1_700_000_000])
    let before = try archive.canonical()
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.run("DELETE FROM cold")
    }
    let reader = try workspace.archive("archive", .read)
    #expect(try reader.list().items.count == 2)
    for isDeep in [false, true] {
      let problems = try reader.verify(isDeep: isDeep).problems
      #expect(problems.count == 1)
      #expect(problems.first?.contains("4 messages and 2 pieces") == true)
      #expect(problems.first?.contains("optimize --moved FILE") == true)
    }
    let error = #expect(throws: ArchiveError.self) {
      _ = try reader.conversation(matching: "chatgpt:c0")
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("optimize --moved FILE") == true)
    _ = try archive.tidy(.find(file: file))
    let again = try workspace.archive("archive", .read)
    #expect(try again.canonical() == before)
    #expect(try again.verify(isDeep: true).problems == [])
    #expect(try archive.tidy(.moveBack(file: file)).cold.messages == 4)
  }

  @Test func `a record that counts nothing does not hide what lies in its file`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let before = try archive.canonical()
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.run("UPDATE cold SET messages = 0, blobs = 0, bytes = 0")
    }
    let away = workspace.path + "/away.db"
    try FileManager.default.moveItem(atPath: file, toPath: away)
    #expect(try archive.verify(isDeep: false).unchecked.count == 1)
    let kept = #expect(throws: ArchiveError.self) { _ = try archive.tidy(.moveBack(file: file)) }
    #expect(kept?.code == .unavailable)
    try FileManager.default.moveItem(atPath: away, toPath: file)
    #expect(try archive.tidy(.moveBack(file: file)).cold.messages == 2)
    #expect(try archive.canonical() == before)
  }

  @Test func `where nothing is to be moved no file is made, and an empty one is not needed`() throws
  {
    let archive = try archive(updated: [1_600_000_000])
    let early = ColdTask.move(before: time(1_500_000_000), file: file)
    #expect(try archive.tidy(early).cold == ColdMove())
    #expect(!FileManager.default.fileExists(atPath: file))
    let mover = ColdMover(session: try WriteSession(folder: archive.folder))
    mover.onMoment = { if $0 == .fileKnown { throw Killed() } }
    #expect(throws: Killed.self) { try mover.move(before: .distantFuture, to: file) }
    try FileManager.default.removeItem(atPath: file)
    let database = try Connection(path: archive.folder.archivePath, mode: .readOnly)
    #expect(try ColdStorage.records(in: database).count == 1)
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.verify(isDeep: false).unchecked == [])
    #expect(try archive.diagnose().allSatisfy { $0.name != "cold storage" })
    #expect(try archive.tidy(.moveBack(file: file)).cold == ColdMove())
    #expect(try ColdStorage.records(in: database).isEmpty)
    let missing = #expect(throws: ArchiveError.self) {
      _ = try archive.tidy(.moveBack(file: file))
    }
    #expect(missing?.code == .notFound)
  }

  @Test func `a file in a folder that is missing is refused, and the folder named`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let folder = workspace.path + "/missing"
    let error = #expect(throws: ArchiveError.self) {
      _ = try archive.tidy(.move(before: .distantFuture, file: folder + "/cold.db"))
    }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("no folder \(folder)") == true)
    #expect(try archive.coldFiles().isEmpty)
  }

  // MARK: Importing again

  @Test func `an export is recognised and compared when what it had is cold`() throws {
    let archive = try archive(updated: [1_600_000_000, 1_600_000_000])
    _ = try archive.tidy(.move(before: .distantFuture, file: file))
    let again = try archive.importPaths([workspace.path + "/conversations.json"])
    #expect(again.conversations == ChangeCounts(new: 0, updated: 0, unchanged: 2))
    let text = "a sensor drifts in the cold of winter, and its reading with it; "
    let newer = try workspace.write(
      "newer.json",
      "[\(chatGPT("c0", [text + "first", text + "mended"], updated: 1_700_000_000))]")
    let report = try archive.importPaths([newer])
    #expect(report.messages == ChangeCounts(new: 0, updated: 1, unchanged: 1))
    let found = try archive.conversation(matching: "chatgpt:c0")
    #expect(found.messages.map(\.text) == [text + "first", text + "mended"])
    #expect(try archive.verify(isDeep: true).problems == [])
    #expect(try archive.search("mended").hits.count == 1)
  }

  // MARK: Tidying

  @Test func `what nothing refers to is removed, and nothing else`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let before = try archive.canonical()
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.run(
        "INSERT INTO blob (sha256, size, codec, bytes) VALUES (?, 3, 0, ?)",
        [UInt8](repeating: 7, count: 32), [UInt8]([1, 2, 3]))
    }
    let importing = try WriterLock(path: archive.folder.importLockPath, isShared: true)
    try importing.acquire()
    let busy = try archive.tidy()
    #expect(busy.orphans.blobs == 0 && busy.notes.count == 1)
    importing.release()
    let report = try archive.tidy()
    #expect(report.orphans == (1, 3) && report.notes.isEmpty)
    #expect(try archive.tidy().orphans == (0, 0))
    #expect(try archive.canonical() == before)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `a database of which much is unused is written anew`() throws {
    let archive = try archive(updated: [1_600_000_000])
    let before = try archive.canonical()
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.execute(
        """
        CREATE TABLE ballast (bytes BLOB);
        INSERT INTO ballast VALUES (zeroblob(4000000));
        DROP TABLE ballast;
        """)
    }
    let report = try archive.tidy()
    #expect(report.archive.before > 4_000_000 && report.archive.after < 1_000_000)
    #expect(ArchiveFolder.byteCount(of: archive.folder.archivePath + "-wal") == 0)
    #expect(try archive.canonical() == before)
    #expect(try archive.verify(isDeep: true).problems == [])
  }
}

extension Timestamp {
  /// Later than anything.
  static var distantFuture: Timestamp { Timestamp(microseconds: 4_000_000_000_000_000) }
}

extension Workspace {
  /// An archive with a conversation of each of some times, in seconds since 1970.
  func archive(updated times: [Double]) throws -> Archive {
    let archive = try self.archive()
    let text = "a sensor drifts in the cold of winter, and its reading with it; "
    let conversations = times.enumerated().map { index, time in
      chatGPT("c\(index)", [text + "first", text + "second \(index)"], updated: time)
    }
    let path = try write(
      "conversations.json", "[\(conversations.joined(separator: ","))]")
    _ = try archive.importPaths([path])
    return archive
  }
}
