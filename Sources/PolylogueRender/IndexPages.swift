public import PolylogueModel

/// A conversation in an index.
public struct IndexEntry: Sendable {
  /// Its file, relative to the folder that everything is rendered to.
  public var path: String
  /// Its title.
  public var title: String?
  /// Where it was held.
  public var provider: String
  /// Where it belongs.
  public var project: String?
  /// When it began.
  public var created: Timestamp?
  /// How many messages it has.
  public var messages: Int

  /// Describes a conversation.
  public init(
    path: String, title: String?, provider: String, project: String?, created: Timestamp?,
    messages: Int
  ) {
    self.path = path
    self.title = title
    self.provider = provider
    self.project = project
    self.created = created
    self.messages = messages
  }
}

/// A page that lists conversations.
public struct IndexPage: Sendable {
  /// Pages of one kind that are offered for choice.
  struct Choice: Sendable {
    var title: String
    var links: [(label: String, path: String, count: Int)]
  }

  /// Where it stands: a folder below the root, or empty.
  public let folder: String
  /// The file's name.
  public let name: String
  /// How to get from it to the root: `../` or nothing.
  let up: String
  let title: String
  let count: Int
  let choices: [Choice]
  let entries: ArraySlice<IndexEntry>
  /// The pages before and behind it, relative to the root.
  let previous: String?
  let next: String?
}

/// The pages that list all conversations: newest first, by provider, by month and by project, cut
/// into pages of ``pageSize``.
public struct IndexPages {
  /// How many conversations a page lists.
  public static let pageSize = 500
  static let folder = "index"

  /// All pages; the first is the one to begin with, `index` in the root.
  public let pages: [IndexPage]

  /// Makes the pages.
  ///
  /// - Parameters:
  ///   - entries: The conversations, newest first.
  ///   - suffix: The extension of the pages' files.
  /// - Complexity: O(conversations).
  public init(of entries: [IndexEntry], suffix: String) {
    let months = Group.groups(of: entries, "month") { $0.created.map { String($0.iso.prefix(7)) } }
    let providers = Group.groups(of: entries, "provider") { $0.provider }
    let projects = Group.groups(of: entries, "project") { $0.project }
    let kinds = [
      ("Providers", providers.sorted { $0.entries.count > $1.entries.count }),
      ("Months", months.sorted { $0.label > $1.label }),
      ("Projects", projects.sorted { ($1.entries.count, $0.label) < ($0.entries.count, $1.label) }),
    ]
    let choices = kinds.compactMap { title, groups in
      groups.isEmpty
        ? nil
        : IndexPage.Choice(
          title: title,
          links: groups.map {
            ($0.label, "\(IndexPages.folder)/\($0.slug).\(suffix)", $0.entries.count)
          })
    }
    var pages = IndexPages.cut(
      entries, title: "Conversations", choices: choices, first: ("", "index"), rest: "all", suffix)
    for group in kinds.flatMap(\.1) {
      pages += IndexPages.cut(
        group.entries, title: group.label, choices: [], first: (IndexPages.folder, group.slug),
        rest: group.slug, suffix)
    }
    self.pages = pages
  }

  private static func cut(
    _ entries: [IndexEntry], title: String, choices: [IndexPage.Choice],
    first: (folder: String, name: String), rest: String, _ suffix: String
  ) -> [IndexPage] {
    let count = max(1, (entries.count + pageSize - 1) / pageSize)
    func place(_ number: Int) -> (folder: String, name: String) {
      number == 0
        ? (first.folder, "\(first.name).\(suffix)")
        : (folder, "\(rest)-\(number + 1).\(suffix)")
    }
    func path(_ number: Int) -> String? {
      guard number >= 0, number < count else { return nil }
      let place = place(number)
      return place.folder.isEmpty ? place.name : "\(place.folder)/\(place.name)"
    }
    return (0..<count).map { number in
      let place = place(number)
      let start = number * pageSize
      return IndexPage(
        folder: place.folder, name: place.name, up: place.folder.isEmpty ? "" : "../",
        title: title, count: entries.count, choices: number == 0 ? choices : [],
        entries: entries[start..<min(start + pageSize, entries.count)],
        previous: path(number - 1), next: path(number + 1))
    }
  }

  /// Conversations that have something in common.
  private struct Group {
    var label: String
    var slug: String
    var entries: [IndexEntry]

    /// The groups by a label, in order of appearance; labels are told apart by their bytes.
    static func groups(
      of entries: [IndexEntry], _ kind: String, by label: (IndexEntry) -> String?
    ) -> [Group] {
      var groups: [Group] = []
      var places: [MessageKey: Int] = [:]
      for entry in entries {
        guard let label = label(entry), !label.isEmpty else { continue }
        let key = MessageKey(label)
        if let place = places[key] {
          groups[place].entries.append(entry)
          continue
        }
        places[key] = groups.count
        let isTame = kind == "month"
        let hash = isTame ? "" : "-" + FileName.hash(label)
        let slug = FileName.slug(label, limit: 40).map { "-" + $0 } ?? ""
        groups.append(Group(label: label, slug: kind + slug + hash, entries: [entry]))
      }
      return groups
    }
  }
}
