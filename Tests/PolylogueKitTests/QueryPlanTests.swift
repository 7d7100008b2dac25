import CPolylogueSQLite
import Foundation
import PolylogueKit
import PolylogueSQL
import Testing

/// Every statement that runs while an archive is really used, each explained by SQLite: none may
/// read a whole table or sort what an index should give in order.
///
/// A new statement is met here as soon as some test below comes by it.
@Suite struct QueryPlanTests {
  /// What may pass over a table or sort, by a piece of its text, and why.
  private static let exceptions: [(piece: String, reason: String)] = [
    ("FROM dictionary ORDER BY rowid", "a handful of dictionaries"),
    ("FROM total", "a row a provider"),
    ("SELECT id, name FROM model", "a row a model, read once a writer"),
    ("FROM import ORDER BY id", "raw list: all imports are asked for"),
    ("sum(size), 0) FROM import", "stats: the sum over all imports"),
    ("GROUP BY", "breakdowns of stats and verify: all rows are counted"),
    ("FROM message AS m LEFT JOIN message AS p", "verify: each parent is looked up"),
    ("FROM blob WHERE id %", "verify --deep: every byte is read"),
    ("AND m.id % ?1 = ?2", "verify --deep: every message is read"),
    ("ORDER BY length(body) > 0", "sorts the copies of one deleted message"),
    ("WITH RECURSIVE known", "its own few rows"),
    ("WITH RECURSIVE line", "the conversations that a fork descends from"),
    ("c.id IN (SELECT named.id FROM", "sorts what the user has tagged or starred"),
    ("sqlite_schema", "the names of the tables"),
    ("FROM text_meta", "a handful of counters"),
    ("FROM text_segments", "a row a segment"), ("FROM text_deleted", "a row a removal"),
    ("FROM text_ranges", "a row a chunk of documents"),
    ("json_each(?)", "sorts the conversations in which a tool was called"),
    ("count(*) FROM import", "verify: how many there are"),
    ("FROM cold ORDER BY id", "a row a file of cold storage"),
    ("OR EXISTS (SELECT 1 FROM blob WHERE codec", "optimize --warm: each row is looked at"),
    ("FROM waiting_fork", "a row a fork that waits, as good as none"),
    ("FROM lost_file", "a row a lost file"), ("FROM sqlite_sequence", "two rows"),
    ("NOT EXISTS (SELECT 1 FROM segment WHERE blob = b.id)", "optimize: each blob is looked at"),
    ("warm_import", "optimize --cold: each blob is looked at"),
    ("EXISTS (SELECT 1 FROM tombstone)", "whether there is any"),
    ("EXISTS (SELECT 1 FROM older_part", "whether there is any, by an index of those alone"),
    ("FROM tombstone JOIN conversation", "verify: each tombstone is looked up"),
    ("DELETE FROM message", "references are taken away first, and then not looked for"),
    ("SELECT id, original IS NULL, native_id", "sorts the messages of one deleted conversation"),
    ("WITH part (id)", "sorts what was deleted of one file"),
    ("FROM tag) OR EXISTS", "whether there is any"),
    ("FROM tag GROUP BY name", "each tag is counted"),
    ("a.state = 0 AND m.original", "counts what is missing, in an index of nothing else"),
    ("p.native_id, p.title, p.created_at", "render: who derives from whom, in an index of those"),
    ("i.receipt GLOB", "doctor: each receipt is looked at"),
    ("NOT IN (SELECT id FROM conversation)", "verify: each row is looked at"),
    ("WHERE (state = 1) <>", "verify: each attachment is looked at"),
    ("WHERE r.seal IS NOT NULL", "verify: each conversation is looked at"),
    ("FROM piece LIMIT 1", "whether there is any"), ("FROM meta", "a single row"),
  ]

