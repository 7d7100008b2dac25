import PolylogueSQL
import Testing

@Suite struct InterruptionTests {
  private static let endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

  @Test func `a statement that runs without end is ended from another thread`() async throws {
    let interruption = Interruption()
    let started = AsyncStream.makeStream(of: Void.self)
    let task = Task.detached {
      let connection = try Connection(path: ":memory:", mode: .create)
      connection.interruption = interruption
      started.continuation.yield()
      return try connection.integer(Self.endless)
    }
    for await _ in started.stream { break }
    interruption.request()
    let result = await task.result
    #expect(throws: SQLError.self) { try result.get() }
    if case .failure(let error) = result { #expect((error as? SQLError)?.isInterrupt == true) }
  }

  @Test func `what was asked for between two statements ends the next one`() throws {
    let connection = try Connection(path: ":memory:", mode: .create)
    let interruption = Interruption()
    connection.interruption = interruption
    #expect(try connection.integer("SELECT 1") == 1)
    interruption.request()
    #expect(throws: SQLError.self) { try connection.integer("SELECT 1") }
    #expect(throws: SQLError.self) { try connection.checkInterruption() }
    interruption.clear()
    #expect(try connection.integer("SELECT 1") == 1)
  }
}
