import PolylogueModel

/// Figures as a person reads them.
enum Amount {
  /// `12,345`.
  static func count(_ value: Int) -> String { count(Int64(value)) }

  /// `12,345`.
  static func count(_ value: Int64) -> String {
    let digits = String(value.magnitude)
    var out = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.utf8.count - index) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return out
  }

  /// `12,345 messages`, `1 message`.
  static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
  }

  /// `1.5 MB`, in steps of a thousand.
  static func bytes(_ value: Int64) -> String { ByteCount.text(value) }

  /// `80 ms`, `1.8 s`, `2 min 5 s`.
  static func seconds(_ value: Double) -> String {
    guard value.isFinite, value >= 0, value < 1e9 else { return "?" }
    if value < 0.95 { return "\(Int((value * 1000).rounded())) ms" }
    if value < 100 { return "\(decimal(value)) s" }
    let whole = Int(value)
    return "\(whole / 60) min \(whole % 60) s"
  }

  /// `0.873`, with so many digits behind the point; `?` for what is not finite.
  static func fixed(_ value: Double, digits: Int) -> String {
    let power = (0..<max(0, digits)).reduce(1.0) { power, _ in power * 10 }
    let scaled = (value.magnitude * power).rounded()
    guard value.isFinite, scaled < 1e15 else { return "?" }
    let whole = String(Int64(scaled) / Int64(power))
    let rest = String(Int64(scaled) % Int64(power))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits <= 0 { return sign + whole }
    return sign + whole + "." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// One decimal below ten, none above.
  private static func decimal(_ value: Double) -> String {
    if value >= 9.95 { return String(Int(value.rounded())) }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
