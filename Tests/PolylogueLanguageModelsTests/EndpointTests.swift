import Foundation
import PolylogueModel
import Synchronization
import Testing

@testable import PolylogueLanguageModels

/// Endpoints that answer rightly and in every wrong way, over real connections.
struct EndpointTests {
  private static let libcurl = dlopen("libcurl.so.4", RTLD_NOW) != nil
  /// Counts requests and remembers the last.
  final class Log: Sendable {
    let requests = Mutex<[TinyServer.Request]>([])
    var count: Int { requests.withLock { $0.count } }
  }

  private func answer(_ texts: [String], size: Int = 2, backwards: Bool = false) -> String {
    var entries = texts.enumerated().map { index, text in
      let rest = String(repeating: ",0", count: size - 2)
      return
        #"{"object":"embedding","index":\#(index),"embedding":[\#(text.utf8.count),1\#(rest)]}"#
    }
    if backwards { entries.reverse() }
    return #"{"object":"list","data":[\#(entries.joined(separator: ","))],"model":"m"}"#
  }

  private func settings(
    _ server: TinyServer, key: String? = nil, dimensions: String? = nil
  ) throws -> EndpointSettings {
    let values = [
      "POLYLOGUE_EMBEDDINGS_URL": "http://127.0.0.1:\(server.port)/v1",
      "POLYLOGUE_EMBEDDINGS_MODEL": "m", "POLYLOGUE_EMBEDDINGS_KEY": key,
      "POLYLOGUE_EMBEDDINGS_DIMENSIONS": dimensions,
    ]
    return try #require(try EndpointSettings { values[$0] ?? nil })
  }

  private var quick: EndpointClient.Options {
    var options = EndpointClient.Options()
    options.firstWait = 0.01
    options.longestWait = 2
    options.totalSeconds = 0.7
    return options
  }

  @Test(.enabled(if: libcurl, "there is no libcurl"))
  func `vectors are put in order, made one long, and sent for with the key`() throws {
    let log = Log()
    let server = try TinyServer { request in
      log.requests.withLock { $0.append(request) }
      return TinyServer.Answer(body: answer(request.texts, backwards: true))
    }
    let embedder = try EndpointEmbedder(settings(server, key: "sk-test"), options: quick)
    #expect(embedder.model.dimensions == 2)
    #expect(embedder.model.revision == "127.0.0.1:\(server.port)/2")
    let vectors = try embedder.vectors(of: ["abc", "a"])
    #expect(abs(vectors[0] - 3 / Float(10).squareRoot()) < 1e-6)
    #expect(abs(vectors[2] - 1 / Float(2).squareRoot()) < 1e-6)
    let last = try #require(log.requests.withLock { $0.last })
    #expect(last.head.contains("Authorization: Bearer sk-test"))
    #expect(last.head.hasPrefix("POST /v1/embeddings "))
    #expect(try embedder.vectors(of: (0..<300).map { "text \($0)" }).count == 600)
  }

  @Test(.enabled(if: libcurl, "there is no libcurl"))
  func `packed vectors are read`() throws {
    let packed = withUnsafeBytes(of: (Float(3), Float(4))) { Data($0).base64EncodedString() }
    let server = try TinyServer { _ in
      TinyServer.Answer(body: #"{"data":[{"index":0,"embedding":"\#(packed)"}]}"#)
    }
    let embedder = try EndpointEmbedder(settings(server), options: quick)
    #expect(try embedder.vectors(of: ["a"]) == [0.6, 0.8])
  }

  @Test(
    .enabled(if: libcurl, "there is no libcurl"),
    arguments: ["429 Too Many Requests", "500 Oops", "503 Unavailable"])
  func `what is busy for a moment is asked again`(status: String) throws {
    let log = Log()
    let server = try TinyServer { request in
      log.requests.withLock { $0.append(request) }
      guard log.count > 2 else {
        return TinyServer.Answer(status: status, headers: log.count == 1 ? ["Retry-After: 1"] : [])
      }
      return TinyServer.Answer(body: answer(request.texts))
    }
    let embedder = try EndpointEmbedder(settings(server, dimensions: "2"), options: quick)
    #expect(try embedder.vectors(of: ["abc"]).count == 2)
    #expect(log.count == 3)
  }

  @Test(
    .enabled(if: libcurl, "there is no libcurl"),
    arguments: [
      (TinyServer.Answer(status: "429 Busy"), LanguageModelError.Code.offline, 5),
      (TinyServer.Answer(status: "429 Busy", headers: ["Retry-After: 9000"]), .offline, 1),
      (
        TinyServer.Answer(status: "401 No", body: #"{"error":{"code":"invalid_api_key"}}"#),
        .configuration, 1
      ),
      (TinyServer.Answer(status: "302 Found", headers: ["Location: /v2"]), .configuration, 1),
      (TinyServer.Answer(status: "404 None"), .configuration, 1),
      (TinyServer.Answer(status: "418 Teapot"), .failed, 1),
      (TinyServer.Answer(body: "<html>welcome</html>"), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[]}"#), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[{"index":4,"embedding":[1,2]}]}"#), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[{"index":0,"embedding":[1,null]}]}"#), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[{"index":0,"embedding":[1e300,1e300]}]}"#), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[{"index":0,"embedding":[0,0]}]}"#), .failed, 5),
      (TinyServer.Answer(body: #"{"data":[{"index":0,"embedding":[1,2,3]}]}"#), .dimensions, 1),
      (TinyServer.Answer(status: ""), .offline, 2),
    ])
  func `a wrong answer is named and not used`(
    answer: TinyServer.Answer, code: LanguageModelError.Code, tries: Int
  ) throws {
    let log = Log()
    let server = try TinyServer { request in
      log.requests.withLock { $0.append(request) }
      return answer
    }
    var options = quick
    if answer.status.isEmpty { options.tries = 2 }
    let embedder = try EndpointEmbedder(
      settings(server, key: "sk-secret", dimensions: "2"), options: options)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["abc"]) }
    #expect(error?.code == code)
    #expect(answer.status.isEmpty || log.count == tries)
    #expect(error.map { !"\($0)".contains("secret") && !"\($0)".contains("abc") } == true)
  }

  @Test(.enabled(if: libcurl, "there is no libcurl"))
  func `a model that changes behind its name is noticed`() throws {
    let log = Log()
    let server = try TinyServer { request in
      log.requests.withLock { $0.append(request) }
      return TinyServer.Answer(body: answer(request.texts, size: log.count > 1 ? 3 : 2))
    }
    let embedder = try EndpointEmbedder(settings(server), options: quick)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["a"]) }
    #expect(error?.code == .dimensions)
    #expect(error?.message.contains("3 dimensions instead of 2") == true)
  }