  @Test func `every statement reaches its rows through an index`() throws {
    let workspace = try Workspace()
    let recorder = StatementRecorder(folder: workspace.path)
    defer { recorder.stop() }
    try use(workspace)
    let statements = recorder.statements
    #expect(statements.values.map(\.count).reduce(0, +) > 100, "the recorder has seen too little")
    var unused = Set(QueryPlanTests.exceptions.map(\.piece))
    for (file, texts) in statements.sorted(by: { $0.key < $1.key }) {
      let connection = try Connection.reading(path: file)
      for text in texts.sorted() {
        let steps = try plan(of: text, connection).filter(isCostly)
        guard !steps.isEmpty else { continue }
        let pieces = QueryPlanTests.exceptions.map(\.piece).filter { text.contains($0) }
        unused.subtract(pieces)
        if pieces.isEmpty { Issue.record("\(steps.joined(separator: "; ")) in: \(text)") }
      }
    }
    if Samples.areThere { #expect(unused == [], "exceptions that nothing needs") }
  }

  /// Whether a step of a plan costs more with every row of a table.
  private func isCostly(_ step: String) -> Bool {
    if step.contains("TEMP B-TREE") || step.contains("AUTOMATIC") { return true }
    guard step.hasPrefix("SCAN ") else { return false }
    // The list's own order, walked until the page is full.
    if step == "SCAN c USING INDEX conversation_by_time" { return false }
    // To count them, or for a set of rows, each is tried on the columns of an index.
    if step.hasPrefix("SCAN c USING COVERING INDEX ") { return false }
    return !step.contains("CONSTANT ROW") && !step.contains("VIRTUAL TABLE")
  }

  private func plan(of text: String, _ connection: Connection) throws -> [String] {
    let kinds = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]
    guard kinds.contains(where: { text.hasPrefix($0) }) else { return [] }
    let statement = try connection.statement("EXPLAIN QUERY PLAN " + text)
    var steps: [String] = []
    while try statement.step() { steps.append(statement.string(3)) }
    statement.reset()
    return steps
  }

  // MARK: Work

  /// Everything an archive is used for.
  private func use(_ workspace: Workspace) throws {
    let archive = try workspace.archive()
    let chats = try workspace.write(
      "conversations.json",
      "[\(chatGPT("a", ["one", "two", "three"])),\(chatGPT("b", ["four", "five"]))]")
    _ = try archive.importPaths([chats])
    _ = try archive.importPaths([chats])
    _ = try workspace.write(
      "conversations.json",
      "[\(chatGPT("a", ["one", "2", "three", "four"], title: "new", updated: 1_700_000_200))]")
    _ = try archive.importPaths([chats])
    var dry = ImportOptions()
    dry.isDryRun = true
    _ = try archive.importPaths([chats], options: dry)
    try importSessions(archive, workspace)
    let tagged = try archive.list(limit: 1).items.map(\.id)
    try archive.tag(tagged, add: ["t"])
    try archive.star(tagged)
    try archive.note("n", on: tagged[0])
    _ = try archive.tags()
    _ = try archive.diagnose()
    _ = try Archive.discoverSources(at: archive.path) { $0 == "HOME" ? workspace.path : nil }
    _ = try archive.lineages()
    for filter in filters {
      let page = try archive.list(filter: filter, limit: 1)
      _ = try archive.list(filter: filter, limit: 1, after: page.next ?? "5.5")
      _ = try archive.count(filter: filter)
      _ = try archive.search("one", filter: filter)
    }
    _ = try archive.search("one", sort: .newest)
    try archive.forEachConversation { conversation, summary in
      _ = try archive.conversation(matching: summary.id.description)
      _ = try archive.shortID(of: summary.id)
      _ = try archive.relatives(of: conversation.header)
      try archive.writeRaw(matching: summary.id.description) { _ in }
    }
    _ = try? archive.conversation(matching: "chatgpt:")
    for record in try archive.imports() {
      try archive.writeRaw(importID: record.id) { _ in }
      try archive.writeRaw(matching: record.sha256) { _ in }
    }
    for grouping in [nil] + Statistics.Grouping.allCases {
      _ = try archive.statistics(by: grouping)
    }
    #expect(try archive.verify(isDeep: true).problems == [])
    _ = try archive.diagnose()
    _ = try archive.reindex()
    let file = workspace.path + "/cold.db"
    let now = Timestamp(microseconds: 2_000_000_000_000_000)
    _ = try archive.tidy(.move(before: now, file: file))
    _ = try archive.canonical()
    _ = try archive.tidy(.moveBack(file: file))
    let few = try archive.list(limit: 5).items.map(\.id)
    _ = try archive.delete(few)
    for path in Set(try archive.imports().map(\.path)) { _ = try archive.importPaths([path]) }
    #expect(try archive.verify(isDeep: true).problems == [])
    try archive.close()
  }

