/// What happens in an import, on its way from the thread that imports to the task that listens.
final class ImportFeed: @unchecked Sendable {  // all state is guarded by `monitor`
  private let monitor = Monitor()
  private let lane: WriterLane
  private let input: ImportPipeline.Input
  private let options: ImportOptions
  private var hasStarted = false
  /// Whether anybody takes events; otherwise they are not kept.
  private var isObserved = false
  /// Those who wait for the report: the import is not held up for events that nobody may take.
  private var reporters = 0
  private let flag = WriterLane.Flag()
  private var events: [ImportEvent] = []
  /// The first of `events` that was not taken.
  private var first = 0
  private var result: Result<ImportReport, any Error>?
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(lane: WriterLane, input: ImportPipeline.Input, options: ImportOptions) {
    self.lane = lane
    self.input = input
    self.options = options
  }

  // MARK: The task's side

  /// The next event, nil at the end.
  func next() async throws -> ImportEvent? {
    start(isObserved: true)
    return try await withTaskCancellationHandler {
      while true {
        let (event, ended) = take()
        if let event { return event }
        if let ended { return try ImportFeed.end(ended) }
        await change()
      }
    } onCancel: {
      cancel()
    }
  }

  /// What the end of the events is for the task that listens.
  private static func end(_ result: Result<ImportReport, any Error>) throws -> ImportEvent? {
    do {
      guard try result.get().wasCancelled else { return nil }
    } catch is CancellationError {
      // Stopped before it began.
    }
    try Task.checkCancellation()
    return nil
  }

  /// The report, at the end.
  func report() async throws -> ImportReport {
    start(isObserved: false)
    monitor.locked {
      reporters += 1
      monitor.changedForAll()
    }
    defer { monitor.locked { reporters -= 1 } }
    return try await withTaskCancellationHandler {
      while true {
        if let result = monitor.locked({ result }) { return try result.get() }
        await change(ignoringEvents: true)
      }
    } onCancel: {
      cancel()
    }
  }

  /// Asks the import to stop.
  func cancel() {
    lane.cancel(flag)
    monitor.locked {
      events = []
      first = 0
      monitor.changedForAll()
    }
  }

  private func take() -> (event: ImportEvent?, ended: Result<ImportReport, any Error>?) {
    monitor.locked {
      guard first < events.count else { return (nil, result) }
      let event = events[first]
      first += 1
      if first == events.count {
        events.removeAll(keepingCapacity: true)
        first = 0
      }
      monitor.changedForAll()
      return (event, nil)
    }
  }

  /// Waits until there is something to take, or the end.
  private func change(ignoringEvents: Bool = false) async {
    await withCheckedContinuation { continuation in
      let isThere = monitor.locked {
        if result != nil || (!ignoringEvents && first < events.count) { return true }
        waiting.append(continuation)
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  // MARK: The import's side

  private func start(isObserved: Bool) {
    let isFirst = monitor.locked {
      if isObserved { self.isObserved = true }
      defer { hasStarted = true }
      return !hasStarted
    }
    guard isFirst else { return }
    lane.start(in: .imports, flag) {
      self.cancel()
    } _: { path in
      try self.run(at: path)
    } finish: { result in
      self.wake { $0.result = result }
    }
  }

  private func run(at path: String) throws -> ImportReport {
    let isCancelled = { [flag] in flag.isSet }
    if options.isDryRun, case .paths(let paths) = input {
      return try Archive.rehearseImport(
        paths, at: path, options: options, isCancelled: isCancelled, onEvent: offer)
    }
    // Only an import makes an archive.
    if case .archive = input { _ = try Archive(path: path, access: .read) }
    let archive = try Archive(path: path, access: .write)
    let report =
      switch input {
      case .paths(let paths):
        try archive.importPaths(
          paths, options: options, isCancelled: isCancelled, onEvent: offer)
      case .archive(let all):
        try archive.reprocess(
          all: all, options: options, isCancelled: isCancelled, onEvent: offer)
      }
    try archive.close()
    return report
  }

  private func offer(_ event: ImportEvent) {
    wake { feed in
      guard feed.isObserved, !feed.flag.isSet else { return }
      if feed.first < feed.events.count, let last = feed.events.last,
        ImportFeed.replaces(event, last)
      {
        feed.events[feed.events.count - 1] = event
      } else {
        feed.events.append(event)
      }
    }
    // Files are acknowledged after a commit, while as a rule no other writer waits for this one; in
    // the midst of a group only a consumer that has fallen far behind holds it up.
    var limit = ImportRun.eventLimit * 16
    if case .imported = event { limit = ImportRun.eventLimit }
    monitor.locked {
      while events.count - first >= limit, reporters == 0, !flag.isSet { monitor.wait() }
    }
  }

  /// Whether one event makes the one before it old news.
  private static func replaces(_ new: ImportEvent, _ old: ImportEvent) -> Bool {
    switch (new, old) {
    case (.advanced(let path, _, _), .advanced(let other, _, _)):
      path.utf8.elementsEqual(other.utf8)
    case (.indexing, .indexing): true
    default: false
    }
  }

  /// Changes the state and wakes all that wait for that.
  private func wake(_ change: (ImportFeed) -> Void) {
    let woken = monitor.locked {
      change(self)
      defer { waiting = [] }
      return waiting
    }
    for continuation in woken { continuation.resume() }
  }
}
