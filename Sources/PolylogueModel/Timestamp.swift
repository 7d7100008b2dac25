import Glibc

/// A moment, to the microsecond, in UTC.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public let microseconds: Int64

  /// The moment this many microseconds after 1970.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// Orders by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// This moment, by the system's clock.
  public static var now: Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)
  }

  /// The moment this many times 24 hours ago, such as `.daysAgo(7)`; a negative number lies ahead.
  public static func daysAgo(_ days: Int) -> Timestamp {
    let (span, overflow) = Int64(days).multipliedReportingOverflow(by: 86_400_000_000)
    let (moment, isOut) = now.microseconds.subtractingReportingOverflow(span)
    guard overflow || isOut else { return Timestamp(microseconds: moment) }
    return days > 0 ? plausible.lowerBound : plausible.upperBound
  }

  /// The years that a conversation can plausibly come from; what lies outside is not a time.
  public static let plausible =
    Timestamp(
      microseconds: -2_208_988_800_000_000)...Timestamp(
      microseconds: 253_402_300_799_999_999)

  /// Reads a bare number by its magnitude: above 10¹⁷ nanoseconds, above 10¹⁴ microseconds, above
  /// 10¹¹ milliseconds, otherwise seconds.
  ///
  /// - Returns: nil for zero, for what is not finite and for years before 1900 or after 9999.
  public init?(number: Double) {
    guard number.isFinite, number != 0 else { return nil }
    let size = abs(number)
    let scaled: Double
    if size > 1e17 {
      scaled = number / 1_000
    } else if size > 1e14 {
      scaled = number
    } else if size > 1e11 {
      scaled = number * 1_000
    } else {
      scaled = number * 1_000_000
    }
    guard let whole = Int64(exactly: scaled.rounded()) else { return nil }
    let value = Timestamp(microseconds: whole)
    guard Timestamp.plausible.contains(value) else { return nil }
    self = value
  }

  /// Reads ISO 8601 in the forms that exports use: a date, `T` or a space, a time with or without
  /// seconds, a fraction of any length, `Z`, an offset, or no zone (taken as UTC).
  ///
  /// - Returns: nil when it is anything else or no real date.
  public init?(iso text: some StringProtocol) {
    var text = text
    let parsed: Int64?? = text.withUTF8Bytes { Timestamp.parseISO($0) }
    guard let parsed, let microseconds = parsed else { return nil }
    let value = Timestamp(microseconds: microseconds)
    guard Timestamp.plausible.contains(value) else { return nil }
    self = value
  }

  /// Reads a time in any textual form: ISO 8601 or a number (see ``init(number:)``).
  public init?(text: some StringProtocol) {
    if let value = Timestamp(iso: text) {
      self = value
    } else if let number = Double(text) {
      self.init(number: number)
    } else {
      return nil
    }
  }

  /// `2026-01-31T10:20:30Z`, with milliseconds or microseconds only where they are not zero.
  public var iso: String {
    var text = ""
    withISO { text = String(decoding: $0, as: UTF8.self) }
    return text
  }

  /// Hands over ``iso`` as bytes, without a string of its own.
  package func withISO(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let (day, time) = Timestamp.floorDivide(microseconds, 86_400_000_000)
    let date = CivilDate(daysSinceEpoch: day)
    let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000)
    // A year has at most six digits and a sign.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { out in
      var writer = DigitWriter(out: out)
      writer.year(date.year)
      writer.put("-", date.month)
      writer.put("-", date.day)
      writer.put("T", seconds / 3600)
      writer.put(":", seconds / 60 % 60)
      writer.put(":", seconds % 60)
      if fraction != 0 { writer.fraction(fraction) }
      writer.put("Z")
      body(UnsafeBufferPointer(rebasing: out[..<writer.count]))
    }
  }

  /// The calendar day, in UTC.
  public var date: CivilDate {
    CivilDate(daysSinceEpoch: Timestamp.floorDivide(microseconds, 86_400_000_000).quotient)
  }

  static func floorDivide(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
    return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
  }

  private static func parseISO(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    var reader = ISOReader(bytes: bytes)
    guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2),
      reader.skip("-"), let day = reader.digits(2),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    var microseconds = date.daysSinceEpoch * 86_400_000_000
    if reader.isAtEnd { return microseconds }
    guard reader.skip("T") || reader.skip("t") || reader.skip(" ") else { return nil }
    guard let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2),
      hour < 24, minute < 60
    else { return nil }
    microseconds += (hour * 3600 + minute * 60) * 1_000_000
    if reader.skip(":") {
      guard let second = reader.digits(2), second < 61 else { return nil }
      microseconds += second * 1_000_000
      if reader.skip(".") || reader.skip(",") {
        guard let fraction = reader.fraction() else { return nil }
        microseconds += fraction
      }
    }
    guard let offset = reader.zone(), reader.isAtEnd else { return nil }
    return microseconds - offset * 1_000_000
  }
}

