import CPolylogueJSON
import Glibc

/// Cuts an input in UTF-8 into pieces, by a plan that was made from its first bytes.
final class RecordCutter {
  /// The most bytes of a piece that is no record.
  static let chunkByteCount = 1 << 20

  private enum Phase {
    /// Before a record.
    case between
    /// Within a record that is longer than may be; whether its end has been found.
    case oversized(ended: Bool)
    /// Behind the last record.
    case tail
    case opaque
    case text
    case cells
    case done
  }

  private enum ArrayState { case before, inside, closed }

  let buffer: RecordBuffer
  let limits: ParsingLimits
  private var plan: FramingProbe.Plan
  private var phase: Phase
  private var array = ArrayState.before
  private var cursor = polylogue_json_cursor()
  /// The bytes at the start of the buffer that have been delivered and may go.
  private var delivered = 0
  /// The bytes at the start of the buffer that have been scanned.
  var scanned = 0
  /// Where the input is cut at cells: whether the buffer begins with one …
  var isInCell = false
  /// … and whether that is longer than may be.
  var isCellTooLong = false
  private var recordCount = 0
  private var recordOffset: Int64 = 0
  private var sawOversized = false

  private(set) var problem: RecordProblem?
  private(set) var warning: RecordProblem?

  var framing: RecordFraming { plan.framing }

