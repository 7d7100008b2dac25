/// The environment variables that the program reads.
enum EnvironmentVariable: String, CaseIterable {
  case archiveRoot = "POLYLOGUE_ARCHIVE_ROOT"
  case dataHome = "XDG_DATA_HOME"
  case home = "HOME"
  case noColor = "NO_COLOR"
  case term = "TERM"
  case columns = "COLUMNS"

  /// What it does.
  var meaning: String {
    switch self {
    case .archiveRoot: "The archive's folder, where `--archive` is not given."
    case .dataHome: "Where the archive's folder `polylogue` stands, where nothing else names it."
    case .home: "The home folder; the archive then is `.local/share/polylogue` in it."
    case .noColor: "Set to anything but nothing: no colours."
    case .term: "`dumb`: no colours, no progress bar."
    case .columns:
      "The width of a terminal that does not tell it. What goes into a file or pipe is never cut."
    }
  }
}
