import PolylogueStore

extension ImportReport: CustomStringConvertible {
  /// The counts in a line, such as `3 conversations new, 0 updated, 1 unchanged; 14 messages new, 0
  /// updated, 5 unchanged; not imported: 1`. No path and no text of a conversation is in it.
  public var description: String {
    var parts = [
      conversations.description(of: "conversations"), messages.description(of: "messages"),
    ]
    let lost = failed.count { !$0.isPartial }
    if lost > 0 { parts.append("not imported: \(lost)") }
    if failed.count > lost { parts.append("imported in part: \(failed.count - lost)") }
    if wasCancelled { parts.append("stopped before the end") }
    return parts.joined(separator: "; ")
  }
}

extension ChangeCounts {
  fileprivate func description(of things: String) -> String {
    "\(new) \(things) new, \(updated) updated, \(unchanged) unchanged"
  }
}