  /// - Parameter plan: How to read; nil to keep the bytes without reading them.
  init(buffer: RecordBuffer, plan: FramingProbe.Plan?, limits: ParsingLimits) {
    self.buffer = buffer
    self.limits = limits
    self.plan = plan ?? FramingProbe.Plan(framing: .document, prologueCount: 0)
    phase = plan == nil ? .opaque : .between
    if plan == nil { problem = RecordProblem(reason: .notJSON, offset: 0) }
    if plan?.framing == .text { phase = .text }
    if plan?.framing == .cells { phase = .cells }
    if self.plan.isWrapped { array = .inside }
    scanned = self.plan.prologueCount
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  func next() throws -> Piece? {
    buffer.consume(delivered)
    delivered = 0
    let piece: Piece?
    switch phase {
    case .between: piece = nextRecord()
    case .oversized(let ended): piece = nextOversized(ended: ended)
    case .tail: piece = nextChunk(.tail)
    case .opaque: piece = nextChunk(.opaque)
    case .text: piece = nextText()
    case .cells: piece = nextCell()
    case .done: piece = nil
    }
    if let piece { return piece }
    phase = .done
    if let error = buffer.error { throw error }
    return nil
  }

  // MARK: - Delivering

  /// Hands out bytes from the start of the buffer.
  func deliver(separator: Int, count: Int, _ kind: Piece.Kind) -> Piece {
    let bytes = buffer.bytes
    delivered = separator + count
    scanned = max(0, scanned - delivered)
    return Piece(
      offset: buffer.offset + Int64(separator),
      separator: UnsafeRawBufferPointer(rebasing: bytes[0..<separator]),
      bytes: UnsafeRawBufferPointer(rebasing: bytes[separator..<separator + count]), kind: kind)
  }

  /// Notes the first problem. That an input ends too early is no news where its source has failed.
  private func set(_ reason: RecordProblem.Reason, _ offset: Int64) {
    if problem == nil, buffer.error == nil {
      problem = RecordProblem(reason: reason, offset: offset)
    }
  }

  /// Bytes that are not looked at, as they come.
  private func nextChunk(_ kind: Piece.Kind) -> Piece? {
    if buffer.count == 0 { _ = buffer.fill() }
    // The last fill may have read nothing.
    guard buffer.count > 0 else {
      if plan.isWrapped, array != .closed { set(.truncated, buffer.offset) }
      return nil
    }
    let count = min(buffer.count, RecordCutter.chunkByteCount)
    if plan.isWrapped, array != .closed { watchWrapperEnd(count) }
    return deliver(separator: 0, count: count, kind)
  }

  /// Follows the rest of the object around a list, to see whether it is closed.
  private func watchWrapperEnd(_ count: Int) {
    guard let base = buffer.bytes.bindMemory(to: UInt8.self).baseAddress else { return }
    let passed = polylogue_json_skip(&cursor, base, count)
    guard cursor.depth == 0, !cursor.in_string else { return }
    array = .closed
    let rest = buffer.bytes[passed..<count].firstIndex { !RecordCutter.isSpace($0) && $0 != 0 }
    if let rest { set(.trailingBytes, buffer.offset + Int64(rest)) }
  }

  // MARK: - Between records

  private enum Between {
    case more, record, garbage
    /// The list is closed and more of the object around it follows.
    case wrapperEnd
  }

  private func nextRecord() -> Piece? {
    while true {
      switch scanSeparator() {
      case .record:
        return startRecord(separator: scanned)
      case .garbage:
        set(.trailingBytes, buffer.offset + Int64(scanned))
        phase = .tail
        return separatorPiece() ?? nextChunk(.tail)
      case .wrapperEnd:
        cursor = polylogue_json_cursor(depth: 1, in_string: false, escaped: false)
        phase = .tail
        return separatorPiece() ?? nextChunk(.tail)
      case .more:
        if scanned >= RecordCutter.chunkByteCount { return separatorPiece() }
        if !buffer.fill() {
          finish()
          phase = .done
          return separatorPiece()
        }
      }
    }
  }

  /// What was scanned between records, as a piece of its own.
  private func separatorPiece() -> Piece? {
    guard scanned > 0 else { return nil }
    return deliver(separator: min(scanned, RecordCutter.chunkByteCount), count: 0, .tail)
  }

  /// Judges the end of the input between two records.
  private func finish() {
    if framing == .array, array != .closed || plan.isWrapped {
      set(.truncated, buffer.offset + Int64(scanned))
    } else if framing != .array, recordCount == 0 {
      set(.empty, 0)
    }
    if sawOversized, problem?.reason == .truncated {
      problem = problem.map { RecordProblem(reason: .desynchronised, offset: $0.offset) }
    }
  }

  private func scanSeparator() -> Between {
    let bytes = buffer.bytes
    while scanned < bytes.count {
      let byte = bytes[scanned]
      if !RecordCutter.isSpace(byte) {
        if byte == 0, framing != .array || array == .closed {
          if warning == nil {
            warning = RecordProblem(
              reason: .trailingZeros, offset: buffer.offset + Int64(scanned))
          }
        } else if let event = judge(byte) {
          return event
        }
      }
      scanned += 1
    }
    return .more
  }

  /// What a byte between records means; nil when it belongs to the separator.
  private func judge(_ byte: UInt8) -> Between? {
    switch framing {
    case .lines:
      return .record
    case .document:
      let opens = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
      return opens || recordCount == 0 ? .record : .garbage
    case .array, .text, .cells:
      break
    }
    switch (array, byte) {
    case (.inside, UInt8(ascii: ",")):
      return nil
    case (.inside, UInt8(ascii: "]")):
      if plan.isWrapped {
        scanned += 1
        return .wrapperEnd
      }
      array = .closed
      return nil
    case (.inside, _):
      return .record
    case (_, UInt8(ascii: "[")):
      // A second list behind the first is read like the first.
      array = .inside
      return nil
    default:
      return .garbage
    }
  }

  // MARK: - Within a record

  /// Scans the record that begins behind the separator, reading until it ends.
  private func startRecord(separator: Int) -> Piece? {
    recordOffset = buffer.offset + Int64(separator)
    cursor = polylogue_json_cursor()
    recordCount += 1
    let first = buffer.bytes[separator]
    while true {
      let ended = scanRecord(from: separator, first: first)
      if scanned - separator > limits.recordByteCount {
        sawOversized = true
        phase = .oversized(ended: ended)
        let count = min(scanned - separator, RecordCutter.chunkByteCount)
        oversizedFirst = first
        return deliver(separator: separator, count: count, .oversized)
      }
      if ended { return deliver(separator: separator, count: scanned - separator, .record) }
      if !buffer.fill() { return endWithinRecord(separator, first) }
    }
  }

  /// The first byte of the record whose parts are being handed out.
  private var oversizedFirst: UInt8 = 0

  /// The input has ended before the record has.
  private func endWithinRecord(_ separator: Int, _ first: UInt8) -> Piece? {
    if framing == .lines || !RecordCutter.isBracketed(first) {
      trimRecord(from: separator)
      return deliver(separator: separator, count: scanned - separator, .record)
    }
    set(sawOversized ? .desynchronised : .truncated, recordOffset)
    phase = .tail
    // The object around a list is not to be followed from the middle of a record.
    array = .closed
    let count = min(scanned - separator, RecordCutter.chunkByteCount)
    return deliver(separator: separator, count: count, .tail)
  }

  private func nextOversized(ended: Bool) -> Piece? {
    var ended = ended
    while scanned == 0, !ended {
      if !buffer.fill() {
        if framing != .lines, RecordCutter.isBracketed(oversizedFirst) {
          set(.desynchronised, recordOffset)
          return nil
        }
        ended = true
      } else {
        ended = scanRecord(from: 0, first: oversizedFirst)
      }
      phase = .oversized(ended: ended)
    }
    if scanned == 0 {
      phase = .between
      return nextRecord()
    }
    return deliver(
      separator: 0, count: min(scanned, RecordCutter.chunkByteCount), .oversized)
  }

  private static func isBracketed(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"")
  }

