import PolylogueParsing

extension ToolCall {
  /// The arguments by name, strings without quotes and escapes, everything else as JSON; nil when
  /// the input is no JSON object.
  public var arguments: [(name: String, value: String)]? {
    guard input.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
    var reader = JSONReader()
    guard let value = try? reader.parse(Array(input.utf8)), value.kind == .object else {
      return nil
    }
    return value.members.map { ($0.key, $0.value.string ?? $0.value.json) }
  }
}
