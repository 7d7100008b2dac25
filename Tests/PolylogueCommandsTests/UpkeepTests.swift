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
}
