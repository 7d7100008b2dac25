import PolylogueModel
import PolylogueParsing

/// Reads the Gemini app's activity in a Google Takeout (“My Activity”), as JSON or HTML; Bard's too.
///
/// Learnt from public Takeouts and from the parsers of other readers, up to August 2026. An entry is
/// one turn, without an id; which turns belong together is told by their address or inferred.
public struct TakeoutImporter: Importer {
  /// The Gemini app.
  public let provider = Provider.geminiApps
  /// The version of this reader.
  public let version = 2
  /// Entries are parts of conversations.
  public let recordsAreIndependent = false

  /// An importer.
  public init() {}

  /// Whether one of the first entries is of Gemini, or they are of a product that cannot be told
  /// from the folder: then what is of no use is named.
  public func recognizes(_ probe: Probe) -> Bool {
    let entries = probe.records.compactMap { TakeoutEntry($0, offset: 0) }
    guard !entries.isEmpty else { return false }
    if entries.contains(where: \.isGemini) { return true }
    // Takeout has a folder for each product: those of others are left alone.
    return !probe.label.utf8.contains(UInt8(ascii: "/"))
  }

  /// What a file of the app's folder is besides the activity: an uploaded or made file.
  public func companion(_ label: String) -> String? {
    let parts = label.split(separator: "/")
    guard parts.count >= 2, TakeoutImporter.isFolder(parts[parts.count - 2]) else { return nil }
    let name = parts[parts.count - 1].lowercased()
    return name.hasSuffix(".html") || name.hasSuffix(".json") ? nil : attachmentCompanion
  }

  /// Opens a Takeout.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    TakeoutExport(members: members)
  }

  /// Whether a folder is the app's: `Gemini Apps`, `Applications Gemini`, `Gemini アプリ`, `Bard`.
  private static func isFolder(_ name: Substring) -> Bool {
    guard name != "Bard" else { return true }
    // Google writes its name with a capital; a person's project is more likely without.
    guard name.firstRange(ofUTF8: "Gemini") != nil else { return false }
    let lower = name.lowercased()
    return words.contains { lower.contains($0) }
  }

  /// “Apps”, as folders are called in the account's language.
  private static let words = [
    "app", "aplic", "aplik", "alkalmaz", "uygulama", "εφαρμογές", "приложен", "アプリ", "应用", "應用",
    "앱",
  ]
}

/// The files that arrived together.
final class TakeoutExport: Export {
  private var labels: Set<ExactID> = []

  init(members: (any ExportMembers)?) {
    for label in members?.labels(under: "") ?? [] { labels.insert(ExactID(label)) }
  }

  func parser(for label: String) -> any RecordParser {
    let folder = label.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = folder.isEmpty ? "" : folder.joined(separator: "/") + "/"
    return TakeoutParser { [labels] name in
      labels.contains(ExactID(path + name)) ? path + name : nil
    }
  }
}
