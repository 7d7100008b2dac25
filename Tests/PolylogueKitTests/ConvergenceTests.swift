import Foundation
import PolylogueKit
import Testing

/// Whatever the order in which exports come, and however they are split, the archive says the same.
@Suite struct ConvergenceTests {
  @Test(
    .enabled(if: Samples.areThere, "\(Samples.missing)"),
    arguments: [
      "chatgpt", "claude-ai", "claude-code", "codex",
    ])
  func `samples give the same in any order and any split`(provider: String) throws {
    let workspace = try Workspace()
    let exports = ["/panchat-sharded", "/panchat-export-v1"]
    var units: [String] = []
    for file in Samples.files() where file.hasPrefix(Samples.root + "/" + provider + "/") {
      if let export = exports.first(where: { file.contains($0 + "/") }) {
        let folder = file.components(separatedBy: export)[0] + export
        if !units.contains(folder) { units.append(folder) }
      } else {
        units.append(file)
      }
    }
    try Convergence.expect(units, in: workspace)
  }
}
