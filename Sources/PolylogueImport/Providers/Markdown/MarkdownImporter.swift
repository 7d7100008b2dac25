import PolylogueModel
import PolylogueParsing

/// Reads conversations from Markdown files: those that `polylogue render` has written, and those of
/// other makes with a front matter and messages under headings.
///
/// What Markdown carries is less than what a provider exports, so such a conversation never
/// overwrites a richer one. The provider is the one that the front matter names.
public struct MarkdownImporter: Importer {
  /// Makes the importer.
  public init() {}

  /// `markdown`, for files that name no provider.
  public var provider: Provider { .markdown }

  /// The version of the parser.
  public var version: Int { 2 }

  /// False: a file is one conversation, which takes its attachments from the files beside it.
  public var recordsAreIndependent: Bool { false }

  /// Whether a Markdown file's front matter says that it is a conversation.
  public func recognizes(_ probe: Probe) -> Bool {
    guard probe.framing == .text, let text = probe.records.first?.string,
      let head = FrontMatter(MarkdownText(text))
    else { return false }
    if head["polylogue"] != nil { return true }
    let name = probe.label.split(separator: "/").last
    return name == Substring(HeadedConversation.fileName)
      || (head["provider"] != nil && (head["id"] ?? head["conversation_id"]) != nil)
  }

  /// Attachments of rendered conversations, the renderings' own lists, and their index pages.
  public func companion(_ label: String) -> String? {
    let parts = label.split(separator: "/")
    guard let name = parts.last else { return nil }
    if name == ".polylogue-render.json" { return "list of rendered files" }
    if isIndexPage(parts) { return "index of rendered files" }
    guard parts.dropLast().last == "attachments", name.utf8.count > 13,
      name.utf8.dropFirst(12).first == UInt8(ascii: "-")
    else { return nil }
    let isHash = name.utf8.prefix(12).allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
    }
    return isHash ? attachmentCompanion : nil
  }

  private func isIndexPage(_ parts: [Substring]) -> Bool {
    guard let name = parts.last, name.hasSuffix(".md") else { return false }
    if parts.count == 1 { return name == "index.md" }
    return parts[parts.count - 2] == "index"
      && ["all-", "month-", "project-", "provider-"].contains { name.hasPrefix($0) }
  }

  /// The folders that the older layout keeps attachments in, each with a slash behind it.
  public static func attachmentFolders(of labels: [String]) -> Set<Substring> {
    let name = HeadedConversation.fileName
    return Set(
      labels.filter { $0 == name || $0.hasSuffix("/" + name) }.map {
        $0.dropLast(name.count) + HeadedConversation.attachmentFolder
      })
  }

  /// Opens a tree of files.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    MarkdownExport()
  }
}

/// A tree of files that have nothing in common.
private final class MarkdownExport: Export {
  func parser(for label: String) -> any RecordParser { MarkdownParser(label: label) }
}

/// Reads one file, which is one record: a string.
private final class MarkdownParser: RecordParser {
  private let label: String

  init(label: String) { self.label = label }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    guard let string = record.value.string else { throw RecordError("line 1: it is no Markdown") }
    let text = MarkdownText(string)
    guard let head = FrontMatter(text) else {
      throw RecordError("line 1: no front matter (from “---” to “---”) opens the file")
    }
    if head["polylogue"] == nil {
      try sink.add(HeadedConversation(text, head: head, label: label).read())
    } else {
      var reader = RenderedConversation(text, head: head, label: label)
      let conversation = try reader.read()
      try sink.add(conversation)
      for problem in reader.problems {
        sink.receipt.unknown("part of the file", because: problem.description)
      }
    }
    sink.receipt.understood("conversation")
  }

  func finish(into sink: any ConversationSink) throws {}
}
