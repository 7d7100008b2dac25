/// Sizes as a person reads them.
public enum ByteCount {
  /// `1.5 MB`, in steps of a thousand; one decimal below ten, none above.
  public static func text(_ value: Int64) -> String {
    var amount = Double(value)
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB"]
    while amount >= 999.5, unit < units.count - 1 {
      amount /= 1000
      unit += 1
    }
    if unit == 0 { return "\(value) B" }
    if amount >= 9.95 { return "\(Int64(amount.rounded())) \(units[unit])" }
    let tenths = Int64((amount * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
