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
      (
        "conversations",
        changes(report.conversations, also: [("deleted", .integer(report.deletedConversations))])
      ),
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
            .object([
              ("path", .string($0.path)), ("reason", .string($0.reason)),
              ("status", .string($0.isPartial ? "partial" : "failed")),
            ])
          })
      ),
      (
        "not_understood",
        .object([
          ("conversations", .integer(report.lostConversations)),
          ("records", .integer(report.lostRecords)), ("details", .integer(report.unknownDetails)),
        ])
      ),
      ("drift", .array(report.drift.map(drift))),
      (
        "ignored",
        .object([
          ("files", .integer(report.ignored.files)), ("links", .integer(report.ignored.links)),
          ("special", .integer(report.ignored.special)),
          ("examples", .strings(report.ignored.examples)),
        ])
      ),
      ("notes", .strings(notes(report))),
      ("dry_run", .bool(report.isDryRun)), ("interrupted", .bool(report.wasCancelled)),
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

  private static func drift(_ drift: Drift) -> JSON {
    .object([
      ("provider", .string(drift.provider.rawValue)), ("kind", .string(drift.kind)),
      ("count", .integer(drift.count)), ("path", .string(drift.path)),
      ("example", drift.example.map { .integer($0) } ?? .null),
    ])
  }

  /// The line that tells of formats that drift; nil where none does.
  static func driftWarning(_ drift: [Drift]) -> String? {
    guard !drift.isEmpty else { return nil }
    let more = drift.count > 5 ? " and \(Amount.count(drift.count - 5, "more kind"))" : ""
    return "formats drift: \(drift.prefix(5).map(\.summary).joined(separator: ", "))\(more);"
      + " every byte is kept, a newer version may understand them"
  }

  private static func changes(
    _ changes: ChangeCounts, also others: [(key: String, value: JSON)] = []
  ) -> JSON {
    .object(
      [
        ("new", .integer(changes.new)), ("updated", .integer(changes.updated)),
        ("unchanged", .integer(changes.unchanged)),
      ] + others)
  }

  /// The result for a person.
  static func lines(_ report: ImportReport) -> [String] {
    if isFruitless(report), !report.wasCancelled {
      // Standard error has told all but this.
      guard !report.failed.isEmpty else { return [] }
      return ignored(report.ignored).map { ["ignored: \($0)"] } ?? []
    }
    let time = report.seconds > 0 ? Amount.seconds(report.seconds) : nil
    let read = "\(Amount.count(report.files, "file")), \(Amount.bytes(report.bytes))"
    let unchanged = report.isDryRun ? " (dry run: nothing was changed)" : ""
    var lines = [
      report.wasCancelled
        ? "interrupted\(time.map { " after \($0)" } ?? "")"
          + (report.files == 0 ? ", before the end of the first file" : "; \(read) read to the end")
          + unchanged
        : read + (time.map { " in \($0)" } ?? "") + unchanged,
      "  conversations  \(line(report.conversations))",
      "  messages       \(line(report.messages))",
    ]
    let files = report.attachments
    if files.new + files.unchanged + files.missing > 0 {
      lines.append(
        "  attachments    \(Amount.count(files.new)) new, \(Amount.count(files.unchanged)) unchanged, "
          + "\(Amount.count(files.missing)) named but not in the export")
    }
    let notes = notes(report)
    for note in notes.prefix(10) { lines.append("  note: \(VisibleText.oneLine(note))") }
    if notes.count > 10 {
      lines.append("  and \(Amount.count(notes.count - 10, "more note")); --receipt shows all")
    }
    return lines + losses(report)
  }

  /// Whether an import met nothing that it could take.
  static func isFruitless(_ report: ImportReport) -> Bool {
    report.files == 0 && report.receipts.isEmpty
  }

  /// What was left out, by number.
  private static func losses(_ report: ImportReport) -> [String] {
    var lines: [String] = []
    func add(_ title: String, _ parts: [String?], _ rest: String = "") {
      let parts = parts.compactMap { $0 }
      guard !parts.isEmpty else { return }
      let name = DisplayWidth.pad(title, columns: 15)
      lines.append("  \(name)\(parts.joined(separator: ", "))\(rest)")
    }
    func some(_ count: Int, _ noun: String) -> String? {
      count > 0 ? Amount.count(count, noun) : nil
    }
    add(
      "deleted", [some(report.deletedConversations, "conversation")],
      " that you have deleted; left out")
    add("ignored", [ignored(report.ignored)])
    add(
      "unknown kinds", [some(report.unknownDetails, "detail")],
      " in them (an event, a part of a message)")
    add(
      "not understood",
      [some(report.lostConversations, "conversation"), some(report.lostRecords, "record")],
      "; only their bytes are kept")
    let partial = report.failed.count { $0.isPartial }
    add("partial", [some(partial, "input")], ", named above")
    add("failed", [some(report.failed.count - partial, "input")], ", named above")
    return lines
  }

  private static func ignored(_ ignored: ImportReport.Ignored) -> String? {
    let parts = [
      ignored.files > 0
        ? "\(Amount.count(ignored.files, "file")) of unknown kind (\(examples(ignored)))" : nil,
      ignored.links > 0 ? "\(Amount.count(ignored.links, "link")) (not followed)" : nil,
      ignored.special > 0
        ? Amount.count(ignored.special, "pipe or device", "pipes or devices") : nil,
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func examples(_ ignored: ImportReport.Ignored) -> String {
    let more = ignored.files - ignored.examples.count
    return ignored.examples.map(VisibleText.oneLine).joined(separator: ", ")
      + (more > 0 ? " and \(Amount.count(more)) more" : "")
  }

  /// What a person should know, each thing once: a note that many files share names their number.
  private static func notes(_ report: ImportReport) -> [String] {
    var order: [String] = []
    var paths: [String: [String]] = [:]
    for entry in report.receipts {
      for warning in entry.receipt.warnings {
        if paths[warning] == nil { order.append(warning) }
        paths[warning, default: []].append(entry.path)
      }
    }
    return report.notes
      + order.flatMap { warning -> [String] in
        let named = paths[warning] ?? []
        return named.count > 3
          ? ["\(Amount.count(named.count, "file")): \(warning)"] : named.map { "\($0): \(warning)" }
      }
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
    func add(_ reason: String) {
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    for entry in report.receipts {
      for warning in entry.receipt.warnings { add(warning) }
      guard entry.receipt.warnings.isEmpty else { continue }
      for tally in entry.receipt.tallies where tally.skipped + tally.unknown > 0 {
        if let reason = tally.reason { add("\(tally.kind): \(reason)") }
      }
    }
    if report.files == 0, let ignored = ignored(report.ignored) {
      return
        "no conversation imported: nothing there is an export or a session; ignored: \(ignored)."
        + " If one of the files is an export, import it by itself, with --provider"
    }
    if isFruitless(report) {
      return "no conversation imported: no file was found to import"
    }
    guard !reasons.isEmpty else {
      return "no conversation imported: there is none in these files"
    }
    return "no conversation imported: \(reasons.prefix(3).joined(separator: "; "))"
  }
}
