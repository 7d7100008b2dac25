import PolylogueImport
import PolylogueKit
import PolylogueModel
import PolylogueRender

/// The result of an import, as JSON and for a person.
enum ImportDocument {
  /// The document of `--json`.
  static func json(_ report: ImportReport, withReceipts: Bool) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("files", .integer(report.files)),
      ("conversations", changes(report.conversations)),
      ("messages", changes(report.messages)),
      (
        "attachments",
        .object([
          ("new", .integer(report.attachments.new)),
          ("unchanged", .integer(report.attachments.unchanged)),
          ("missing", .integer(report.attachments.missing)),
        ])
      ),
      ("bytes", .integer(report.bytes)),
      ("seconds", .seconds(report.seconds)),
      (
        "failed",
        .array(
          report.failed.map {
            .object([("path", .string($0.path)), ("reason", .string($0.reason))])
          })
      ),
      ("interrupted", .bool(report.wasCancelled)),
    ]
    if withReceipts {
      members.append(
        (
          "receipts",
          .array(
            report.receipts.map { entry in
              .object([
                ("path", .string(entry.path)), ("provider", .string(entry.provider?.rawValue)),
                ("status", .string(entry.status)), ("receipt", .text(entry.receipt.json)),
              ])
            })
        ))
    }
    return .object(members)
  }

  private static func changes(_ changes: ChangeCounts) -> JSON {
    .object([
      ("new", .integer(changes.new)), ("updated", .integer(changes.updated)),
      ("unchanged", .integer(changes.unchanged)),
    ])
  }

  /// The result for a person.
  static func lines(_ report: ImportReport) -> [String] {
    let speed =
      report.seconds > 0
      ? " in \(Amount.seconds(report.seconds))" : ""
    var lines = [
      "\(Amount.count(report.files, "file")), \(Amount.bytes(report.bytes))\(speed)",
      "  conversations  \(line(report.conversations))",
      "  messages       \(line(report.messages))",
    ]
    let files = report.attachments
    if files.new + files.unchanged + files.missing > 0 {
      lines.append(
        "  attachments    \(Amount.count(files.new)) new, \(Amount.count(files.unchanged)) unchanged, "
          + "\(Amount.count(files.missing)) named but not in the export")
    }
    let warnings = report.receipts.flatMap { entry in
      entry.receipt.warnings.map { "\(entry.path): \($0)" }
    }
    for warning in warnings.prefix(10) { lines.append("  note: \(VisibleText.oneLine(warning))") }
    if warnings.count > 10 {
      lines.append("  and \(Amount.count(warnings.count - 10, "more note")); --receipt shows all")
    }
    if !report.failed.isEmpty {
      lines.append("  failed         \(Amount.count(report.failed.count, "input")), named above")
    }
    return lines
  }

  private static func line(_ changes: ChangeCounts) -> String {
    "\(Amount.count(changes.new)) new, \(Amount.count(changes.updated)) updated, "
      + "\(Amount.count(changes.unchanged)) unchanged"
  }

  /// The receipts for a person.
  static func receiptLines(_ report: ImportReport) -> [String] {
    var lines: [String] = []
    for entry in report.receipts {
      let provider = entry.provider.map { " (\(VisibleText.oneLine($0.rawValue)))" } ?? ""
      lines.append(
        "\(VisibleText.oneLine(entry.path))\(provider): \(VisibleText.oneLine(entry.status))")
      for tally in entry.receipt.tallies {
        var line = "  \(VisibleText.oneLine(tally.kind)): \(Amount.count(tally.seen)) seen"
        line += ", \(Amount.count(tally.understood)) understood"
        if tally.skipped > 0 { line += ", \(Amount.count(tally.skipped)) skipped" }
        if tally.unknown > 0 { line += ", \(Amount.count(tally.unknown)) not understood" }
        if let reason = tally.reason { line += " (\(VisibleText.oneLine(reason))" }
        if tally.reason != nil { line += tally.example.map { ", first at byte \($0))" } ?? ")" }
        lines.append(line)
      }
      for warning in entry.receipt.warnings {
        lines.append("  note: \(VisibleText.oneLine(warning))")
      }
    }
    return lines
  }

  /// Why no conversation came of an import that did not fail.
  static func emptiness(_ report: ImportReport) -> String {
    var reasons: [String] = []
    for entry in report.receipts {
      for tally in entry.receipt.tallies where tally.skipped + tally.unknown > 0 {
        guard let reason = tally.reason else { continue }
        let text = "\(tally.kind): \(reason)"
        if !reasons.contains(text) { reasons.append(text) }
      }
      for warning in entry.receipt.warnings where !reasons.contains(warning) {
        reasons.append(warning)
      }
    }
    if report.files == 0 { return "no conversation imported: no file was found to import" }
    guard !reasons.isEmpty else {
      return "no conversation imported: the files hold none; --receipt tells what they hold"
    }
    return "no conversation imported: \(reasons.prefix(3).joined(separator: "; "))"
  }
}
