import Glibc
import PolylogueModel

/// The folder of installed models: one folder for each, and `active`, a link to the one in use.
///
/// A model is made whole in a folder of its own before the link names it, so that what interrupts an
/// installation leaves the former model working.
struct ModelStore {
  /// The link to the model in use.
  static let activeName = "active"
  private static let stagingPrefix = ".staging-"

  let path: String
  /// What can be installed.
  var catalog: [CatalogModel] = CatalogModel.all
  /// Computes known answers with the model in a folder; throws when they are wrong.
  let prove: (ModelFolder) throws -> Void

  /// The folder of the model in use; nil where there is none.
  var active: String? {
    let link = path + "/" + ModelStore.activeName
    return access(link + "/" + ModelFolder.manifestName, F_OK) == 0 ? link : nil
  }

  /// What is installed, with whether it is in use. What cannot be read is passed over.
  var installed: [(folder: ModelFolder, isActive: Bool)] {
    let target = link
    return Disk.names(in: path).filter { !$0.hasPrefix(".") && $0 != ModelStore.activeName }
      .compactMap { name in
        (try? ModelFolder(reading: path + "/" + name)).map { ($0, name == target) }
      }
  }

  private var link: String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path + "/" + ModelStore.activeName, &target, target.count)
    guard count > 0 else { return nil }
    return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Installing

  /// Makes a model of its packages, proves it, and puts it in the place of the former one.
  ///
  /// - Parameters:
  ///   - wanted: The model.
  ///   - fetch: Puts the packages into a folder.
  ///   - step: Is told what is done next, and may throw to stop.
  /// - Throws: ``LanguageModelError``; what was in use stays so.
  func install(
    _ wanted: CatalogModel, fetch: (String) throws -> String, step: (String) throws -> Void
  ) throws -> ModelFolder {
    try Disk.makeFolder(path)
    let lock = try lock()
    defer { close(lock) }
    for name in Disk.names(in: path) where name.hasPrefix(ModelStore.stagingPrefix) {
      try Disk.remove(path + "/" + name)
    }
    if let free = Disk.freeByteCount(path), free < wanted.neededByteCount {
      throw LanguageModelError(
        .noSpace,
        "\(path) has \(free >> 20) MB left, and \(wanted.neededByteCount >> 20) MB are needed for a "
          + "while; free some space or name another folder with POLYLOGUE_MODELS")
    }
    let staging = path + "/" + ModelStore.stagingPrefix + String(getpid())
    try Disk.makeFolder(staging + "/wheels")
    do {
      let folder = try build(wanted, in: staging, fetch: fetch, step: step)
      try? Disk.remove(staging)
      return folder
    } catch {
      try? Disk.remove(staging)
      throw error
    }
  }

  private func build(
    _ wanted: CatalogModel, in staging: String, fetch: (String) throws -> String,
    step: (String) throws -> Void
  ) throws -> ModelFolder {
    let wheels = try fetch(staging + "/wheels")
    let made = ModelFolder(
      path: staging + "/model", model: wanted.model, library: wanted.library,
      files: wanted.wheels.flatMap { $0.members.map(\.file) })
    try Disk.makeFolder(made.path)
    for wheel in wanted.wheels {
      try step("checking \(wheel.project) \(wheel.version)")
      let file = WheelFile(path: wheels + "/" + wheel.fileName, wheel: wheel)
      try file.check()
      try file.extract(into: made.path)
    }
    try Disk.write(made.manifest, to: made.path + "/" + ModelFolder.manifestName)
    for folder in Set(made.files.compactMap(\.folder)) {
      try Disk.synchronize(made.path + "/" + folder)
    }
    try Disk.synchronize(made.path)
    try step("proving that it computes what it has to")
    try prove(made)
    // What was made of the weights is known by their place.
    try Disk.remove(made.path + "/" + ModelFolder.compiledName)
    let adopted = try adopt(made)
    // So that the first search does not wait for it to be made again.
    try? prove(adopted)
    return adopted
  }

  /// Gives a folder its name, and makes it the one in use.
  private func adopt(_ made: ModelFolder) throws(LanguageModelError) -> ModelFolder {
    let former = installed.filter { $0.folder.model.name == made.model.name }
    let taken = Set(Disk.names(in: path))
    let plain = "\(made.model.name)-\(made.model.revision)"
    var name = plain
    var number = 2
    while taken.contains(name) {
      name = "\(plain)-\(number)"
      number += 1
    }
    let final = path + "/" + name
    guard rename(made.path, final) == 0 else { throw Disk.failure("cannot make \(final)") }
    try Disk.synchronize(path)
    try activate(name)
    for (folder, _) in former { try? Disk.remove(folder.path) }
    return try ModelFolder(reading: final)
  }

  private func activate(_ name: String) throws(LanguageModelError) {
    let fresh = path + "/" + ModelStore.stagingPrefix + "link"
    try Disk.remove(fresh)
    guard symlink(name, fresh) == 0,
      rename(fresh, path + "/" + ModelStore.activeName) == 0
    else { throw Disk.failure("cannot put \(name) in use") }
    try Disk.synchronize(path)
  }

  /// Held by whoever changes the folder; freed by closing.
  private func lock() throws(LanguageModelError) -> Int32 {
    let path = path + "/.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Disk.failure("cannot make \(path)") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw LanguageModelError(
        .busy, "another process is installing or removing a model; try again when it is done")
    }
    return descriptor
  }

  // MARK: Removing

  /// Removes what bears a name, or a name and a revision.
  ///
  /// - Returns: What was removed.
  /// - Throws: ``LanguageModelError/Code/noModel`` when nothing does.
  func remove(_ name: String) throws(LanguageModelError) -> [ModelFolder] {
    let chosen = installed.filter {
      $0.folder.model.name == name || $0.folder.model.description == name
    }
    guard !chosen.isEmpty else {
      throw LanguageModelError(
        .noModel, "no model “\(name)” is installed; “polylogue models list” shows what is")
    }
    let lock = try lock()
    defer { close(lock) }
    for (folder, isActive) in chosen {
      // Without the link nobody begins to use it.
      if isActive { try Disk.remove(path + "/" + ModelStore.activeName) }
      try Disk.remove(folder.path)
    }
    return chosen.map(\.folder)
  }
}

extension ModelFile {
  /// The folder that it lies in, relative to the model's; nil for that itself.
  fileprivate var folder: String? {
    path.utf8.lastIndex(of: 0x2F).map { String(path[..<$0]) }
  }
}
