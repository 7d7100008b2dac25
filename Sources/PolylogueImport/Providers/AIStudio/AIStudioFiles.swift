import PolylogueModel
import PolylogueParsing

/// Finds the files that a prompt names by their id in Drive.
///
/// A Takeout keeps names and no ids; a synchronised file has its id in its label, as
/// `drive:FILEID/NAME`.
final class AIStudioFiles {
  /// Begins the part of a label that holds an id of Drive.
  static let idPrefix = "drive:"

  private var byID: [ExactID: String] = [:]
  private var byPath: [ExactID: String] = [:]

  init(members: (any ExportMembers)?) {
    guard let members else { return }
    for label in members.labels(under: "") {
      if byPath[ExactID(label)] == nil { byPath[ExactID(label)] = label }
      if let id = AIStudioFiles.id(in: label), byID[ExactID(id)] == nil {
        byID[ExactID(id)] = label
      }
    }
  }

  /// The id of Drive in a label.
  static func id(in label: String) -> String? {
    let part = label.split(separator: "/").dropLast().last { $0.hasPrefix(idPrefix) }
    return part.map { String($0.dropFirst(idPrefix.count)) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The name of a prompt's file, without the extension that downloads give it.
  static func title(of label: String) -> String? {
    guard var name = label.split(separator: "/").last, name != "stdin" else { return nil }
    if name.hasSuffix(".json") { name = name.dropLast(5) }
    return name.isEmpty ? nil : String(name)
  }

  /// The member that holds a file.
  ///
  /// - Parameters:
  ///   - name: Its name, where the prompt states it; names are unique within a Takeout's folder.
  ///   - prompt: The label of the prompt that names it.
  func member(id: String, name: String?, besides prompt: String) -> String? {
    if let label = byID[ExactID(id)] { return label }
    guard let name, !name.isEmpty else { return nil }
    let folder = prompt.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return byPath[ExactID((folder + [name[...]]).joined(separator: "/"))]
  }
}
