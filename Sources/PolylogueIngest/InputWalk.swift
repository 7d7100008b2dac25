import Glibc

/// A file found below a folder.
struct FoundFile {
  /// The path to open.
  var path: String
  /// The path below the folder, `/`-separated.
  var label: String
}

/// Walks a folder without following symbolic links.
enum InputWalk {
  /// The deepest nesting of folders that is entered.
  static let depthLimit = 128

  /// What stands below a folder.
  struct Found {
    /// All regular files, folder by folder, sorted by name.
    var files: [FoundFile] = []
    /// What is not looked into.
    var ignored = ImportReport.Ignored()
  }

  /// Walks through a folder.
  ///
  /// - Parameter onFailure: Told about folders that cannot be read.
  static func files(
    below root: String, onFailure: (String, String) throws -> Void
  ) throws -> Found {
    var found = Found()
    var stack: [(path: String, label: String, depth: Int)] = [(root, "", 0)]
    while let folder = stack.popLast() {
      guard let (names, oddNames) = list(folder.path) else {
        try onFailure(folder.path, "cannot read the folder: \(String(cString: strerror(errno)))")
        continue
      }
      for name in oddNames {
        try onFailure(
          folder.path + "/" + name, "not imported: its name is not UTF-8; rename it")
      }
      var folders: [(path: String, label: String, depth: Int)] = []
      for name in names {
        let path = folder.path + "/" + name
        let label = folder.label.isEmpty ? name : folder.label + "/" + name
        var info = stat()
        guard lstat(path, &info) == 0 else { continue }
        switch info.st_mode & S_IFMT {
        case S_IFREG: found.files.append(FoundFile(path: path, label: label))
        case S_IFDIR:
          if folder.depth < depthLimit {
            folders.append((path, label, folder.depth + 1))
          } else {
            try onFailure(path, "more than \(depthLimit) folders deep; import it by its own path")
          }
        case S_IFLNK: found.ignored.links += 1
        default: found.ignored.special += 1
        }
      }
      stack.append(contentsOf: folders.reversed())
    }
    return found
  }

  /// The names in a folder, sorted by bytes, and those that are not UTF-8 and so cannot be carried
  /// through text, mended; nil when it cannot be read.
  static func list(_ path: String) -> ([String], [String])? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    var oddNames: [String] = []
    while let entry = readdir(folder) {
      let (name, mended) = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
          (String(validatingCString: $0), String(cString: $0))
        }
      }
      guard let name else {
        oddNames.append(mended)
        continue
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return (names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, oddNames.sorted())
  }
}