  /// Goes on with the record that begins at `start`, and says whether its end is found. Then
  /// `scanned` stands behind its last byte.
  private func scanRecord(from start: Int, first: UInt8) -> Bool {
    let bytes = buffer.bytes
    guard let base = bytes.bindMemory(to: UInt8.self).baseAddress, scanned < bytes.count else {
      return false
    }
    if framing == .lines { return scanLine(bytes, from: start) }
    if RecordCutter.isBracketed(first) {
      scanned += polylogue_json_skip(&cursor, base + scanned, bytes.count - scanned)
      return cursor.depth == 0 && !cursor.in_string
    }
    while scanned < bytes.count {
      let byte = bytes[scanned]
      let ends =
        framing == .array && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]"))
      if ends || RecordCutter.isSpace(byte) { return true }
      scanned += 1
    }
    return false
  }

  private func scanLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[scanned...])
    guard let lineEnd = plan.lineEnd else { return scanFirstLine(bytes, from: start) }
    guard let place = RecordCutter.firstIndex(of: lineEnd, in: rest) else {
      scanned = bytes.count
      return false
    }
    scanned += place
    trimRecord(from: start)
    return true
  }

  /// Finds the first line end of all, which shows what ends the lines.
  private func scanFirstLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let cr = UInt8(ascii: "\r")
    let lf = UInt8(ascii: "\n")
    guard let place = bytes[scanned...].firstIndex(where: { $0 == cr || $0 == lf }) else {
      scanned = bytes.count
      return false
    }
    scanned = place
    if bytes[place] == cr {
      // The next byte tells CR from CR LF; at the end it does not matter.
      guard place + 1 < bytes.count else { return false }
      plan.lineEnd = bytes[place + 1] == lf ? lf : cr
    } else {
      plan.lineEnd = lf
    }
    trimRecord(from: start)
    return true
  }

  /// Leaves space and zeros at the end of a line to the next separator.
  private func trimRecord(from start: Int) {
    let bytes = buffer.bytes
    while scanned > start + 1,
      RecordCutter.isSpace(bytes[scanned - 1]) || bytes[scanned - 1] == 0
    {
      scanned -= 1
    }
  }
}

extension RecordCutter {
  /// The place of a byte, found with the C library's vector code.
  private static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let hit = memchr(base, Int32(byte), bytes.count) else {
      return nil
    }
    return UnsafeRawPointer(hit) - base
  }
}
