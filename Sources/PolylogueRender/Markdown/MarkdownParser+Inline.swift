import CPolylogueMarkdown
import Glibc

/// What stands within paragraphs, headings and cells.
extension MarkdownParser {
  /// - Returns: 0, or -1 where the text is refused.
  func openSpan(_ type: MD_SPANTYPE, _ detail: UnsafeMutableRawPointer?) -> CInt {
    isAfterBreak = false
    switch type {
    case MD_SPAN_EM: nodes.append(.open(.emphasis))
    case MD_SPAN_STRONG: nodes.append(.open(.strong))
    case MD_SPAN_DEL: nodes.append(.open(.struck))
    case MD_SPAN_CODE: nodes.append(.open(.code))
    case MD_SPAN_A:
      let link = MarkdownParser.detail(detail, as: MD_SPAN_A_DETAIL.self)
      nodes.append(.openLink(span(of: link.href), isPicture: false))
    case MD_SPAN_IMG:
      let picture = MarkdownParser.detail(detail, as: MD_SPAN_IMG_DETAIL.self)
      nodes.append(.openLink(span(of: picture.src), isPicture: true))
    default: break
    }
    return allowance < 0 ? -1 : 0
  }

  func closeSpan(_ type: MD_SPANTYPE) {
    isAfterBreak = false
    switch type {
    case MD_SPAN_EM: nodes.append(.close(.emphasis))
    case MD_SPAN_STRONG: nodes.append(.close(.strong))
    case MD_SPAN_DEL: nodes.append(.close(.struck))
    case MD_SPAN_CODE: nodes.append(.close(.code))
    case MD_SPAN_A, MD_SPAN_IMG: nodes.append(.closeLink)
    default: break
    }
  }

  func take(_ type: MD_TEXTTYPE, _ piece: UnsafeBufferPointer<CChar>) {
    if codeStart != nil {
      // In code the character stands in the piece that follows, too.
      return type == MD_TEXT_NULLCHAR ? () : takeCode(piece)
    }
    switch type {
    case MD_TEXT_BR: nodes.append(.lineBreak)
    case MD_TEXT_SOFTBR:
      nodes.append(.softBreak)
      isAfterBreak = true
      return
    case MD_TEXT_NULLCHAR: nodes.append(.character(0))
    case MD_TEXT_ENTITY:
      if let scalar = MarkdownEntity.scalar(piece) {
        nodes.append(.character(scalar))
      } else {
        nodes.append(.text(span(of: piece)))
      }
    default:
      if type == MD_TEXT_NORMAL, let place = place(of: piece) {
        takeText(isAfterBreak ? indentation(before: place) : place, place + piece.count)
      } else if isInCell {
        takeCellCode(span(of: piece))
      } else {
        nodes.append(.text(span(of: piece)))
      }
    }
    isAfterBreak = false
  }

  // MARK: Text

  /// Takes a stretch of the text, with the formulas in it.
  private func takeText(_ start: Int, _ end: Int) {
    var place = start
    while place < end {
      if let last = formulaEnd {
        if min(last, end) > place { nodes.append(.text(Span(place, min(last, end)))) }
        place = max(place, min(last, end))
        if last <= end { closeFormula() } else { return }
        continue
      }
      // What began within an address or a piece of code is none.
      while formula < mask.formulas.count, mask.formulas[formula].lowerBound < place {
        formula += 1
      }
      guard formula < mask.formulas.count, mask.formulas[formula].lowerBound < end else {
        return showText(place, end)
      }
      let range = mask.formulas[formula]
      formula += 1
      showText(place, range.lowerBound)
      let mark = text[range.lowerBound + 1]
      nodes.append(.openMath(isDisplay: mark == UInt8(ascii: "$") || mark == UInt8(ascii: "[")))
      formulaEnd = range.upperBound
      place = range.lowerBound
    }
  }

  /// Closes the formula that is open, if one is: at its end, or where its paragraph ends before.
  func closeFormula() {
    guard formulaEnd != nil else { return }
    formulaEnd = nil
    nodes.append(.close(.math))
  }

