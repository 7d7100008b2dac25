import PolylogueModel
import PolylogueParsing

/// Collects the sources that a message cites, each once.
struct ChatGPTReferences {
  private(set) var citations: [Citation] = []
  private var seen: Set<ExactID> = []
  private var matched: Set<ExactID> = []
  private var starts: Set<Int64> = []

  /// The sources named so far as blocks.
  var blocks: [Block] { citations.map { .citation($0) } }

  /// Adds one source, unless it says nothing or was added before.
  mutating func add(title: String?, url: String?, quote: String? = nil) {
    let title = title.flatMap { $0.isEmpty ? nil : $0 }
    let url = url.flatMap { $0.isEmpty ? nil : $0 }
    guard title != nil || url != nil else { return }
    // One source can be cited for several passages; the same passage twice says nothing new.
    let key = (url ?? title ?? "") + "\u{0}" + (quote ?? "")
    guard seen.insert(ExactID(key)).inserted else { return }
    citations.append(
      Citation(title: title, url: url, quote: quote.flatMap { $0.isEmpty ? nil : $0 }))
  }

  /// The old form: `metadata.citations`.
  mutating func addCitations(_ list: JSONValue) {
    for entry in list.elements {
      let source = entry["metadata"] ?? entry
      add(source)
    }
  }

  /// The new form: `metadata.content_references`.
  mutating func addReferences(_ list: JSONValue) {
    for entry in list.elements {
      if let text = entry["matched_text"]?.string { matched.insert(ExactID(text)) }
      if let start = entry["start_idx"]?.integer { starts.insert(start) }
      add(entry)
      let items = entry["items"].flatMap { $0.count > 0 ? $0 : nil } ?? entry["fallback_items"]
      for list in [items, entry["sources"]] {
        guard let list else { continue }
        for item in list.elements {
          add(item)
          guard let sites = item["supporting_websites"] else { continue }
          for site in sites.elements { add(site) }
        }
      }
    }
  }

  /// `metadata.search_result_groups`: what a search found.
  mutating func addSearchResults(_ groups: JSONValue) {
    for group in groups.elements {
      guard let entries = group["entries"] else { continue }
      for entry in entries.elements { add(entry) }
    }
  }

  /// Adds the marks of the text that no reference explains, by the provider's own name for them.
  ///
  /// A reference names the mark it belongs to by its text or by its offset, whose unit is not
  /// documented: code points and UTF-16 units are tried.
  mutating func addUnexplained(_ marks: [ChatGPTMarks.Mark]) {
    for mark in marks where mark.kind == "cite" || mark.kind == "filecite" {
      if matched.contains(ExactID(mark.raw)) || starts.contains(Int64(mark.originalPosition))
        || starts.contains(Int64(mark.originalUTF16))
      {
        continue
      }
      // An old mark's number says nothing where the old list explains it.
      if !citations.isEmpty, mark.raw.utf8.first == 0xE3 { continue }
      for argument in mark.arguments { add(title: nil, url: argument) }
    }
  }

  private mutating func add(_ source: JSONValue) {
    let url = (source["url"] ?? source["cloud_doc_url"])?.text
    let name = (source["title"] ?? source["name"])?.text
    let quote = (source["text"] ?? source["snippet"])?.text
    if url == nil, source["type"]?.string == "file" || source["file_id"] != nil {
      add(title: name, url: (source["file_id"] ?? source["id"])?.text, quote: quote)
    } else if url != nil || source["type"]?.string == "file" {
      add(title: name, url: url, quote: quote)
    } else if let name, quote != nil || source["pub_date"] != nil {
      add(title: name, url: nil, quote: quote)
    }
  }
}
