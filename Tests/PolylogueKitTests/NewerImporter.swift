import PolylogueKit
import PolylogueParsing

/// An importer of a later version, which reads messages otherwise.
struct NewerImporter: Importer {
  var base: any Importer
  var version: Int
  /// What it makes of a message; nil leaves it out. A `RecordError` is thrown on.
  var change: @Sendable (Message) throws -> Message?

  var provider: Provider { base.provider }
  var recordsAreIndependent: Bool { base.recordsAreIndependent }
  func recognizes(_ probe: Probe) -> Bool { base.recognizes(probe) }
  func companion(_ label: String) -> String? { base.companion(label) }

  func open(_ members: (any ExportMembers)?) -> any Export {
    ChangingExport(base: base.open(members), change: change)
  }

  /// Today's importers, but for this one.
  static func options(
    _ provider: Provider, by versions: Int = 1,
    _ change: @escaping @Sendable (Message) throws -> Message? = { $0 }
  ) -> ImportOptions {
    var options = ImportOptions()
    options.importers = ImporterRegistry.all.map {
      $0.provider == provider
        ? NewerImporter(base: $0, version: $0.version + versions, change: change) : $0
    }
    return options
  }
}

private final class ChangingExport: Export {
  let base: any Export
  let change: @Sendable (Message) throws -> Message?

  init(base: any Export, change: @escaping @Sendable (Message) throws -> Message?) {
    self.base = base
    self.change = change
  }

  func parser(for label: String) -> any RecordParser {
    ChangingParser(base: base.parser(for: label), change: change)
  }
}

private final class ChangingParser: RecordParser {
  let base: any RecordParser
  let change: @Sendable (Message) throws -> Message?

  init(base: any RecordParser, change: @escaping @Sendable (Message) throws -> Message?) {
    self.base = base
    self.change = change
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    try base.consume(record, into: ChangingSink(base: sink, change: change))
  }

  func finish(into sink: any ConversationSink) throws {
    try base.finish(into: ChangingSink(base: sink, change: change))
  }
}

private final class ChangingSink: ConversationSink {
  let base: any ConversationSink
  let change: @Sendable (Message) throws -> Message?

  init(base: any ConversationSink, change: @escaping @Sendable (Message) throws -> Message?) {
    self.base = base
    self.change = change
  }

  func begin(_ header: ConversationHeader) { base.begin(header) }

  func add(_ message: Message, to conversation: ConversationID) throws {
    if let changed = try change(message) { try base.add(changed, to: conversation) }
  }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {
    try base.finish(header, inactive: inactive)
  }

  var receipt: Receipt {
    get { base.receipt }
    set { base.receipt = newValue }
  }
}
