import PolylogueModel

/// Writes pages that list conversations as Markdown.
enum IndexMarkdown {
  static func bytes(of page: IndexPage) -> [UInt8] {
    var writer = MarkdownWriter(capacity: 512 + page.entries.count * 160)
    writer.append("# \(MarkdownWriter.inline(page.title))\n\n")
    for choice in page.choices {
      writer.append("## \(choice.title)\n\n")
      for link in choice.links {
        writer.append("- [\(MarkdownWriter.inline(link.label))](\(link.path)) (\(link.count))\n")
      }
      writer.append("\n")
    }
    if !page.choices.isEmpty { writer.append("## Newest\n\n") }
    for entry in page.entries {
      let title = MarkdownWriter.inline(entry.title ?? "Untitled")
      writer.append("- ")
      if let created = entry.created { writer.append("\(created.iso.prefix(10)) ") }
      writer.append("[\(title)](\(page.up)\(entry.path)) · ")
      writer.append("\(MarkdownWriter.inline(entry.provider)) · \(entry.messages)\n")
    }
    let links = [("Newer", page.previous), ("Older", page.next)].compactMap { label, path in
      path.map { "[\(label)](\(page.up)\($0))" }
    }
    if !links.isEmpty { writer.append("\n\(links.joined(separator: " · "))\n") }
    return writer.bytes
  }
}
