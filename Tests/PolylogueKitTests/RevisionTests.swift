import Foundation
import PolylogueKit
import Testing

/// The same conversation, arriving again in another state.
@Suite struct RevisionTests {
  @Test func `an older copy in the same file loses no message`() throws {
    let workspace = try Workspace()
    let new = chatGPT("a", ["one", "two"], updated: 1_700_000_200)
    let old = chatGPT("a", ["one", "two", "three"], updated: 1_700_000_100)
    for copies in [[new, old], [old, new]] {
      let archive = try workspace.archive(UUID().uuidString)
      _ = try archive.importPaths([
        try workspace.write("x.json", "[" + copies.joined(separator: ",") + "]")
      ])
      #expect(try archive.search("three").hits.count == 1)
      #expect(try archive.statistics().messages == 3)
    }
  }
}
