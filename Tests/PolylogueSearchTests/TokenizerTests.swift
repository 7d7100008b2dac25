import PolylogueModel
import PolylogueSearch
import Testing

@Suite struct `Words in messages` {
  @Test(arguments: [
    ("今天天气很好我们去公园", "天气"), ("今天天气很好我们去公园", "公园"), ("我们去公园", "园"),
    ("我们去公园", "我"), ("カメラを買いました", "カメラ"), ("서울에서 만나요", "서울"),
    ("let userName = fetchUserName()", "username"), ("let userName = 1", "user"),
    ("let userName = 1", "userName"), ("class HTTPServerConfig", "server"),
    ("class HTTPServerConfig", "http"), ("call parse_json_line now", "json"),
    ("call parse_json_line now", "parse_json_line"),
    ("see src/foo/BarBaz.swift please", "BarBaz.swift"),
    ("see src/foo/BarBaz.swift please", "barbaz"), ("see src/foo/BarBaz.swift please", "bar"),
    ("see src/foo/BarBaz.swift please", "src/foo/BarBaz.swift"), ("a café naïve", "cafe naive"),
    ("Straße", "strasse"), ("Ελλάδα", "ελλαδα"), ("ЁЛКА", "елка"), ("ﬁne Ｗｉｄｅ", "fine wide"),
    ("foo, bar", "\"foo bar\""), ("I don't know", "don't"), ("I don't know", "\"don't know\""),
    ("rocket \u{1F680} launch", "\u{1F680}"), ("cafe\u{301} time", "café"),
    ("version 1.2.3 is out", "1.2.3"), ("ÆTHER", "aether"), ("a-b kebab-case", "kebab"),
  ])
  func `are found by`(text: String, query: String) throws {
    let index = try IndexFixture()
    try index.add(text)
    try index.add("something else entirely")
    try index.commit()
    #expect(try index.rows(query) == [1])
  }

  @Test(arguments: [
    ("今天天气很好", "气天"), ("foo x bar", "\"foo bar\""), ("bar foo", "\"foo bar\""),
    ("userName", "name_user"), ("parse json", "parsejson"),
  ])
  func `are not found by`(text: String, query: String) throws {
    let index = try IndexFixture()
    try index.add(text)
    try index.commit()
    #expect(try index.rows(query).isEmpty)
  }

  @Test func `that are encoded data are left out, and their neighbours kept`() throws {
    let index = try IndexFixture()
    let data = String(repeating: "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", count: 40)
    try index.add("before \(data) after")
    try index.commit()
    #expect(try index.rows("before after") == [1])
    #expect(try index.rows("QUJD*").isEmpty)
  }

  @Test func `of any length and any bytes do no harm`() throws {
    let index = try IndexFixture()
    try index.add(String(repeating: "x", count: 150))
    try index.add("nul\u{0}separates")
    try index.add(String(repeating: "字", count: 5000))
    try index.writer.begin(
      .init(
        conversation: 1, message: 4, position: 4, timestamp: nil, provider: .codex, role: .user))
    for bytes in [[0xFF, 0xFE, 0x61, 0xC3], [0xED, 0xA0, 0x80, 0x62], [0xF0, 0x9F]] as [[UInt8]] {
      bytes.withUnsafeBytes { index.writer.text(.body, $0) }
    }
    try index.writer.end()
    try index.commit()
    #expect(try index.rows("nul separates") == [2])
    #expect(try index.rows("字字字") == [3])
    #expect(try index.rows("a b") == [4])
    #expect(try index.rows(String(repeating: "x", count: 150)) == [1])
  }
}
