import PolylogueImport
import PolylogueModel
import Testing

/// Real session files of several versions, counted against their manifest.
@Suite(.enabled(if: Samples.areThere, "set POLYLOGUE_SAMPLES to the folder of the samples"))
struct GeminiCLISampleTests {
  @Test(arguments: Samples.entries("gemini-cli"))
  func `agrees with the manifest`(sample: Samples.Entry) throws {
    let text = try Samples.text(sample.path)
    let probe = try SessionImport.probe(text, label: sample.path)
    #expect(ImporterRegistry.recognize(probe)?.provider == .geminiCLI)
    let result = try SessionImport.run(GeminiCLIImporter(), [(sample.path, text)])
    #expect(result.violations.isEmpty)
    #expect(result.receipt.lost == 0 && result.receipt.unknownDetails == 0)
    let messages = try #require(result.conversations.first).messages
    #expect(result.conversations.count == 1)
    // The manifest counts records. A result is a message of its own here, and follows its call.
    let records = messages.filter { !$0.id.contains("#") }
    #expect(records.count == sample.counts["msgs"])
    let blocks = messages.flatMap(\.blocks)
    #expect(
      blocks.count { if case .toolCall = $0 { true } else { false } } == sample.counts["tc"] ?? 0)
    #expect(
      blocks.count { if case .thinking = $0 { true } else { false } } == sample.counts["th"] ?? 0)
    let results = blocks.count { if case .toolResult = $0 { true } else { false } }
    #expect(results == sample.counts["tc"] ?? 0)
    #expect(messages.count == records.count + results)
    for type in sample.types {
      #expect(result.tally(type.name)?.understood == type.count, "\(type.name)")
    }
    // Records of control: the first line and changes.
    if let control = sample.counts["ctl"] {
      let seen = ["session", "$set", "$rewindTo"].compactMap { result.tally($0)?.seen }
      #expect(seen.reduce(0, +) == control)
    }
  }

  @Test func `the copies of a session are one conversation with the same messages`() throws {
    let name = "session-2026-01-01T06-42-b1fc1c13.json"
    let copies = try ["m-gemini", "m-gemini-older-copy"].map { folder in
      let path = "gemini-cli/\(folder)/\(name)"
      let result = try SessionImport.run(GeminiCLIImporter(), [(path, try Samples.text(path))])
      return try #require(result.conversations.first)
    }
    #expect(copies[0].header.id == copies[1].header.id)
    #expect(copies[0].messages.map(\.id) == copies[1].messages.map(\.id))
    #expect(copies[0] != copies[1])
  }
}

extension Samples.Entry {
  /// The manifest's `types=gemini:118,user:13`.
  var types: [(name: String, count: Int)] {
    let field = text?.split(separator: " ").first { $0.hasPrefix("types=") }
    return (field?.dropFirst(6).split(separator: ",") ?? []).compactMap { item in
      let pair = item.split(separator: ":")
      return pair.count == 2 ? Int(pair[1]).map { (String(pair[0]), $0) } : nil
    }
  }
}
