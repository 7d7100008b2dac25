import PolylogueModel
import PolylogueParsing
import Testing

@Suite struct JSONReaderTests {
  private func parse(_ text: String) throws -> JSONValue {
    var reader = JSONReader()
    return try reader.parse(Array(text.utf8))
  }

  @Test(arguments: [
    "0", "-0.0", "1672531200.123456", "0.1", "1e22", "1e23", "123456789012345678", "1e-400",
    "4.9e-324",
    "2.2250738585072011e-308", "1.7976931348623157e308", "9007199254740993", "0.3e-22",
    "9007199254740992e22", "1" + String(repeating: "0", count: 300), "5e-324",
    "0." + String(repeating: "1", count: 1000), "179769313486231580793e288",
  ])
  func `a number becomes the nearest double`(text: String) throws {
    let value = try #require(try parse(text).double)
    let expected = try #require(Double(text))
    #expect(value.bitPattern == expected.bitPattern)
  }

  @Test func `random numbers become the nearest doubles`() throws {
    var random = SeededGenerator(state: 11)
    var reader = JSONReader()
    for _ in 0..<20_000 {
      let digits = String(
        UInt64.random(in: 0...UInt64.max >> UInt64.random(in: 0..<64), using: &random))
      let fraction = String(UInt64.random(in: 0...999_999_999, using: &random))
      let exponent = Int.random(in: -330...310, using: &random)
      let text =
        Bool.random(using: &random) ? "\(digits).\(fraction)" : "\(digits).\(fraction)e\(exponent)"
      let expected = try #require(Double(text))
      let value = try reader.parse(Array(text.utf8)).double
      #expect(value?.bitPattern == (expected.isFinite ? expected.bitPattern : nil))
    }
  }

  @Test(arguments: ["1e400", "-1e400", "1e999999999999999999999"])
  func `a number beyond the doubles is none but keeps its text`(text: String) throws {
    let value = try parse(text)
    #expect(value.kind == .number)
    #expect(value.double == nil)
    #expect(value.int64 == nil)
    #expect(value.timestamp == nil)
    #expect(value.numberText == text)
    #expect(value.json == text)
  }

  @Test(
    arguments: [
      ("1672531200.123456", 1_672_531_200_123_456),
      ("\"1672531200.123456\"", 1_672_531_200_123_456),
      ("1672531200123", 1_672_531_200_123_000),
      ("\"2023-01-01T00:00:00.123456Z\"", 1_672_531_200_123_456),
      ("{\"$date\":\"2023-01-01T00:00:00Z\"}", 1_672_531_200_000_000),
      ("{\"$date\":{\"$numberLong\":\"1672531200123\"}}", 1_672_531_200_123_000),
      ("{\"$date\":1672531200123}", 1_672_531_200_123_000), ("0", nil), ("null", nil),
      ("\"None\"", nil),
      ("\"\"", nil), ("true", nil), ("{\"$date\":{\"$date\":1672531200123}}", nil),
      ("[1672531200]", nil),
      ("\"\(String(repeating: "9", count: 5000))\"", nil),
    ] as [(String, Int64?)])
  func `times are read in every form that exports have`(text: String, expected: Int64?) throws {
    #expect(try parse(text).timestamp?.microseconds == expected)
  }

  @Test(
    arguments: [
      ("\"123\"", 123), ("123", 123), ("\"-5\"", -5), ("\"9223372036854775808\"", nil),
      ("\"\"", nil),
      ("\"-\"", nil), ("\"1x\"", nil), ("\" 1\"", nil), ("null", nil), ("[]", nil), ("true", nil),
    ] as [(String, Int64?)])
  func `numbers may be strings`(text: String, expected: Int64?) throws {
    #expect(try parse(text).integer == expected)
  }

  @Test func `scalars have a text and containers none`() throws {
    let texts = try parse("[\"a\",1.50,true,false,null,[],{}]").elements.map(\.text)
    #expect(texts == ["a", "1.50", "true", "false", nil, nil, nil])
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `nesting is read up to the limit and refused beyond it`(opening: String) throws {
    let closing = opening == "[" ? "]" : "}"
    var limits = ParsingLimits()
    limits.nestingDepth = 1000
    var reader = JSONReader(limits: limits)
    for (depth, isRead) in [(400, true), (1000, true), (1001, false), (1_000_000, false)] {
      let inner = opening == "[" ? "" : "1"
      let text =
        String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
      do {
        let value = try reader.parse(Array(text.utf8))
        #expect(isRead)
        #expect(value.json == text)
      } catch {
        #expect(!isRead)
        #expect(error.reason == "nested too deeply")
      }
    }
  }

  @Test func `a record of very many values is refused before it takes the memory`() throws {
    var limits = ParsingLimits()
    limits.valueCount = 1000
    var reader = JSONReader(limits: limits)
    let text = "[" + Array(repeating: "1", count: 999).joined(separator: ",") + "]"
    #expect(try reader.parse(Array(text.utf8)).count == 999)
    let longer = "[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]"
    #expect(throws: JSONError(reason: "too many values", offset: 2000)) {
      try reader.parse(Array(longer.utf8))
    }
  }

  @Test func `a value outlives the next text`() throws {
    var reader = JSONReader()
    var kept: [JSONValue] = []
    for number in 0..<50 {
      let value = try reader.parse(Array("{\"n\":\(number),\"s\":\"t\(number)\"}".utf8))
      if number % 7 == 0 { kept.append(value) }
    }
    #expect(kept.map { $0["n"]?.int64 } == [0, 7, 14, 21, 28, 35, 42, 49])
    #expect(kept.map { $0["s"]?.string } == ["t0", "t7", "t14", "t21", "t28", "t35", "t42", "t49"])
  }

  @Test func `glued texts are read one by one`() throws {
    var reader = JSONReader()
    let bytes = Array("{\"a\":1}{\"a\":2} [3]4 ".utf8)
    var rest = bytes[...]
    var seen: [String] = []
    while rest.contains(where: { $0 != 0x20 }) {
      let (json, end) = try rest.withUnsafeBytes { bytes in
        let (value, end) = try reader.parsePrefix(bytes)
        return (value.json, end)
      }
      seen.append(json)
      rest = rest.dropFirst(end)
    }
    #expect(seen == ["{\"a\":1}", "{\"a\":2}", "[3]", "4"])
  }

  @Test(arguments: [
    ("", "empty", 0), (" ", "empty", 1), ("{\"a\":1", "cut off", 6),
    ("[1] x", "more text behind the value", 4),
    ("[1,]", "no JSON", 3), ("[01]", "no number", 1), ("\"abc", "cut off", 4),
    ("[tru", "no JSON", 1),
  ])
  func `an error says what and where`(text: String, reason: String, offset: Int) {
    #expect(throws: JSONError(reason: reason, offset: offset)) { try parse(text) }
  }

  @Test func `values are written without space and as they were`() throws {
    let text = "{ \"a\" : [ 1.50 , -0 , 1E5 , \"\\u00e9\\/\" , { } , [ ] ] , \"b\" : null }"
    let value = try parse(text)
    #expect(value.json == "{\"a\":[1.50,-0,1E5,\"\\u00e9\\/\",{},[]],\"b\":null}")
    #expect(value["a"]?.json == "[1.50,-0,1E5,\"\\u00e9\\/\",{},[]]")
    #expect(
      value["a"]?.elements.map(\.json) == ["1.50", "-0", "1E5", "\"\\u00e9\\/\"", "{}", "[]"])
  }
}
