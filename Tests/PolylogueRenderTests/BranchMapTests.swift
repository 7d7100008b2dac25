import PolylogueModel
import PolylogueRender
import Testing

@Suite struct BranchMapTests {
  /// q ─ a1 ─ b1, q ─ a2 (last shown), and c whose parent is not there.
  private let map = BranchMap([
    Message(id: "q", role: .user),
    Message(id: "a1", parentID: "q", role: .assistant, isActive: false),
    Message(id: "a2", parentID: "q", role: .assistant),
    Message(id: "b1", parentID: "a1", role: .user, isActive: false),
    Message(id: "c", parentID: "gone", role: .user, isActive: false),
  ])

  @Test func `the first branch is the one last shown`() {
    #expect(map.path(toBranch: 1)?.map(\.id) == ["q", "a2"])
    #expect(map.path(toBranch: 2)?.map(\.id) == ["q", "a1", "b1"])
    #expect(map.path(toBranch: 3)?.map(\.id) == ["c"])
  }

  @Test(arguments: [0, -1, 4, Int.max, Int.min])
  func `a branch that is not there is nil`(number: Int) {
    #expect(map.path(toBranch: number) == nil)
  }

  @Test func `a message names the path through it`() {
    #expect(map.path(through: "a1")?.map(\.id) == ["q", "a1", "b1"])
    #expect(map.path(through: "nothing") == nil)
  }

  @Test func `siblings are numbered`() {
    #expect(map.position(of: "a2")?.number == 2)
    #expect(map.position(of: "a2")?.count == 2)
    #expect(map.position(of: "b1") == nil)
  }

  @Test func `every inactive message stands in exactly one chain`() {
    #expect(map.inactiveChains.map { $0.map(\.id) } == [["a1", "b1"], ["c"]])
  }

  @Test func `a circle of parents ends`() {
    let circle = BranchMap([
      Message(id: "a", parentID: "b", role: .user, isActive: false),
      Message(id: "b", parentID: "a", role: .user, isActive: false),
      Message(id: "s", parentID: "s", role: .user, isActive: false),
    ])
    #expect(circle.inactiveChains.flatMap { $0 }.count == 3)
    #expect(circle.path(through: "b")?.map(\.id) == ["a", "b"])
  }

  @Test func `ids that differ only in normalisation stay apart`() {
    let two = BranchMap([
      Message(id: "\u{E9}", role: .user), Message(id: "e\u{301}", role: .user),
      Message(id: "x", parentID: "e\u{301}", role: .user),
    ])
    #expect(two.path(through: "x")?.first.map { Array($0.id.utf8).count } == 3)
  }
}
