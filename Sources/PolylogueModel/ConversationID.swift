/// The public identifier of a conversation: `PROVIDER:PROVIDER_CONVERSATION_ID`.
///
/// A NUL in a provider's identifier is written as U+2400 (␀): no command line can carry the
/// character itself.
///
/// It survives re-import and re-parsing. Identifiers are compared as bytes: Swift's `==` on
/// strings would merge two ids that differ only in Unicode normalisation.
public struct ConversationID: Hashable, Sendable, CustomStringConvertible {
  /// Where the conversation was held.
  public let provider: Provider
  /// The provider's own identifier.
  public let native: String

  /// Joins a provider with its own identifier.
  public init(provider: Provider, native: String) {
    self.provider = provider
    self.native = ConversationID.printable(native)
  }

  /// Splits `provider:native` at the first colon; nil when there is none.
  public init?(_ text: String) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    provider = Provider(rawValue: String(text[..<colon]))
    native = ConversationID.printable(String(text[text.utf8.index(after: colon)...]))
  }

  private static func printable(_ native: String) -> String {
    guard native.utf8.contains(0) else { return native }
    var scalars = String.UnicodeScalarView()
    for scalar in native.unicodeScalars { scalars.append(scalar == "\0" ? "\u{2400}" : scalar) }
    return String(scalars)
  }

  /// `provider:native`.
  public var description: String { "\(provider.rawValue):\(native)" }

  /// Equality of bytes.
  public static func == (left: ConversationID, right: ConversationID) -> Bool {
    left.provider == right.provider && left.native.hasSameBytes(as: right.native)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(provider)
    var native = native
    native.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
