import PolylogueImport
import PolylogueModel
import PolylogueParsing

/// Counts messages of long files without keeping them.
final class CountingSink: ConversationSink {
  private(set) var count = 0
  private(set) var inactive: Set<String> = []
  var receipt = Receipt()

  func add(_ message: Message, to conversation: ConversationID) throws { count += 1 }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {
    self.inactive.formUnion(inactive)
  }

  func read(_ lines: [String], with parser: any RecordParser) throws {
    var reader = JSONReader()
    for (index, line) in lines.enumerated() {
      let value = try reader.parse(Array(line.utf8))
      try parser.consume(Record(value: value, index: index, offset: 0), into: self)
    }
    try parser.finish(into: self)
  }
}
