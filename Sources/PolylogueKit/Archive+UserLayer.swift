import PolylogueStore

/// The user's own layer. What is in it hangs on public ids: importing again, in whatever form, leaves
/// it as it is. Deleting a conversation takes it along.
extension Archive {
  /// Adds tags to conversations and takes tags away, all of it or nothing.
  ///
  /// - Parameters:
  ///   - ids: Conversations of the archive.
  ///   - add: Tags to add; spaces around them are left out.
  ///   - remove: Tags to take away, before others are added.
  /// - Returns: What the user has added to each, after that.
  /// - Throws: ``ArchiveError``: `notFound` for a conversation that is not there, `invalidArgument`
  ///   for what makes no tag; nothing is changed then.
  @discardableResult
  public func tag(
    _ ids: [ConversationID], add: [String] = [], remove: [String] = []
  ) throws -> [UserData] {
    let added = try add.map { text in
      guard let tag = UserData.tag(text) else {
        throw ArchiveError(
          .invalidArgument,
          "“\(text)” makes no tag: at most \(UserData.tagLimit) bytes, and no control characters")
      }
      return tag
    }
    return try changeUserData(of: ids) { data in
      for tag in remove { data.remove(tag: UserData.tag(tag) ?? tag) }
      for tag in added { data.add(tag: tag) }
    }
  }

  /// Stars conversations, or takes their stars away, all of them or none.
  ///
  /// - Returns: What the user has added to each, after that.
  /// - Throws: ``ArchiveError``: `notFound` for a conversation that is not there; nothing is changed
  ///   then.
  @discardableResult
  public func star(_ ids: [ConversationID], isStarred: Bool = true) throws -> [UserData] {
    try changeUserData(of: ids) { $0.isStarred = isStarred }
  }

  /// Writes a note on a conversation or on one of its messages, in place of the one that is there.
  ///
  /// - Parameters:
  ///   - text: The note; nil or nothing takes it away.
  ///   - id: A conversation of the archive.
  ///   - message: The own id of one of its messages; nil for the conversation.
  /// - Returns: What the user has added to the conversation, after that.
  /// - Throws: ``ArchiveError``: `notFound` for a conversation or message that is not there,
  ///   `invalidArgument` for a note of more than ``UserData/noteLimit`` bytes.
  @discardableResult
  public func note(
    _ text: String?, on id: ConversationID, message: String? = nil
  ) throws -> UserData {
    guard (text ?? "").utf8.count <= UserData.noteLimit else {
      throw ArchiveError(
        .invalidArgument,
        "a note has at most \(ByteCount.text(Int64(UserData.noteLimit))); nothing was changed")
    }
    if let message {
      let isThere = try conversation(id)?.messages.contains { $0.id.hasSameBytes(as: message) }
      guard isThere ?? false, !message.isEmpty else {
        throw ArchiveError(
          .notFound, "\(id) has no message “\(message)”; nothing was changed", remedy: .list)
      }
    }
    return try changeUserData(of: [id]) { $0.setNote(text, onMessage: message) }[0]
  }

  /// What the user has added to a conversation; nothing where there is no such conversation.
  public func userData(of id: ConversationID) throws -> UserData {
    try translating { try reader.userData(of: id) }
  }

  /// The tags in use, sorted by their bytes, with how many conversations have each.
  public func tags() throws -> [(name: String, conversations: Int)] {
    try translating { try reader.tags() }
  }

  private func changeUserData(
    of ids: [ConversationID], _ body: (inout UserData) -> Void
  ) throws -> [UserData] {
    let session = try writing()
    return try translating {
      let changed = try session.changeUserData(of: ids, at: Timestamp.now, body)
      // The index follows the change feed, though nothing of this is in it. If another process keeps
      // it, that one does.
      try? IndexKeeper(folder: folder).finishIfOwned(isCancelled: { false })
      return changed
    }
  }
}
