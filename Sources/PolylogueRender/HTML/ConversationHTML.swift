import PolylogueModel

/// Writes a conversation's part of a page.
struct ConversationHTML {
  var html: HTMLWriter
  private var message: MessageHTML
  /// Tells the ids of one conversation from another's in the page; 0 where there is only one.
  private let prefix: Int
  private var notes = MessageNotes(UserData())

  init(capacity: Int, linksFiles: Bool, prefix: Int = 0) {
    html = HTMLWriter(capacity: capacity)
    message = MessageHTML(linksFiles: linksFiles)
    self.prefix = prefix
  }

  mutating func write(_ conversation: Conversation, _ relatives: Relatives = .none) {
    html.markup(prefix == 0 ? "<main>\n" : "<section class=one>\n")
    head(conversation, relatives)
    notes = MessageNotes(conversation.userData)
    let flow = BranchFlow(conversation.messages)
    for step in flow.steps {
      switch step {
      case .message(let place, let variant):
        write(conversation.messages[place], number: place + 1, variant)
      case .openOther(let variant):
        radio(variant, "<input type=radio class=off", " name=")
        html.markup("<div class=alt>\n")
      case .closeOther, .closeRest: html.markup("</div>\n")
      case .main(let variant, let isEnd):
        radio(variant, "<input type=radio class=on checked", " name=")
        guard isEnd else { continue }
        html.markup("<div class=\"m q\"><header><h2>End of this branch</h2>")
        self.switch(variant)
        html.markup("</header></div>\n")
      case .openRest:
        html.markup("<div class=more><h2>Another branch</h2>\n")
      }
    }
    html.markup(prefix == 0 ? "</main>\n" : "</section>\n")
  }

  // MARK: Head

  private mutating func head(_ conversation: Conversation, _ relatives: Relatives) {
    let header = conversation.header
    html.markup("<header class=top><h1>")
    if conversation.userData.isStarred { html.markup("★ ") }
    html.text(header.title ?? "Untitled")
    html.markup("</h1>\n<ul class=facts>")
    fact(header.id.provider.rawValue)
    if let created = header.createdAt { time(created.iso, in: "<li>") }
    if let updated = header.updatedAt, updated != header.createdAt {
      time(updated.iso, in: "<li>updated ")
    }
    if let project = header.project { fact(project) }
    for model in MarkdownRenderer.models(of: conversation) { fact(model) }
    html.markup("<li>")
    html.number(conversation.messages.count)
    html.markup(conversation.messages.count == 1 ? " message</li>" : " messages</li>")
    tokens(conversation.messages)
    lineage(of: header, relatives)
    let user = conversation.userData
    for tag in user.tags {
      html.markup("<li class=tag>")
      html.text(tag)
      html.markup("</li>")
    }
    html.markup("<li class=id>")
    html.text(header.id.description)
    html.markup("</li></ul>")
    if let note = user.note { write(note: note) }
    html.markup("</header>\n")
  }

  /// A note of the user's own.
  private mutating func write(note: String) {
    html.markup("<p class=note>")
    html.text(note)
    html.markup("</p>\n")
  }

  private mutating func fact(_ text: String) {
    html.markup("<li>")
    html.text(text)
    html.markup("</li>")
  }

  private mutating func time(_ iso: String, in opening: StaticString) {
    html.markup(opening)
    MessageHTML.time(iso, &html)
    html.markup("</li>")
  }

  private mutating func tokens(_ messages: [Message]) {
    var sum: (read: Int64, written: Int64) = (0, 0)
    for case let usage? in messages.lazy.map(\.usage) {
      for part in [usage.input, usage.cacheRead, usage.cacheWrite] {
        sum.read = sum.read.addingReportingOverflow(part).partialValue
      }
      sum.written = sum.written.addingReportingOverflow(usage.output).partialValue
    }
    guard sum.read > 0 || sum.written > 0 else { return }
    html.markup("<li>")
    html.number(Int(sum.read))
    html.markup(" tokens read, ")
    html.number(Int(sum.written))
    html.markup(" written</li>")
  }

  private mutating func lineage(of header: ConversationHeader, _ relatives: Relatives) {
    if let parent = relatives.parent {
      relative(parent, between: " of ")
    } else if let lineage = header.lineage, let parent = header.parentID {
      fact("\(lineage.kind.title) of \(parent)")
    }
    for child in relatives.derived.prefix(Relatives.derivedLimit) { relative(child, between: ": ") }
    let more = relatives.derived.count - Relatives.derivedLimit
    if more > 0 { fact("and \(more) more") }
  }

  private mutating func relative(_ relative: Relatives.Relative, between: StaticString) {
    html.markup("<li>")
    html.text(relative.kind.title)
    html.markup(between)
    html.markup("<a href=\"")
    html.text(relative.file)
    html.markup("\">")
    html.text(relative.title ?? "Untitled")
    html.markup("</a></li>")
  }

  // MARK: Messages

  private mutating func write(_ message: Message, number: Int, _ variant: BranchFlow.Variant?) {
    if message.isHidden, message.blocks.isEmpty, message.attachments.isEmpty, variant == nil {
      return
    }
    let look = MessageHTML.Look(message)
    html.markup(look.isFolded ? "<details class=\"m " : "<article class=\"m ")
    html.markup(look.classes)
    html.markup("\" id=m")
    id(number)
    html.markup(look.isFolded ? "><summary>" : "><header>")
    MessageHTML.heading(message, look, &html)
    if let timestamp = message.timestamp {
      html.markup("<a class=at href=\"#m")
      id(number)
      html.markup("\">")
      MessageHTML.time(timestamp.iso, &html)
      html.markup("</a>")
    }
    if let usage = message.usage { MessageHTML.tokens(usage, &html) }
    if let variant { self.switch(variant) }
    html.markup(look.isFolded ? "</summary>\n" : "</header>\n")
    self.message.content(message, &html)
    if let note = notes[message] { write(note: note) }
    html.markup(look.isFolded ? "</details>\n" : "</article>\n")
  }

  private mutating func id(_ number: Int) {
    if prefix > 0 {
      html.number(prefix)
      html.markup("-")
    }
    html.number(number)
  }

  // MARK: Branches

  private mutating func radio(
    _ variant: BranchFlow.Variant, _ opening: StaticString, _ name: StaticString
  ) {
    html.markup(opening)
    html.markup(name)
    html.markup("f")
    id(variant.fork)
    html.markup(" id=")
    radioID(variant.fork, variant.number)
    html.markup(" aria-label=\"Branch ")
    html.number(variant.number)
    html.markup(" of ")
    html.number(variant.count)
    html.markup("\">\n")
  }

  private mutating func radioID(_ fork: Int, _ number: Int) {
    html.markup("f")
    id(fork)
    html.markup("-")
    html.number(number)
  }

  /// ‹ 2/3 ›
  private mutating func `switch`(_ variant: BranchFlow.Variant) {
    html.markup("<span class=sw>")
    let before = variant.number > 1 ? variant.number - 1 : variant.count
    let after = variant.number < variant.count ? variant.number + 1 : 1
    html.markup("<label aria-hidden=true for=")
    radioID(variant.fork, before)
    html.markup(">‹</label>")
    html.number(variant.number)
    html.markup("/")
    html.number(variant.count)
    html.markup("<label aria-hidden=true for=")
    radioID(variant.fork, after)
    html.markup(">›</label></span>")
  }
}
