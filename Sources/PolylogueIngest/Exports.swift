import PolylogueImport
import PolylogueModel

/// The exports opened in one container, one for each importer and folder.
final class Exports {
  private let members: (any ExportMembers)?
  private let importers: [any Importer]
  private var open: [String: any Export] = [:]
  /// Whether there are attachments among the files.
  private(set) lazy var bringFiles: Bool = {
    let labels = members?.labels(under: "") ?? []
    return labels.contains { label in
      importers.contains { $0.companion(label) == attachmentCompanion }
    }
  }()

  init(members: (any ExportMembers)?, importers: [any Importer]) {
    self.members = members
    self.importers = importers
  }

  /// The export that a file belongs to.
  func export(for importer: any Importer, label: String) -> any Export {
    let folder = label.split(separator: "/").dropLast().joined(separator: "/")
    let key = importer.provider.rawValue + "\n" + (importer.recordsAreIndependent ? folder : "")
    if let known = open[key] { return known }
    let export = importer.open(members)
    open[key] = export
    return export
  }
}
