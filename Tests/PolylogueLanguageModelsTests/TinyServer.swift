import Foundation

/// A web server of one thread on this machine: each request gets what a closure answers.
final class TinyServer: Sendable {
  /// A request: its first line and headers, and its body.
  struct Request {
    let head: String
    let body: Data

    /// The texts that vectors are asked for.
    var texts: [String] {
      let document = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
      return document?["input"] as? [String] ?? []
    }
  }

  /// What to send back; nothing, until the client gives up, where there is no status.
  struct Answer {
    var status = "200 OK"
    var headers: [String] = []
    var body = ""
  }

  let port: UInt16
  private let socket: Int32

  init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listening = socket
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listening, $0, size) == 0 && listen(listening, 8) == 0
          && getsockname(listening, $0, &size) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    Thread {
      while true {
        let client = accept(listening, nil, nil)
        guard client >= 0 else { break }
        TinyServer.serve(client, answer)
      }
      close(listening)
    }.start()
  }

  deinit {
    // The thread closes it when it wakes: until then nothing else may get its number.
    shutdown(socket, Int32(SHUT_RDWR))
  }

  private static func serve(_ client: Int32, _ answer: (Request) -> Answer) {
    defer { close(client) }
    var bytes = Data()
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let mark = Data("\r\n\r\n".utf8)
    while true {
      if let end = bytes.range(of: mark) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let length = head.lowercased().components(separatedBy: "content-length: ").dropFirst()
          .first.flatMap { Int($0.prefix { $0.isNumber }) }
        if bytes.count - end.upperBound >= length ?? 0 {
          let request = Request(head: head, body: bytes[end.upperBound...])
          let answer = answer(request)
          guard !answer.status.isEmpty else {
            sleep(2)
            return
          }
          let lines = answer.headers + ["Content-Length: \(answer.body.utf8.count)", "", ""]
          let text =
            "HTTP/1.1 \(answer.status)\r\nConnection: close\r\n"
            + lines.joined(separator: "\r\n") + answer.body
          _ = Array(text.utf8).withUnsafeBytes {
            send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          return
        }
      }
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
