/// The list of files that a rendering has written, as it stands in the folder.
///
/// It is JSON with one path a line. What is not exactly of this form is not trusted: an unknown or
/// damaged manifest lists nothing, so nothing is removed on its word.
enum RenderManifest {
  private static let opening = "{\"polylogue_render\": 1, \"files\": ["
  private static let closing = "]}"

  /// The manifest's bytes: sorted, stable.
  static func bytes(of paths: Set<String>) -> [UInt8] {
    var out = opening
    var separator = "\n"
    for path in paths.sorted() {
      out += "\(separator)\"\(path)\""
      separator = ",\n"
    }
    return Array((out + "\n" + closing + "\n").utf8)
  }

  /// The paths in a manifest: each of two tame names, or of three for an attachment's file.
  static func paths(in bytes: [UInt8]) -> Set<String> {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard lines.count >= 2, lines.first == opening[...], lines.last == closing[...] else {
      return []
    }
    var paths: Set<String> = []
    for line in lines.dropFirst().dropLast() {
      var entry = line
      if entry.hasSuffix(",") { entry.removeLast() }
      guard entry.utf8.count > 2, entry.hasPrefix("\""), entry.hasSuffix("\"") else { return [] }
      let path = entry.dropFirst().dropLast()
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard isPath(parts) else { return [] }
      paths.insert(String(path))
    }
    return paths
  }

  /// Whether these are the names of a path that rendering writes to.
  static func isPath(_ parts: [some StringProtocol]) -> Bool {
    guard parts.allSatisfy({ isTame($0) }) else { return false }
    return parts.count == 2 || (parts.count == 3 && parts[1] == FileName.attachmentFolder)
  }

  /// Whether a name is made of `[A-Za-z0-9_.-]`, does not start with a dot or a hyphen and is at
  /// most 200 bytes long.
  static func isTame(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 200, first != UInt8(ascii: "."),
      first != UInt8(ascii: "-")
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
