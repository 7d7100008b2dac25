import Glibc

/// What another process has used, as the kernel tells it.
struct WorkerUsage {
  /// Processor time in seconds, of all its threads.
  let seconds: Double
  /// The most bytes of memory that it took.
  let peakByteCount: Int64

  /// Asks for a process; nil where it is gone.
  init?(process: Int32) {
    guard let facts = try? SmallFile.read("/proc/\(process)/stat", limit: 1 << 16),
      let status = try? SmallFile.read("/proc/\(process)/status", limit: 1 << 16),
      // The program's name, in parentheses, may hold anything.
      let end = facts.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = facts[(end + 1)...].split(separator: 0x20)
    guard fields.count > 12, let user = Double(String(decoding: fields[11], as: UTF8.self)),
      let system = Double(String(decoding: fields[12], as: UTF8.self))
    else { return nil }
    seconds = (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
    peakByteCount = (kilobytes ?? 0) << 10
  }
}
