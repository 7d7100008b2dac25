import CPolylogueMalloc
import PolylogueKit
import PolylogueModel

/// What loading the conversation of most messages takes in time and memory.
///
/// Runs on the main thread, whose allocations are those that glibc counts.
func measureLongest(_ path: String) throws {
  let archive = try Archive(path: path, access: .read)
  let all = try archive.list(limit: nil).items
  guard let longest = all.max(by: { $0.messages < $1.messages }) else { return }
  var times: [Double] = []
  for _ in 0..<200 {
    let begun = now()
    _ = try archive.conversation(longest.id)
    times.append(now() - begun)
  }
  report("conversation of \(longest.messages) messages", latencies: times)
  let before = mallinfo2()
  let conversation = try archive.conversation(longest.id)
  let after = mallinfo2()
  guard let conversation else { return }
  let taken =
    Double(after.uordblks) + Double(after.hblkhd) - Double(before.uordblks) - Double(before.hblkhd)
  let text = conversation.messages.reduce(0) { sum, message in
    message.blocks.reduce(sum) { $0 + $1.textByteCount }
  }
  report("its memory", taken / 1e6, "MB")
  report(
    "its memory beyond its text", (taken - Double(text)) / Double(conversation.messages.count),
    "bytes/message")
  measureProjections(conversation)
}

extension Block {
  /// The bytes of text that it shows.
  fileprivate var textByteCount: Int {
    switch self {
    case .text(let text), .thinking(let text), .code(_, let text): text.utf8.count
    default: 0
    }
  }
}
