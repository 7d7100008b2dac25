import Glibc

/// A thread with a stack of its own that runs one closure.
package final class WorkerThread {
  private var handle = pthread_t()

  /// Starts `body` on a new thread.
  package init(_ body: @escaping @Sendable () -> Void) throws {
    let box = Unmanaged.passRetained(Box(body))
    let code = pthread_create(
      &handle, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw WorkerThreadError(code: code)
    }
  }

  /// Waits until the closure has returned.
  package func join() {
    pthread_join(handle, nil)
  }

  /// Leaves the thread to itself; it must not be joined then.
  package func detach() {
    pthread_detach(handle)
  }

  private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// The system refuses another thread.
struct WorkerThreadError: Error, CustomStringConvertible {
  let code: Int32
  var description: String { "cannot start a thread: \(String(cString: strerror(code)))" }
}
