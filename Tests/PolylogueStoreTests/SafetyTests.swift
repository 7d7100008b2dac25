import Foundation
import PolylogueModel
import PolylogueSQL
import PolylogueStore
import Testing

@Suite struct SafetyTests {
  @Test func `files are for the owner alone`() throws {
    let archive = TemporaryArchive()
    let before = umask(0)
    defer { umask(before) }
    try archive.write(sample("a", count: 1))
    for name in try FileManager.default.contentsOfDirectory(atPath: archive.folder.path) {
      var info = stat()
      #expect(stat(archive.folder.path + "/" + name, &info) == 0)
      #expect(info.st_mode & 0o777 == 0o600, "\(name)")
    }
    var info = stat()
    #expect(stat(archive.folder.path, &info) == 0 && info.st_mode & 0o777 == 0o700)
  }

  @Test func `an import that another one took for interrupted knows that it is not under way`()
    throws
  {
    let archive = TemporaryArchive()
    let (first, second) = (try archive.session(), try archive.session())
    let begun = Timestamp(microseconds: 1)
    let row = try first.group {
      try first.raw.begin(label: "a.json", container: nil, kind: .conversations, at: begun)
    }
    #expect(try first.raw.isUnderWay(row, since: begun))
    let other = try second.group {
      try second.raw.removeIncomplete(label: "a.json")
      return try second.raw.begin(
        label: "a.json", container: nil, kind: .conversations, at: Timestamp(microseconds: 2))
    }
    // The row is given again.
    #expect(other == row)
    #expect(try !first.raw.isUnderWay(row, since: begun))
  }

  @Test func `an archive of a newer version is refused untouched`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 1))
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.execute("PRAGMA user_version=999")
      try connection.checkpoint()
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: archive.folder.archivePath))
    for open in [{ _ = try archive.session() }, { _ = try archive.reader() }] {
      let error = #expect(throws: ArchiveError.self) { try open() }
      #expect(error?.code == .newerVersion)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: archive.folder.archivePath)) == before)
  }

  @Test(arguments: [0, 16, 100])
  func `a damaged header is never made anew`(kept: Int) throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 1))
    let url = URL(fileURLWithPath: archive.folder.archivePath)
    let damaged = Data(count: kept)
    try damaged.write(to: url)
    let error = #expect(throws: ArchiveError.self) { _ = try archive.session() }
    #expect(error?.code == .damaged)
    #expect(try Data(contentsOf: url) == damaged)
  }

  @Test func `a copy is read where nothing can be written, unless commits wait in its log`() throws
  {
    let archive = TemporaryArchive()
    try archive.write(sample("a?b#c%d", count: 3))
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      // A connection that has read nothing yet does not know of the log.
      _ = try connection.integer("PRAGMA schema_version")
      try connection.checkpoint()
    }
    let copy = TemporaryArchive()
    let place = ArchiveFolder(path: copy.folder.path + "/100% read?only#1")
    try place.make()
    let url = URL(fileURLWithPath: place.archivePath)
    try Data(contentsOf: URL(fileURLWithPath: archive.folder.archivePath)).write(to: url)
    try asStranger(in: place) {
      let connection = try ArchiveDatabase.openForReading(place)
      #expect(try connection.integer("SELECT count(*) FROM message") == 3)
    }
    try Data([1]).write(to: URL(fileURLWithPath: place.archivePath + "-wal"))
    try asStranger(in: place) {
      let error = #expect(throws: ArchiveError.self) {
        _ = try ArchiveDatabase.openForReading(place)
      }
      #expect(error?.code == .permission)
      #expect(error?.message.contains("copy the folder to a writable place") == true)
    }
  }

  /// Runs `body` as one who can read the folder but not write to it: root, whom no mode stops, acts
  /// as somebody else on this thread.
  private func asStranger(in folder: ArchiveFolder, _ body: () throws -> Void) throws {
    chmod(folder.path + "/..", 0o755)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      chmod(folder.path + "/" + name, 0o444)
    }
    chmod(folder.path, 0o555)
    // The function is not in Swift's view of glibc.
    typealias Become = @convention(c) (uid_t) -> CInt
    let become = unsafeBitCast(
      try #require(dlsym(nil, "setfsuid"), "no setfsuid"), to: Become.self)
    _ = become(geteuid() == 0 ? 65534 : geteuid())
    defer {
      _ = become(geteuid())
      chmod(folder.path, 0o755)
    }
    try body()
  }

  @Test func `a flipped byte in stored bytes is found by a deep check`() throws {
    let archive = TemporaryArchive()
    try archive.write(sample("a", count: 40) { _ in String(repeating: "secret ", count: 90) })
    do {
      let connection = try Connection(path: archive.folder.archivePath, mode: .readWrite)
      try connection.run(
        "UPDATE message SET body = CAST(x'28b52ffd' || substr(body, 9) AS BLOB) WHERE id = 7")
    }
    #expect(try !archive.verify().isEmpty)
  }

  @Test func `a group that fails leaves nothing`() throws {
    struct Failure: Error {}
    let archive = TemporaryArchive()
    let session = try archive.session()
    #expect(throws: Failure.self) {
      try session.group {
        _ = try session.conversations.open(
          ConversationID(provider: .chatgpt, native: "x"), header: nil)
        throw Failure()
      }
    }
    try archive.write(sample("a", count: 1), in: session)
    #expect(try archive.reader().list(filter: Filter(), limit: nil, after: nil).items.count == 1)
  }

  @Test func `a lock is given to one at a time`() throws {
    let archive = TemporaryArchive()
    try archive.folder.make()
    let first = try WriterLock(path: archive.folder.archiveLockPath)
    let second = try WriterLock(path: archive.folder.archiveLockPath)
    try first.acquire()
    #expect(!second.acquireIfFree())
    first.release()
    #expect(second.acquireIfFree())
    #expect(!first.acquireIfFree())
    second.release()
  }
}
