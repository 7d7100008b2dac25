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
    return "{\"records\":[\(lines.joined(separator: ","))],\"warnings\":[\(warnings)],"
      + "\"missing\":[\(missing)]}"
  }

  /// Whether records were found in the archive already.
  var hasUnchanged: Bool { tallies.contains { $0.kind == "conversation (unchanged)" } }
}
