import PolylogueKit

/// What a projection costs when it is first looked at, and again.
func measureProjections(_ conversation: Conversation) {
  var first: [Double] = []
  for _ in 0..<50 {
    var fresh = conversation
    // A changed conversation has nothing projected yet.
    fresh.messages[0].isActive.toggle()
    let begun = now()
    _ = fresh.substantive.count
    first.append(now() - begun)
  }
  report("first substantive count", latencies: first)
  let rounds = 100_000
  var sum = 0
  let begun = now()
  for _ in 0..<rounds { sum += conversation.substantive.count }
  report("repeated substantive count", (now() - begun) / Double(rounds) * 1000, "ms")
  precondition(sum == rounds * conversation.substantive.count)
}
