import PolylogueImport
import PolylogueParsing

extension Receipt {
  /// The receipt as it is kept with the import and as `--json` tells it.
  public var json: String {
    var lines: [String] = []
    for tally in tallies {
      let fields = [
        "\"kind\":\(JSONWriter.quoted(tally.kind))", "\"seen\":\(tally.seen)",
        "\"understood\":\(tally.understood)", "\"skipped\":\(tally.skipped)",
        "\"unknown\":\(tally.unknown)",
        "\"reason\":\(tally.reason.map(JSONWriter.quoted) ?? "null")",
        "\"example\":\(tally.example.map(String.init) ?? "null")",
      ]
      lines.append("{" + fields.joined(separator: ",") + "}")
    }
    let warnings = warnings.map(JSONWriter.quoted).joined(separator: ",")
    let missing = missingMembers.map(JSONWriter.quoted).joined(separator: ",")
    let loss = ",\"first_loss\":\(firstLoss.map { JSONWriter.quoted($0) } ?? "null")"
    return "{\"records\":[\(lines.joined(separator: ","))],\"warnings\":[\(warnings)],"
      + "\"missing\":[\(missing)],\"lost\":\(lost)\(loss)}"
  }

  /// Reads a receipt that was kept; nil when it is none.
  init?(json: String) {
    var reader = JSONReader()
    guard let value = try? reader.parse(Array(json.utf8)), value.kind == .object else { return nil }
    var tallies: [Tally] = []
    let records = value["records"].map { Array($0.elements) } ?? []
    for record in records {
      func count(_ key: StaticString) -> Int { Int(clamping: record[key]?.int64 ?? 0) }
      var tally = Tally(kind: record["kind"]?.string ?? "")
      tally.seen = count("seen")
      tally.understood = count("understood")
      tally.skipped = count("skipped")
      tally.unknown = count("unknown")
      tally.reason = record["reason"]?.string
      tally.example = record["example"]?.int64
      tallies.append(tally)
    }
    self.init(
      tallies: tallies, warnings: value["warnings"]?.elements.compactMap(\.string) ?? [],
      missingMembers: value["missing"]?.elements.compactMap(\.string) ?? [],
      lost: Int(clamping: value["lost"]?.int64 ?? 0),
      firstLoss: value["first_loss"]?.string)
  }

  /// Whether records were found in the archive already.
  var hasUnchanged: Bool { tallies.contains { $0.kind == "conversation (unchanged)" } }
}
