/// The flags that every command takes.
enum GlobalFlags {
  static let archive = Option.text(
    "archive", "DIR",
    help: """
      The archive's folder. Without it: $POLYLOGUE_ARCHIVE_ROOT, else $XDG_DATA_HOME/polylogue, \
      else ~/.local/share/polylogue.
      """, isPath: true)
  static let json = Switch(
    "json", help: "Print one JSON document on standard output, and nothing else there.")
  static let help = Switch("help", help: "Show the help of the program or of a command.")
  static let version = Switch("version", help: "Show the program's version.")

  static let all = [
    archive.declaration, json.declaration, help.declaration, version.declaration,
  ]
}
