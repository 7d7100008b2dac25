import Glibc

/// One line on a terminal's standard error that tells how far the work is.
final class ProgressLine {
  private let output: Output?
  private let width: Int
  private var lastDrawn: Int64 = 0
  private var isDrawn = false

  /// - Parameter output: Where to draw; nil draws nothing.
  init(output: Output?) {
    self.output = output
    width = output?.terminalWidth ?? 80
  }

  /// Draws the line anew, at most ten times a second.
  ///
  /// - Parameter text: What to show; only asked for when it is drawn.
  func update(_ text: @autoclosure () -> String) {
    guard let output else { return }
    let now = ProgressLine.milliseconds
    guard now - lastDrawn >= 100 else { return }
    lastDrawn = now
    isDrawn = true
    // Progress is a courtesy: when it cannot be shown the work goes on.
    try? output.write("\r\u{1B}[K" + DisplayWidth.fit(text(), columns: width - 1))
    try? output.flush()
  }

  /// Takes the line away.
  func clear() {
    guard let output, isDrawn else { return }
    isDrawn = false
    try? output.write("\r\u{1B}[K")
    try? output.flush()
  }

  /// A bar of 20 columns, such as `[#####.....]`.
  static func bar(done: Int64, of total: Int64) -> String {
    guard total > 0 else { return "" }
    let share = min(1, max(0, Double(done) / Double(total)))
    let filled = Int(share * 20)
    let rest = String(repeating: ".", count: 20 - filled)
    return "[\(String(repeating: "#", count: filled))\(rest)] \(Int(share * 100)) %"
  }

  private static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
