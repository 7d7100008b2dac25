import Foundation
import Testing

@testable import PolylogueCommands

/// Kinds of records that this version does not know.
@Suite struct DriftTests {
  private let folder: TemporaryFolder
  private var archive: String { folder.path + "/archive" }

  init() throws { folder = try TemporaryFolder() }

  private func rollout(_ id: String, _ lines: [String]) throws -> String {
    let meta = """
      {"timestamp":"2026-01-01T00:00:00.000Z","type":"session_meta","payload":{"id":"\(id)","cwd":"/w"}}
      """
    let message = """
      {"timestamp":"2026-01-01T00:00:01.000Z","type":"response_item","payload":{"type":"message",\
      "role":"user","content":[{"type":"input_text","text":"hello \(id)"}]}}
      """
    return try folder.write(
      ([meta, message] + lines).joined(separator: "\n") + "\n", to: "rollout-\(id).jsonl")
  }

  private let unknown = """
    {"timestamp":"2026-01-01T00:00:02.000Z","type":"event_msg","payload":{"type":"brand_new"}}
    """

  @Test func `an import tells once which kinds it does not know, and doctor lists them`() throws {
    let first = try rollout("0199a2a8-0000-7000-8000-000000000001", [unknown, unknown])
    let second = try rollout("0199a2a8-0000-7000-8000-000000000002", [unknown])
    let run = try ProgramRun("import", "--archive", archive, "--json", first, second)
    #expect(run.status == .done)
    let lines = run.errors.split(separator: "\n").filter { $0.contains("drift") }
    #expect(lines.count == 1)
    #expect(lines.first?.contains("codex event_msg/brand_new × 3") == true)
    let drift = try #require(try run.document()["drift"] as? [[String: Any]])
    #expect(drift.count == 1)
    #expect(drift[0]["path"] as? String == first)
    #expect(drift[0]["count"] as? Int == 3)
    let offset = try #require(drift[0]["example"] as? Int)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: first))
    #expect(bytes[offset...].starts(with: unknown.utf8))

    let doctor = try ProgramRun("doctor", "--archive", archive)
    #expect(doctor.status == .done)
    #expect(doctor.output.contains("codex event_msg/brand_new × 3"))
    let again = try ProgramRun("import", "--archive", archive, first, second)
    #expect(!again.errors.contains("drift"))
    let rehearsal = try ProgramRun("import", "--dry-run", "--archive", archive + "2", first)
    #expect(rehearsal.errors.contains("codex event_msg/brand_new × 2"))
  }

  @Test func `damage is no drift`() throws {
    let file = try rollout("0199a2a8-0000-7000-8000-000000000003", ["{\"type\": broken"])
    let run = try ProgramRun("import", "--archive", archive, file)
    #expect(run.status == .partlyFailed)
    #expect(!run.errors.contains("drift"))
    #expect(!(try ProgramRun("doctor", "--archive", archive).output.contains("formats")))
  }
}
