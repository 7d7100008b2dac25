import Glibc

/// The lock that makes writers of one file take turns, across processes.
///
/// It is taken for one transaction at a time, so that a long import lets others in between its
/// commits: whoever waits is next, and the one who has just had the lock stands behind. The kernel
/// releases it when its holder dies.
public final class WriterLock {
  /// How long a writer waits for its turn, in seconds, before it gives up.
  public static let patience: Double = 600

  /// How long a wait lasts, in seconds, before it is told.
  public static let silence: Double = 1

  /// Told, once a wait, that another process has the lock.
  public var onWait: (() -> Void)?
  private let descriptor: Int32
  private let path: String
  private let operation: CInt
  private let patience: Double
  private var depth = 0

  /// Opens the lock file, making it when it is missing; the lock is not taken yet.
  ///
  /// - Parameters:
  ///   - path: The lock file.
  ///   - isShared: Held together with others who share it, and kept from those who do not.
  ///   - patience: How long to wait for it, in seconds.
  public init(
    path: String, isShared: Bool = false, patience: Double = WriterLock.patience
  ) throws {
    self.path = path
    self.patience = patience
    operation = isShared ? LOCK_SH : LOCK_EX
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ArchiveFolder.failure("cannot open \(path)") }
    fchmod(descriptor, 0o600)
  }

  deinit { close(descriptor) }

  /// Whether this object holds the lock.
  public var isHeld: Bool { depth > 0 }

  /// Waits for the lock.
  ///
  /// - Parameter isCancelled: Asked while it waits.
  /// - Throws: ``ArchiveError`` with code `locked` once the patience is over; `CancellationError`.
  public func acquire(isCancelled: () -> Bool = { false }) throws {
    if depth > 0 {
      depth += 1
      return
    }
    var waited: Double = 0
    var pause: UInt32 = 500
    var isTold = false
    var isNext = takeTurn()
    defer { if isNext { giveTurn() } }
    while !isNext || !tryLock() {
      if isCancelled() { throw CancellationError() }
      guard waited < patience else {
        throw ArchiveError(
          .locked,
          "another process has been writing to the archive for \(Int(waited)) seconds"
            + " (lock \(path)); wait for it or end it, then try again")
      }
      if !isTold, waited >= WriterLock.silence {
        isTold = true
        onWait?()
      }
      usleep(pause)
      waited += Double(pause) / 1e6
      pause = min(pause * 2, isNext ? 2000 : 20_000)
      if !isNext { isNext = takeTurn() }
    }
    depth = 1
  }

  /// Takes the lock if nobody else holds it.
  public func acquireIfFree() -> Bool {
    if depth > 0 || tryLock() {
      depth += 1
      return true
    }
    return false
  }

  /// Gives the lock back.
  public func release() {
    guard depth > 0 else { return }
    depth -= 1
    if depth == 0 { flock(descriptor, LOCK_UN) }
  }

  /// Runs `body` holding the lock.
  public func withLock<R>(_ body: () throws -> R) throws -> R {
    try acquire()
    defer { release() }
    return try body()
  }

  /// Becomes the one who waits for the lock, which a writer must be before it takes it. It is a lock
  /// on a byte of the file, as flock has but one for the whole of it
  /// (<https://man7.org/linux/man-pages/man2/F_OFD_SETLK.2const.html>).
  ///
  /// - Returns: false while somebody else is. Where files have no such locks, everybody is.
  private func takeTurn() -> Bool {
    operation == LOCK_SH || setTurn(F_WRLCK) || (errno != EAGAIN && errno != EACCES)
  }

  private func giveTurn() {
    if operation != LOCK_SH { _ = setTurn(F_UNLCK) }
  }

  /// `F_OFD_SETLK` of Linux, which Glibc declares with GNU's extensions alone.
  private static let setTurn: CInt = 37

  private func setTurn(_ type: CInt) -> Bool {
    var range = Glibc.flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_len = 1
    while fcntl(descriptor, WriterLock.setTurn, &range) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }

  private func tryLock() -> Bool {
    while flock(descriptor, operation | LOCK_NB) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }
}
