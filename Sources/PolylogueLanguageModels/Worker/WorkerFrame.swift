import Glibc

/// A message between a process and its embedding worker: a header of 16 bytes and a payload. Both
/// are the same program on the same machine, so numbers stand in the machine's own order.
struct WorkerFrame {
  /// What it says.
  enum Kind: UInt32 {
    /// From the worker, once: the model is loaded. Payload: what it is, as it describes itself.
    case ready = 1
    /// To the worker. Payload: count, then each text as length and bytes.
    case texts = 2
    /// From the worker. Payload: count, dimensions, and that many floats each.
    case vectors = 3
    /// From the worker. Payload: words; it ends after that when it was not ready yet.
    case failure = 4
  }

  /// Begins every frame; the last digit is the version of the protocol.
  static let mark: UInt32 = 0x504C_5702
  /// The most texts of a frame.
  static let textLimit = 128
  /// The most bytes of a text; a model reads some hundred words.
  static let textByteLimit = 32 << 10
  /// The most bytes of a payload.
  static let payloadLimit = textLimit * (textByteLimit + 4) + 4
  /// The bytes of a header.
  static let headerSize = 16

  var kind: Kind
  /// Which request it belongs to.
  var request: UInt32
  var payload: [UInt8]

  /// The frame as bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(WorkerFrame.headerSize + payload.count)
    for number in [WorkerFrame.mark, kind.rawValue, request, UInt32(payload.count)] {
      bytes.append(number)
    }
    bytes.append(contentsOf: payload)
    return bytes
  }

  /// What a header announces; nil when it is none.
  static func header(_ bytes: [UInt8]) -> (kind: Kind, request: UInt32, length: Int)? {
    guard bytes.count == headerSize, bytes.number(at: 0) == mark,
      let kind = bytes.number(at: 4).flatMap(Kind.init), let request = bytes.number(at: 8),
      let length = bytes.number(at: 12), length <= UInt32(payloadLimit)
    else { return nil }
    return (kind, request, Int(length))
  }

  // MARK: Payloads

  /// A frame that asks for the vectors of texts.
  static func asking(_ texts: ArraySlice<String>, request: UInt32) -> WorkerFrame {
    var payload: [UInt8] = []
    payload.append(UInt32(texts.count))
    for text in texts {
      let bytes = bounded(text)
      payload.append(UInt32(bytes.count))
      payload.append(contentsOf: bytes)
    }
    return WorkerFrame(kind: .texts, request: request, payload: payload)
  }

  /// The beginning of a text, as far as a worker takes it, cut between two characters.
  private static func bounded(_ text: String) -> Substring.UTF8View {
    let all = text.utf8
    guard all.count > textByteLimit else { return text[...].utf8 }
    var end = all.index(all.startIndex, offsetBy: textByteLimit)
    while end > all.startIndex, all[end] & 0xC0 == 0x80 { end = all.index(before: end) }
    return text[..<end].utf8
  }

  /// Where the texts stand in a payload that asks; nil when it is none.
  var texts: [Range<Int>]? {
    guard let count = payload.number(at: 0), count <= UInt32(WorkerFrame.textLimit) else {
      return nil
    }
    var ranges: [Range<Int>] = []
    var position = 4
    for _ in 0..<count {
      guard let length = payload.number(at: position), length <= UInt32(WorkerFrame.textByteLimit)
      else { return nil }
      let end = position + 4 + Int(length)
      guard end <= payload.count else { return nil }
      ranges.append(position + 4..<end)
      position = end
    }
    return position == payload.count ? ranges : nil
  }

  /// A frame that answers.
  static func answering(
    _ vectors: [Float], count: Int, dimensions: Int, request: UInt32
  ) -> WorkerFrame {
    var payload: [UInt8] = []
    payload.append(UInt32(count))
    payload.append(UInt32(dimensions))
    vectors.withUnsafeBytes { payload.append(contentsOf: $0) }
    return WorkerFrame(kind: .vectors, request: request, payload: payload)
  }

  /// The numbers of an answer; nil when they are not what was asked for.
  func vectors(count: Int, dimensions: Int) -> [Float]? {
    guard kind == .vectors, payload.number(at: 0) == UInt32(count),
      payload.number(at: 4) == UInt32(dimensions), payload.count == 8 + count * dimensions * 4
    else { return nil }
    return payload.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count * dimensions) { buffer, filled in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[8...]))
        filled = count * dimensions
      }
    }
  }
}

extension [UInt8] {
  /// The four bytes at a place as a number; nil beyond the end.
  func number(at offset: Int) -> UInt32? {
    guard offset >= 0, offset <= count - 4 else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
  }

  /// Adds a number as four bytes.
  mutating func append(_ number: UInt32) {
    Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
  }
}
