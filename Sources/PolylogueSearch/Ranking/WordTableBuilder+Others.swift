import PolylogueModel
import PolylogueSQL

/// What stands in a table beside the messages that its words lead to.
extension WordTableBuilder {
  /// The words that name someone who wrote a message.
  static func names(
    among words: [QueryPlan.Element], _ segments: [SegmentRecord], _ pages: SegmentPages
  ) throws -> Set<[UInt8]> {
    var names: Set<[UInt8]> = []
    for segment in segments {
      let terms = try SegmentTerms(words, segment: segment, pages: pages, in: [.author])
      for word in words.indices where !terms.entries[word].isEmpty {
        names.insert(words[word].bytes)
      }
    }
    return names
  }

  /// The messages that the filter and the question's conditions let through; nil for all.
  ///
  /// - Complexity: O(documents in the filter's span of time).
  func allowedMessages() throws -> MessageSet? {
    let meeting = try meeting.get()
    guard !run.filter.isEmpty || meeting != nil else { return nil }
    var allowed: [Int64] = []
    for segment in segments {
      for range in try run.documents.ranges(of: segment, run.filter) {
        let documents = range.lazy.map { segment.firstDocument + $0 }
        try forEachDocument(documents) { document, chunk in
          let index = Int(document & 1023)
          guard try isAllowed(document, chunk), !chunk.isTitle(index) else { return }
          allowed.append(chunk.value(.message, index))
        }
      }
    }
    return MessageSet(allowed)
  }

  private func forEachDocument(
    _ documents: some Sequence<UInt32>, _ body: (UInt32, DocumentChunk) throws -> Void
  ) throws {
    var current: (number: UInt32, chunk: DocumentChunk)?
    for document in documents {
      let chunk: DocumentChunk
      if let current, current.number == document >> 10 {
        chunk = current.chunk
      } else {
        try run.pages.checkInterruption()
        chunk = try run.documents.chunk(document >> 10)
        current = (document >> 10, chunk)
      }
      if Int(document & 1023) < chunk.count { try body(document, chunk) }
    }
  }

  /// Adds messages that are like the question in meaning, as far as they are in the index and not in the
  /// table; they have passed the filter.
  func add(messages: [Int64], to table: inout WordTable) throws {
    let known = Set(table.entries.lazy.filter { !$0.isTitle }.map(\.message))
    let strange = RowSet(messages.filter { !known.contains($0) })
    try add(run.documents.documents(ofMessages: strange), to: &table)
  }

  /// Adds the messages around those of the table: they may say what these only lead to.
  ///
  /// The documents of a conversation mostly lie next to each other in their order; where they do not,
  /// a neighbour is missed.
  func addNeighbours(to table: inout WordTable) throws {
    let known = Dictionary(
      table.entries.lazy.filter { !$0.isTitle }.map { ($0.document, $0) }
    ) { first, _ in first }
    let reach = Int64(QuestionCandidates.reach)
    func around(_ document: UInt32) -> [UInt32] {
      (-reach...reach).compactMap { UInt32(exactly: Int64(document) + $0) }
    }
    let last = segments.map { $0.firstDocument &+ $0.documents }.max() ?? 0
    let strange = Set(
      known.keys.lazy.flatMap { around($0) }.filter {
        $0 < last && known[$0] == nil
      })
    var wanted: [UInt32] = []
    try forEachDocument(strange.sorted()) { document, chunk in
      let entry = SecondStage.Entry(chunk, Int(document & 1023), document: document)
      let isNeighbour = around(document).contains { other in
        guard let other = known[other], other.conversation == entry.conversation else {
          return false
        }
        return (other.position &- entry.position).magnitude <= QuestionCandidates.reach
      }
      if !entry.isTitle, isNeighbour, try isAllowed(document, chunk) { wanted.append(document) }
    }
    try add(wanted, to: &table)
  }

  /// Adds documents to the table, with what its words count in them.
  private func add(_ documents: [UInt32], to table: inout WordTable) throws {
    for segment in segments {
      let first = segment.firstDocument
      let inside = documents.filter { $0 >= first && $0 - first < segment.documents }.sorted()
      guard !inside.isEmpty else { continue }
      for document in inside { table.entries.append(try run.documents.entry(document)) }
      let terms = try SegmentTerms(words, segment: segment, pages: run.pages)
      try addColumns(of: inside.map { $0 - first }, terms, to: &table)
    }
  }
}
