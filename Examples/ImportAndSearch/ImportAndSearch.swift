import PolylogueKit

/// Imports an export, searches the archive, and prints what it finds:
///
///     ImportAndSearch ARCHIVE EXPORT WORD…
@main
struct ImportAndSearch {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 3 else { return print("usage: ImportAndSearch ARCHIVE EXPORT WORD…") }
    let words = arguments[3...].joined(separator: " ")

    try await AsyncPolylogue.open(path: arguments[1], createIfMissing: true) { archive in
      let run = archive.import([arguments[2]])
      for try await event in run {
        if case .failed(let path, let reason) = event { print("\(path): \(reason)") }
      }
      print("\(try await run.report().conversations.new) new conversations")

      let page = try await archive.search(words, limit: 3)
      for hit in page.hits { print("\(hit.title ?? "Untitled"): \(hit.plainSnippet)") }

      for try await summary in archive.filter().text(words).limit(3) {
        guard let conversation = try await archive.conversation(summary.id) else { continue }
        print("\(summary.id) has \(conversation.substantive.count) messages that say something")
      }
    }
  }
}
