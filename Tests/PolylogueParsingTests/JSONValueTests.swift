import PolylogueParsing
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue {
    var reader = JSONReader()
    return try reader.parse(Array(text.utf8))
  }

  @Test func `an object gives its members by key`() throws {
    let value = try parse(#"{"a": 1, "b": [true, null, "x"], "c": {"d": -2.5}, "n": null, "a": 2}"#)
    #expect(value.kind == .object)
    #expect(value.count == 5)
    #expect(value["a"]?.int64 == 1)
    #expect(value["b"]?.elements.map(\.kind) == [.bool, .null, .string])
    #expect(value["c"]?["d"]?.double == -2.5)
    #expect(value["n"] == nil)
    #expect(value["missing"] == nil)
    #expect(value[dynamic: "c"]?.count == 1)
    #expect(value[dynamic: ""] == nil)
    #expect(value.members.map(\.key) == ["a", "b", "c", "n", "a"])
    #expect(value.repairs == 0)
  }

  @Test func `keys are compared by their bytes once unescaped`() throws {
    let value = try parse(#"{"caf\u00e9": 1, "cafe\u0301": 2, "\u0061b": 3}"#)
    #expect(value["caf\u{e9}"]?.int64 == 1)
    #expect(value["cafe\u{301}"]?.int64 == 2)
    #expect(value["ab"]?.int64 == 3)
    var seen: [String] = []
    value.forEachMember { key, _ in
      switch key {
      case "ab": seen.append("ab")
      case "caf\u{e9}": seen.append("composed")
      default: seen.append("other")
      }
    }
    #expect(seen == ["composed", "other", "ab"])
  }

  @Test(arguments: [
    (#""plain""#, "plain"), (#""a\n\t\"\\\/\b\f\r""#, "a\n\t\"\\/\u{8}\u{c}\r"),
    (#""\u00e9\u4e2d\ud83d\ude00""#, "é中😀"), (#""a\u0000b""#, "a\0b"), (#""é中😀""#, "é中😀"),
    ("\"\"", ""),
  ])
  func `strings are unescaped`(json: String, expected: String) throws {
    let value = try parse(json)
    #expect(value.string.map { Array($0.utf8) } == Array(expected.utf8))
    #expect(value.repairs == 0)
  }

  @Test(
    arguments: [
      ("1", 1), ("-0", 0), ("1.0", 1), ("1e3", 1000), ("12.5e1", 125), ("100e-2", 1),
      ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
      ("9223372036854775808", nil), ("1.5", nil), ("1e300", nil), ("1e999999999999", nil),
      ("0e999999999999", 0), ("1e-1", nil), ("1" + String(repeating: "0", count: 400), nil),
      ("1." + String(repeating: "0", count: 400), 1),
    ] as [(String, Int64?)])
  func `whole numbers are exact or nothing`(json: String, expected: Int64?) throws {
    #expect(try parse(json).int64 == expected)
  }

  @Test func `the writer writes what the reader reads`() throws {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a\n")
    writer.value("q\"\u{1}é")
    writer.key("b")
    writer.beginArray()
    writer.value(1)
    writer.value(1.5)
    writer.value(true)
    writer.null()
    writer.value(Double.infinity)
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    #expect(writer.text == #"{"a\n":"q\"\u0001é","b":[1,1.5,true,null,null,{}]}"#)
    #expect(try parse(writer.text).json == writer.text)
  }
}
