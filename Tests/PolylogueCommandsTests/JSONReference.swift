import Foundation
import Testing

/// What `docs/json.md` says of the documents: its tables of keys and its examples, by section.
struct JSONReference {
  struct Section {
    /// The types by key, such as `hits[].id`.
    var types: [String: String] = [:]
    var examples: [String] = []
    /// The columns of CSV.
    var columns: [String] = []
  }

  private(set) var sections: [String: Section] = [:]

  init() throws {
    let text = try String(contentsOfFile: packageRoot + "/docs/json.md", encoding: .utf8)
    var name = ""
    var isExample = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("```") {
        isExample = line.hasPrefix("```json")
      } else if isExample {
        sections[name, default: Section()].examples.append(String(line))
      } else if line.hasPrefix("## ") {
        name = String(line.dropFirst(3))
        // One that only names another has no rows of its own.
        sections[name] = sections[name] ?? Section()
      } else if line.hasPrefix("| `") {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        let key = cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
        if cells.count == 3 {
          sections[name, default: Section()].types[key] = cells[1]
        } else {
          sections[name, default: Section()].columns.append(key)
        }
      }
    }
  }

  /// Where a document differs from what its section says.
  func complaints(of document: Any, _ name: String, prefix: String = "") -> [String] {
    var found: [String] = []
    check(document, at: prefix, in: sections[name]?.types ?? [:], &found)
    return found
  }

  /// The keys that documents have, as the tables write them.
  func keys(of document: Any, _ name: String, prefix: String = "") -> Set<String> {
    var found: Set<String> = []
    visit(document, at: prefix, in: sections[name]?.types ?? [:]) { key, _ in found.insert(key) }
    return found
  }

  private func check(
    _ value: Any, at key: String, in types: [String: String], _ found: inout [String]
  ) {
    var complaints: [String] = []
    visit(value, at: key, in: types) { key, value in
      guard let type = types[key] else {
        let isNamed = types.keys.contains { $0.hasPrefix(key + ".") || $0.hasPrefix(key + "[].") }
        if !isNamed || value is NSNull { complaints.append("\(key) is not documented") }
        return
      }
      if !JSONReference.fits(value, type) { complaints.append("\(key) is no \(type): \(value)") }
    }
    found += complaints
  }

  private func visit(
    _ value: Any, at key: String, in types: [String: String], _ body: (String, Any) -> Void
  ) {
    if !key.isEmpty, !key.hasSuffix("[]") { body(key, value) }
    if types[key] == "any" { return }
    if let members = value as? [String: Any] {
      // A receipt has a section of its own.
      if key.hasSuffix(".receipt") { return }
      for (name, member) in members {
        let name = key == "providers" ? "NAME" : name
        visit(member, at: key.isEmpty ? name : "\(key).\(name)", in: types, body)
      }
    } else if let elements = value as? [Any], elements.contains(where: { $0 is [String: Any] }) {
      for element in elements { visit(element, at: key + "[]", in: types, body) }
    }
  }

  private static func fits(_ value: Any, _ type: String) -> Bool {
    if type == "any" { return true }
    if value is NSNull { return type.hasSuffix(" or null") }
    let isTruth = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    switch type.replacing(" or null", with: "") {
    case "string": return value is String
    case "time":
      let pattern = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/
      return (value as? String)?.wholeMatch(of: pattern) != nil
    case "boolean": return isTruth
    case "integer":
      return !isTruth
        && (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
    case "number": return !isTruth && value is NSNumber
    case "object": return value is [String: Any]
    case "list of strings": return value is [String] || (value as? [Any])?.isEmpty == true
    default: return false
    }
  }
}
