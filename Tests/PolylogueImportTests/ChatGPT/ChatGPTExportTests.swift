import PolylogueImport
import PolylogueModel
import PolylogueParsing
import Testing

struct ChatGPTExportTests {
  private typealias Fixture = ChatGPTFixture

  private func simple(_ id: String, update: Double = 1_700_000_900, more: String = "") -> String {
    Fixture.conversation(
      id: id, current: "m", update: update, more: more,
      [Fixture.node("m", parent: nil, text: "text of \(id) at \(Int(update))")])
  }

  // MARK: Files

  @Test
  func `a shard that the manifest names and that is missing is named`() throws {
    let export = try WebExport([
      ("export/conversations-000.json", "[\(simple("a"))]"),
      (
        "export/export_manifest.json",
        #"{"version":1,"logical_files":{"conversations.json":{"files":["#
          + #""conversations-000.json","conversations-001.json"],"sharded":true}}}"#
      ),
    ]).run(ChatGPTImporter())
    #expect(export.conversations.count == 1)
    #expect(export.receipt.missingMembers == ["conversations-001.json"])
  }

  @Test
  func `without a manifest a gap between shards is named`() throws {
    let export = try WebExport([
      ("conversations-000.json", "[\(simple("a"))]"),
      ("conversations-002.json", "[\(simple("b"))]"),
    ]).run(ChatGPTImporter())
    #expect(export.receipt.missingMembers == ["conversations-001.json"])
  }

  @Test(arguments: [
    ("user.json", "account"), ("a/b/chat.html", "viewer page"),
    ("message_feedback.json", "feedback on messages"),
    ("codex.json", "Codex cloud tasks (kept as bytes)"),
    ("textdocs/0a.json", "canvas document"), ("file-ab.dat", "attachment"),
    ("dalle-generations/file-x-y.webp", "attachment"),
    ("library_files.json", "attachment registry"),
  ])
  func `companions are told by their names`(label: String, kind: String) {
    #expect(ChatGPTImporter().companion(label) == kind)
  }

  @Test(arguments: [
    "conversations.json", "x/conversations-017.json", "my chat.json", "file-manager.swift",
    "audio/notes.md",
  ])
  func `other files are no companions`(label: String) {
    #expect(ChatGPTImporter().companion(label) == nil)
  }

  // MARK: Recognition

  private func recognizes(_ json: String) throws -> Bool {
    let records = try WebExport.records(of: Array(json.utf8))
    return ChatGPTImporter().recognizes(
      Probe(label: "data.json", records: records, framing: .array))
  }

