/// The program's version.
enum Version {
  /// As in the changelog and in the tag of the release.
  static let current = "0.1.0"
}
