import CPolylogueHTTP
import Glibc
import PolylogueModel
import PolylogueParsing

/// Sends texts to an endpoint in OpenAI's form (`POST …/v1/embeddings`) and judges what comes back.
///
/// What is busy or broken for a moment is asked again, later each time. Redirects are not followed,
/// and another machine is asked over TLS alone.
final class EndpointClient {
  /// How patient to be.
  struct Options {
    /// How often a request is sent at most.
    var tries = 5
    /// The seconds after which nothing is tried again.
    var patience = 200.0
    /// The seconds before the second try; each further wait is twice as long.
    var firstWait = 0.5
    /// The longest wait in seconds. An endpoint that wants a longer one has failed.
    var longestWait = 60.0
    /// The seconds to connect, and to get the whole answer.
    var connectSeconds = 10.0
    var totalSeconds = 120.0
  }

  /// The most bytes of a text, and so of tokens, of which such endpoints take 8,192.
  static let textByteLimit = 8 << 10
  /// The most bytes of an answer.
  static let answerLimit = 64 << 20

  private let settings: EndpointSettings
  private let options: Options
  private let handle: OpaquePointer
  /// The endpoint's host and port.
  var place: String { settings.place }

  /// Opens libcurl; nothing is asked yet.
  ///
  /// - Throws: ``LanguageModelError/Code/unavailable`` when there is no libcurl.
  init(_ settings: EndpointSettings, _ options: Options) throws(LanguageModelError) {
    var words = [CChar](repeating: 0, count: 512)
    guard let handle = plh_open(&words, words.count) else {
      throw LanguageModelError(.unavailable, EndpointClient.text(words))
    }
    self.handle = handle
    self.settings = settings
    self.options = options
  }

  deinit { plh_close(handle) }

  /// Why there are no vectors.
  struct Refusal: Error {
    var error: LanguageModelError
    /// Whether fewer or other texts may do better.
    var isAboutTexts = false
    /// The seconds after which to ask again; nil where that is no use.
    var wait: Double?
  }

  /// Asks for the vectors of texts, again where that may help.
  ///
  /// - Parameters:
  ///   - texts: What fits into one request.
  ///   - dimensions: The components that each vector must have; nil takes what comes.
  ///   - isCancelled: Asked at least once a second.
  /// - Returns: The vectors, of unit length, and their components.
  func ask(
    _ texts: [String], dimensions: Int?, _ isCancelled: () -> Bool
  ) throws(Refusal) -> (numbers: [Float], dimensions: Int) {
    let body = request(texts)
    let started = MonotonicClock.seconds
    var attempt = 1
    while true {
      do throws(Refusal) {
        let answer = try send(body, isCancelled)
        return try read(answer, texts.count, dimensions)
      } catch {
        guard let wanted = error.wait, attempt < options.tries,
          MonotonicClock.seconds - started < options.patience
        else { throw error }
        guard wanted <= options.longestWait else {
          throw Refusal(
            error: LanguageModelError(
              .offline,
              "\(error.error.message); it wants to be asked again in \(Int(min(max(0, wanted), 1e9))) s"
            ))
        }
        let backOff = options.firstWait * Double(1 << min(attempt - 1, 16))
        guard sleep(max(wanted, min(backOff, options.longestWait)), unless: isCancelled) else {
          throw Refusal(error: .cancelled)
        }
        attempt += 1
      }
    }
  }

  /// - Returns: False when it was cancelled before the time was over.
  private func sleep(_ seconds: Double, unless isCancelled: () -> Bool) -> Bool {
    let deadline = MonotonicClock.seconds + seconds
    while MonotonicClock.seconds < deadline {
      if isCancelled() { return false }
      usleep(UInt32(max(1, min(0.1, deadline - MonotonicClock.seconds) * 1e6)))
    }
    return true
  }

