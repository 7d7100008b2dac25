import PolylogueKit
import Testing

@Suite struct ShortIDTests {
  @Test func `a short id is a unique beginning that is taken for the whole`() throws {
    let space = try Workspace()
    let ids = [
      "aaaaaaaa-1111", "aaaaaaaa-1112", "aaaaaaaa-2222", "bbbbbbbb-1111-2222-3333", "c", "cc",
      "dddddddd-1111", "dddddddd-1111:agent-77", "dddddddd-1111:agent-78", "日本日本日本日本日本",
    ]
    let export = "[" + ids.map { chatGPT($0, ["hello"]) }.joined(separator: ",") + "]"
    let file = try space.write("conversations.json", export)
    let archive = try space.archive()
    #expect(try archive.importPaths([file]).failed.isEmpty)
    let all = try archive.list(limit: nil).items.map(\.id)
    #expect(all.count == ids.count)
    let short = try Dictionary(
      uniqueKeysWithValues: all.map { ($0.native, try archive.shortID(of: $0)) })
    for id in all {
      #expect(try archive.identifier(matching: short[id.native] ?? "") == id)
    }
    #expect(short["aaaaaaaa-1112"] == "chatgpt:aaaaaaaa-1112")
    #expect(short["aaaaaaaa-2222"] == "chatgpt:aaaaaaaa-2")
    #expect(short["bbbbbbbb-1111-2222-3333"] == "chatgpt:bbbbbbbb")
    #expect(short["dddddddd-1111"] == "chatgpt:dddddddd")
    #expect(short["dddddddd-1111:agent-78"] == "chatgpt:dddddddd:agent-78")
  }
}
