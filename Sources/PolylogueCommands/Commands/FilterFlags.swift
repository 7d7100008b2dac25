import Glibc
import PolylogueModel

/// The filters as flags. As words of a query they are read by the search itself.
enum FilterFlags {
  static let provider = Option.text(
    "provider", "NAME", help: "Only this provider: chatgpt, claude, claude-code, codex.",
    isRepeatable: true)
  static let role = Option<RoleName>.choice(
    "role", "ROLE", help: "Only messages of this role.", isRepeatable: true)
  static let model = Option.text(
    "model", "NAME", help: "Only models whose name begins so.", isRepeatable: true)
  static let since = Option<Timestamp>(
    "since", "WHEN",
    help: "Nothing older: 2026-01-31, 2026-01, 2026, 7d, 2w, today, yesterday (UTC)."
  ) { text throws(UsageError) in
    try DateWords.span(text, of: "--since").start
  }
  static let until = Option<Timestamp>(
    "until", "WHEN", help: "Nothing newer; the day, month or year named is still in."
  ) { text throws(UsageError) in
    try DateWords.span(text, of: "--until").end
  }
  static let tag = Option.text("tag", "TAG", help: "Only with this tag.", isRepeatable: true)
  static let title = Option.text(
    "title", "WORDS", help: "Only where the title contains these words.", isRepeatable: true)
  static let project = Option.text(
    "project", "NAME", help: "Only where the project's name contains this.", isRepeatable: true)
  static let tool = Option.text(
    "tool", "NAME", help: "Only where this tool was called.", isRepeatable: true)
  static let has = Option<Filter.Feature>.choice(
    "has", "WHAT", help: "Only with this: attachment, code, thinking, tool or branch.",
    isRepeatable: true)
  static let starred = Switch("starred", help: "Only what you starred.")

  static let all = [
    provider.declaration, role.declaration, model.declaration, since.declaration,
    until.declaration, tag.declaration, title.declaration, project.declaration,
    tool.declaration, has.declaration, starred.declaration,
  ]

  /// The filter that the flags of a command line describe.
  static func filter(of invocation: Invocation) throws(UsageError) -> Filter {
    var filter = Filter()
    filter.providers = try invocation.values(provider).map { Provider(rawValue: $0) }
    filter.roles = try invocation.values(role).map(\.role)
    filter.models = try invocation.values(model)
    filter.since = try invocation.value(since)
    filter.until = try invocation.value(until)
    filter.tags = try invocation.values(tag)
    filter.titles = try invocation.values(title)
    filter.projects = try invocation.values(project)
    filter.tools = try invocation.values(tool)
    filter.has = Set(try invocation.values(has))
    filter.isStarred = invocation.has(starred)
    return filter
  }
}

/// A role by its name.
enum RoleName: String, CaseIterable, Sendable {
  case user, assistant, system, tool

  var role: Role {
    switch self {
    case .user: .user
    case .assistant: .assistant
    case .system: .system
    case .tool: .tool
    }
  }
}

/// Days, months and years as people write them.
enum DateWords {
  /// The first moment of what is named, and the first moment behind it.
  ///
  /// - Parameters:
  ///   - text: A day, a month, a year, `today`, `yesterday`, a number with `d`, `w`, `m` or `y`
  ///     (that long ago), or a time in ISO 8601.
  ///   - flag: The flag it belongs to, for the message.
  ///   - now: The present.
  static func span(
    _ text: String, of flag: String, now: Timestamp = .now
  ) throws(UsageError) -> (start: Timestamp, end: Timestamp) {
    if let named = day(text, now: now) {
      return (named.start, Timestamp(microseconds: named.start.microseconds + 86_400_000_000))
    }
    if let past = ago(text, now: now) { return (past, past) }
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
      part.utf8.allSatisfy { $0 >= 48 && $0 < 58 } ? Int64(part) : nil
    }
    if numbers.count == 1, let year = numbers[0], text.utf8.count == 4,
      let first = CivilDate(year: year, month: 1, day: 1),
      let last = CivilDate(year: year, month: 12, day: 1)
    {
      return (first.start, last.startOfNextMonth.start)
    }
    if numbers.count == 2, let year = numbers[0], let month = numbers[1],
      let first = CivilDate(year: year, month: month, day: 1)
    {
      return (first.start, first.startOfNextMonth.start)
    }
    if text.utf8.contains(UInt8(ascii: ":")), let moment = Timestamp(iso: text) {
      return (moment, moment)
    }
    throw UsageError("\(flag) takes 2026-01-31, 2026-01, 7d, today or yesterday, not “\(text)”")
  }

  private static func day(_ text: String, now: Timestamp) -> CivilDate? {
    if text == "today" { return now.date }
    if text == "yesterday" { return CivilDate(daysSinceEpoch: now.date.daysSinceEpoch - 1) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 48 && $0 < 58 } }),
      let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2])
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  private static func ago(_ text: String, now: Timestamp) -> Timestamp? {
    let days: Int64
    switch text.last {
    case "d": days = 1
    case "w": days = 7
    case "m": days = 30
    case "y": days = 365
    default: return nil
    }
    guard let count = Int64(text.dropLast()), (0...100_000).contains(count) else { return nil }
    return Timestamp(microseconds: now.microseconds - count * days * 86_400_000_000)
  }
}

extension Timestamp {
  /// The present.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// `2026-01-31 10:20`, for a person.
  var short: String {
    let text = iso
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
  }
}
