import PolylogueParsing
import Testing

/// Cases by RFC 8259, in the categories that are customary for JSON test suites: what must be
/// accepted, what must be refused, and what each reader decides.
@Suite struct JSONConformanceTests {
  static let accepted: [(category: String, texts: [[UInt8]])] = [
    (
      "array",
      texts(
        "[]", " [] ", "[[]]", "[[] ]", "[1\n]", " [1]", "[1,null,null,2]", "[false]",
        "[\"\"]", "[\"a\"]", "[null, 1, \"1\", {}]", "[2] ", "[[[[[[]]]]]]")
    ),
    (
      "object",
      texts(
        "{}", "{\"\":0}", "{\"a\":[]}", "{\"a\":\"b\",\"a\":\"b\"}", "{\"a\":\"b\"}",
        "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\n\"a\": \"b\"\n}",
        "{\"title\":\"\\u041f\\u043e\"}", "{\"x\":[{\"id\": \"xxxx\"}], \"id\": \"y\"}")
    ),
    (
      "number",
      texts(
        "[0]", "[-0]", "[-0.0]", "[0e+1]", "[0e1]", "[ 4]", "[-1]", "[-123]", "[1E22]",
        "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]", "[123.456789]",
        "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        "[1.5e+9999]", "[123123e100000]", "[-1e+9999]", "[0.4e006699999999999999999999999999]",
        "[100000000000000000000]")
    ),
    (
      "string",
      texts(
        "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]",
        "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]",
        "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\\\n\"]", "[\"\\u0012\"]",
        "[\"\\uFFFF\"]", "[ \"asd\"]", "[\"\\uDBFF\\uDFFF\"]", "[\"new\\u00A0line\"]",
        "[\"\u{10FFFF}\"]", "[\"\u{FFFF}\"]", "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"π\"]",
        "[\"asd \"]", "\" \"", "[\"\\uD834\\uDd1e\"]", "[\"\\u0821\"]", "[\"\u{2028}\u{2029}\"]",
        "[\"€𝄞\"]", "[\"\u{7F}\"]", "[\"a\u{7F}a\"]", "[\"\\u0022\\u005C\"]", "[\"aクリス\"]")
    ),
    (
      "lone surrogate escapes",
      texts(
        "[\"\\uD888\\u1234\"]", "[\"\\uD800\\n\"]", "[\"\\uDd1ea\"]",
        "[\"\\uD800\\uD800\\n\"]", "[\"\\ud800\"]", "[\"\\ud800abc\"]", "[\"\\uDd1e\\uD834\"]",
        "[\"\\uDFAA\"]")
    ),
    (
      "structure",
      texts(
        "false", "42", "-0.1", "null", "\"asd\"", "true", "\"\"", "[\"a\"]\n",
        "[true]", " [] ", "\t\r\n [] \t\r\n",
        String(repeating: "[", count: 500) + String(repeating: "]", count: 500))
    ),
  ]

  static let refused: [(category: String, texts: [[UInt8]])] = [
    (
      "array",
      texts(
        "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]",
        "[\"\",]", "[\"x\"", "[x", "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]",
        "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"\u{b}a\"\\f]", "[*]", "[\"\"", "[1,",
        "[1,\n1\n,1", "[{}", "[ ", "[") + [[0x5B, 0xFF, 0x5D], [0x5B, 0x61, 0xE5, 0x5D]]
    ),
    (
      "object",
      texts(
        "[\"x\", truth]", "{[: \"x\"}\n", "{\"x\", null}", "{\"x\"::\"b\"}",
        "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":",
        "{\"a\"", "{1:1}", "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}",
        "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/**//", "{\"a\":\"b\"}//",
        "{\"a\":\"b\"}/", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
        "{ \"foo\" : \"bar\", \"a\" }", "{\"a\":\"b\"}#", "{", "{]", "{\"a\":/*comment*/\"b\"}",
        "{\"a\": true} \"x\"", "{,")
    ),
    (
      "number",
      texts(
        "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]",
        "[.2e-3]", "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]",
        "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]",
        "[9.e+]", "[Inf]", "[NaN]", "[\u{FF11}]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]",
        "[0e+-1]",
        "[-123.123foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1.]", "[.123]",
        "[1.2a-3]",
        "[1.8011670033376514H-308]", "[012]", "-", "2@", "1]", "[-Infinity]", "[-foo]")
        + [[0x5B, 0x30, 0xE5, 0x5D], [0x5B, 0x31, 0x65, 0x31, 0xE5, 0x5D]]
    ),
    (
      "string",
      texts(
        "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]",
        "[\"\\uD800\\u1x\"]", "[é]", "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\🌀\"]",
        "[\"\\\"]",
        "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]", "[\"\\a\"]",
        "[\"\\uqqqq\"]",
        "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\", "[\"new\nline\"]",
        "[\"\t\"]", "\"\\UA66D\"", "\"\"x", "[\"a\0a\"]", "[\"\u{1}\"]")
        + [Array("[\"\\u".utf8) + [0xE5, 0x22, 0x5D], Array("[\"\\".utf8) + [0xE5, 0x22, 0x5D]]
    ),
    (
      "bad UTF-8",
      [
        [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98],
        [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xC3, 0x28],
      ].map { [0x5B, 0x22] + $0 + [0x22, 0x5D] }
    ),
    (
      "structure",
      texts(
        "", " ", "<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "aå", "[True]", "1]",
        "{\"x\": true,", "[][]", "]", "{}}", "{\"\":", "{\"a\":/*c*/\"b\"}", "[\"a\",", "[,", "[{",
        "[\"a", "[\"a\"", "{[", "{\"a", "{\"a\"", "{", "{'", "[\"\\{[\"\\{[\"\\{[\"\\{", "*", "#{}",
        "[\\u000A\"\"]", "[1", "[ false, nul", "[ true, fals", "[ false, tru", "\u{2060}[]",
        "[\u{c}]",
        "[\0]", "\u{FEFF}{}", "\u{FEFF}", "[]\0", "[\u{a0}]", "nul", "truth", "falsey",
        String(repeating: "[", count: 100_000), String(repeating: "[{\"\":", count: 50_000)) + [
          [0xE5]
        ]
    ),
  ]

