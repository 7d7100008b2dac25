import PolylogueImport
import PolylogueModel

/// The exports opened in one container, one for each importer and folder.
final class Exports {
  private let members: (any ExportMembers)?
  private let importers: [any Importer]
  /// The name of the folder that the files lie in.
  private let folder: String?
  private var open: [String: any Export] = [:]
  /// Whether there are attachments among the files.
  private(set) lazy var bringFiles: Bool = {
    let labels = members?.labels(under: "") ?? []
    return labels.contains { label in
      importers.contains { importer in
        importer.companion(label) == attachmentCompanion
          || folder.map { importer.companion($0 + "/" + label) == attachmentCompanion } ?? false
      }
    }
  }()

  init(members: (any ExportMembers)?, importers: [any Importer], folder: String? = nil) {
    self.members = members
    self.importers = importers
    self.folder = folder
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
