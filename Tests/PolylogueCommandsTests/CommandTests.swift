import Foundation
import PolylogueCommands
import Testing

@Suite struct CommandTests {
  private let archive: SampleArchive

  init() throws {
    archive = try SampleArchive()
  }

  private func keys(_ value: Any?) -> Set<String> {
    Set((value as? [String: Any])?.keys.map { $0 } ?? [])
  }

  @Test func `import tells what is new, and nothing is new the second time`() throws {
    #expect(archive.imported.status == .done, "\(archive.imported.errors)")
    let document = try archive.imported.document()
    #expect(
      keys(document).isSuperset(of: [
        "files", "conversations", "messages", "attachments", "bytes", "seconds", "failed",
      ]))
    #expect(keys(document["conversations"]) == ["new", "updated", "unchanged", "deleted"])
    #expect(keys(document["attachments"]) == ["new", "unchanged", "missing"])
    let again = try ProgramRun(
      arguments: ["import", "--archive", archive.path, "--json"] + SampleArchive.exports)
    let counts = try again.document()["conversations"] as? [String: Int]
    #expect(counts?["new"] == 0)
    #expect(counts?["updated"] == 0)
  }

  @Test func `a tool names the conversations that list and export show`() throws {
    let called = try archive.run("search", "tool:bash", "--limit", "1000", "--json").document()
    let hits = try #require(called["hits"] as? [[String: Any]])
    let wanted = Set(hits.compactMap { $0["conversation"] as? String })
    #expect(!wanted.isEmpty)
    let list = try archive.run("list", "--all", "--tool", "Bash", "--json").document()
    let items = try #require(list["conversations"] as? [[String: Any]])
    #expect(Set(items.compactMap { $0["id"] as? String }) == wanted)
    let export = try archive.run("export", "--tool", "Bash")
    #expect(export.output.split(separator: "\n").count == wanted.count)
    #expect(try archive.run("export", "--tool", "no such tool").output.isEmpty)
  }

  @Test func `an export of one moment is the export`() throws {
    let plain = try archive.run("export", "--format", "canonical-jsonl")
    let snapshot = try archive.run("export", "--format", "canonical-jsonl", "--snapshot")
    #expect(snapshot.status == .done && !snapshot.output.isEmpty)
    #expect(snapshot.output == plain.output)
    let out = archive.folder.path + "/rendered"
    let rendered = try archive.run("render", "--snapshot", "--output", out, "--json").document()
    #expect(rendered["written"] as? Int == plain.output.split(separator: "\n").count)
  }

  @Test func `upkeep of an archive that is not there makes none`() throws {
    let none = NSTemporaryDirectory() + UUID().uuidString
    for line in [["optimize"], ["delete", "claude:26a2c0bd"]] {
      let run = try ProgramRun(arguments: ["--archive", none] + line)
      #expect(run.status == .failed)
      #expect(run.errors.contains("there is no archive in"))
    }
    #expect(!FileManager.default.fileExists(atPath: none))
  }

  @Test func `optimize wants a file for cold storage, and says what it moved`() throws {
    let file = archive.folder.path + "/cold.db"
    for line in [
      ["--cold", "2100"], ["--warm"], [file], ["--warm", "--moved", file], ["--cold", "2100", "-"],
    ] {
      let run = try ProgramRun(arguments: ["--archive", archive.path, "optimize"] + line)
      #expect(run.status == .usage, "\(line)")
    }
    let before = try archive.run("export", "--format", "canonical-jsonl").output
    let past = try archive.run("optimize", "--cold", "2000", file)
    #expect(past.status == .done && !past.errors.contains("future"))
    let run = try archive.run("optimize", "--cold", "2100", file, "--json")
    #expect(run.errors.contains("2100-01-01 is in the future: everything"))
    #expect((try run.document()["cold"] as? [String: Int])?["messages"] ?? 0 > 0)
    #expect(try archive.run("export", "--format", "canonical-jsonl").output == before)
    let away = file + ".away"
    try FileManager.default.moveItem(atPath: file, toPath: away)
    let found = try archive.run("search", "sensor")
    #expect(found.output.contains("[its text lies in \(file), which is not there]"))
    let document = try archive.run("search", "sensor", "--json").document()
    let hits = try #require(document["hits"] as? [[String: Any]])
    #expect(hits.contains { $0["snippet"] as? String == "" && $0["role"] as? String != nil })
    let notes = try #require(document["notes"] as? [String])
    #expect(notes.contains { $0.contains(file) })
    let shallow = try archive.run("verify")
    #expect(shallow.status == .done && shallow.errors.contains(file))
    let deep = try archive.run("verify", "--deep")
    #expect(deep.status == .failed && deep.output.contains("not checked: "))
    #expect(!(deep.output + deep.errors).contains("damaged"))
    let lost = try archive.run("optimize", "--lost", file)
    #expect(lost.status == .done && lost.output.contains("import the original exports again"))
    #expect(try archive.run("verify").status == .failed)
    try FileManager.default.moveItem(atPath: away, toPath: file)
    let back = try archive.run("optimize", "--warm", file)
    #expect(back.status == .done && back.output.contains("no longer needs it"))
    #expect(try archive.run("optimize", "--warm", file).status == .failed)
  }

  @Test func `a dry run makes no archive`() throws {
    let path = archive.folder.path + "/dry"
    let run = try ProgramRun(
      arguments: ["import", "--dry-run", "--json", "--archive", path] + SampleArchive.exports)
    #expect(run.status == .done, "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `an import that takes nothing fails, makes no archive and prints no table`() throws {
    let path = archive.folder.path + "/none"
    let run = try ProgramRun("import", "--archive", path, "/nonexistent")
    #expect(run.status == .failed && run.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: path))
    _ = try archive.folder.write("nothing", to: "texts/notes.txt")
    let texts = try ProgramRun("import", "--archive", path, archive.folder.path + "/texts")
    #expect(texts.status == .failed && texts.output.isEmpty)
    #expect(texts.errors.contains("1 file of unknown kind"))
  }

  @Test func `what is not understood is said by number, by name and in the status`() throws {
    let file = try archive.folder.write(
      """
      [{"uuid":"a","name":"n","chat_messages":[{"uuid":"m","sender":"human","text":"hello",
      "content":[{"type":"text","text":"hello"}]}]},{"uuid":"b","name":"strange"}]
      """, to: "odd/conversations.json")
    let run = try archive.run("import", file)
    #expect(run.status == .partlyFailed)
    #expect(run.output.contains("not understood 1 conversation"))
    #expect(run.errors.contains("\(file): 1 of 2 conversations not understood"))
    let again = try archive.run("import", "--json", file)
    #expect(again.status == .partlyFailed)
    let failed = try again.document()["failed"] as? [[String: String]]
    #expect(failed?.map { $0["status"] } == ["partial"])
  }

  @Test func `a dry run knows what was imported before`() throws {
    let run = try ProgramRun(
      arguments: ["import", "--dry-run", "--json", "--archive", archive.path]
        + SampleArchive.exports)
    let before = try archive.imported.document()
    for part in ["conversations", "messages"] {
      let first = try #require(before[part] as? [String: Int])
      let counts = try #require(try run.document()[part] as? [String: Int])
      #expect(counts["unchanged"] == first["new"], "\(part)")
      #expect(counts["new"] == 0 && counts["updated"] == 0, "\(part)")
    }
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  @Test func `a provider that nothing is imported from is wrong usage`() throws {
    let run = try archive.run("import", "--provider", "chatgtp", SampleArchive.exports[0])
    #expect(run.status == .usage)
    #expect(run.errors.contains("--provider takes chatgpt, claude, "))
  }

  @Test func `every acknowledged file is named on a line of its own`() throws {
    let path = archive.folder.path + "/lines"
    let run = try ProgramRun(
      "import", "--archive", path, "--progress", "lines", SampleArchive.exports[3])
    let lines = run.output.split(separator: "\n")
    #expect(!lines.isEmpty)
    #expect(lines.allSatisfy { $0.hasPrefix("imported\t/") })
  }

  @Test func `one bad input among others ends with 3, alone with 1, and is named`() throws {
    let bad = try archive.folder.write("{\"foreign\": true}", to: "bad.json")
    let path = archive.folder.path + "/other"
    let both = try ProgramRun("import", "--archive", path, SampleArchive.exports[3], bad)
    #expect(both.status == .partlyFailed, "\(both.output)\(both.errors)")
    #expect(both.errors.contains("bad.json"))
    let alone = try ProgramRun("import", "--archive", path, bad)
    #expect(alone.status == .failed, "\(alone.output)\(alone.errors)")
    let missing = try ProgramRun("import", "--archive", path, "/nonexistent/file.zip", "--json")
    #expect(missing.status == .failed)
    let failed = try missing.document()["failed"] as? [[String: String]]
    #expect(failed?.first?["path"] == "/nonexistent/file.zip")
  }

  @Test func `no conversation is never silent`() throws {
    let empty = archive.folder.path + "/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let run = try ProgramRun("import", "--archive", archive.folder.path + "/none", empty)
    #expect(run.errors.contains("polylogue: "), "\(run.output)\(run.errors)")
  }

  @Test func `search finds across providers`() throws {
    let run = try archive.run("search", "sensor", "drift", "--json")
    let document = try run.document()
    #expect(document["query"] as? String == "sensor drift")
    #expect(document["mode"] as? String == "text")
    let hits = try #require(document["hits"] as? [[String: Any]])
    let hitKeys: Set = [
      "kind", "id", "conversation", "message", "provider", "title", "role", "timestamp", "snippet",
      "score",
    ]
    #expect(hits.allSatisfy { keys($0).isSuperset(of: hitKeys) })
    #expect(
      Set(hits.compactMap { $0["provider"] as? String })
        == ["chatgpt", "claude", "claude-code", "codex"])
    #expect(hits.contains { ($0["snippet"] as? String)?.contains("**drift**") == true })
    let text = try archive.run("search", "sensor", "drift").output
    #expect(text.contains("drift") && !text.contains("**drift**"))
    #expect(try archive.run("search", "夕立").output.contains("夕立"))
    #expect(try archive.run("search", "xyzzyplugh").output == "nothing found\n")
  }

  @Test func `a filter that is none is told, a provider that is unknown refused`() throws {
    let search = try archive.run(
      "search", "drift since:garbage -has:code provider:Nobody", "--json")
    let notes = try #require(try search.document()["notes"] as? [String])
    #expect(notes.count == 3)
    #expect(notes[0].contains("“since:garbage” is no filter and was searched as words"))
    #expect(notes[1].contains("“-has:code”"))
    #expect(notes[2].contains("no conversation of “nobody”"))
    #expect(
      try archive.run("search", "drift provider:codex", "--json").document()["notes"] as? [String]
        == [])
    for command in [["list"], ["search", "x"], ["export"], ["render", "--output", "/nowhere/x"]] {
      let run = try ProgramRun(
        arguments: ["--archive", archive.path, "--provider", "nobody"] + command)
      #expect(run.status == .usage)
      #expect(run.errors.contains("--provider takes chatgpt, claude, claude-code, codex, "))
      #expect(run.errors.contains(", not "))
    }
    #expect(try archive.run("list", "--provider", "ChatGPT").output.contains("chatgpt:"))
  }

  @Test func `the archive is found by its database's name too`() throws {
    let run = try ProgramRun("list", "--archive", archive.path + "/archive.db")
    #expect(run.status == .done, "\(run.errors)")
  }

  @Test func `a part of the bytes is a deep check`() throws {
    let checked = try archive.run("verify", "--subset", "1/1", "--json").document()["checked"]
    #expect((checked as? [String: Int])?["blobs_read"] ?? 0 > 0)
  }

  @Test func `reindex says that it made an archive`() throws {
    let path = archive.folder.path + "/typo"
    #expect(
      try ProgramRun("reindex", "--archive", path).errors.contains("a new, empty one was made"))
    #expect(try ProgramRun("reindex", "--archive", path).errors.isEmpty)
  }

  @Test func `list pages by cursor`() throws {
    var seen: [String] = []
    var cursor: String?
    repeat {
      let arguments = ["list", "--json", "--limit", "3"] + (cursor.map { ["--after", $0] } ?? [])
      let page = try ProgramRun(arguments: ["--archive", archive.path] + arguments).document()
      let items = page["conversations"] as? [[String: Any]] ?? []
      seen += items.compactMap { $0["id"] as? String }
      cursor = page["next"] as? String
      let itemKeys: Set = [
        "id", "provider", "title", "created_at", "updated_at", "messages", "models", "tags",
      ]
      #expect(items.allSatisfy { keys($0).isSuperset(of: itemKeys) })
    } while cursor != nil && seen.count < 100
    let all = try archive.run("list", "--all", "--json").document()["conversations"] as? [Any]
    #expect(seen.count == all?.count)
    #expect(Set(seen).count == seen.count)
  }

  @Test func `filters narrow a list`() throws {
    let codex = try archive.run("list", "--provider", "codex", "--json").document()
    let items = codex["conversations"] as? [[String: Any]] ?? []
    #expect(!items.isEmpty)
    #expect(items.allSatisfy { $0["provider"] as? String == "codex" })
    let none = try archive.run("list", "--since", "2030", "--json").document()
    #expect((none["conversations"] as? [Any])?.isEmpty == true)
  }

  @Test func `show reads a conversation by any unique beginning of its id`() throws {
    let ids = try archive.ids()
    let id = try #require(ids["Balcony weather station: which sensor?"])
    let document = try archive.run("show", String(id.prefix(20)), "--json").document()
    #expect(document["id"] as? String == id)
    let messages = try #require(document["messages"] as? [[String: Any]])
    #expect(messages.contains { $0["active"] as? Bool == false })
    #expect(try archive.run("show", id).output.contains("Take the **BME280**."))
    #expect(try !archive.run("show", id).output.contains("If you only want to start"))
    #expect(try archive.run("show", id, "--branch", "2").output.contains("only want to start"))
    #expect(try archive.run("show", id, "--branch", "99").status == .failed)
    #expect(try archive.run("show", id, "--format", "markdown").output.hasPrefix("---\npolylogue"))
    #expect(try archive.run("show", "chatgpt:").errors.contains("fits"))
    #expect(try archive.run("show", "nothing").status == .failed)
  }

  @Test func `the beginning of an id may be that of its provider`() throws {
    let path = archive.folder.path + "/one"
    let session = try archive.folder.write(
      """
      {"type":"user","uuid":"00000001-0000-4000-8000-000000000000","parentUuid":null,\
      "sessionId":"11111111-0000-4000-8000-000000000000","timestamp":"2026-01-01T00:00:00Z",\
      "message":{"role":"user","content":"the only prompt"}}
      """, to: "11111111-0000-4000-8000-000000000000.jsonl")
    _ = try ProgramRun("import", "--archive", path, session)
    #expect(try ProgramRun("show", "--archive", path, "clau").output.contains("the only prompt"))
  }

  @Test func `a projection shows one part`() throws {
    let ids = try archive.ids()
    let id = try #require(ids["BME280 heats itself: normal mode restored on wake"])
    #expect(try archive.run("show", id, "--only", "tools").output.contains("pio test"))
    #expect(try !archive.run("show", id, "--only", "dialogue").output.contains("pio test -e"))
    let text = try archive.run("show", id, "--only", "tools").output
    #expect(text.contains("␛[31m"))
    #expect(!text.contains("\u{1B}"))
  }

  @Test func `stats count what is there`() throws {
    let document = try archive.run("stats", "--by", "month", "--json").document()
    #expect(
      keys(document).isSuperset(of: [
        "conversations", "messages", "attachments", "providers", "bytes", "by",
      ]))
    #expect(keys(document["providers"]) == ["chatgpt", "claude", "claude-code", "codex"])
    #expect(keys(document["bytes"]).isSuperset(of: ["raw", "archive", "index"]))
    #expect((document["by"] as? [Any])?.isEmpty == false)
    #expect(try archive.run("stats").output.contains("CONVERSATIONS"))
  }

  @Test func `render writes once`() throws {
    let out = archive.folder.path + "/pages"
    let first = try archive.run("render", "--output", out, "--json").document()
    #expect(keys(first).isSuperset(of: ["written", "unchanged", "removed", "seconds"]))
    #expect((first["written"] as? Int ?? 0) > 5)
    let second = try archive.run("render", "--output", out, "--json").document()
    #expect(second["written"] as? Int == 0)
    #expect(second["unchanged"] as? Int == first["written"] as? Int)
    let part = try archive.run("render", "--output", out, "--json", "--provider", "codex")
    #expect(try part.document()["removed"] as? Int == 0)
  }

  @Test func `an imported file is given back byte for byte`() throws {
    let imports = try archive.run("raw", "list", "--json").document()["imports"]
    let records = try #require(imports as? [[String: Any]])
    let importKeys: Set = [
      "id", "path", "sha256", "bytes", "provider", "imported_at", "status", "error",
    ]
    #expect(records.allSatisfy { keys($0).isSuperset(of: importKeys) })
    let record = try #require(
      records.first {
        ($0["path"] as? String)?.hasSuffix("claude-export/conversations.json") == true
      })
    let number = try #require(record["id"] as? Int)
    let out = archive.folder.path + "/out.json"
    #expect(try archive.run("raw", "export", "\(number)", "--output", out).status == .done)
    let original = try Data(
      contentsOf: URL(fileURLWithPath: SampleArchive.exports[1] + "/conversations.json"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: out)) == original)
    let hash = try #require(record["sha256"] as? String)
    #expect(try archive.run("raw", "cat", hash).output == String(decoding: original, as: UTF8.self))
    #expect(try archive.run("raw", "export", "999999", "--output", out).status == .failed)
  }

  @Test(arguments: ["jsonl", "canonical-jsonl", "csv", "markdown"])
  func `export is stable, on standard output and in a file`(format: String) throws {
    let out = archive.folder.path + "/export." + format
    let printed = try archive.run("export", "--format", format)
    #expect(printed.status == .done, "\(printed.errors)")
    let written = try archive.run("export", "--format", format, "--output", out)
    #expect(written.status == .done)
    #expect(written.output.hasSuffix(" conversations written to \(out)\n"))
    #expect(try String(contentsOfFile: out, encoding: .utf8) == printed.output)
    if format.hasSuffix("jsonl") {
      for line in printed.output.split(separator: "\n") {
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
      }
    }
  }

  @Test func `an export says how many it has written, in no place where the export may be`() throws
  {
    let out = archive.folder.path + "/none.jsonl"
    #expect(
      try archive.run("export", "--tag", "mispelt", "--output", out).output
        == "0 conversations written to \(out)\n")
    let device = try archive.run("export", "--output", "/dev/null")
    #expect(device.status == .done && device.output.isEmpty)
  }

  @Test func `similar says of a message that is not there what show says`() throws {
    let id = try #require(try archive.ids().values.first) + "/zzz"
    let similar = try archive.run("similar", id)
    #expect(similar.status == .failed)
    #expect(similar.errors.contains("has no message “zzz”"))
    #expect(try archive.run("show", id).errors == similar.errors)
  }

  @Test func `a dry run says that nothing was changed`() throws {
    let path = archive.folder.path + "/rehearsed"
    let run = {
      try ProgramRun(arguments: ["import", "--archive", path, SampleArchive.exports[0]] + $0)
    }
    #expect(try run(["--dry-run"]).output.contains("(dry run: nothing was changed)\n"))
    #expect(try run(["--dry-run", "--json"]).document()["dry_run"] as? Bool == true)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(try run(["--json"]).document()["dry_run"] as? Bool == false)
    #expect(try !run([]).output.contains("dry run"))
  }

  @Test func `upkeep finds nothing wrong`() throws {
    let verified = try archive.run("verify", "--deep", "--json")
    #expect(verified.status == .done)
    #expect(try verified.document()["ok"] as? Bool == true)
    #expect(try archive.run("reindex", "--json").document()["ok"] as? Bool == true)
    let doctor = try archive.run("doctor", "--json")
    #expect(try doctor.document()["ok"] as? Bool == true, "\(doctor.output)")
    #expect(try archive.run("search", "drift", "--json").output.contains("\"hits\":[{"))
  }

  @Test func `a title cannot act on the terminal`() throws {
    let node = { (id: String, parent: String, text: String) in
      """
      "\(id)": {"id": "\(id)", "parent": "\(parent)", "children": [], "message": {"id": "\(id)", \
      "author": {"role": "user"}, "create_time": 1700000000, "content": {"content_type": "text", \
      "parts": ["\(text)"]}}}
      """
    }
    let export = """
      [{"title": "evil \\u001b]0;owned\\u0007\\u009b2J\\u202e\\nline", "create_time": 1700000000,
        "id": "evil-1", "conversation_id": "evil-1", "current_node": "n1", "mapping": {
        "r": {"id": "r", "parent": null, "children": ["n1"], "message": null},
        \(node("n1", "r", "zebra \\u001b[2J body"))}}]
      """
    let file = try archive.folder.write(export, to: "evil/conversations.json")
    #expect(try archive.run("import", file).status == .done)
    for arguments in [
      ["list"], ["search", "zebra"], ["show", "chatgpt:evil-1"], ["list", "--json", "--all"],
      ["show", "chatgpt:evil-1", "--format", "markdown"], ["search", "zebra", "--json"],
    ] {
      let run = try ProgramRun(arguments: ["--archive", archive.path] + arguments)
      #expect(run.output.contains("evil"), "\(arguments)")
      let isClean = (run.output + run.errors).unicodeScalars.allSatisfy { scalar in
        (scalar.value >= 0x20 || scalar == "\n") && !(0x7F...0x9F).contains(scalar.value)
      }
      #expect(isClean, "\(arguments)")
    }
  }
}
