public import PolylogueModel

/// A span of time as people write it: `2026-01-31`, `2026-01`, `2026`, `7d`, `2w`, `3m`, `1y`,
/// `today`, `yesterday`, or a moment in ISO 8601. Days are those of UTC.
public struct DateExpression: Sendable, Equatable {
  /// What can be written, for messages and help.
  public static let examples =
    "2026-01-31, 2026-01, 2026, 7d, 2w, 3m (months), 1y, today or yesterday"

  /// The span's first second, since 1970.
  public let start: Int64
  /// The first second after the span.
  public let end: Int64

  /// Reads an expression; nil when it is none. `7d` is the time from seven days before `now` on.
  public init?(_ text: String, now: Timestamp) {
    let seconds = Timestamp.seconds(now)
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    switch text.lowercased() {
    case "today": self.init(start: day * 86_400, end: (day + 1) * 86_400)
    case "yesterday": self.init(start: (day - 1) * 86_400, end: day * 86_400)
    default:
      if let back = DateExpression.secondsBack(text) {
        self.init(start: seconds - back, end: seconds - back)
      } else if let calendar = DateExpression.calendar(text) {
        self = calendar
      } else if text.utf8.count > 10, let moment = Timestamp(iso: text) {
        self.init(start: Timestamp.seconds(moment), end: Timestamp.seconds(moment) + 1)
      } else {
        return nil
      }
    }
  }

  private init(start: Int64, end: Int64) {
    self.start = start
    self.end = end
  }

  private static func secondsBack(_ text: String) -> Int64? {
    guard let unit = text.utf8.last, let count = Int64(text.dropLast()),
      (0...36_500).contains(count),
      text.utf8.first.map({ (48...57).contains($0) }) == true
    else { return nil }
    switch unit {
    case UInt8(ascii: "h"): return count * 3600
    case UInt8(ascii: "d"): return count * 86_400
    case UInt8(ascii: "w"): return count * 7 * 86_400
    case UInt8(ascii: "m"): return count * 30 * 86_400
    case UInt8(ascii: "y"): return count * 365 * 86_400
    default: return nil
    }
  }

  private static func calendar(_ text: String) -> DateExpression? {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), parts[0].count == 4,
      parts.dropFirst().allSatisfy({ $0.count == 2 }),
      parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } })
    else { return nil }
    let numbers = parts.compactMap { Int64(String(Substring($0))) }
    guard
      let first = CivilDate(
        year: numbers[0], month: numbers.count > 1 ? numbers[1] : 1,
        day: numbers.count > 2 ? numbers[2] : 1)
    else { return nil }
    let from = first.daysSinceEpoch
    var to = from + 1
    if numbers.count == 2 { to = from + CivilDate.length(ofMonth: numbers[1], year: numbers[0]) }
    if numbers.count == 1 {
      to = from + (CivilDate.length(ofMonth: 2, year: numbers[0]) == 29 ? 366 : 365)
    }
    return DateExpression(start: from * 86_400, end: to * 86_400)
  }
}

extension Timestamp {
  /// Whole seconds since 1970, rounded down.
  static func seconds(_ time: Timestamp) -> Int64 {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