  @Test
  func `a conversation is recognised by its content`() throws {
    #expect(try recognizes("[\(simple("a"))]"))
    #expect(try recognizes(#"{"conversation":\#(simple("a"))}"#))
    #expect(
      try recognizes(
        #"[{"title":"x","mapping":{"a":{"message":{"author":{"role":"user"}}}}}]"#))
    #expect(try recognizes(#"[{"conversation_id":"e","mapping":{}}]"#))
    let list = #"{"messages":[{"author":{"role":"user"},"content":{"parts":["q"]}}]}"#
    #expect(try recognizes(list))
    #expect(try recognizes(#"{"conversations":{"data":[\#(list)]}}"#))
  }

  @Test(arguments: [
    #"[{"mapping":{"1":{"id":"1","message":{"fragments":[{"type":"REQUEST"}]}}}}]"#,
    #"[{"uuid":"c","chat_messages":[]}]"#, #"[{"id":"s","conversation_id":"c","title":"t"}]"#,
    #"{"messages":[{"role":"user","content":"q"}]}"#, "[]", #"["mapping"]"#,
    #"{"mapping":{"a":1}}"#,
  ])
  func `what others export is not recognised`(json: String) throws {
    #expect(try !recognizes(json))
  }

  // MARK: Conversations

  @Test
  func `a conversation says what is known about it`() throws {
    let conversation = try WebExport.conversation(
      ChatGPTImporter(),
      simple(
        "c",
        more: #","gizmo_id":"g-p-42","gizmo_type":"snorlax","is_archived":true,"is_starred":null,"#
          + #""default_model_slug":"gpt-5","memory_scope":"global_enabled","voice":"cove""#))
    #expect(conversation.header.id.description == "chatgpt:c")
    #expect(conversation.header.project == "g-p-42")
    #expect(
      conversation.header.metadata
        == #"{"gizmo_id":"g-p-42","gizmo_type":"snorlax","default_model_slug":"gpt-5","#
        + #""is_archived":true,"voice":"cove"}"#)
  }

  @Test
  func `either id will do, and without any a stable one is derived`() throws {
    let message =
      #""mapping":{"m":{"message":{"author":{"role":"user"},"create_time":5,"#
      + #""content":{"content_type":"text","parts":["hi"]}}}}"#
    func id(_ json: String) throws -> String {
      try WebExport.conversation(ChatGPTImporter(), json).header.id.native
    }
    #expect(try id(#"{"id":"x",\#(message)}"#) == "x")
    #expect(try id(#"{"conversation_id":"y","id":null,\#(message)}"#) == "y")
    let derived = try id("{\(message)}")
    #expect(derived == (try id(#"{"title":"renamed",\#(message)}"#)))
    #expect(derived != (try id("{\(message.replacing("hi", with: "ho"))}")))
    #expect(derived.hasPrefix("derived-"))
  }

  @Test
  func `an empty mapping is an empty conversation, a missing one is named`() throws {
    let export = try WebExport([
      (
        "conversations.json",
        #"[{"id":"empty","mapping":{}},{"id":"broken","title":"no mapping"},7]"#
      )
    ]).run(ChatGPTImporter())
    #expect(export.conversations.map(\.header.id.native) == ["empty"])
    #expect(export.conversations.first?.messages.isEmpty == true)
    #expect(export.tally("conversation")?.unknown == 1)
    #expect(export.tally("conversation")?.example == 1)
    #expect(export.tally("record")?.unknown == 1)
  }

  @Test
  func `share pages, plain lists and the compliance form are read`() throws {
    let share = try WebExport.conversation(
      ChatGPTImporter(),
      #"{"conversation_id":"s","linear_conversation":[{"id":"r","children":["m"]},{"id":"m","#
        + #""parent":"r","message":{"author":{"role":"user"},"content":{"content_type":"text","#
        + #""parts":["shared"]}}}]}"#)
    #expect(share.messages.map(\.text) == ["shared"])
    let compliance = try WebExport.conversation(
      ChatGPTImporter(),
      #"{"conversations":{"data":[{"id":"k","created_at":1700000000,"messages":{"data":["#
        + #"{"id":"1","author":{"role":"user"},"content":{"value":"x","parts":["q"]}},"#
        + #"{"id":"2","author":{"role":"assistant"},"created_at":1700000001,"#
        + #""content":{"parts":["a"]}}]}}]}}"#)
    #expect(compliance.messages.map(\.text) == ["q", "a"])
    #expect(compliance.messages.last?.parentID == "1")
    #expect(compliance.header.createdAt?.microseconds == 1_700_000_000_000_000)
  }

  @Test
  func `feedback is joined to its message`() throws {
    let export = try WebExport([
      ("conversations.json", "[\(simple("c"))]"),
      (
        "message_feedback.json",
        #"[{"id":"f","message_id":"m","conversation_id":"c","rating":"thumbsUp","content":"{}"}]"#
      ),
    ]).run(ChatGPTImporter())
    #expect(
      export.conversations.first?.messages.first?.metadata
        == #"{"feedback":{"rating":"thumbsUp","content":"{}"}}"#)
  }

  @Test
  func `a damaged companion does not stop the import`() throws {
    let export = try WebExport([
      ("conversations.json", "[\(simple("c"))]"), ("message_feedback.json", "{not json"),
      ("export_manifest.json", ""), ("library_files.json", "[[["),
    ]).run(ChatGPTImporter())
    #expect(export.conversations.count == 1)
  }
}

struct ChatGPTAttachmentTests {
  private typealias Fixture = ChatGPTFixture

  private func attachments(
    content: String = #"{"content_type":"text","parts":["x"]}"#, metadata: String = "{}",
    beside files: [(label: String, text: String)]
  ) throws -> [PolylogueModel.Attachment] {
    let node = Fixture.node(
      "m", parent: nil, role: "assistant", content: content, metadata: metadata)
    let json = Fixture.conversation(id: "thread", current: "m", [node])
    let export = try WebExport([("out/conversations.json", json)] + files).run(ChatGPTImporter())
    return export.conversations.first?.messages.first?.attachments ?? []
  }

  @Test(arguments: [(3, "out/file_b.dat"), (4, nil), (9, nil)] as [(Int, String?)])
  func `a file is joined by its name and size where only one has them`(
    size: Int, member: String?
  ) throws {
    let found = try attachments(
      metadata: #"{"attachments":[{"id":"unknown","name":"n.txt","size":\#(size)}]}"#,
      beside: [
        ("out/file_b.dat", "abc"), ("out/file_c.dat", "abcd"), ("out/file_d.dat", "dcba"),
        (
          "out/library_files.json",
          #"[{"file_id":"file_b","file_name":"n.txt","file_size_bytes":3},"#
            + #"{"file_id":"file_c","file_name":"n.txt","file_size_bytes":4},"#
            + #"{"file_id":"file_d","file_name":"n.txt","file_size_bytes":4}]"#
        ),
      ])
    #expect(found.map(\.member) == [member])
  }

  @Test(arguments: [
    // SHA-256 of "abc", in both ways of writing it, and of something else.
    ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "out/0a1b.dat"),
    ("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "out/0a1b.dat"),
    ("00" + String(repeating: "1", count: 62), nil),
  ])
  func `a blob that no id leads to is found by its digest`(
    digest: String, member: String?
  ) throws {
    let found = try attachments(
      content: pointer("sediment://file_b"),
      beside: [
        ("out/0a1b.dat", "abc"), ("out/file_c.dat", "abc"),
        (
          "out/library_files.json",
          #"[{"file_id":"file_b","file_name":"n.txt","sha256_digest":"\#(digest)"},"#
            + #"{"file_id":"file_c","file_name":"n.txt"}]"#
        ),
      ])
    #expect(found.map(\.member) == [member])
    #expect(found.map(\.name) == ["n.txt"])
  }

  @Test func `of the blobs without an id only those of the stated size are read`() throws {
    let node = Fixture.node(
      "m", parent: nil, role: "assistant", content: pointer("sediment://file_b"))
    let export = try WebExport([
      ("conversations.json", Fixture.conversation(id: "thread", current: "m", [node])),
      ("0a1b.dat", "abc"), ("0c2d.dat", "abcd"), ("0e3f.dat", "xyz"),
      (
        "library_files.json",
        #"[{"file_id":"file_b","file_size_bytes":3,"sha256_digest":"#
          + #""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]"#
      ),
    ]).run(ChatGPTImporter(), only: "conversations.json")
    let found = export.conversations.flatMap(\.messages).flatMap(\.attachments)
    #expect(found.map(\.member) == ["0a1b.dat"])
    #expect(export.readLabels.filter { $0.hasSuffix(".dat") } == ["0a1b.dat", "0e3f.dat"])
  }

  private func pointer(_ text: String) -> String {
    #"{"content_type":"multimodal_text","parts":[{"content_type":"image_asset_pointer","#
      + #""asset_pointer":"\#(text)","size_bytes":7}]}"#
  }

  @Test(
    arguments: [
      ("file-service://file-Ab1Cd2Ef", "out/file-Ab1Cd2Ef-photo.png", "photo.png"),
      ("sediment://file_00ff00ff", "out/file_00ff00ff-sanitized.jpg", nil),
      ("sediment://file_00ff00ff", "out/user-1/file_00ff00ff-0a1b-2c3d.png", "0a1b-2c3d.png"),
      ("file-service://file-Ab1Cd2Ef", "out/dalle-generations/file-Ab1Cd2Ef-0a.webp", "0a.webp"),
      ("file-service://Ab1Cd2Ef", "out/file-Ab1Cd2Ef.dat", nil),
      ("sediment://hash#file_77#p_0.png", "out/file_77.dat", nil),
    ] as [(String, String, String?)])
  func `a pointer finds its bytes by any of the old and new names`(
    asset: String, label: String, name: String?
  ) throws {
    let found = try attachments(content: pointer(asset), beside: [(label, "bytes")])
    #expect(found.count == 1)
    #expect(found.first?.member == label)
    #expect(found.first?.name == name)
    #expect(found.first?.byteCount == 7)
  }

  @Test
  func `blobs take their names and types from both registries`() throws {
    let found = try attachments(
      content: pointer("sediment://file_a"),
      metadata: #"{"attachments":[{"id":"file-b"},{"id":"file-c","name":"c.txt","#
        + #""mime_type":"text/plain","size":3}]}"#,
      beside: [
        ("out/file_a.dat", "A"), ("out/file-b.dat", "B"),
        (
          "out/conversation_asset_file_names.json",
          #"{"file_a.dat":"dalle-generations/picture.webp"}"#
        ),
        (
          "out/library_files.json",
          #"[{"file_id":"file-b","file_name":"b.pdf","mime_type":"application/pdf","#
            + #""file_size_bytes":12}]"#
        ),
      ])
    #expect(found.map(\.name) == ["picture.webp", "b.pdf", "c.txt"])
    #expect(found.map(\.member) == ["out/file_a.dat", "out/file-b.dat", nil])
    #expect(found[1].mediaType == "application/pdf")
    #expect(found[1].byteCount == 12)
    #expect(found[2].mediaType == "text/plain")
  }

  @Test
  func `one file named twice is one attachment`() throws {
    let found = try attachments(
      content: pointer("file-service://file-x"),
      metadata: #"{"attachments":[{"id":"file-x","name":"x.png","mimeType":"image/png"}]}"#,
      beside: [])
    #expect(found.count == 1)
    #expect(found.first?.name == "x.png")
    #expect(found.first?.mediaType == "image/png")
    #expect(found.first?.member == nil)
  }

  @Test
  func `a file that the model made is joined by conversation and name`() throws {
    let found = try attachments(
      content:
        #"{"content_type":"text","parts":["[Get it](sandbox:/mnt/data/out.csv) or sandbox:/mnt/data/no.txt"]}"#,
      beside: [
        ("out/file-q.dat", "1,2"),
        (
          "out/library_files.json",
          #"[{"file_id":"file-q","file_name":"out.csv","origination_thread_id":"thread"}]"#
        ),
      ])
    #expect(found.map(\.name) == ["out.csv", "no.txt"])
    #expect(found.map(\.member) == ["out/file-q.dat", nil])
  }

  @Test
  func `files that the export does not hold are counted`() throws {
    let node = Fixture.node(
      "m", parent: nil, content: pointer("file-service://file-lost"))
    let json = Fixture.conversation(current: "m", [node])
    let export = try WebExport([("conversations.json", json)]).run(ChatGPTImporter())
    #expect(export.tally("attachment")?.skipped == 1)
  }
}
