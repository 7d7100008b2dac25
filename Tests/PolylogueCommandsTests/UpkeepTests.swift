import Foundation
import Testing

@testable import PolylogueCommands

/// What `stats`, `doctor` and `verify` tell.
@Suite struct UpkeepTests {
  @Test func `attachments that the archive has not are counted`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      """
      [{"uuid":"c1","name":"n","created_at":"2026-01-01T00:00:00Z",\
      "updated_at":"2026-01-01T00:00:00Z","account":{"uuid":"a"},"chat_messages":[\
      {"uuid":"m1","sender":"human","text":"look","created_at":"2026-01-01T00:00:00Z",\
      "updated_at":"2026-01-01T00:00:00Z","content":[{"type":"text","text":"look"}],\
      "attachments":[{"file_name":"a.txt","extracted_content":"here"}],\
      "files":[{"file_name":"photo.png","file_uuid":"f1"}]}]}]
      """, to: "conversations.json")
    let archive = folder.path + "/archive"
    _ = try ProgramRun("import", "--archive", archive, file)
    let stats = try ProgramRun("stats", "--archive", archive, "--json").document()
    #expect(stats["attachments"] as? Int == 2)
    #expect(stats["attachments_missing"] as? Int == 1)
    #expect(
      try ProgramRun("stats", "--archive", archive).output.contains("2, 1 not in the archive"))
    let doctor = try ProgramRun("doctor", "--archive", archive)
    #expect(doctor.output.contains("1 is named by messages and not in the archive"))
  }

  @Test func `doctor says how search by meaning stands`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("[]", to: "conversations.json")
    let archive = folder.path + "/archive"
    _ = try ProgramRun("import", "--archive", archive, "--provider", "chatgpt", file)
    func finding(_ environment: [String: String]) throws -> [String: Any] {
      let run = try ProgramRun(
        arguments: ["doctor", "--archive", archive, "--json"], environment: environment)
      #expect(run.status == .done)
      let findings = try #require(try run.document()["findings"] as? [[String: Any]])
      return try #require(findings.first { $0["name"] as? String == "search by meaning" })
    }
    let none = try finding(["POLYLOGUE_MODELS": folder.path + "/models"])
    #expect(none["severity"] as? String == "ok")
    #expect((none["message"] as? String)?.contains("no model is installed") == true)
    #expect((none["advice"] as? String)?.contains("polylogue models install") == true)
    // It is not asked: nobody listens there.
    let endpoint = try finding([
      "POLYLOGUE_MODELS": folder.path + "/models",
      "POLYLOGUE_EMBEDDINGS_URL": "http://127.0.0.1:1/v1", "POLYLOGUE_EMBEDDINGS_MODEL": "small",
    ])
    #expect((endpoint["message"] as? String)?.contains("by small, without vectors") == true)
    #expect((endpoint["advice"] as? String)?.contains("polylogue embed") == true)
    let wrong = try finding(["POLYLOGUE_EMBEDDINGS_URL": "nonsense"])
    #expect(wrong["severity"] as? String == "warning")
  }
}
