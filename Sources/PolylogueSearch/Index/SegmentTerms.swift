internal import CPolylogueText

/// The dictionary entries of a query's words in one segment.
struct SegmentTerms {
  /// An entry of one field.
  struct Found {
    var field: TextField
    var entry: plt_entry
  }

  let segment: SegmentRecord
  /// What was found of each word, by the words' numbers.
  private(set) var entries: [[Found]]

  init(_ elements: [QueryPlan.Element], segment: SegmentRecord, pages: SegmentPages) throws {
    self.segment = segment
    entries = []
    entries.reserveCapacity(elements.count)
    for element in elements {
      var found: [Found] = []
      for field in TextField.allCases where segment.fields >> field.rawValue & 1 == 1 {
        let term = [field.rawValue] + element.bytes
        if element.isPrefix {
          found += try SegmentTerms.expand(term, field, segment, pages)
        } else if let entry = try SegmentTerms.find(term, segment, pages) {
          found.append(Found(field: field, entry: entry))
        }
      }
      if element.isPrefix, found.count > RankingWeights.prefixTerms {
        found.sort { $0.entry.documents > $1.entry.documents }
        found.removeLast(found.count - RankingWeights.prefixTerms)
      }
      entries.append(found)
    }
  }

  private static func find(
    _ term: [UInt8], _ segment: SegmentRecord, _ pages: SegmentPages
  ) throws -> plt_entry? {
    let number = plt_root_find(segment.root, segment.root.count, term, term.count)
    guard number >= 0 else { return nil }
    var entry = plt_entry()
    let page = try pages.page(PLT_DICTIONARY, segment.id, UInt32(number))
    let found = withExtendedLifetime(page) {
      plt_dictionary_find(page.start, page.count, term, term.count, &entry)
    }
    return found != 0 ? entry : nil
  }

  /// The most terms of a segment that are looked at for a prefix.
  private static let scanLimit = 8192

  private static func expand(
    _ prefix: [UInt8], _ field: TextField, _ segment: SegmentRecord, _ pages: SegmentPages
  ) throws -> [Found] {
    var number = max(0, plt_root_find(segment.root, segment.root.count, prefix, prefix.count))
    var found: [Found] = []
    var more: Int32 = 1
    let pageCount = SegmentTerms.pageCount(segment.root)
    let terms = UnsafeMutablePointer<plt_term>.allocate(capacity: scanLimit)
    defer { terms.deallocate() }
    while more != 0, found.count < scanLimit, number < pageCount {
      let page = try pages.page(PLT_DICTIONARY, segment.id, UInt32(number))
      let count = withExtendedLifetime(page) {
        plt_dictionary_prefix(
          page.start, page.count, prefix, prefix.count, terms, UInt32(scanLimit - found.count),
          &more)
      }
      for index in 0..<Int(count) {
        found.append(Found(field: field, entry: terms[index].entry))
      }
      number += 1
    }
    return found
  }

  private static func pageCount(_ root: [UInt8]) -> Int {
    var at = 0
    var count = 0
    while at < root.count {
      at += 1 + Int(root[at])
      count += 1
    }
    return count
  }

  /// In how many documents a word is found at most.
  func documents(_ element: Int) -> Int {
    entries[element].reduce(0) { $0 + Int($1.entry.documents) }
  }
}
