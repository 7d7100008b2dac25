public import PolylogueModel

/// The conversations that a conversation derives from, and that derive from it, as its page leads to
/// them.
public struct Relatives: Sendable, Equatable {
  /// One of them.
  public struct Relative: Sendable, Equatable {
    /// How one of the two derives from the other.
    public var kind: Lineage.Kind
    /// Its public identifier.
    public var id: ConversationID
    /// What it is called.
    public var title: String?
    /// The name of its file, which stands in the same folder.
    public var file: String
  }

  /// None of them.
  public static let none = Relatives()

  /// What it derives from.
  public var parent: Relative?
  /// What derives from it, oldest first.
  public var derived: [Relative] = []

  /// How many of those that derive from a conversation a page names.
  static let derivedLimit = 100
}

/// Who derives from whom among the conversations whose files stand in a folder.
public struct FamilyTree {
  private var relatives: [ConversationID: Relatives] = [:]

  /// A tree.
  ///
  /// - Parameters:
  ///   - pairs: The headers of each conversation that derives from another, and of that one; of one
  ///     parent the oldest first. Ids, titles, times of creation and lineage are looked at.
  ///   - suffix: The extension of the files.
  ///   - hasFile: Whether a conversation has a file to lead to.
  public init(
    _ pairs: [(child: ConversationHeader, parent: ConversationHeader)], extension suffix: String,
    hasFile: (ConversationID) -> Bool
  ) {
    for (child, parent) in pairs {
      guard let kind = child.lineage?.kind, hasFile(child.id), hasFile(parent.id) else { continue }
      func relative(_ header: ConversationHeader) -> Relatives.Relative {
        Relatives.Relative(
          kind: kind, id: header.id, title: header.title,
          file: FileName.path(for: header, extension: suffix).name)
      }
      relatives[child.id, default: .none].parent = relative(parent)
      relatives[parent.id, default: .none].derived.append(relative(child))
    }
  }

  /// The relatives of one.
  public func relatives(of id: ConversationID) -> Relatives { relatives[id] ?? .none }

  /// The state of a conversation's file, which changes with what it says of relatives too.
  public func state(_ state: UInt64, of id: ConversationID) -> UInt64 {
    guard let found = relatives[id] else { return state }
    var digest = StableDigest()
    digest.add(state)
    for relative in (found.parent.map { [$0] } ?? []) + found.derived {
      digest.add(UInt64(relative.kind.rawValue))
      digest.add(relative.title ?? "")
      digest.add(relative.file)
    }
    digest.add(found.parent == nil ? 0 : 1)
    return digest.value
  }
}
