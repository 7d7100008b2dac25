import Foundation
import PolylogueKit
import PolylogueModel
import Testing

/// Reading the conversations that a view has to be made of.
@Suite struct StateTests {
  @Test func `conversations come in the order of their states, as they are by then`() throws {
    let work = try Workspace()
    let archive = try work.archive()
    let count = 100
    let all = (0..<count).map { chatGPT("c\(1000 + $0)", ["question \($0)", "answer \($0)"]) }
    _ = try archive.importPaths([work.write("export.json", "[" + all.joined(separator: ",") + "]")])
    let states = try archive.states()
    #expect(states.count == count)
    var met: [String] = []
    try archive.forEachConversation(of: states) { state, conversation in
      #expect(conversation.header.id == state.id)
      #expect(conversation.messages.map(\.text) == texts(of: state.id))
      met.append(state.id.native)
    }
    #expect(met == (0..<count).map { "c\(1000 + $0)" })
    _ = try archive.delete([states[3].id, states[70].id])
    met = []
    try archive.forEachConversation(of: states) { state, _ in met.append(state.id.native) }
    #expect(met.count == count - 2)
    #expect(!met.contains(states[3].id.native) && !met.contains(states[70].id.native))
  }

  @Test func `a body that fails ends it, and the archive can be written after that`() throws {
    struct Failure: Error {}
    let work = try Workspace()
    let archive = try work.archive()
    _ = try archive.importPaths([work.write("a.json", "[" + chatGPT("a", ["one", "two"]) + "]")])
    let states = try archive.states()
    #expect(throws: Failure.self) {
      try archive.forEachConversation(of: states) { _, _ in throw Failure() }
    }
    let report = try archive.importPaths([
      work.write("b.json", "[" + chatGPT("b", ["three", "four"]) + "]")
    ])
    #expect(report.conversations.new == 1)
  }

  private func texts(of id: ConversationID) -> [String] {
    let number = (Int(id.native.dropFirst()) ?? 0) - 1000
    return ["question \(number)", "answer \(number)"]
  }
}
