import PolylogueStore

extension Archive {
  /// Looks at the places where programs on this machine keep their conversations.
  ///
  /// Names, sizes and times are looked at; nothing is imported, and a file is opened only to compare
  /// it with an import of the same size.
  ///
  /// - Parameters:
  ///   - path: The archive's folder; where there is no archive, everything counts as new.
  ///   - wantsAbsent: Tell of the places too where nothing is.
  ///   - variable: The values of environment variables, `HOME` among them.
  ///   - isCancelled: Asked for each folder; what was found by then is returned.
  ///   - onProgress: Told how many files were found so far.
  /// - Throws: ``ArchiveError`` for an archive that cannot be read.
  /// - Complexity: O(files in these places).
  public static func discoverSources(
    at path: String, wantsAbsent: Bool = false, variable: @escaping (String) -> String?,
    isCancelled: () -> Bool = { false }, onProgress: (Int) -> Void = { _ in }
  ) throws -> [SourceReport] {
    let archive: Archive?
    do {
      archive = try Archive(path: path, access: .read)
    } catch let error as ArchiveError where error.code == .notFound {
      archive = nil
    }
    let survey = SourceSurvey(
      connection: archive?.connection, now: Timestamp.now, variable: variable)
    func look() throws -> [SourceReport] {
      try survey.reports(
        wantsAbsent: wantsAbsent, isCancelled: isCancelled, onProgress: onProgress)
    }
    return try archive?.translating(look) ?? look()
  }
}
