import PolylogueSQL
import PolylogueSearch
import Testing

@Suite struct IndexVersionTests {
  @Test func `an index of another version is empty, and begins anew when it is written`() throws {
    let index = try IndexFixture()
    try index.add("walrus")
    try index.commit()
    let connection = try Connection(path: index.path, mode: .readWrite)
    try connection.execute("UPDATE text_meta SET value = 1 WHERE name = 'version'")
    #expect(try index.rows("walrus").isEmpty)
    #expect(try TextIndexReader.watermark(in: connection) == 0)
    let writer = try IndexFixture.openWriter(index.path)
    #expect(writer.watermark == 0)
    #expect(try index.rows("walrus").isEmpty)
    #expect(try connection.integer("SELECT count(*) FROM text_segments") == 0)
    #expect(try connection.text("PRAGMA integrity_check") == "ok")
  }

  @Test func `readers of different indexes do not mix up the pages they share`() throws {
    let cache = TextIndexCache()
    for word in ["walrus", "narwhal"] {
      let index = try IndexFixture()
      try index.add(word)
      try index.commit()
      let reader = try TextIndexReader(
        connection: Connection(path: index.path, mode: .readOnly), cache: cache)
      #expect(try reader.search(IndexFixture.request("walrus")).total == (word == "walrus" ? 1 : 0))
    }
  }

  @Test func `a cache without room still finds everything`() throws {
    let index = try IndexFixture()
    for number in 0..<3000 { try index.add("word\(number % 70) common \(number)") }
    try index.commit()
    let reader = try TextIndexReader(
      connection: Connection(path: index.path, mode: .readOnly), cache: TextIndexCache(byteLimit: 1)
    )
    #expect(try reader.search(IndexFixture.request("common word7")).total == 43)
    #expect(try reader.search(IndexFixture.request("\"word7 common\"")).total == 43)
  }
}
