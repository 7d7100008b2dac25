import PolylogueModel
import PolylogueSQL
import PolylogueStore

extension Archive {
  /// The states of all conversations that pass, ordered by public id, for a view that is kept up to
  /// date: a conversation whose state is as it was need not be read.
  ///
  /// - Complexity: O(conversations + lines of the change feed); no message is read.
  public func states(filter: Filter = Filter()) throws -> [ConversationState] {
    try translating { try connection.snapshot { try reader.states(filter: filter) } }
  }

  /// Hands over the conversations that states were taken of, in their order and as they are now.
  /// Those that are gone are passed over.
  ///
  /// A snapshot of the archive is kept for 32 of them: to take one for each costs a
  /// tenth of the time, and one for all would keep writers from emptying their log.
  ///
  /// - Parameters:
  ///   - states: What ``states(filter:)`` gave.
  ///   - onDamage: Told of a conversation whose stored bytes are damaged, and why; it is passed over.
  ///     Without it the first one is thrown.
  ///   - body: Takes each.
  public func forEachConversation(
    of states: [ConversationState],
    onDamage: ((ConversationID, ArchiveError) throws -> Void)? = nil,
    _ body: (ConversationState, Conversation) throws -> Void
  ) throws {
    for start in stride(from: 0, to: states.count, by: Archive.snapshotLength) {
      try translating {
        try connection.snapshot {
          for state in states[start..<min(start + Archive.snapshotLength, states.count)] {
            let found: Conversation?
            do {
              found = try translating { try reader.conversation(row: state.row) }
            } catch let error as ArchiveError where error.code == .damaged {
              guard let onDamage else { throw error }
              try onDamage(state.id, error)
              continue
            }
            if let found { try body(state, found) }
          }
        }
      }
    }
  }

  /// As many conversations are read from one snapshot by ``forEachConversation(of:_:)``.
  private static let snapshotLength = 32

  /// Each conversation that derives from another of the archive, with that one; of one parent the
  /// oldest first. Of the headers there are ids, titles, times of creation, and the lineage of the
  /// first.
  ///
  /// - Complexity: O(conversations that derive from another).
  public func lineages() throws -> [(child: ConversationHeader, parent: ConversationHeader)] {
    try translating { try reader.lineages() }
  }
}
