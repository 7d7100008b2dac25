import PolylogueKit

/// `polylogue raw export`
struct RawExportCommand: Command {
  let name = "raw export"
  let summary = "write an imported file again, byte for byte"
  let stopsByItself = true
  let operands = [
    Operand(
      name: "IMPORT",
      help: """
        Its number, a unique part of its path, or a beginning of its SHA-256; digits alone are a \
        number.
        """)
  ]
  var flags: [FlagDeclaration] { [Self.output.declaration] }
  let examples: [Example] = [
    Example("polylogue raw export 3 --output conversations.json", "Writes the third import again")
  ]

  private static let output = Option.text(
    "output", "FILE",
    help: "The file to write; one that is there is replaced. - is standard output.", isPath: true
  ).required

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    guard let path = try invocation.value(Self.output), !path.isEmpty else {
      throw UsageError("raw export needs --output FILE", command: name)
    }
    guard path != "-" || !context.isJSON else {
      throw UsageError("the file and the document of --json both want standard output; give one")
    }
    let wanted = invocation.operands[0]
    let record = try context.withArchive(.read) { archive in
      let record = try RawExportCommand.find(wanted, among: archive.imports())
      let file = try OutputFile(path: path, standardOutput: context.out)
      let progress = context.progressLine(isWanted: path != "-" || !context.out.isTerminal)
      defer { progress.clear() }
      var done: Int64 = 0
      try archive.writeRaw(importID: record.id) { bytes in
        if Interruption.isRequested { throw CommandError("interrupted; nothing was written") }
        try file.write(bytes)
        done += Int64(bytes.count)
        progress.update("\(ProgressLine.bar(done: done, of: record.byteCount)) written")
      }
      try file.finish()
      return record
    }
    if context.isJSON {
      try context.print(RawListCommand.json(record))
    }
    return .done
  }

  /// The one import that a number, a SHA-256 or a path names.
  static func find(_ wanted: String, among imports: [ImportRecord]) throws -> ImportRecord {
    // A number is never a piece of a path: it would give back another file.
    if wanted.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      if let record = imports.first(where: { $0.id == Int64(wanted) }) { return record }
      throw CommandError("there is no import \(wanted); “polylogue raw list” shows all")
    }
    let digits = wanted.lowercased()
    var found = wanted.utf8.count >= 8 ? imports.filter { $0.sha256.hasPrefix(digits) } : []
    if found.isEmpty { found = imports.filter { $0.path.utf8.elementsEqual(wanted.utf8) } }
    if found.isEmpty { found = imports.filter { $0.path.contains(wanted) } }
    guard let last = found.last else {
      throw CommandError("there is no import “\(wanted)”; “polylogue raw list” shows all")
    }
    guard found.allSatisfy({ $0.sha256 == last.sha256 }) else {
      let numbers = found.prefix(5).map { String($0.id) } + (found.count > 5 ? ["…"] : [])
      throw CommandError(
        "“\(wanted)” fits \(Amount.count(found.count)) imports (\(numbers.joined(separator: ", ")));"
          + " give one number, or more of the path")
    }
    return last
  }
}
