extension AsyncPolylogue {
  /// Adds tags to conversations and takes tags away; see ``Archive/tag(_:add:remove:)``.
  ///
  /// ```swift
  /// try await archive.tag([id], add: ["balcony"], remove: ["inbox"])
  /// let tagged = try await archive.filter().tag("balcony").list()
  /// ```
  @discardableResult
  public func tag(
    _ ids: [ConversationID], add: [String] = [], remove: [String] = []
  ) async throws -> [UserData] {
    try await write { archive, _ in try archive.tag(ids, add: add, remove: remove) }
  }

  /// Stars conversations, or takes their stars away; see ``Archive/star(_:isStarred:)``.
  @discardableResult
  public func star(_ ids: [ConversationID], isStarred: Bool = true) async throws -> [UserData] {
    try await write { archive, _ in try archive.star(ids, isStarred: isStarred) }
  }

  /// Writes a note on a conversation or on one of its messages; see
  /// ``Archive/note(_:on:message:)``.
  @discardableResult
  public func note(
    _ text: String?, on id: ConversationID, message: String? = nil
  ) async throws -> UserData {
    try await write { archive, _ in try archive.note(text, on: id, message: message) }
  }
}

extension Polylogue {
  /// Adds tags to conversations and takes tags away; see ``Archive/tag(_:add:remove:)``.
  @discardableResult
  public func tag(
    _ ids: [ConversationID], add: [String] = [], remove: [String] = []
  ) throws -> [UserData] {
    try async.writeBlocking { try $0.tag(ids, add: add, remove: remove) }
  }

  /// Stars conversations, or takes their stars away; see ``Archive/star(_:isStarred:)``.
  @discardableResult
  public func star(_ ids: [ConversationID], isStarred: Bool = true) throws -> [UserData] {
    try async.writeBlocking { try $0.star(ids, isStarred: isStarred) }
  }

  /// Writes a note on a conversation or on one of its messages; see
  /// ``Archive/note(_:on:message:)``.
  @discardableResult
  public func note(
    _ text: String?, on id: ConversationID, message: String? = nil
  ) throws -> UserData {
    try async.writeBlocking { try $0.note(text, on: id, message: message) }
  }
}
