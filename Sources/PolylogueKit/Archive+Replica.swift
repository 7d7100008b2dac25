import PolylogueStore

extension Archive {
  /// The archive as it is now, in a private copy beside it: what is read from it stays as it was,
  /// however long that takes, and whatever is imported meanwhile.
  ///
  /// The copy is used again as long as the archive has not changed since, and replaced when it has;
  /// ``tidy(_:onProgress:)`` removes one that is stale. It has no text index: it is for listing,
  /// reading and exporting.
  ///
  /// - Throws: ``ArchiveError`` with code `noSpace` when there is no room for it.
  /// - Complexity: O(bytes of the archive) where there is no copy yet.
  public func replica() throws -> Archive {
    try translating {
      let replica = try Replica.open(of: folder, source: connection)
      return try Archive(folder: replica.folder, connection: replica.connection)
    }
  }
}
