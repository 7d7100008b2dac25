import Foundation
import PolylogueImport
import PolylogueModel
import PolylogueParsing

/// What an importer makes of session files: the conversations in the order in which they ended.
final class SessionImport: ConversationSink {
  private(set) var conversations: [Conversation] = []
  var receipt = Receipt()
  /// Broken promises of the sink's contract, such as a child before its parent.
  private(set) var violations: [String] = []
  private var open: [ConversationID: [Message]] = [:]
  private var records = 0

  func add(_ message: Message, to conversation: ConversationID) throws {
    let ids = open[conversation, default: []]
    if ids.contains(where: { $0.id == message.id }) {
      violations.append("\(message.id) twice in \(conversation)")
    }
    if let parent = message.parentID, !ids.contains(where: { $0.id == parent }) {
      violations.append("\(message.id) before its parent \(parent)")
    }
    open[conversation, default: []].append(message)
  }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {
    var messages = open.removeValue(forKey: header.id) ?? []
    for place in messages.indices where inactive.contains(messages[place].id) {
      messages[place].isActive = false
    }
    conversations.append(Conversation(header: header, messages: messages))
  }

  /// Reads files in order, as one export where there are several.
  static func run(
    _ importer: any Importer, _ files: [(label: String, text: String)],
    limits: ParsingLimits = .standard
  ) throws -> SessionImport {
    let members = Members(files)
    let result = SessionImport()
    let export = importer.open(members)
    for file in files {
      // Content tells before a name does.
      guard
        importer.recognizes(try probe(file.text, label: file.label))
          || importer.companion(file.label) == nil
      else { continue }
      let parser = export.parser(for: file.label)
      try result.read(file.text, label: file.label, with: parser)
      try parser.finish(into: result)
    }
    return result
  }

  private func read(_ text: String, label: String, with parser: any RecordParser) throws {
    var reader = RecordReader(source: MemorySource(Array(text.utf8)), label: label)
    var json = JSONReader()
    var index = 0
    while let piece = try reader.next() {
      guard piece.kind == .record else { continue }
      do {
        let value = try json.parse(piece.bytes)
        try parser.consume(
          Record(value: value, index: index, offset: piece.offset), into: self)
      } catch let error as RecordError {
        receipt.unknown("record", because: error.reason, at: piece.offset)
      } catch is JSONError {
        receipt.unknown("record", because: "no JSON", at: piece.offset)
      }
      index += 1
    }
    records += index
  }

  /// The first records of a file, for recognition.
  static func probe(_ text: String, label: String) throws -> Probe {
    var reader = RecordReader(source: MemorySource(Array(text.utf8)), label: label)
    var records: [JSONValue] = []
    while records.count < 8, let piece = try reader.next() {
      guard piece.kind == .record else { continue }
      var json = JSONReader()
      if let value = try? json.parse(piece.bytes) { records.append(value) }
    }
    return Probe(label: label, records: records, framing: reader.framing)
  }

  /// The tally of a kind of record.
  func tally(_ kind: String) -> Receipt.Tally? { receipt.tallies.first { $0.kind == kind } }

  /// The conversation with a native id.
  subscript(native: String) -> Conversation? {
    conversations.first { $0.header.id.native == native }
  }
}

/// Files that arrive together, in memory.
private final class Members: ExportMembers {
  private let files: [(label: String, text: String)]

  init(_ files: [(label: String, text: String)]) { self.files = files }

  func labels(under folder: String) -> [String] {
    files.map(\.label).filter { folder.isEmpty || $0.hasPrefix(folder + "/") }
  }

  func bytes(of label: String) -> [UInt8]? {
    files.first { $0.label == label }.map { Array($0.text.utf8) }
  }

  func byteCount(of label: String) -> Int64? { bytes(of: label).map { Int64($0.count) } }
}

extension Message {
  /// The blocks in short: `text:Hello`, `call:Read`, `result:42`.
  var outline: [String] {
    blocks.map { block in
      switch block {
      case .text(let text): "text:\(text)"
      case .thinking(let text): "thinking:\(text)"
      case .code(_, let text): "code:\(text)"
      case .toolCall(let call): "call:\(call.name)"
      case .toolResult(let result): "result:\(result.output)"
      case .document(let document): "document:\(document.content)"
      case .citation(let citation): "citation:\(citation.title ?? "")"
      case .attachment(let id): "attachment:\(id)"
      case .unknown(let type, _): "unknown:\(type)"
      }
    }
  }
}
