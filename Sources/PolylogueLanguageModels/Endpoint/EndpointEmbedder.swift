import CPolylogueHTTP
import Glibc
import PolylogueModel
import PolylogueParsing

/// Asks an endpoint in OpenAI's form (`POST …/v1/embeddings`) for vectors.
///
/// What is busy or broken for a moment is asked again, later each time. Redirects are not followed,
/// and another machine is asked over TLS alone.
final class EndpointEmbedder: TextEmbedder {
  /// How patient to be.
  struct Options {
    /// How often a request is sent at most.
    var tries = 5
    /// The seconds before the second try; each further wait is twice as long.
    var firstWait = 0.5
    /// The longest wait in seconds. An endpoint that wants a longer one has failed.
    var longestWait = 60.0
    /// The seconds to connect, and to get the whole answer.
    var connectSeconds = 10.0
    var totalSeconds = 120.0
  }

  /// The most texts of a request.
  static let textLimit = 128
  /// The most bytes of a text, and so of tokens, of which such endpoints take 8,192.
  static let textByteLimit = 8 << 10
  /// The most bytes of all texts of a request, for their limit of 300,000 tokens.
  static let requestByteLimit = 256 << 10
  /// The most bytes of an answer.
  static let answerLimit = 64 << 20
  /// The texts of one call that may be refused before it is the endpoint that is at fault.
  static let rejectionLimit = 8

  let model: EmbeddingModel
  private let settings: EndpointSettings
  private let options: Options
  private let client: OpaquePointer

  /// Prepares to ask; where the dimensions are not set, asks for one vector to learn them.
  ///
  /// - Throws: ``LanguageModelError`` when there is no libcurl, or no usable answer.
  init(_ settings: EndpointSettings, options: Options = Options()) throws(LanguageModelError) {
    self.settings = settings
    self.options = options
    var words = [CChar](repeating: 0, count: 512)
    guard let client = plh_open(&words, words.count) else {
      throw LanguageModelError(.unavailable, EndpointEmbedder.text(words))
    }
    self.client = client
    var dimensions = settings.dimensions
    if dimensions == nil {
      do {
        dimensions = try Self.ask(["dimensions"], settings, options, client, nil).dimensions
      } catch {
        plh_close(client)
        throw error.error
      }
    }
    model = EmbeddingModel(
      name: settings.model, revision: "\(settings.place)/\(dimensions ?? 0)",
      dimensions: dimensions ?? 0, tokenLimit: EndpointSettings.tokenLimit)
  }

  deinit { plh_close(client) }