  /// Shows text in which `<br>` is a line break, as it is in the cells of tables, and a bare address
  /// a link.
  private func showText(_ start: Int, _ end: Int) {
    guard start < end else { return }
    text.withUnsafeBufferPointer { bytes in
      let bytes = UnsafeBufferPointer(rebasing: bytes[..<end])
      var brackets = ByteSearch(UInt8(ascii: "<"), in: bytes)
      var colons = ByteSearch(UInt8(ascii: ":"), in: bytes)
      var done = start
      var index = start
      while true {
        let bracket = brackets.place(from: index)
        index = min(bracket, colons.place(from: index))
        guard index < end else { break }
        if index == bracket, let next = MarkdownParser.behindBreak(bytes, index, end) {
          if done < index { nodes.append(.text(Span(done, index))) }
          nodes.append(.lineBreak)
          done = next
          index = next
        } else if index != bracket,
          let address = BareAddress.range(in: bytes, colon: index, from: done)
        {
          if done < address.lowerBound { nodes.append(.text(Span(done, address.lowerBound))) }
          let span = Span(address.lowerBound, address.upperBound)
          nodes.append(contentsOf: [.openLink(span, isPicture: false), .text(span), .closeLink])
          done = address.upperBound
          index = done
        } else {
          index += 1
        }
      }
      if done < end { nodes.append(.text(Span(done, end))) }
    }
  }

  /// Behind `<br>`, `<br/>` or `<br />`.
  private static func behindBreak(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
  ) -> Int? {
    guard start + 3 < end, bytes[start + 1] | 0x20 == UInt8(ascii: "b"),
      bytes[start + 2] | 0x20 == UInt8(ascii: "r")
    else { return nil }
    var place = start + 3
    if bytes[place] == 0x20 { place += 1 }
    if place < end, bytes[place] == UInt8(ascii: "/") { place += 1 }
    return place < end && bytes[place] == UInt8(ascii: ">") ? place + 1 : nil
  }

  /// Shows code within a cell, where a backslash that protects a bar is not the code's.
  private func takeCellCode(_ code: Span) {
    var done = code.range.lowerBound
    for index in code.range.dropLast()
    where text[index] == UInt8(ascii: "\\") && text[index + 1] == UInt8(ascii: "|") {
      if done < index { nodes.append(.text(Span(done, index))) }
      done = index + 1
    }
    nodes.append(.text(Span(done, code.range.upperBound)))
  }

  func takeCode(_ piece: UnsafeBufferPointer<CChar>) {
    guard let place = place(of: piece) else {
      return text.append(contentsOf: UnsafeRawBufferPointer(piece))
    }
    // A slice would hold on to the text, which then were copied for every line.
    text.append(contentsOf: Array(text[place..<(place + piece.count)]))
  }

  /// Where the blanks before a place in a line begin: people paste programs without fences. Within
  /// quotes and lists they belong to these.
  private func indentation(before place: Int) -> Int {
    guard depth == 0 else { return place }
    var start = place
    while start > 0, text[start - 1] == 0x20 || text[start - 1] == 0x09 { start -= 1 }
    return start
  }

  // MARK: Places

  /// Where a piece lies in the text; nothing when md4c made it up.
  private func place(of piece: UnsafeBufferPointer<CChar>) -> Int? {
    guard let source, let start = piece.baseAddress else { return nil }
    let distance = Int(bitPattern: start) &- Int(bitPattern: source)
    return distance >= 0 && distance + piece.count <= sourceCount ? distance : nil
  }

  func span(of piece: UnsafeBufferPointer<CChar>) -> Span {
    if let place = place(of: piece) { return Span(place, place + piece.count) }
    let start = text.count
    text.append(contentsOf: UnsafeRawBufferPointer(piece))
    return Span(start, text.count)
  }

  /// An address or the name of a language; entities in it are resolved.
  func span(of attribute: MD_ATTRIBUTE) -> Span {
    let bytes = UnsafeBufferPointer(start: attribute.text, count: Int(attribute.size))
    allowance -= bytes.count
    guard place(of: bytes) == nil, let types = attribute.substr_types,
      let offsets = attribute.substr_offsets
    else { return span(of: bytes) }
    let start = text.count
    var index = 0
    while offsets[index] < attribute.size {
      let piece = UnsafeBufferPointer(
        rebasing: bytes[Int(offsets[index])..<Int(offsets[index + 1])])
      if types[index] == MD_TEXT_ENTITY,
        let scalar = MarkdownEntity.scalar(piece).flatMap(Unicode.Scalar.init)
      {
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      } else {
        text.append(contentsOf: UnsafeRawBufferPointer(piece))
      }
      index += 1
    }
    return Span(start, text.count)
  }

  /// What md4c says of a block or a span.
  static func detail<Detail>(_ detail: UnsafeMutableRawPointer?, as type: Detail.Type) -> Detail {
    guard let detail else { preconditionFailure("md4c gives this detail for every such block") }
    return detail.load(as: type)
  }
}
