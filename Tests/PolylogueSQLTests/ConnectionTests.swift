import PolylogueSQL
import Testing

@Suite struct ConnectionTests {
  @Test func `text keeps embedded NUL characters and bytes keep their length`() throws {
    let connection = try Connection(path: ":memory:", mode: .create)
    try connection.execute("CREATE TABLE t (a TEXT, b BLOB, c INTEGER) STRICT")
    try connection.run(
      "INSERT INTO t VALUES (?, ?, ?)", "a\0b", [0, 1, 0] as [UInt8], nil as Int64?)
    try connection.run("INSERT INTO t VALUES (?, ?, ?)", "", [] as [UInt8], 7)
    let statement = try connection.statement("SELECT a, b, c FROM t ORDER BY rowid")
    #expect(try statement.step())
    #expect(statement.string(0) == "a\0b")
    #expect(statement.bytes(1) == [0, 1, 0])
    #expect(statement.optionalInt64(2) == nil)
    #expect(try statement.step())
    #expect(statement.string(0) == "" && !statement.isNull(0))
    #expect(statement.bytes(1).isEmpty && !statement.isNull(1))
    #expect(statement.int64(2) == 7)
    #expect(try !statement.step())
  }

  @Test func `a transaction that throws leaves nothing behind`() throws {
    struct Failure: Error {}
    let connection = try Connection(path: ":memory:", mode: .create)
    try connection.execute("CREATE TABLE t (a INTEGER) STRICT")
    #expect(throws: Failure.self) {
      try connection.transaction {
        try connection.run("INSERT INTO t VALUES (1)")
        throw Failure()
      }
    }
    #expect(try connection.integer("SELECT count(*) FROM t") == 0)
  }

  @Test func `the statements that were used last are kept, and one in use to its end`() throws {
    let connection = try Connection(path: ":memory:", mode: .create)
    let running = try connection.statement("SELECT value FROM json_each('[1, 2]')")
    #expect(try running.step())
    weak let unused = try connection.statement("SELECT -1")
    weak let used = try connection.statement("SELECT -2")
    #expect(unused != nil)
    for number in 0..<Connection.statementLimit {
      #expect(try connection.integer("SELECT \(number)") == Int64(number))
      #expect(try connection.integer("SELECT -2") == -2)
    }
    #expect(unused == nil)
    #expect(used != nil)
    #expect(try running.step())
    #expect(running.int64(0) == 2)
    #expect(try !running.step())
  }

  @Test func `an error names the statement and not the values`() throws {
    let connection = try Connection(path: ":memory:", mode: .create)
    try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT")
    try connection.run("INSERT INTO t VALUES (?)", 4711)
    let error = #expect(throws: SQLError.self) {
      try connection.run("INSERT INTO t VALUES (?)", 4711)
    }
    #expect(error?.message.contains("INSERT INTO t") == true)
    #expect(error?.message.contains("4711") == false)
  }
}
