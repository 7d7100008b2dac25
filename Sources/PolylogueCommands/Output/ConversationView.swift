import PolylogueModel
import PolylogueRender

/// What `show` shows of a conversation: all of it, one branch, the surroundings of one message, or
/// a part of these.
struct ConversationView {
  /// The conversation with the messages that are left.
  private(set) var conversation: Conversation
  /// The tree of all messages.
  let map: BranchMap
  /// The messages of the whole conversation, or of the branch.
  private(set) var total: Int
  /// The message to mark.
  private(set) var marked: String?
  /// Messages of the path that were cut off before and behind.
  private(set) var cutOff = (before: 0, after: 0)
  /// What was asked for, and what else there would be.
  private(set) var projection: (asked: Projection, others: [Projection])?
  /// Whether the messages are one path, to be shown whole; otherwise the active ones are.
  private var isPath = false

  init(_ conversation: Conversation) {
    self.conversation = conversation
    map = BranchMap(conversation.messages)
    total = conversation.messages.count
  }

  var id: ConversationID { conversation.header.id }

  /// The messages to show as text.
  var shown: [Message] { conversation.messages.filter { (isPath || $0.isActive) && says($0) } }

  /// The conversation with the path taken as the one last shown.
  var asWhole: Conversation {
    guard isPath else { return conversation }
    var whole = conversation
    for place in whole.messages.indices { whole.messages[place].isActive = true }
    return whole
  }

  /// Keeps one branch: the N-th, or the one through a message.
  mutating func take(branch: String) throws {
    conversation.messages = try path(branch)
    total = conversation.messages.count
    isPath = true
  }

  /// Keeps a message and so many on either side of it, of each only a part where one is wanted: what
  /// holds nothing of that is not counted.
  mutating func cut(
    around id: String, context: Int, onBranch: Bool, keeping part: Projection?
  ) throws {
    let path =
      shown.contains { $0.id.utf8.elementsEqual(id.utf8) } || onBranch
      ? shown : (map.path(through: id) ?? [])
    conversation.messages = path
    if let part { keep(part) }
    guard
      let excerpt = Excerpt(
        of: path, keeping: conversation.messages, around: id, context: context)
    else {
      throw CommandError("the message “\(id)” is not on this branch; leave out --branch")
    }
    conversation.messages = excerpt.messages
    cutOff = (excerpt.before, excerpt.after)
    marked = id
    isPath = true
  }

  /// Keeps one part of each message.
  mutating func keep(_ wanted: Projection) {
    let whole = conversation
    conversation = whole.projected(to: wanted).conversation
    let others = Projection.allCases.filter {
      $0 != wanted && !whole.projected(to: $0).isEmpty
    }
    projection = (wanted, others)
  }

  /// What the provider hides and what says nothing need not be seen.
  private func says(_ message: Message) -> Bool {
    !(message.isHidden && message.blocks.isEmpty && message.attachments.isEmpty)
  }

  private func path(_ branch: String) throws -> [Message] {
    if let number = Int(branch) {
      guard let path = map.path(toBranch: number) else {
        throw CommandError(
          "there is no branch \(branch): the conversation has \(Amount.count(map.leafCount, "branch", "branches"))"
        )
      }
      return path
    }
    let id = branch.utf8.lastIndex(of: UInt8(ascii: "/")).map {
      String(branch[branch.utf8.index(after: $0)...])
    }
    guard let path = map.path(through: branch) ?? id.flatMap({ map.path(through: $0) }) else {
      throw CommandError("the conversation has no message “\(branch)”")
    }
    return path
  }
}
