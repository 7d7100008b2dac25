import Foundation
import Testing

@testable import PolylogueCommands

@Suite struct WeightsCommandTests {
  private let archive: SampleArchive

  init() throws { archive = try SampleArchive() }

  private func weights(_ run: ProgramRun) throws -> [String: Double] {
    try #require(try run.document()["weights"] as? [String: Double])
  }

  @Test func `sets what is named, shows it with a score, and goes back`() throws {
    let set = try archive.run("weights", "neighbour=0.7", "date=0", "--json")
    #expect(try weights(set)["neighbour"] == 0.7 && weights(set)["session"] == 0.3)
    #expect(try set.document()["are_standard"] as? Bool == false)
    let again = try archive.run("weights", "session=0.15")
    #expect(again.output.contains("0.15") && again.output.contains("0.7"))
    let search = try archive.run("search", "--mode", "words", "--explain", "drift")
    #expect(
      search.output.contains(
        "weights: words=1 neighbour=0.7 session=0.15 author=0.5 date=0 meaning=1 surroundings=0.3"))
    #expect(try !archive.run("search", "--explain", "drift").output.contains("weights:"))
    let back = try archive.run("weights", "--standard", "--json")
    #expect(try weights(back)["neighbour"] == 1 && weights(back)["date"] == 0.5)
    #expect(try back.document()["are_standard"] as? Bool == true)
  }

  @Test func `tuning prints the command that sets what it found`() throws {
    let questions = archive.folder.path + "/q.jsonl"
    #expect(try archive.run("eval", "--make", "5", questions).status == .done)
    let run = try archive.run("eval", "--tune", "--mode", "words", questions)
    let line = try #require(run.output.split(separator: "\n").last { $0.contains("tuned on all") })
    guard let start = line.range(of: "polylogue weights ") else {
      #expect(line.contains("the best that were found"))
      return
    }
    let arguments = line[start.upperBound...].split(separator: " ").map(String.init)
    let set = try ProgramRun(
      arguments: ["--archive", archive.path, "weights", "--json"] + arguments)
    #expect(set.status == .done)
    #expect(try weights(set).count == 7)
  }

  @Test(arguments: [
    (["walrus=1"], "the parts are words"), (["words"], "PART=NUMBER"),
    (["words=x"], "from 0 to 100"),
    (["words=101"], "from 0 to 100"), (["words=nan"], "from 0 to 100"),
    (["--standard", "words=1"], "name none beside it"),
  ])
  func `what is no weight is wrong usage`(arguments: [String], words: String) throws {
    let run = try ProgramRun(arguments: ["--archive", archive.path, "weights"] + arguments)
    #expect(run.status == .usage && run.errors.contains(words), "\(run.errors)")
  }
}
