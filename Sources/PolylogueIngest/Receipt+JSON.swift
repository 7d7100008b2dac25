import PolylogueImport
import PolylogueParsing

extension Receipt {
  /// The receipt as it is kept with the import.
  public var json: String {
    var lines: [String] = []
    for tally in tallies {
      var fields = [
        "\"kind\":\(JSONWriter.quoted(tally.kind))", "\"seen\":\(tally.seen)",
        "\"understood\":\(tally.understood)", "\"skipped\":\(tally.skipped)",
        "\"unknown\":\(tally.unknown)",
      ]
      if let reason = tally.reason { fields.append("\"reason\":\(JSONWriter.quoted(reason))") }
      if let example = tally.example { fields.append("\"example\":\(example)") }
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
