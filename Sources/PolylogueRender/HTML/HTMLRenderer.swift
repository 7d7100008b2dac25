public import PolylogueModel

/// Writes a conversation as one HTML page that needs nothing else.
///
/// The page holds its stylesheet and no program at all; its policy (`Content-Security-Policy`)
/// allows that one stylesheet, by its hash, and pictures that stand beside the page. All archived
/// text is escaped; only web and mail addresses become links; pictures from elsewhere are links.
/// Every branch is in the page; which one is shown is chosen by radio buttons.
///
/// Pages are deterministic: the same conversation and template give the same bytes.
public struct HTMLRenderer: ConversationRenderer {
  /// The version of the page's form; raised when pages change.
  public static let formVersion = 1

  /// `html`.
  public var fileExtension: String { "html" }

  /// The form's version and all that the template decides.
  public var stamp: String {
    let template = String(decoding: template.digest, as: UTF8.self)
    return "html \(HTMLRenderer.formVersion) \(linksFiles) \(template)"
  }

  private let template: PageTemplate
  private let linksFiles: Bool

  /// A renderer.
  ///
  /// - Parameters:
  ///   - template: The shell of the page and its styles.
  ///   - linksFiles: Whether the page stands in a folder of rendered pages: attachments that the
  ///     archive has are then linked to their files, under the name that
  ///     ``FileName/attachment(_:)`` gives them, pictures are shown, and the index is linked.
  public init(template: PageTemplate = .standard, linksFiles: Bool = false) {
    self.template = template
    self.linksFiles = linksFiles
  }

  /// The page's bytes.
  ///
  /// - Complexity: O(bytes of the conversation).
  public func bytes(of conversation: Conversation, relatives: Relatives) -> [UInt8] {
    let size = template.style.count + 4096 + conversation.messages.count * 900
    var page = ConversationHTML(capacity: size, linksFiles: linksFiles)
    let header = conversation.header
    for part in template.parts {
      switch part {
      case .markup(let markup): page.html.prepared(markup)
      case .slot(.content):
        PageFrame.bar(&page.html, indexPage: linksFiles ? "../index.html" : nil)
        page.write(conversation, relatives)
      case .slot(let slot):
        PageFrame.fill(
          slot, template, title: header.title ?? "Untitled", header: header,
          hasPictures: linksFiles, &page.html)
      }
    }
    return page.html.bytes
  }

  /// A page that lists conversations.
  public func bytes(of page: IndexPage) -> [UInt8] {
    var html = HTMLWriter(capacity: template.style.count + 4096 + page.entries.count * 300)
    for part in template.parts {
      switch part {
      case .markup(let markup): html.prepared(markup)
      case .slot(.content):
        PageFrame.bar(&html, indexPage: page.folder.isEmpty ? nil : "../index.html")
        IndexHTML.write(page, &html)
      case .slot(let slot):
        PageFrame.fill(
          slot, template, title: page.title, header: nil, hasPictures: false, &html)
      }
    }
    return html.bytes
  }

  /// The beginning of a page that holds many conversations, one after the other.
  public func opening(title: String) -> [UInt8] {
    var html = HTMLWriter(capacity: template.style.count + 1024)
    html.markup("<!doctype html>\n<html lang=en>\n<head>\n")
    PageFrame.fill(.head, template, title: title, header: nil, hasPictures: false, &html)
    html.markup("</head>\n<body>\n")
    PageFrame.bar(&html, indexPage: nil)
    return html.bytes
  }

  /// A conversation of a page that holds many.
  ///
  /// - Parameter number: Its number in the page, from 1: it keeps the ids in the page apart.
  public func section(of conversation: Conversation, number: Int) -> [UInt8] {
    var page = ConversationHTML(
      capacity: 4096 + conversation.messages.count * 900, linksFiles: false, prefix: number)
    page.write(conversation)
    return page.html.bytes
  }

  /// The end of a page that holds many conversations.
  public var closing: [UInt8] { Array("</body>\n</html>\n".utf8) }
}