  @Test(.enabled(if: libcurl, "there is no libcurl"), arguments: ["", "429 Busy"])
  func `an endpoint is given up when nobody wants its answer any more`(status: String) throws {
    let log = Log()
    let server = try TinyServer { request in
      log.requests.withLock { $0.append(request) }
      return TinyServer.Answer(status: status)
    }
    var patient = EndpointClient.Options()
    patient.firstWait = 600
    patient.longestWait = 600
    let embedder = try EndpointEmbedder(settings(server, dimensions: "2"), options: patient)
    // Once the request has come it would last for minutes.
    let error = #expect(throws: LanguageModelError.self) {
      try embedder.vectors(of: ["abc"]) { log.count > 0 }
    }
    #expect(error?.code == .cancelled)
    #expect(log.count == 1)
  }

  @Test(.enabled(if: libcurl, "there is no libcurl"))
  func `the text that an endpoint refuses is found`() throws {
    let server = try TinyServer { request in
      request.texts.contains("bad")
        ? TinyServer.Answer(status: "400 Bad Request")
        : TinyServer.Answer(body: answer(request.texts))
    }
    let embedder = try EndpointEmbedder(settings(server, dimensions: "2"), options: quick)
    var texts = (0..<40).map { "text \($0)" }
    texts[23] = "bad"
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: texts) }
    #expect(error?.code == .rejected)
    #expect(error?.texts == [23])
  }

  @Test(arguments: [
    "http://example.org/v1", "ftp://127.0.0.1/", "localhost:8080", "https://me:pw@example.org/v1",
    "https://example.org/v1?key=1", "http://127.0.0.1.example.org/",
    "http://localhost.example.org/",
    "https://", "https://exa mple.org",
  ])
  func `an address that would tell others, or is none, is refused`(url: String) {
    let values = ["POLYLOGUE_EMBEDDINGS_URL": url, "POLYLOGUE_EMBEDDINGS_MODEL": "m"]
    let error = #expect(throws: LanguageModelError.self) { try EndpointSettings { values[$0] } }
    #expect(error?.code == .configuration)
  }

  @Test(arguments: [
    ("https://api.openai.com", "https://api.openai.com/v1/embeddings"),
    ("https://h.example/v1/", "https://h.example/v1/embeddings"),
    ("http://localhost:8080/x/embeddings", "http://localhost:8080/x/embeddings"),
    ("http://[::1]:9/v1", "http://[::1]:9/v1/embeddings"),
  ])
  func `an address is completed`(url: String, address: String) throws {
    let values = [
      "POLYLOGUE_EMBEDDINGS_URL": url, "POLYLOGUE_EMBEDDINGS_MODEL": "m",
      "POLYLOGUE_EMBEDDINGS_KEY": "sk-secret",
    ]
    let settings = try #require(try EndpointSettings { values[$0] })
    #expect(settings.address == address)
    var shown = ""
    dump(settings, to: &shown)
    #expect(!shown.contains("secret") && !"\(settings)".contains("secret"))
  }
}
