import PolylogueImport
import PolylogueKit
import PolylogueModel
import PolylogueSearch

/// The filters as flags. As words of a query they are read by the search itself.
enum FilterFlags {
  static let provider = Option<Provider>(
    "provider", "NAME", help: "Only this provider: \(ProviderNames.known.joined(separator: ", ")).",
    choices: ProviderNames.known, isRepeatable: true
  ) { text throws(UsageError) in
    guard !text.isEmpty else { throw UsageError("--provider needs a name") }
    return Provider(rawValue: text.lowercased())
  }
  static let role = Option<RoleName>.choice(
    "role", "ROLE", help: "Only messages of this role.", isRepeatable: true)
  static let model = Option.text(
    "model", "NAME", help: "Only models whose name begins so.", isRepeatable: true)
  static let since = Option<Timestamp>(
    "since", "WHEN",
    help: "Nothing older: \(DateExpression.examples); days are those of UTC."
  ) { text throws(UsageError) in
    try DateWords.span(text, of: "--since").start
  }
  static let until = Option<Timestamp>(
    "until", "WHEN", help: "Nothing newer; the day, month or year named is still in."
  ) { text throws(UsageError) in
    try DateWords.span(text, of: "--until").end
  }
  static let tag = Option.text(
    "tag", "TAG", help: "Only with this tag of yours.", isRepeatable: true)
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

  /// Not a filter, but of the commands that read through one for long.
  static let snapshot = Switch(
    "snapshot",
    help: "Everything as it is at one moment: read from a copy in the archive's folder, which"
      + " “optimize” removes once the archive has changed.")

  static let all = [
    provider.declaration, role.declaration, model.declaration, since.declaration,
    until.declaration, tag.declaration, title.declaration, project.declaration,
    tool.declaration, has.declaration, starred.declaration,
  ]

  /// The filter that the flags of a command line describe.
  static func filter(of invocation: Invocation) throws(UsageError) -> Filter {
    var filter = Filter()
    filter.providers = try invocation.values(provider)
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

extension CommandContext {
  /// Opens the archive to read it through a filter.
  ///
  /// - Throws: `UsageError` for a provider that neither this version nor the archive knows.
  ///
  /// - Parameter ofOneMoment: Read a replica: everything as it is now, whatever is written meanwhile.
  func withArchive<Result>(
    filter: Filter, ofOneMoment: Bool = false, _ body: (Archive) throws -> Result
  ) throws -> Result {
    if let since = filter.since, let until = filter.until, since >= until {
      warn("nothing lies between --since and --until: the first is not before the second")
    }
    return try withArchive(.read) { archive in
      let strange = filter.providers.filter { !ProviderNames.known.contains($0.rawValue) }
      if !strange.isEmpty {
        let known = Set(ProviderNames.known).union(try archive.providers().map(\.rawValue)).sorted()
        for provider in strange where !known.contains(provider.rawValue) {
          throw UsageError.unknownChoice(provider.rawValue, of: "--provider", among: known)
        }
      }
      return try body(ofOneMoment ? archive.replica() : archive)
    }
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

/// Days, months and years as people write them, the same on the command line and in a query.
enum DateWords {
  /// The first moment of what is named, and the first moment behind it.
  ///
  /// - Parameters:
  ///   - text: See `DateExpression`.
  ///   - flag: The flag it belongs to, for the message.
  ///   - now: The present.
  static func span(
    _ text: String, of flag: String, now: Timestamp = .now
  ) throws(UsageError) -> (start: Timestamp, end: Timestamp) {
    guard let span = DateExpression(text, now: now) else {
      throw UsageError("\(flag) takes \(DateExpression.examples), not “\(text)”")
    }
    return (
      Timestamp(microseconds: span.start * 1_000_000), Timestamp(microseconds: span.end * 1_000_000)
    )
  }
}

extension Timestamp {
  /// `2026-01-31 10:20Z`, for a person; the Z says that it is UTC.
  var short: String {
    let text = iso
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))Z"
  }
}

/// The providers' names on the command line.
enum ProviderNames {
  /// Those that this version can import.
  static let known = ImporterRegistry.all.map(\.provider.rawValue).sorted()
}
