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

  /// Looks the words up in some fields.
  init(
    _ elements: [QueryPlan.Element], segment: SegmentRecord, pages: SegmentPages,
    in fields: [TextField] = TextField.searched
  ) throws {
    self.segment = segment
    entries = []
    entries.reserveCapacity(elements.count)
    let stemmer = elements.contains { $0.form == .stem } ? Stemmer() : nil
    for element in elements {
      var found: [Found] = []
      for field in fields where segment.fields >> field.rawValue & 1 == 1 {
        switch element.form {
        case .exact:
          let term = [field.rawValue] + element.bytes
          if let entry = try SegmentTerms.find(term, segment, pages) {
            found.append(Found(field: field, entry: entry))
          }
        case .prefix:
          found += try SegmentTerms.expand(element.bytes, field, segment, pages) { _ in true }
        case .stem:
          let prefix = Stemmer.prefix(of: element.bytes)
          found += try SegmentTerms.expand(prefix, field, segment, pages) {
            stemmer?.stem($0) == element.bytes
          }
        }
      }
      if element.form == .prefix, found.count > RankingWeights.prefixTerms {
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

  /// The entries of the words that begin like this and that `isWanted` takes.
  private static func expand(
    _ beginning: [UInt8], _ field: TextField, _ segment: SegmentRecord, _ pages: SegmentPages,
    isWanted: ([UInt8]) -> Bool
  ) throws -> [Found] {
    let prefix = [field.rawValue] + beginning
    var scanned = 0
    var number = max(0, plt_root_find(segment.root, segment.root.count, prefix, prefix.count))
    var found: [Found] = []
    var more: Int32 = 1
    let pageCount = SegmentTerms.pageCount(segment.root)
    let terms = UnsafeMutablePointer<plt_term>.allocate(capacity: scanLimit)
    defer { terms.deallocate() }
    while more != 0, scanned < scanLimit, number < pageCount {
      let page = try pages.page(PLT_DICTIONARY, segment.id, UInt32(number))
      let count = withExtendedLifetime(page) {
        plt_dictionary_prefix(
          page.start, page.count, prefix, prefix.count, terms, UInt32(scanLimit - scanned),
          &more)
      }
      for index in 0..<Int(count) where isWanted(word(of: terms[index])) {
        found.append(Found(field: field, entry: terms[index].entry))
      }
      scanned += Int(count)
      number += 1
    }
    return found
  }

  /// The bytes of a dictionary's term behind its field.
  private static func word(of term: plt_term) -> [UInt8] {
    withUnsafeBytes(of: term.term) { Array($0.prefix(Int(term.length)).dropFirst()) }
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
