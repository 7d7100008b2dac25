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

  /// The conversation that a state was taken of, as it is now; nil when it is gone.
  public func conversation(of state: ConversationState) throws -> Conversation? {
    try translating { try reader.conversation(row: state.row) }
  }

  /// Each conversation that derives from another of the archive, with that one; of one parent the
  /// oldest first. Of the headers there are ids, titles, times of creation, and the lineage of the
  /// first.
  ///
  /// - Complexity: O(conversations that derive from another).
  public func lineages() throws -> [(child: ConversationHeader, parent: ConversationHeader)] {
    try translating { try reader.lineages() }
  }
}
