/// Where vectors are asked for, as environment variables say it.
struct EndpointSettings: Sendable {
  /// How many tokens of a text are taken to be read: what models behind such endpoints read at least.
  static let tokenLimit = 512

  /// The full address of the endpoint.
  let address: String
  /// Its host and port.
  let place: String
  /// Whether it is on this machine, so that it is asked without encryption and without a proxy.
  let isLoopback: Bool
  /// What the endpoint calls the model.
  let model: String
  /// What is shown to the endpoint and never printed.
  let key: EndpointKey?
  /// The components to ask for; nil takes what comes.
  let dimensions: Int?

  /// Reads `POLYLOGUE_EMBEDDINGS_URL`, `…_MODEL`, `…_KEY` and `…_DIMENSIONS`; nil where the first is
  /// not set.
  ///
  /// - Throws: ``LanguageModelError/Code/configuration`` when one of them makes no sense.
  init?(_ environment: (String) -> String?) throws(LanguageModelError) {
    let prefix = "POLYLOGUE_EMBEDDINGS_"
    func setting(_ name: String) -> String? {
      environment(prefix + name).flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let url = setting("URL") else { return nil }
    guard let model = setting("MODEL") else {
      throw LanguageModelError(
        .configuration,
        "\(prefix)URL is set and \(prefix)MODEL is not; it names the model to ask for")
    }
    self.model = model
    if let text = setting("DIMENSIONS") {
      guard let number = Int(text), 1...8192 ~= number else {
        throw LanguageModelError(
          .configuration, "\(prefix)DIMENSIONS is a number between 1 and 8192")
      }
      dimensions = number
    } else {
      dimensions = nil
    }
    key = try setting("KEY").map { text throws(LanguageModelError) in
      guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
        throw LanguageModelError(
          .configuration, "\(prefix)KEY has characters that no key has, such as spaces")
      }
      return EndpointKey(value: text)
    }
    (address, place, isLoopback) = try EndpointSettings.judge(url, prefix + "URL")
  }

  private static func judge(
    _ url: String, _ name: String
  ) throws(LanguageModelError) -> (address: String, place: String, isLoopback: Bool) {
    let isPlain = url.lowercased().hasPrefix("http://")
    guard isPlain || url.lowercased().hasPrefix("https://"),
      url.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
    else {
      throw LanguageModelError(.configuration, "\(name) is no address that begins with https://")
    }
    let rest = url.utf8.dropFirst(isPlain ? 7 : 8)
    let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
    let place = String(decoding: rest[..<end], as: UTF8.self).lowercased()
    let path = String(decoding: rest[end...], as: UTF8.self)
    guard !place.isEmpty, !place.contains("@"), !path.contains("?"), !path.contains("#") else {
      throw LanguageModelError(
        .configuration,
        "\(name) is a host and a path alone; a key goes into POLYLOGUE_EMBEDDINGS_KEY")
    }
    let isLoopback = EndpointSettings.isLoopback(place)
    guard !isPlain || isLoopback else {
      throw LanguageModelError(
        .configuration, "\(name) names another machine without encryption; use https://")
    }
    var base = url
    while base.hasSuffix("/") { base.removeLast() }
    if base.hasSuffix("/embeddings") { return (base, place, isPlain && isLoopback) }
    return (
      base + (base.hasSuffix("/v1") ? "" : "/v1") + "/embeddings", place, isPlain && isLoopback
    )
  }

  /// Whether a host, with or without a port, is this machine by its very name.
  private static func isLoopback(_ place: String) -> Bool {
    if place == "[::1]" || place.hasPrefix("[::1]:") { return true }
    let host = place.split(separator: ":", omittingEmptySubsequences: false)[0]
    if host == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// A key that is not printed by mistake.
struct EndpointKey: Sendable, CustomStringConvertible, CustomReflectable {
  let value: String
  var description: String { "***" }
  var customMirror: Mirror { Mirror(self, children: []) }
}
