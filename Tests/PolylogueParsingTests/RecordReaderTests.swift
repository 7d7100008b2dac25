import PolylogueParsing
import Testing

/// What a reader made of an input, copied out of its buffer.
struct Reading {
  var pieces: [(kind: Piece.Kind, offset: Int64, separator: [UInt8], bytes: [UInt8])] = []
  var framing: RecordFraming
  var problem: RecordProblem?
  var warning: RecordProblem?

  init(
    _ input: [UInt8], label: String = "input", stride: Int = .max,
    limits: ParsingLimits = .standard
  ) throws {
    var reader = RecordReader(
      source: MemorySource(input, stride: stride), label: label, limits: limits)
    framing = reader.framing
    while let piece = try reader.next() {
      pieces.append((piece.kind, piece.offset, Array(piece.separator), Array(piece.bytes)))
    }
    problem = reader.problem
    warning = reader.warning
  }

  init(_ input: String, label: String = "input", stride: Int = .max) throws {
    try self.init(Array(input.utf8), label: label, stride: stride)
  }

  /// The records as text.
  var records: [String] {
    pieces.filter { $0.kind == .record || $0.kind == .decoded }
      .map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// The input put together again.
  var joined: [UInt8] {
    pieces.filter { $0.kind != .decoded }.flatMap { $0.separator + $0.bytes }
  }
}

/// Numbers that are random but the same in each run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct RecordReaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var input: String
    var label = "input.json"
    var framing: RecordFraming
    var records: [String]
    var problem: RecordProblem.Reason?
    var warning: RecordProblem.Reason?
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "empty", input: "", framing: .lines, records: [], problem: .empty),
    Case(name: "only space", input: " \n\t\r\n ", framing: .lines, records: [], problem: .empty),
    Case(name: "empty array", input: "[]", framing: .array, records: []),
    Case(
      name: "array", input: "[{\"a\":\"]\\\"\"}, [1], 2 ,\"x,]\"]\n", framing: .array,
      records: ["{\"a\":\"]\\\"\"}", "[1]", "2", "\"x,]\""]),
    Case(name: "array behind a mark", input: "\u{FEFF}[1]", framing: .array, records: ["1"]),
    Case(
      name: "array cut in an element", input: "[{\"a\":1},{\"b\":", framing: .array,
      records: ["{\"a\":1}"], problem: .truncated),
    Case(
      name: "array cut between elements", input: "[{\"a\":1},", framing: .array,
      records: ["{\"a\":1}"], problem: .truncated),
    Case(
      name: "array with text behind", input: "[{\"a\":1}]xyz", framing: .array,
      records: ["{\"a\":1}"], problem: .trailingBytes),
    Case(
      name: "array with zeros behind", input: "[{\"a\":1}]\0\0\0\0", framing: .array,
      records: ["{\"a\":1}"], warning: .trailingZeros),
    Case(
      name: "two arrays", input: "[{\"a\":1}] [{\"b\":1}]", framing: .array,
      records: ["{\"a\":1}", "{\"b\":1}"]),
    Case(
      name: "wrapped array",
      input: "{\"v\":[1,{}],\"conversations\" : [{\"a\":1},{\"b\":2}],\"z\":1}\n",
      framing: .array, records: ["{\"a\":1}", "{\"b\":2}"]),
    Case(
      name: "wrapped array cut behind the list", input: "{\"conversations\":[{\"a\":1}],\"z\":",
      framing: .array, records: ["{\"a\":1}"], problem: .truncated),
    Case(
      name: "wrapped array with text behind", input: "{\"conversations\":[{\"a\":1}]}}",
      framing: .array, records: ["{\"a\":1}"], problem: .trailingBytes),
    Case(
      name: "conversations that are no list", input: "{\"conversations\":{\"a\":[1]}}",
      framing: .document, records: ["{\"conversations\":{\"a\":[1]}}"]),
    Case(
      name: "conversations within a member", input: "{\"x\":{\"conversations\":[1]}}",
      framing: .document, records: ["{\"x\":{\"conversations\":[1]}}"]),
    Case(
      name: "lines", input: "{\"a\":1}\n{\"b\":2}\n", framing: .lines,
      records: ["{\"a\":1}", "{\"b\":2}"]),
    Case(
      name: "lines with CR LF and blank lines", input: "{\"a\":1}\r\n\r\n \r\n{\"b\":2}",
      framing: .lines, records: ["{\"a\":1}", "{\"b\":2}"]),
    Case(
      name: "lines with CR", input: "{\"a\":1}\r{\"b\":2}\r", framing: .lines,
      records: ["{\"a\":1}", "{\"b\":2}"]),
    Case(
      name: "lines with a cut last one", input: "{\"a\":1}\n{\"b\":2}\n{\"c", framing: .lines,
      records: ["{\"a\":1}", "{\"b\":2}", "{\"c"]),
    Case(
      name: "lines with a cut first one", input: "{\"a\":\"x\n{\"b\":2}\n{\"c\":3}\n",
      framing: .lines, records: ["{\"a\":\"x", "{\"b\":2}", "{\"c\":3}"]),
    Case(
      name: "lines with a first one that is no JSON", input: "garbage\n{\"b\":2}\n",
      framing: .lines, records: ["garbage", "{\"b\":2}"]),
    Case(
      name: "lines with odd ones", input: "{\"a\":1}\nnull\n[]\n42\n\"x\"\n{\"b\":2}\n",
      framing: .lines, records: ["{\"a\":1}", "null", "[]", "42", "\"x\"", "{\"b\":2}"]),
    Case(
      name: "lines with zeros behind", input: "{\"a\":1}\n{\"b\":2}\n\0\0\0", framing: .lines,
      records: ["{\"a\":1}", "{\"b\":2}"], warning: .trailingZeros),
    Case(
      name: "one line in a file for lines", input: "{\"a\":1}\n", label: "a.jsonl",
      framing: .lines, records: ["{\"a\":1}"]),
    Case(
      name: "lines of lists in a file for lines", input: "[1]\n[2]\n", label: "a.jsonl",
      framing: .lines, records: ["[1]", "[2]"]),
    Case(
      name: "document", input: "{\n  \"a\": [\n    {\"b\": 1}\n  ]\n}\n", framing: .document,
      records: ["{\n  \"a\": [\n    {\"b\": 1}\n  ]\n}"]),
    Case(
      name: "document in a file for lines", input: "{\n  \"a\": 1\n}\n", label: "a.jsonl",
      framing: .document, records: ["{\n  \"a\": 1\n}"]),
    Case(
      name: "documents", input: "{\n\"a\":1\n}\n{\n\"b\":2\n}", framing: .document,
      records: ["{\n\"a\":1\n}", "{\n\"b\":2\n}"]),
    Case(
      name: "documents glued on one line", input: "{\"a\":1}{\"b\":2}", framing: .document,
      records: ["{\"a\":1}", "{\"b\":2}"]),
    Case(
      name: "document that is cut", input: "{\"a\":", framing: .document, records: [],
      problem: .truncated),
    Case(
      name: "document with text behind", input: "{\n\"a\":1\n}\nxyz", framing: .document,
      records: ["{\n\"a\":1\n}"], problem: .trailingBytes),
    Case(name: "scalar", input: " 42\n", framing: .document, records: ["42"]),
    Case(
      name: "text", input: "# Notes\nsome text\n", framing: .document, records: [],
      problem: .notJSON),
    Case(
      name: "binary", input: "SQLite format 3\0\0\0", framing: .document, records: [],
      problem: .notJSON),
    Case(name: "zeros", input: "\0\0\0\0\0\0", framing: .document, records: [], problem: .notJSON),
  ]

  @Test(arguments: cases)
  func `an input is framed and cut`(sample: Case) throws {
    let input = Array(sample.input.utf8)
    for stride in [Int.max, 1, 3] {
      let reading = try Reading(input, label: sample.label, stride: stride)
      #expect(reading.framing == sample.framing)
      #expect(reading.records == sample.records)
      #expect(reading.problem?.reason == sample.problem)
      #expect(reading.warning?.reason == sample.warning)
      #expect(reading.joined == input)
      var position: Int64 = 0
      for piece in reading.pieces {
        position += Int64(piece.separator.count)
        #expect(piece.offset == position)
        position += Int64(piece.bytes.count)
      }
    }
  }

  @Test(arguments: [false, true], [16, 32])
  func `other encodings are kept as they are and decoded`(bigEndian: Bool, width: Int) throws {
    let text = "[{\"a\":\"é中😀\"},{\"b\":2}]"
    for mark in ["\u{FEFF}", ""] {
      var input: [UInt8] = []
      if width == 16 {
        for unit in (mark + text).utf16 {
          let bytes = [UInt8(unit >> 8), UInt8(unit & 255)]
          input += bigEndian ? bytes : bytes.reversed()
        }
      } else {
        for scalar in (mark + text).unicodeScalars {
          let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
          input += bigEndian ? bytes : bytes.reversed()
        }
      }
      for stride in [Int.max, 1] {
        let reading = try Reading(input, stride: stride)
        #expect(reading.framing == .array)
        #expect(reading.records == ["{\"a\":\"é中😀\"}", "{\"b\":2}"])
        #expect(reading.joined == input)
        #expect(reading.problem == nil)
      }
    }
  }

  @Test func `a record beyond the limit comes in parts and the others whole`() throws {
    var limits = ParsingLimits()
    limits.recordByteCount = 3 << 20
    let long = "\"" + String(repeating: "x", count: 5 << 20) + "\""
    for (input, framing) in [
      ("[1,\(long),{\"a\":2}]", RecordFraming.array), ("{\"a\":1}\n\(long)\n{\"b\":2}\n", .lines),
    ] {
      let reading = try Reading(Array(input.utf8), limits: limits)
      #expect(reading.framing == framing)
      #expect(reading.records.count == 2)
      let parts = reading.pieces.filter { $0.kind == .oversized }
      #expect(parts.flatMap(\.bytes).count == long.utf8.count)
      #expect(parts.allSatisfy { $0.bytes.count <= 1 << 20 })
      #expect(reading.joined == Array(input.utf8))
      #expect(reading.problem == nil)
    }
  }

  @Test func `much space between records is not gathered`() throws {
    let space = [UInt8](repeating: 0x20, count: 5 << 20)
    let input = Array("[1,".utf8) + space + Array("2]".utf8)
    let reading = try Reading(input)
    #expect(reading.records == ["1", "2"])
    #expect(reading.pieces.allSatisfy { $0.separator.count <= 2 << 20 })
    #expect(reading.joined == input)
  }

  @Test func `a source that fails gives all it had before`() throws {
    var reader = RecordReader(
      source: FailingSource(Array("{\"a\":1}\n{\"b\":2}\n{".utf8)), label: "x")
    var bytes: [UInt8] = []
    #expect(throws: SourceError.self) {
      while let piece = try reader.next() { bytes += Array(piece.separator) + Array(piece.bytes) }
    }
    #expect(bytes == Array("{\"a\":1}\n{\"b\":2}\n{".utf8))
  }

  @Test(arguments: 0..<40)
  func `any input comes out byte for byte`(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed))
    var limits = ParsingLimits()
    limits.recordByteCount = 200
    let alphabet = Array("{}[]\",:\\ \n\r\t\0a1é\u{FEFF}".utf8) + [0xFF, 0xFE, 0x80]
    let samples = RecordReaderTests.cases.map { Array($0.input.utf8) }
    for _ in 0..<200 {
      var input: [UInt8] = []
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        input += samples.randomElement(using: &random) ?? []
      }
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let place = Int.random(in: 0...input.count, using: &random)
        input.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
      }
      if Bool.random(using: &random), !input.isEmpty {
        let place = Int.random(in: 0..<input.count, using: &random)
        let count = Int.random(in: 1...400, using: &random)
        input.insert(contentsOf: [UInt8](repeating: input[place], count: count), at: place)
      }
      let stride = Int.random(in: 1...50, using: &random)
      let label = Bool.random(using: &random) ? "a.jsonl" : "a.json"
      let cut = try Reading(input, label: label, stride: stride, limits: limits)
      #expect(cut.joined == input)
      let whole = try Reading(input, label: label, limits: limits)
      #expect(whole.joined == input)
    }
  }
}

/// Gives its bytes and then fails.
private final class FailingSource: ByteSource {
  private let memory: MemorySource

  init(_ bytes: [UInt8]) {
    memory = MemorySource(bytes)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try memory.read(into: buffer)
    if count == 0 { throw SourceError(code: .damaged, message: "the checksum is wrong") }
    return count
  }
}
