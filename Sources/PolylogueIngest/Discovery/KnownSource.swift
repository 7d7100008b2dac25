import PolylogueModel

/// A place where a program keeps conversations; ``KnownSource/all`` lists them.
struct KnownSource: Sendable {
  /// Where a root lies.
  indirect enum Root: Sendable {
    /// Below the home folder.
    case home(String)
    /// Below `$XDG_CONFIG_HOME`, else `~/.config`.
    case config(String)
    /// Below `$XDG_DATA_HOME`, else `~/.local/share`.
    case data(String)
    /// Below the folder that a variable names, where it is set; else the others.
    case variable(String, String, else: [Root])
    /// Each folder that work is done in: the current one, the home folder, and those that the
    /// archive's conversations name.
    case projects
  }

  /// What a program does to its own files.
  struct Retention: Sendable {
    /// The settings below the root, a JSON object, and the key of the days.
    var settings: (file: String, key: StaticString)
    /// The days that files are kept where no setting says otherwise.
    var days: Int
  }

  /// The provider, named as its importer is or would be.
  var provider: Provider
  /// The program, as people call it.
  var program: String
  /// What a file is.
  var things: String
  /// The folders that it may keep them in.
  var roots: [Root]
  /// The files below a root: `*` stands for anything within a name, `**` for folders of any depth.
  var files: [String]
  /// Why no importer of the provider can read these files; nil where one does, if there is one.
  var obstacle: String?
  /// What the program deletes by itself.
  var retention: Retention?

  init(
    _ provider: String, _ program: String, _ things: String, _ roots: [Root], _ files: [String],
    obstacle: String? = nil, retention: Retention? = nil
  ) {
    self.provider = Provider(rawValue: provider)
    self.program = program
    self.things = things
    self.roots = roots
    self.files = files
    self.obstacle = obstacle
    self.retention = retention
  }
}