  func vectors(of texts: [String]) throws -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(texts.count * model.dimensions)
    var rejected: [Int] = []
    var start = 0
    while start < texts.count {
      var end = start
      var byteCount = 0
      while end < texts.count, end - start < EndpointEmbedder.textLimit {
        byteCount += min(texts[end].utf8.count, EndpointEmbedder.textByteLimit)
        if byteCount > EndpointEmbedder.requestByteLimit, end > start { break }
        end += 1
      }
      result += try vectors(of: texts[start..<end], &rejected)
      start = end
    }
    guard rejected.isEmpty else {
      throw LanguageModelError(
        .rejected, "\(settings.place) refuses \(rejected.count) of \(texts.count) texts",
        texts: rejected)
    }
    return result
  }

  /// A request that is refused for what it holds is cut in halves, to find the text at fault.
  private func vectors(
    of texts: ArraySlice<String>, _ rejected: inout [Int]
  ) throws(LanguageModelError) -> [Float] {
    do {
      return try Self.ask(Array(texts), settings, options, client, model.dimensions).numbers
    } catch {
      guard error.isAboutTexts else { throw error.error }
      guard texts.count > 1 else {
        rejected.append(texts.startIndex)
        guard rejected.count <= EndpointEmbedder.rejectionLimit else { throw error.error }
        return [Float](repeating: 0, count: model.dimensions)
      }
    }
    let middle = texts.startIndex + texts.count / 2
    return try vectors(of: texts[..<middle], &rejected) + vectors(of: texts[middle...], &rejected)
  }

  // MARK: Asking

  /// Why there are no vectors.
  private struct Refusal: Error {
    var error: LanguageModelError
    /// Whether fewer or other texts may do better.
    var isAboutTexts = false
    /// The seconds after which to ask again; nil where that is no use.
    var wait: Double?
  }

  private static func ask(
    _ texts: [String], _ settings: EndpointSettings, _ options: Options, _ client: OpaquePointer,
    _ dimensions: Int?
  ) throws(Refusal) -> (numbers: [Float], dimensions: Int) {
    let body = request(texts, settings)
    var attempt = 1
    while true {
      do throws(Refusal) {
        let answer = try send(body, settings, options, client)
        return try read(answer, texts.count, settings, dimensions)
      } catch {
        guard let wanted = error.wait, attempt < options.tries else { throw error }
        guard wanted <= options.longestWait else {
          throw Refusal(
            error: LanguageModelError(
              .offline,
              "\(error.error.message); it wants to be asked again in \(Int(min(max(0, wanted), 1e9))) s"
            ))
        }
        let backOff = options.firstWait * Double(1 << min(attempt - 1, 16))
        sleep(max(wanted, min(backOff, options.longestWait)))
        attempt += 1
      }
    }
  }

  private static func sleep(_ seconds: Double) {
    let deadline = MonotonicClock.seconds + seconds
    while MonotonicClock.seconds < deadline {
      usleep(UInt32(max(1, min(0.2, deadline - MonotonicClock.seconds) * 1e6)))
    }
  }

  private static func request(_ texts: [String], _ settings: EndpointSettings) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("model")
    writer.value(settings.model)
    writer.key("input")
    writer.beginArray()
    for text in texts { writer.value(bounded(text)) }
    writer.endArray()
    if let dimensions = settings.dimensions {
      writer.key("dimensions")
      writer.value(dimensions)
    }
    writer.key("encoding_format")
    // A quarter of the bytes; not every server of this form knows it.
    writer.value(settings.place == "api.openai.com" ? "base64" : "float")
    writer.endObject()
    return writer.utf8
  }

  /// The beginning of a text, cut between two characters.
  private static func bounded(_ text: String) -> String {
    let all = text.utf8
    guard all.count > textByteLimit else { return text }
    var end = all.index(all.startIndex, offsetBy: textByteLimit)
    while end > all.startIndex, all[end] & 0xC0 == 0x80 { end = all.index(before: end) }
    return String(text[..<end])
  }

  private static func send(
    _ body: [UInt8], _ settings: EndpointSettings, _ options: Options, _ client: OpaquePointer
  ) throws(Refusal) -> (status: Int, wait: Double, body: [UInt8]) {
    var headers = ["Content-Type: application/json", "Accept: application/json", "Expect:"]
    if let key = settings.key { headers.append("Authorization: Bearer \(key.value)") }
    let lines = headers.map { strdup($0) }
    defer { for line in lines { free(line) } }
    let list: [UnsafePointer<CChar>?] = lines.map { UnsafePointer($0) } + [nil]
    var words = [CChar](repeating: 0, count: 512)
    var answer = plh_answer()
    let code = list.withUnsafeBufferPointer { list -> Int32 in
      guard let headers = list.baseAddress else { return -1 }
      return body.withUnsafeBytes { bytes -> Int32 in
        guard let start = bytes.baseAddress else { return -1 }
        return settings.address.withCString { url in
          var request = plh_request(
            url: url, headers: headers, body: start, body_size: bytes.count,
            connect_milliseconds: Int(options.connectSeconds * 1000),
            total_milliseconds: Int(options.totalSeconds * 1000), answer_limit: answerLimit,
            is_direct: settings.isLoopback ? 1 : 0)
          return plh_post(client, &request, &answer, &words, words.count)
        }
      }
    }
    guard code == 0 else {
      throw Refusal(
        error: LanguageModelError(.offline, "\(settings.place) does not answer: \(text(words))"),
        wait: 0)
    }
    defer { free(answer.body) }
    guard answer.is_too_long == 0 else {
      throw Refusal(
        error: LanguageModelError(.failed, "\(settings.place) answers without an end"), wait: 0)
    }
    let bytes = UnsafeRawBufferPointer(start: answer.body, count: answer.body_size)
    return (answer.status, Double(max(0, answer.retry_after)), Array(bytes))
  }

  private static func read(
    _ answer: (status: Int, wait: Double, body: [UInt8]), _ count: Int,
    _ settings: EndpointSettings, _ dimensions: Int?
  ) throws(Refusal) -> (numbers: [Float], dimensions: Int) {
    guard answer.status == 200 else { throw judge(answer, settings) }
    do throws(EndpointAnswer.Failure) {
      return try EndpointAnswer.vectors(answer.body, count: count, dimensions: dimensions)
    } catch {
      switch error {
      case .garbage(let what):
        throw Refusal(
          error: LanguageModelError(
            .failed, "\(settings.place) answers what cannot be used: \(what)"), wait: 0)
      case .dimensions(let found):
        throw Refusal(
          error: LanguageModelError(
            .dimensions,
            "\(settings.place) answers with vectors of \(found) dimensions instead of "
              + "\(dimensions ?? 0); they cannot be compared and none is used. Another model needs "
              + "vectors of its own: see POLYLOGUE_EMBEDDINGS_MODEL and _DIMENSIONS"))
      }
    }
  }

  /// What a status means. Of what the endpoint says about it nothing is repeated but its code: it may
  /// quote texts or keys.
  private static func judge(
    _ answer: (status: Int, wait: Double, body: [UInt8]), _ settings: EndpointSettings
  ) -> Refusal {
    let place = settings.place
    let status = "HTTP status \(answer.status)" + code(answer.body)
    switch answer.status {
    case 401, 403:
      return Refusal(
        error: LanguageModelError(
          .configuration, "\(place) refuses the key (\(status)); check POLYLOGUE_EMBEDDINGS_KEY"))
    case 300..<400:
      return Refusal(
        error: LanguageModelError(
          .configuration,
          "\(place) points to another address (\(status)), which is not followed; "
            + "set POLYLOGUE_EMBEDDINGS_URL to that one if it is right"))
    case 404, 405:
      return Refusal(
        error: LanguageModelError(
          .configuration,
          "\(place) has no such endpoint or model (\(status)); check POLYLOGUE_EMBEDDINGS_URL and "
            + "_MODEL"))
    case 408, 409, 425, 429, 500..<600:
      return Refusal(
        error: LanguageModelError(
          .offline, "\(place) is busy or broken (\(status)); try again later"),
        wait: answer.wait)
    default:
      return Refusal(
        error: LanguageModelError(.failed, "\(place) refuses the request (\(status))"),
        isAboutTexts: [400, 413, 422].contains(answer.status))
    }
  }

  /// The code of an error in OpenAI's form, where it is a plain word.
  private static func code(_ body: [UInt8]) -> String {
    var reader = JSONReader()
    guard body.count < 1 << 20, let error = (try? reader.parse(body))?["error"] else { return "" }
    let word = error["code"]?.string ?? error["type"]?.string ?? ""
    let isPlain = word.utf8.allSatisfy { 0x61...0x7A ~= $0 || $0 == 0x5F }
    return isPlain && 1...40 ~= word.utf8.count ? ", \(word)" : ""
  }

  private static func text(_ words: [CChar]) -> String {
    let bytes = words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
