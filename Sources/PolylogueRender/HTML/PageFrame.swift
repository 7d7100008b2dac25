import PolylogueModel

/// What every page has around its content.
enum PageFrame {
  /// Fills a place of a template, all but the content.
  static func fill(
    _ slot: PageTemplate.Slot, _ template: PageTemplate, title: String,
    header: ConversationHeader?, hasPictures: Bool, _ html: inout HTMLWriter
  ) {
    switch slot {
    case .head: head(template, title: title, hasPictures: hasPictures, &html)
    case .content: break
    case .title: html.text(title)
    case .provider: html.text(header?.id.provider.rawValue ?? "")
    case .project: html.text(header?.project ?? "")
    case .id: html.text(header?.id.description ?? "")
    case .created: html.text(header?.createdAt?.iso ?? "")
    case .updated: html.text(header?.updatedAt?.iso ?? "")
    }
  }

  private static func head(
    _ template: PageTemplate, title: String, hasPictures: Bool, _ html: inout HTMLWriter
  ) {
    html.markup(
      """
      <meta charset=utf-8>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '
      """)
    html.prepared(template.styleHash)
    html.markup("'")
    if hasPictures { html.markup("; img-src 'self'") }
    html.markup(
      """
      ; base-uri 'none'; form-action 'none'">
      <meta name=viewport content="width=device-width,initial-scale=1">
      <meta name=referrer content=no-referrer>
      <meta name=color-scheme content="light dark">
      <meta name=generator content=polylogue>
      <title>
      """)
    html.text(title)
    html.markup("</title>\n<style>")
    html.prepared(template.style)
    html.markup("</style>\n")
  }

  /// The line at the top: the way back, and the choice of colours.
  static func bar(_ html: inout HTMLWriter, indexPage: StaticString?) {
    html.markup("<div class=bar><nav>")
    if let indexPage {
      html.markup("<a href=\"")
      html.markup(indexPage)
      html.markup("\">← All conversations</a>")
    }
    html.markup(
      """
      </nav><fieldset class=theme><legend class=sr>Colours</legend>\
      <input type=radio name=theme id=auto checked><label for=auto>Auto</label>\
      <input type=radio name=theme id=light><label for=light>Light</label>\
      <input type=radio name=theme id=dark><label for=dark>Dark</label></fieldset></div>

      """)
  }
}
