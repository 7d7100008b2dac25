import Foundation
import PolylogueKit
import PolylogueModel
import Testing

/// Text that is taken out of attached files, and what kind of file they are.
struct AttachmentTextTests {
  static let hasTool = FileManager.default.isExecutableFile(atPath: "/usr/bin/pdftotext")

  /// A ChatGPT export whose message names files.
  private func export(
    _ files: [(id: String, name: String, type: String)], text: String = "see the files",
    updated: Int = 1_700_000_100
  ) -> String {
    let list = files.map {
      #"{"id":"\#($0.id)","name":"\#($0.name)","mime_type":"\#($0.type)","size":9}"#
    }
    return #"[{"id":"c","conversation_id":"c","title":"t","create_time":1700000000,"#
      + #""update_time":\#(updated),"current_node":"n","mapping":{"n":{"id":"n","parent":null,"#
      + #""children":[],"message":{"id":"n","author":{"role":"user"},"create_time":1700000000,"#
      + #""content":{"content_type":"text","parts":["\#(text)"]},"recipient":"all","#
      + #""metadata":{"attachments":[\#(list.joined(separator: ","))]}}}}}]"#
  }

  /// A PDF of one page that says something.
  private func pdf(_ text: String) -> Data {
    let content = "BT /F1 12 Tf 20 100 Td (\(text)) Tj ET"
    let objects = [
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R"
        + "/Resources<</Font<</F1 5 0 R>>>>>>",
      "<</Length \(content.utf8.count)>>stream\n\(content)\nendstream",
      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    var out = "%PDF-1.4\n"
    var offsets: [Int] = []
    for (index, object) in objects.enumerated() {
      offsets.append(out.utf8.count)
      out += "\(index + 1) 0 obj\(object)endobj\n"
    }
    let start = out.utf8.count
    out += "xref\n0 6\n0000000000 65535 f \n"
    for offset in offsets { out += String(format: "%010d 00000 n \n", offset) }
    out += "trailer<</Size 6/Root 1 0 R>>\nstartxref\n\(start)\n%%EOF\n"
    return Data(out.utf8)
  }

  private func attachments(_ archive: Archive) throws -> [PolylogueModel.Attachment] {
    let id = ConversationID(provider: .chatgpt, native: "c")
    return try archive.conversation(id)?.messages.flatMap(\.attachments) ?? []
  }

  @Test(.enabled(if: hasTool, "pdftotext of poppler-utils is not here"))
  func `the text of files is found, stays on re-import, and is taken out once`() throws {
    let workspace = try Workspace()
    let files = [("file-a", "a.pdf", "application/pdf"), ("file-b", "b.csv", "text/csv")]
    _ = try workspace.write("e/file-a.dat", pdf("zanzibar clove"))
    _ = try workspace.write("e/file-b.dat", "quokka;wombat")
    _ = try workspace.write("e/conversations.json", export(files))
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path + "/e"])
    #expect(try archive.search("zanzibar").hits.isEmpty)
    let report = try archive.extractTexts()
    #expect(report.extracted == 2 && report.empty == 0 && report.notes.isEmpty)
    #expect(try archive.search("zanzibar clove").hits.count == 1)
    #expect(try archive.search("quokka").hits.count == 1)
    #expect(try attachments(archive).map { $0.extractedText?.contains("a") } == [true, true])
    #expect(try archive.extractTexts().files == 0)
    // A newer export changes the message; its files are the same.
    _ = try workspace.write(
      "e/conversations.json", export(files, text: "look at them", updated: 1_700_000_200))
    let again = try archive.importPaths([workspace.path + "/e"])
    #expect(again.messages.updated == 1)
    #expect(try archive.search("zanzibar").hits.count == 1)
    #expect(try archive.search("look").hits.count == 1)
    #expect(try archive.verify(isDeep: true).problems == [])
  }

  @Test func `without the program a PDF waits, and the reason is told`() throws {
    let workspace = try Workspace()
    _ = try workspace.write("e/file-a.dat", pdf("zanzibar"))
    _ = try workspace.write(
      "e/conversations.json", export([("file-a", "a.pdf", "application/pdf")]))
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path + "/e"])
    for _ in 1...2 {
      let report = try archive.extractTexts(searchPath: workspace.path)
      #expect(report.waiting == 1 && report.extracted == 0)
      #expect(report.notes.contains { $0.contains("poppler-utils") })
    }
  }

  @Test(.enabled(if: hasTool, "pdftotext of poppler-utils is not here"))
  func `a file that cannot be read is named, and not looked into again`() throws {
    let workspace = try Workspace()
    _ = try workspace.write("e/file-a.dat", "%PDF-1.4 and nothing else")
    _ = try workspace.write("e/file-b.dat", Data([0, 1, 2]))
    _ = try workspace.write(
      "e/conversations.json",
      export([("file-a", "a.pdf", "application/pdf"), ("file-b", "b.txt", "text/plain")]))
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path + "/e"])
    let report = try archive.extractTexts()
    #expect(report.empty == 2 && report.extracted == 0)
    #expect(report.notes == ["a.pdf: pdftotext cannot read it"])
    #expect(try attachments(archive).allSatisfy { $0.extractedText == nil && $0.state == .stored })
    #expect(try archive.extractTexts().files == 0)
  }

  @Test(
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1], "", "image/png"),
      ([0x25, 0x50, 0x44, 0x46, 0x2D, 0x31], "application/octet-stream", "application/pdf"),
      ([0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50], "", "image/webp"),
      ([0x25, 0x50, 0x44, 0x46, 0x2D, 0x31], "text/x-mine", "text/x-mine"),
      ([0x61, 0x62], "", nil),
    ] as [([UInt8], String, String?)])
  func `a file without a type gets the one that its bytes tell`(
    bytes: [UInt8], stated: String, expected: String?
  ) throws {
    let workspace = try Workspace()
    _ = try workspace.write("e/file-a.dat", Data(bytes))
    let named = export([("file-a", "a", stated)]).replacingOccurrences(
      of: #""mime_type":"","#, with: "")
    _ = try workspace.write("e/conversations.json", named)
    let archive = try workspace.archive()
    _ = try archive.importPaths([workspace.path + "/e"])
    #expect(try attachments(archive).map(\.mediaType) == [expected])
  }

  @Test func `inline data without a type gets the one that its bytes tell`() throws {
    let workspace = try Workspace()
    let file = try workspace.write(
      "A prompt",
      #"{"chunkedPrompt":{"chunks":[{"role":"user","inlineFile":{"mimeType":"","#
        + #""data":"iVBORw0KGgo="}}]},"id":"c"}"#)
    let archive = try workspace.archive()
    _ = try archive.importPaths([file])
    let read = try archive.conversation(ConversationID(provider: .gemini, native: "c"))
    #expect(read?.messages.first?.attachments.first?.mediaType == "image/png")
    #expect(try archive.importPaths([file]).conversations.unchanged == 1)
  }
}
