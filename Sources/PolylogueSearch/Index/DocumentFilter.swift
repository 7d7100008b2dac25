import PolylogueModel
import PolylogueSQL

/// The conditions of a request, in the index's own numbers.
struct DocumentFilter {
  private var providers: Set<Int64>?
  private var models: Set<Int64>?
  /// A bit for each role.
  private var roles: UInt64?
  private var flags: UInt8 = 0
  private let since: Int64?
  private let until: Int64?
  private let conversations: RowSet?
  private let messages: RowSet?
  private let excluded: Int64?

  init(_ request: SearchRequest, providers names: [String], models modelNames: [String]) {
    let filters = request.filters
    since = filters.since
    until = filters.until
    conversations = request.conversations
    messages = request.messages
    excluded = request.excludedConversation
    for feature in filters.features { flags |= feature.flag.rawValue }
    if !filters.roles.isEmpty {
      roles = filters.roles.reduce(UInt64(0)) { $0 | 1 << UInt64($1.rawValue) }
    }
    if !filters.providers.isEmpty {
      let wanted = filters.providers.map { Array($0.rawValue.utf8) }
      providers = Set(
        names.indices.filter { wanted.contains(Array(names[$0].utf8)) }.map(Int64.init))
    }
    for list in [filters.models, filters.otherModels] where !list.isEmpty {
      let parts = list.map { Array($0.lowercased().utf8) }
      let matching = modelNames.indices.filter { index in
        let name = Array(modelNames[index].lowercased().utf8)
        return parts.contains { DocumentFilter.contains(name, $0) }
      }
      let numbers = Set(matching.map { Int64($0) + 1 })
      models = models?.intersection(numbers) ?? numbers
    }
  }

  /// Whether nothing is asked.
  var isEmpty: Bool {
    providers == nil && models == nil && roles == nil && flags == 0 && since == nil && until == nil
      && conversations == nil && messages == nil && excluded == nil
  }

  /// Whether anything in a span of time has a chance.
  func mayMatch(_ times: ClosedRange<Int64>) -> Bool {
    if let since, times.upperBound < since { return false }
    if let until, times.lowerBound >= until { return false }
    return true
  }

  /// Whether every time in the span passes.
  func coversTimes(_ times: ClosedRange<Int64>) -> Bool {
    if let since, times.lowerBound < since { return false }
    if let until, times.upperBound >= until { return false }
    return true
  }

  func matches(_ chunk: DocumentChunk, _ index: Int) -> Bool {
    let have = DocumentFlags(rawValue: UInt8(truncatingIfNeeded: chunk.value(.flags, index)))
    if have.rawValue & flags != flags { return false }
    if since != nil || until != nil {
      guard have.contains(.hasTime) else { return false }
      let time = chunk.value(.time, index)
      if let since, time < since { return false }
      if let until, time >= until { return false }
    }
    if let roles {
      // A title has no speaker.
      guard !have.contains(.isTitle),
        roles >> UInt64(chunk.value(.speaker, index) >> 4 & 63) & 1 == 1
      else { return false }
    }
    if let providers, !providers.contains(chunk.value(.provider, index)) { return false }
    if let models, !models.contains(chunk.value(.model, index)) { return false }
    if let excluded, chunk.value(.conversation, index) == excluded { return false }
    if let conversations, !conversations.contains(chunk.value(.conversation, index)) {
      return false
    }
    if let messages {
      guard !have.contains(.isTitle), messages.contains(chunk.value(.message, index)) else {
        return false
      }
    }
    return true
  }

  private static func contains(_ name: [UInt8], _ part: [UInt8]) -> Bool {
    guard part.count <= name.count else { return false }
    return (0...(name.count - part.count)).contains { name[$0..<($0 + part.count)] == part[...] }
  }
}
