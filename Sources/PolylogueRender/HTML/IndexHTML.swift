import PolylogueModel

/// Writes the content of pages that list conversations.
enum IndexHTML {
  static func write(_ page: IndexPage, _ html: inout HTMLWriter) {
    html.markup("<main>\n<header class=top><h1>")
    html.text(page.title)
    html.markup("</h1><ul class=facts><li>")
    html.number(page.count)
    html.markup(
      page.count == 1 ? " conversation</li></ul></header>\n" : " conversations</li></ul></header>\n"
    )
    for choice in page.choices { write(choice, &html) }
    html.markup("<ol class=list>\n")
    for entry in page.entries { write(entry, of: page, &html) }
    html.markup("</ol>\n")
    if page.previous != nil || page.next != nil {
      html.markup("<nav class=pages>")
      link(page.previous, "<span></span>", "← Newer", page, &html)
      link(page.next, "", "Older →", page, &html)
      html.markup("</nav>\n")
    }
    html.markup("</main>\n")
  }

  private static func write(_ choice: IndexPage.Choice, _ html: inout HTMLWriter) {
    // Many would push the list off the screen.
    html.markup(choice.links.count > 24 ? "<details><summary>" : "<details open><summary>")
    html.text(choice.title)
    html.markup("</summary><ul class=groups>")
    for link in choice.links {
      html.markup("<li><a href=\"")
      html.text(link.path)
      html.markup("\">")
      html.text(link.label)
      html.markup(" <small>")
      html.number(link.count)
      html.markup("</small></a></li>\n")
    }
    html.markup("</ul></details>\n")
  }

  private static func write(_ entry: IndexEntry, of page: IndexPage, _ html: inout HTMLWriter) {
    html.markup("<li>")
    if let created = entry.created {
      let iso = created.iso
      html.markup("<time datetime=\"")
      html.text(iso)
      html.markup("\">")
      html.text(String(iso.prefix(10)))
      html.markup("</time>")
    } else {
      html.markup("<span></span>")
    }
    html.markup("<a href=\"")
    html.text(page.up)
    html.text(entry.path)
    html.markup("\">")
    html.text(entry.title ?? "Untitled")
    html.markup("</a><small>")
    html.text(entry.provider)
    if let project = entry.project {
      html.markup(" · ")
      html.text(project)
    }
    html.markup(" · ")
    html.number(entry.messages)
    html.markup(entry.messages == 1 ? " message</small></li>\n" : " messages</small></li>\n")
  }

  private static func link(
    _ path: String?, _ absent: StaticString, _ label: StaticString, _ page: IndexPage,
    _ html: inout HTMLWriter
  ) {
    guard let path else { return html.markup(absent) }
    html.markup("<a href=\"")
    html.text(page.up)
    html.text(path)
    html.markup("\">")
    html.markup(label)
    html.markup("</a>")
  }
}