extension Timestamp: CustomStringConvertible {
  /// The moment in ISO 8601; see ``iso``.
  public var description: String { iso }
}

/// Writes the digits of an ISO 8601 time.
private struct DigitWriter {
  let out: UnsafeMutableBufferPointer<UInt8>
  var count = 0

  @inline(__always)
  mutating func put(_ character: Unicode.Scalar) {
    out[count] = UInt8(ascii: character)
    count &+= 1
  }

  /// Two digits.
  @inline(__always)
  mutating func put(_ value: Int64) {
    let value = UInt32(truncatingIfNeeded: value)
    out[count] = UInt8(truncatingIfNeeded: 48 &+ value / 10)
    out[count &+ 1] = UInt8(truncatingIfNeeded: 48 &+ value % 10)
    count &+= 2
  }

  @inline(__always)
  mutating func put(_ separator: Unicode.Scalar, _ value: Int64) {
    put(separator)
    put(value)
  }

  /// Four digits; more, and a sign, where they do not do.
  mutating func year(_ year: Int64) {
    if (0...9999).contains(year) {
      put(year / 100)
      put(year % 100)
    } else {
      for byte in String(year).utf8 {
        out[count] = byte
        count += 1
      }
    }
  }

  /// Microseconds, or milliseconds where they are whole.
  mutating func fraction(_ microseconds: Int64) {
    put(".")
    put(microseconds / 10_000)
    if microseconds % 1000 != 0 {
      put(microseconds / 100 % 100)
      put(microseconds % 100)
    } else {
      out[count] = UInt8(truncatingIfNeeded: 48 + microseconds / 1000 % 10)
      count += 1
    }
  }
}

/// A cursor over the bytes of an ISO 8601 time.
private struct ISOReader {
  let bytes: UnsafeBufferPointer<UInt8>
  var index = 0

  var isAtEnd: Bool { index == bytes.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    guard index + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for offset in 0..<count {
      let digit = bytes[index + offset] &- 48
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    index += count
    return value
  }

  /// Microseconds of a fraction of any length; what is finer is cut off.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while index < bytes.count, bytes[index] &- 48 < 10 {
      if count < 6 { value = value * 10 + Int64(bytes[index] &- 48) }
      count += 1
      index += 1
    }
    guard count > 0 else { return nil }
    for _ in 0..<max(0, 6 - count) { value *= 10 }
    return value
  }

  /// Seconds east of UTC.
  mutating func zone() -> Int64? {
    if isAtEnd || skip("Z") || skip("z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = digits(2) else { return nil }
    var minutes: Int64 = 0
    if !isAtEnd {
      _ = skip(":")
      guard let value = digits(2) else { return nil }
      minutes = value
    }
    return sign * (hours * 3600 + minutes * 60)
  }
}

extension StringProtocol {
  /// The UTF-8 bytes of the string, without a copy where it is stored contiguously.
  fileprivate mutating func withUTF8Bytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = String(self)
    return copy.withUTF8(body)
  }
}