  private static func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  @Test func `what the standard allows is accepted`() {
    for (category, texts) in JSONConformanceTests.accepted {
      for text in texts {
        let name = "\(category): \(String(decoding: text, as: UTF8.self))"
        #expect(throws: Never.self, "\(name)") { try JSONReader.validate(text) }
      }
    }
  }

  @Test func `what the standard does not allow is refused`() {
    for (category, texts) in JSONConformanceTests.refused {
      for text in texts {
        let name = "\(category): \(String(decoding: text.prefix(60), as: UTF8.self))"
        #expect(throws: JSONError.self, "\(name)") { try JSONReader.validate(text) }
      }
    }
  }

  @Test func `what the standard allows is read without a crash and written back`() throws {
    var reader = JSONReader()
    for text in JSONConformanceTests.accepted.flatMap(\.texts) {
      let value = try reader.parse(text)
      let written = value.json
      #expect(throws: Never.self) { try JSONReader.validate(Array(written.utf8)) }
      #expect(try reader.parse(Array(written.utf8)).json == written)
    }
  }

  @Test(arguments: [
    ("NaN", "null"), ("[-Infinity,Infinity]", "[null,null]"), ("\u{FEFF}[1]", "[1]"),
    ("[1]\0\0\n", "[1]"), ("[\"a\tb\u{1}\"]", "[\"a\\u0009b\\u0001\"]"),
    ("[\"\\ud83d\"]", "[\"\u{FFFD}\"]"), ("[\"\\q\"]", "[\"\\\\q\"]"),
    ("[\"\\u12\"]", "[\"\\\\u12\"]"),
    ("[\"\\udc00\\ud83d\"]", "[\"\u{FFFD}\u{FFFD}\"]"),
  ])
  func `what exports hold beyond the standard is repaired`(text: String, written: String) throws {
    var reader = JSONReader()
    #expect(throws: JSONError.self) {
      // A lone surrogate is grammar; the rest is refused by the standard.
      if text.contains("\\ud") { throw JSONError(reason: "", offset: 0) }
      try JSONReader.validate(Array(text.utf8))
    }
    let value = try reader.parse(Array(text.utf8))
    #expect(value.json == written)
  }

  @Test(
    arguments: [
      ([0xFF], 1), ([0xC3, 0x28], 1), ([0xED, 0xA0, 0x80], 3), ([0xF0, 0x9F, 0x98], 1),
      ([0xC0, 0xAF], 2), ([0xF4, 0x90, 0x80, 0x80], 4), ([0xE2, 0x82], 1),
    ] as [([UInt8], Int)])
  func `bad bytes become as many replacements as Unicode wants`(bad: [UInt8], count: Int) throws {
    var reader = JSONReader()
    let value = try reader.parse(Array("[\"a".utf8) + bad + Array("b\"]".utf8))
    let expected = String(decoding: Array("a".utf8) + bad + Array("b".utf8), as: UTF8.self)
    let string = try #require(value.elements.first { _ in true }?.string)
    #expect(string == expected)
    #expect(string.unicodeScalars.count { $0 == "\u{FFFD}" } == count)
    #expect(value.repairs == count)
  }

  @Test func `a string is the same wherever it stands in the bytes`() throws {
    var reader = JSONReader()
    for length in 0..<70 {
      for odd in ["\\n", "é", "\\\"", "\\u4e2d", "😀", "\\\\"] {
        let text = "[\"" + String(repeating: "x", count: length) + odd + "yz\",1]"
        let value = try reader.parse(Array(text.utf8))
        let plain = odd == "\\n" ? "\n" : odd == "\\\"" ? "\"" : odd == "\\\\" ? "\\" : odd
        let expected =
          String(repeating: "x", count: length) + (odd == "\\u4e2d" ? "中" : plain) + "yz"
        #expect(value.elements.map(\.string) == [expected, nil])
      }
    }
  }
}
