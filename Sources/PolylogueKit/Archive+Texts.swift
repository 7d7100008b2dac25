import PolylogueModel
import PolylogueStore

/// What ``Archive/extractTexts(searchPath:onProgress:)`` has done.
public struct TextReport: Sendable {
  /// Files that were looked into.
  public var files = 0
  /// Files in which text was found.
  public var extracted = 0
  /// Files that hold no text, or none that can be taken out.
  public var empty = 0
  /// Files that were left for another time.
  public var waiting = 0
  /// What a person should know: a program that is missing, a file that could not be read.
  public var notes: [String] = []
  /// Wall-clock seconds.
  public var seconds: Double = 0
}

extension Archive {
  /// The most bytes of a file that is looked into.
  private static let fileLimit: Int64 = 64 << 20
  /// The most bytes of a plain text that are taken for the index.
  private static let plainLimit = 4 << 20
  /// Texts are written in groups of so many bytes.
  private static let groupByteCount = 4 << 20

  /// Takes the text out of attached files that have none yet, so that it is found and shown: PDF by
  /// `pdftotext` of poppler-utils, plain text as it is. Files without a media type get the one that
  /// their bytes tell.
  ///
  /// It is no part of an import, which stays fast and bounded; a later import keeps what was found.
  /// Nothing leaves the machine. Each file is looked into once.
  ///
  /// - Parameters:
  ///   - searchPath: The folders in which programs are looked for, parted by colons.
  ///   - onProgress: Told the files done and their number; throwing from it stops there, and what was
  ///     found until then is kept.
  /// - Throws: ``ArchiveError``, and what `onProgress` throws.
  public func extractTexts(
    searchPath: String = "/usr/local/bin:/usr/bin:/bin",
    onProgress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> TextReport {
    let session = try writing()
    let started = Timestamp.now
    return try translating {
      var report = TextReport()
      let tool = TextProgram.find("pdftotext", in: searchPath).map {
        TextProgram(path: $0, arguments: ["-q", "-enc", "UTF-8", "-", "-"])
      }
      let waiting = try AttachmentTexts.waiting(in: connection)
      var found: [ExtractedText] = []
      var byteCount = 0
      func flush() throws {
        guard !found.isEmpty else { return }
        _ = try session.group { try session.conversations.write(found) }
        // The index reads it from the change feed.
        _ = session.conversations.takeFeed()
        (found, byteCount) = ([], 0)
      }
      do {
        for (number, file) in waiting.enumerated() {
          try onProgress(number, waiting.count)
          guard let text = try extract(file, with: tool, &report) else { continue }
          found.append(text)
          byteCount += 256 + (text.text?.utf8.count ?? 0)
          if byteCount > Archive.groupByteCount { try flush() }
        }
      } catch {
        try flush()
        throw error
      }
      try flush()
      try? IndexKeeper(folder: folder).finishIfOwned(isCancelled: { false })
      try session.checkpoint()
      report.seconds = Double(Timestamp.now.microseconds - started.microseconds) / 1e6
      return report
    }
  }

  /// Looks into one file; nil when it is left for another time.
  private func extract(
    _ file: TextlessFile, with tool: TextProgram?, _ report: inout TextReport
  ) throws -> ExtractedText? {
    report.files += 1
    let name = file.name ?? "a file without a name"
    guard file.byteCount <= Archive.fileLimit else {
      report.empty += 1
      report.note("\(name): longer than \(ByteCount.text(Archive.fileLimit)), not looked into")
      return ExtractedText(sha256: file.sha256, text: "")
    }
    let bytes: [UInt8]
    do {
      bytes = try contents(of: file)
    } catch let error as ArchiveError {
      report.waiting += 1
      report.note("\(name): \(error.message)")
      return nil
    }
    let type = MediaType.sniff(bytes)
    if type == "application/pdf" { return try extractPDF(file, bytes, tool, &report) }
    var text = ""
    if type == nil || type == "text/html", bytes.count <= Archive.plainLimit, !bytes.contains(0) {
      text = String(validating: bytes, as: UTF8.self) ?? ""
    }
    if text.isEmpty { report.empty += 1 } else { report.extracted += 1 }
    return ExtractedText(sha256: file.sha256, text: text, mediaType: type)
  }

  private func extractPDF(
    _ file: TextlessFile, _ bytes: [UInt8], _ tool: TextProgram?, _ report: inout TextReport
  ) throws -> ExtractedText? {
    let name = file.name ?? "a file without a name"
    var found = ExtractedText(sha256: file.sha256, text: "", mediaType: "application/pdf")
    guard let tool else {
      report.waiting += 1
      report.note(
        "PDF files wait for the program pdftotext: install poppler-utils and run this again")
      found.text = nil
      return MediaType.isGeneric(file.mediaType) ? found : nil
    }
    do {
      let text = try tool.text(of: bytes, isCancelled: { false })
      // A form feed ends each page; a scanned page has nothing else.
      let pages = String(decoding: text, as: UTF8.self).split(separator: "\u{C}")
      found.text =
        pages.joined(separator: "\n").contains { !$0.isWhitespace }
        ? pages.joined(separator: "\n") : ""
    } catch TextProgram.Failure.unavailable(let reason) {
      report.waiting += 1
      report.note("pdftotext cannot be run: \(reason)")
      return nil
    } catch TextProgram.Failure.late {
      report.note("\(name): no text within \(Int(TextProgram.secondLimit)) seconds")
    } catch TextProgram.Failure.failed {
      report.note("\(name): pdftotext cannot read it")
    }
    if found.text?.isEmpty == true { report.empty += 1 } else { report.extracted += 1 }
    return found
  }

  private func contents(of file: TextlessFile) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(file.byteCount))
    let raw = RawReader(connection: connection, compressor: compressor)
    switch file.place {
    case .importRow(let row): try raw.write(importID: row) { bytes.append(contentsOf: $0) }
    case .blob(let row): try raw.write(blob: row) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

extension TextReport {
  /// The most notes that are kept.
  private static let noteLimit = 100

  fileprivate mutating func note(_ text: String) {
    if notes.count < TextReport.noteLimit, !notes.contains(text) { notes.append(text) }
  }
}
