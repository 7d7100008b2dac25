import PolylogueImport
import PolylogueModel
import PolylogueParsing

/// Runs an importer over files given as text, and keeps what it hands over.
final class WebExport: ConversationSink, ExportMembers {
  private(set) var conversations: [Conversation] = []
  var receipt = Receipt()
  /// The members whose bytes were asked for, in order.
  private(set) var readLabels: [String] = []
  private let files: [(label: String, text: String)]
  private var open: [ConversationID: [Message]] = [:]

  /// An export with these files, in order.
  init(_ files: [(label: String, text: String)]) {
    self.files = files
  }

  /// Imports the files that are no companions, or only the one with a label.
  @discardableResult
  func run(_ importer: any Importer, only label: String? = nil) throws -> WebExport {
    let export = importer.open(self)
    for file in files
    where label.map({ $0 == file.label }) ?? (importer.companion(file.label) == nil) {
      let parser = export.parser(for: file.label)
      for (index, record) in try WebExport.records(of: Array(file.text.utf8)).enumerated() {
        let record = Record(value: record, index: index, offset: Int64(index))
        do {
          try parser.consume(record, into: self)
        } catch let error as RecordError {
          receipt.unknown("record", because: error.reason)
        }
      }
      try parser.finish(into: self)
    }
    return self
  }

  /// Imports one conversation that stands alone in a file.
  static func conversation(_ importer: any Importer, _ json: String) throws -> Conversation {
    let export = try WebExport([("conversations.json", json)]).run(importer)
    guard let only = export.conversations.first, export.conversations.count == 1 else {
      throw RecordError("\(export.conversations.count) conversations, \(export.receipt)")
    }
    return only
  }

  /// The elements of an array, or the one document.
  static func records(of bytes: [UInt8]) throws -> [JSONValue] {
    var reader = JSONReader()
    let value = try reader.parse(bytes)
    return value.kind == .array ? Array(value.elements) : [value]
  }

  func add(_ message: Message, to conversation: ConversationID) throws {
    open[conversation, default: []].append(message)
  }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {
    conversations.append(Conversation(header: header, messages: open[header.id] ?? []))
    open[header.id] = nil
  }

  func labels(under folder: String) -> [String] {
    files.map(\.label).filter { folder.isEmpty || $0.hasPrefix(folder + "/") }
  }

  func bytes(of label: String) -> [UInt8]? {
    readLabels.append(label)
    return files.first { $0.label == label }.map { Array($0.text.utf8) }
  }

  func byteCount(of label: String) -> Int64? {
    files.first { $0.label == label }.map { Int64($0.text.utf8.count) }
  }

  /// What the receipt says about one kind.
  func tally(_ kind: String) -> Receipt.Tally? { receipt.tallies.first { $0.kind == kind } }
}

extension Conversation {
  /// The message with an id.
  func message(_ id: String) -> Message? { messages.first { $0.id == id } }

  /// The ids on the active path, in order.
  var activeIDs: [String] { messages.filter(\.isActive).map(\.id) }
}

extension Message {
  /// Its documents.
  var documents: [Document] {
    blocks.compactMap { if case .document(let document) = $0 { document } else { nil } }
  }

  /// Its citations.
  var citations: [Citation] {
    blocks.compactMap { if case .citation(let citation) = $0 { citation } else { nil } }
  }

  /// Its tool calls.
  var calls: [ToolCall] {
    blocks.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
  }

  /// Its tool results.
  var results: [ToolResult] {
    blocks.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
  }

  /// Its reasoning.
  var thinking: [String] {
    blocks.compactMap { if case .thinking(let text) = $0 { text } else { nil } }
  }
}
