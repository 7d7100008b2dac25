import PolylogueModel
import PolylogueParsing

/// Files of Polylogue's own form that arrived together.
final class PolylogueJSONLExport: Export {
  private let labels: Set<ExactID>

  init(_ members: (any ExportMembers)?) {
    labels = Set((members?.labels(under: "") ?? []).map(ExactID.init))
  }

  func parser(for label: String) -> any RecordParser {
    PolylogueJSONLParser { [labels] member in
      // Named as seen from the file; a name that is not there is kept as it was exported.
      let folder = label.split(separator: "/").dropLast().joined(separator: "/")
      let path = folder.isEmpty ? member : folder + "/" + member
      return labels.contains(ExactID(path)) ? path : member
    }
  }
}