  private func importSessions(_ archive: Archive, _ workspace: Workspace) throws {
    guard Samples.areThere else { return }
    let paths = Samples.files().filter {
      $0.contains("/claude-code/") || $0.contains("/codex/") || $0.hasSuffix(".zip")
    }
    let few = paths.filter { ArchiveFolder.byteCount(of: $0) < 300_000 }
    _ = try archive.importPaths(few)
    _ = try archive.importPaths(few)
    let text = try String(
      contentsOfFile: few.first { $0.hasSuffix(".jsonl") } ?? "", encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    for count in [lines.count / 2, lines.count] {
      let part = lines.prefix(count).joined(separator: "\n") + "\n"
      _ = try archive.importPaths([try workspace.write("growing.jsonl", part)])
    }
  }

  /// Each condition alone, and the usual pairs.
  private var filters: [Filter] {
    var found: [Filter] = [Filter()]
    func add(_ change: (inout Filter) -> Void) {
      var filter = Filter()
      change(&filter)
      found.append(filter)
      filter.since = Timestamp(microseconds: 1_600_000_000_000_000)
      found.append(filter)
      filter.providers = [.chatgpt]
      found.append(filter)
    }
    add { $0.providers = [.chatgpt] }
    add { $0.providers = [.chatgpt, .codex] }
    add { $0.until = Timestamp(microseconds: 1_900_000_000_000_000) }
    add { $0.roles = [.assistant] }
    add { $0.models = ["gpt"] }
    add { $0.models = ["no such model"] }
    add { $0.tags = ["work"] }
    add { $0.titles = ["a"] }
    add { $0.projects = ["o"] }
    add { $0.projects = ["no such project"] }
    add { $0.tools = ["Bash"] }
    add { $0.has = [.code] }
    add { $0.isStarred = true }
    return found
  }
}

/// Every statement that connections to databases below a folder run, by the file's path.
private final class StatementRecorder {
  init(folder: String) {
    StatementRecorder.state.withLock { $0 = State(folder: folder) }
    StatementRecorder.register(true)
  }

  var statements: [String: Set<String>] {
    StatementRecorder.state.withLock { $0.texts }
  }

  func stop() {
    StatementRecorder.register(false)
    StatementRecorder.state.withLock { $0 = State() }
  }

  private struct State {
    var folder: String?
    var texts: [String: Set<String>] = [:]
  }

  /// C calls back without a place for a context of the test's own. A lock that the thread sanitizer
  /// knows: it does not see through `Mutex` on Linux.
  private final class Guarded: @unchecked Sendable {  // `value` is guarded by `lock`
    private let lock = NSLock()
    private var value = State()

    func withLock<R>(_ body: (inout State) -> R) -> R {
      lock.withLock { body(&value) }
    }
  }
  private static let state = Guarded()

  private static func register(_ isOn: Bool) {
    typealias Extension =
      @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, OpaquePointer?
      ) -> CInt
    let opened: Extension = { connection, _, _ in
      sqlite3_trace_v2(
        connection, UInt32(SQLITE_TRACE_STMT),
        { _, _, statement, _ in
          StatementRecorder.note(OpaquePointer(statement))
          return 0
        }, nil)
      return SQLITE_OK
    }
    let entry = unsafeBitCast(opened, to: (@convention(c) () -> Void).self)
    if isOn { sqlite3_auto_extension(entry) } else { sqlite3_cancel_auto_extension(entry) }
  }

  private static func note(_ statement: OpaquePointer?) {
    guard let statement, let text = sqlite3_sql(statement),
      let name = sqlite3_db_filename(sqlite3_db_handle(statement), "main")
    else { return }
    // An archive is made under another name.
    let file = String(cString: name).replacingOccurrences(of: ".new", with: "")
    state.withLock {
      guard let folder = $0.folder, file.hasPrefix(folder) else { return }
      _ = $0.texts[file, default: []].insert(String(cString: text))
    }
  }
}
