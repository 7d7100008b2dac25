import Foundation
import PolylogueModel
import PolylogueSearch
import Testing

@testable import PolylogueKit

@Suite struct `Weights of an archive` {
  private let workspace: Workspace
  private let archive: Archive

  init() throws {
    workspace = try Workspace()
    archive = try workspace.archive()
    let path = try workspace.write(
      "a.json",
      "[\(chatGPT("a", ["the walrus", "it sleeps"])),\(chatGPT("b", ["the walrus it may be", "no"]))]"
    )
    _ = try archive.importPaths([path])
  }

  @Test func `set weights rank every search until they are taken back`() throws {
    #expect(try archive.ownRankingWeights() == nil)
    let before = try archive.search("walrus sleeps", mode: .words)
    #expect(before.weights == .standardWeights)
    #expect(before.hits.first?.parts.neighbour ?? 0 > 0)
    var weights = AnswerFeatures.standardWeights
    weights[.neighbour] = 0
    weights[.session] = 0.255
    try archive.setRankingWeights(weights)
    #expect(try archive.ownRankingWeights() == weights)
    let mode = try FileManager.default.attributesOfItem(atPath: archive.folder.rankingPath)
    #expect(mode[.posixPermissions] as? Int == 0o600)
    let other = try workspace.archive("archive", .read)
    let page = try other.search("walrus sleeps", mode: .words)
    #expect(page.weights == weights && page.notes == [])
    #expect(page.hits.allSatisfy { $0.parts.neighbour == 0 })
    #expect(try other.similar(to: "chatgpt:a").weights == weights)
    let question = EvaluationQuestion(query: "walrus", relevant: ["chatgpt:a"])
    #expect(try other.evaluate([question], modes: [.words]).weights == weights)
    #expect(try other.search("walrus").weights == nil)
    try archive.setRankingWeights(nil)
    try archive.setRankingWeights(nil)
    #expect(try other.search("walrus sleeps", mode: .words).weights == .standardWeights)
  }

  @Test(arguments: [
    "", "{\"words\":", "{\"words\":\"much\"}", "{\"words\":-1}", "{\"date\":1e99}",
    "{\"date\":101}", "[]", "\"x\"", "{}", "{\"bogus\":5}", "{\"words\":null}",
  ])
  func `a file that makes no sense is told, and the standard weights are used`(text: String) throws
  {
    try Data(text.utf8).write(to: URL(fileURLWithPath: archive.folder.rankingPath))
    let error = #expect(throws: ArchiveError.self) { try archive.ownRankingWeights() }
    #expect(error?.code == .damaged && error?.message.contains("ranking.json") == true)
    let page = try archive.search("walrus sleeps", mode: .words)
    #expect(page.weights == .standardWeights && !page.hits.isEmpty)
    #expect(page.notes.contains { $0.contains("polylogue weights --standard") })
    try archive.setRankingWeights(nil)
    #expect(try archive.ownRankingWeights() == nil)
  }

  @Test(arguments: [-0.1, 100.5, Double.nan, .infinity, 0])
  func `what is no weight is refused`(number: Double) throws {
    var weights = AnswerFeatures()
    weights[.words] = number
    let error = #expect(throws: ArchiveError.self) { try archive.setRankingWeights(weights) }
    #expect(error?.code == .invalidArgument)
    #expect(try archive.ownRankingWeights() == nil)
  }
}
