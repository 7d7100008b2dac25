import Foundation
import PolylogueStore
import Synchronization
import Testing

@Suite struct WriterLockTests {
  @Test(.timeLimit(.minutes(1)))
  func `who waits comes before the one who has just had the lock`() throws {
    let archive = TemporaryArchive()
    try archive.folder.make()
    let path = archive.folder.archiveLockPath
    let waiting = try WriterLock(path: path)
    let rounds = Atomic(0)
    let stop = Atomic(false)
    let begun = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      defer { ended.signal() }
      guard let greedy = try? WriterLock(path: path) else { return }
      // An import: it has the lock nearly all of the time.
      while !stop.load(ordering: .relaxed) {
        guard (try? greedy.withLock({ usleep(1000) })) != nil else { return }
        if rounds.add(1, ordering: .relaxed).oldValue == 0 { begun.signal() }
      }
    }
    begun.wait()
    let passedOver = try (0..<21).map { _ in
      // Until the other one, whose turn it is now, has it again and again.
      usleep(40_000)
      let before = rounds.load(ordering: .relaxed)
      return try waiting.withLock { rounds.load(ordering: .relaxed) - before }
    }
    stop.store(true, ordering: .relaxed)
    ended.wait()
    // Half of them: a thread may be kept from asking by the machine.
    #expect(passedOver.sorted()[10] <= 4, "\(passedOver)")
    #expect(waiting.acquireIfFree())
  }

  @Test func `those who share a lock do not wait for each other`() throws {
    let archive = TemporaryArchive()
    try archive.folder.make()
    let path = archive.folder.importLockPath
    let locks = try (0..<2).map { _ in try WriterLock(path: path, isShared: true) }
    for lock in locks { try lock.acquire() }
    let sole = try WriterLock(path: path)
    #expect(!sole.acquireIfFree())
    for lock in locks { lock.release() }
    #expect(sole.acquireIfFree())
  }
}
