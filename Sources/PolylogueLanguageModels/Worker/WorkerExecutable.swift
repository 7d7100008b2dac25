import Glibc

/// Where the program `polylogue` is, which a worker is started from.
enum WorkerExecutable {
  /// Finds it: where `POLYLOGUE_EXECUTABLE` says, this process's own file, beside that, on the search
  /// path.
  ///
  /// - Parameter environment: The value of a variable.
  /// - Throws: ``LanguageModelError/Code/unavailable`` when it is nowhere.
  static func find(_ environment: (String) -> String?) throws(LanguageModelError) -> String {
    let name = "polylogue"
    if let named = environment("POLYLOGUE_EXECUTABLE"), !named.isEmpty {
      guard access(named, X_OK) == 0 else {
        throw LanguageModelError(
          .unavailable, "POLYLOGUE_EXECUTABLE names \(named), which is no program")
      }
      return named
    }
    let own = "/proc/self/exe"
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(own, &path, path.count)
    if count > 0 {
      let file = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = file.split(separator: "/", omittingEmptySubsequences: false)
      // A program that was replaced while it runs is called “… (deleted)”, and can still be started.
      if let last = parts.last, last == name || last == name + " (deleted)" { return own }
      let beside = parts.dropLast().joined(separator: "/") + "/" + name
      if access(beside, X_OK) == 0 { return beside }
    }
    for folder in (environment("PATH") ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let found = folder + "/" + name
      if access(found, X_OK) == 0 { return found }
    }
    throw LanguageModelError(
      .unavailable,
      "the program polylogue, which runs the model, is not on the PATH; POLYLOGUE_EXECUTABLE can "
        + "name it")
  }
}
