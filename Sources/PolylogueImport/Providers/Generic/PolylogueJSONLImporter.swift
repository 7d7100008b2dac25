public import PolylogueModel
import PolylogueParsing

/// Reads Polylogue's own form of conversations: one JSON object each, a line each where there are
/// several.
///
/// It is what `polylogue export --format jsonl` writes, and small enough to be written by a script
/// for a source that has no importer: the form is described in `docs/formats/polylogue-jsonl.md`.
/// The provider is what each conversation names.
public struct PolylogueJSONLImporter: Importer {
  /// Makes the importer.
  public init() {}

  /// `polylogue-jsonl`: the name of the form. Conversations have the provider that they name.
  public var provider: Provider { .polylogueJSONL }

  /// The version of the parser.
  public var version: Int { 2 }

  /// Each object is a whole conversation.
  public var recordsAreIndependent: Bool { true }

  /// Recognises objects that say what they are, and those that an archive has exported.
  public func recognizes(_ probe: Probe) -> Bool {
    probe.records.contains { record in
      guard record["messages"]?.kind == .array else { return false }
      if record["format"]?.string == "polylogue" { return true }
      guard let id = record["id"]?.string, let provider = record["provider"]?.string,
        let native = record["provider_id"]?.string
      else { return false }
      return id.hasSameBytes(as: "\(provider):\(native)")
    }
  }

  /// The folder whose files are attachments that conversations beside it name.
  static let attachmentFolder = "polylogue-attachments"

  /// Files in a folder `polylogue-attachments` are attachments.
  public func companion(_ label: String) -> String? {
    label.split(separator: "/").dropLast().contains(Substring(Self.attachmentFolder))
      ? attachmentCompanion : nil
  }

  /// Opens a file, or a folder of files.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    PolylogueJSONLExport(members)
  }
}