  private func request(_ texts: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("model")
    writer.value(settings.model)
    writer.key("input")
    writer.beginArray()
    for text in texts { writer.value(EndpointClient.bounded(text)) }
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

  private func send(
    _ body: [UInt8], _ isCancelled: () -> Bool
  ) throws(Refusal) -> (status: Int, wait: Double, body: [UInt8]) {
    var headers = ["Content-Type: application/json", "Accept: application/json", "Expect:"]
    if let key = settings.key { headers.append("Authorization: Bearer \(key.value)") }
    let lines = headers.map { strdup($0) }
    defer { for line in lines { free(line) } }
    var words = [CChar](repeating: 0, count: 512)
    var answer = plh_answer()
    let code = withoutActuallyEscaping(isCancelled) { isCancelled in
      post(body, lines.map { UnsafePointer($0) } + [nil], &answer, &words, isCancelled)
    }
    guard code == 0 else {
      guard !isCancelled() else { throw Refusal(error: .cancelled) }
      throw Refusal(
        error: LanguageModelError(
          .offline,
          "\(place) does not answer: \(EndpointClient.text(words)); start what serves it, or check"
            + " POLYLOGUE_EMBEDDINGS_URL"),
        wait: 0)
    }
    defer { free(answer.body) }
    guard answer.is_too_long == 0 else {
      throw Refusal(
        error: LanguageModelError(.failed, "\(place) answers without an end"), wait: 0)
    }
    let bytes = UnsafeRawBufferPointer(start: answer.body, count: answer.body_size)
    return (answer.status, Double(max(0, answer.retry_after)), Array(bytes))
  }

  private func post(
    _ body: [UInt8], _ headers: [UnsafePointer<CChar>?], _ answer: inout plh_answer,
    _ words: inout [CChar], _ isCancelled: @escaping () -> Bool
  ) -> Int32 {
    headers.withUnsafeBufferPointer { list in
      body.withUnsafeBytes { bytes in
        settings.address.withCString { url in
          var question = isCancelled
          return withUnsafeMutablePointer(to: &question) { question in
            guard let headers = list.baseAddress, let start = bytes.baseAddress else { return -1 }
            var request = plh_request(
              url: url, headers: headers, body: start, body_size: bytes.count,
              connect_milliseconds: Int(options.connectSeconds * 1000),
              total_milliseconds: Int(options.totalSeconds * 1000),
              answer_limit: EndpointClient.answerLimit, is_direct: settings.isLoopback ? 1 : 0,
              is_cancelled: { context in
                context?.assumingMemoryBound(to: (() -> Bool).self).pointee() == true ? 1 : 0
              }, context: question)
            return plh_post(handle, &request, &answer, &words, words.count)
          }
        }
      }
    }
  }

  private func read(
    _ answer: (status: Int, wait: Double, body: [UInt8]), _ count: Int, _ dimensions: Int?
  ) throws(Refusal) -> (numbers: [Float], dimensions: Int) {
    guard answer.status == 200 else { throw judge(answer) }
    do throws(EndpointAnswer.Failure) {
      return try EndpointAnswer.vectors(answer.body, count: count, dimensions: dimensions)
    } catch {
      switch error {
      case .garbage(let what):
        throw Refusal(
          error: LanguageModelError(
            .failed, "\(place) answers what cannot be used: \(what)"), wait: 0)
      case .dimensions(let found):
        throw Refusal(
          error: LanguageModelError(
            .dimensions,
            "\(place) answers with vectors of \(found) dimensions instead of "
              + "\(dimensions ?? 0); they cannot be compared and none is used. Another model needs "
              + "vectors of its own: see POLYLOGUE_EMBEDDINGS_MODEL and _DIMENSIONS"))
      }
    }
  }

  /// What a status means. Of what the endpoint says about it nothing is repeated but its code: it may
  /// quote texts or keys.
  private func judge(
    _ answer: (status: Int, wait: Double, body: [UInt8])
  ) -> Refusal {
    let status = "HTTP status \(answer.status)" + EndpointClient.code(answer.body)
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
