/// What is to be taken out of the index: every document of a row that was added before a number.
struct Removals {
  private(set) var messages: [Int64: UInt32] = [:]
  private(set) var titles: [Int64: UInt32] = [:]
  private(set) var conversations: [Int64: UInt32] = [:]

  var isEmpty: Bool { messages.isEmpty && titles.isEmpty && conversations.isEmpty }

  mutating func remove(message: Int64, before document: UInt32) { messages[message] = document }
  mutating func remove(title conversation: Int64, before document: UInt32) {
    titles[conversation] = document
  }
  mutating func remove(conversation: Int64, before document: UInt32) {
    conversations[conversation] = document
  }

  /// Whether the document is to go.
  func contains(conversation: Int64, message: Int64, isTitle: Bool, document: UInt32) -> Bool {
    if let before = conversations[conversation], document < before { return true }
    if isTitle {
      guard let before = titles[conversation] else { return false }
      return document < before
    }
    guard let before = messages[message] else { return false }
    return document < before
  }
}
