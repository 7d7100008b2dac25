import Foundation
import PolylogueModel
import Testing

@testable import PolylogueLanguageModels

/// The parent's side, against workers that misbehave: a script in place of the program.
final class WorkerTests {
  private let folder = NSTemporaryDirectory() + "polylogue-worker-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let made = ModelFolder(
      path: folder,
      model: EmbeddingModel(name: "tiny", revision: "1", dimensions: 2, tokenLimit: 8),
      library: "none", files: [])
    try Data(made.manifest).write(to: URL(fileURLWithPath: folder + "/model.json"))
    try Data("tiny@1".utf8).write(to: URL(fileURLWithPath: folder + "/name"))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func embedder(
    _ script: String, _ options: WorkerProcess.Options = WorkerProcess.Options()
  ) throws -> LocalEmbedder {
    let path = folder + "/program"
    // A file that a child of another test has inherited for writing could not be run.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o700)
    _ = script.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
    return try LocalEmbedder(folder: folder, executable: path, options: options)
  }

  /// Answers each text with its length, and does something else when a text says so.
  private static let scripted = """
    #!/usr/bin/python3
    import os, signal, socket, struct, sys, time
    end = socket.socket(fileno=0)
    log = open(sys.argv[2] + '/starts', 'a'); log.write('.'); log.close()
    def read(count):
        data = b''
        while len(data) < count:
            piece = end.recv(count - len(data))
            if not piece: sys.exit(0)
            data += piece
        return data
    def send(kind, request, payload):
        end.sendall(struct.pack('=IIII', 0x504C5702, kind, request, len(payload)) + payload)
    send(1, 0, open(sys.argv[2] + '/name').read().encode())
    while True:
        _, _, request, length = struct.unpack('=IIII', read(16))
        payload = read(length); count = struct.unpack_from('=I', payload)[0]; at = 4; out = b''
        for _ in range(count):
            size = struct.unpack_from('=I', payload, at)[0]; text = payload[at + 4:at + 4 + size]; at += 4 + size
            if text == b'kill': os.kill(os.getpid(), signal.SIGKILL)
            if text == b'hang': time.sleep(60)
            if text == b'slow': time.sleep(1)
            if text == b'garbage': end.sendall(b'what is this? I do not know.'); time.sleep(60)
            if text == b'idle': sys.exit(0)
            if text == b'once' and not os.path.exists(sys.argv[2] + '/once'):
                open(sys.argv[2] + '/once', 'w').close(); os.abort()
            out += struct.pack('=ff', size, 1)
        send(3, request, struct.pack('=II', count, 2) + out)
    """

  private var starts: Int {
    (try? Data(contentsOf: URL(fileURLWithPath: folder + "/starts")))?.count ?? 0
  }

  @Test func `texts come back in order, whatever their number`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    let texts = (0..<300).map { String(repeating: "x", count: $0 % 50 + 1) }
    let vectors = try embedder.vectors(of: texts)
    #expect(vectors.count == 600)
    for (index, text) in texts.enumerated() { #expect(vectors[index * 2] == Float(text.count)) }
    #expect(starts == 1)
    #expect(try embedder.vectors(of: []) == [])
  }

  @Test func `a long text is sent as far as it is read`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    let text = "x" + String(repeating: "é", count: 100_000)
    // Two bytes each, and never half of one.
    #expect(try embedder.vectors(of: [text])[0] == Float(WorkerFrame.textByteLimit - 1))
  }

  @Test func `a batch that dies once is done again in another worker`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    #expect(try embedder.vectors(of: ["ab", "once", "c"]) == [2, 1, 4, 1, 1, 1])
    #expect(starts == 2)
  }

  @Test func `a text that kills every worker is found and named, and costs no other`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    var texts = (0..<140).map { "text \($0)" }
    texts[77] = "kill"
    texts[139] = "kill"
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: texts) }
    #expect(error?.code == .rejected)
    #expect(error?.texts == [77, 139])
    #expect(error?.message.contains("signal 9") == true)
    #expect(try embedder.vectors(of: ["ab"]) == [2, 1])
  }

  @Test func `when every text is at fault it is the worker`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    let error = #expect(throws: LanguageModelError.self) {
      try embedder.vectors(of: [String](repeating: "kill", count: 20))
    }
    #expect(error?.code == .failed)
  }

  @Test func `a worker that hangs is ended`() throws {
    var options = WorkerProcess.Options()
    options.batchSeconds = 0.3
    options.textSeconds = 0
    let embedder = try embedder(WorkerTests.scripted, options)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["hang"]) }
    #expect(error?.texts == [0])
    #expect(error?.message.contains("in time") == true)
  }

  @Test func `what nobody wants any more is given up at once, and the worker stays`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    #expect(try embedder.vectors(of: ["ab"]) == [2, 1])
    let worker = embedder.workerIdentifier
    for _ in 0..<2 {
      var looks = 0
      let error = #expect(throws: LanguageModelError.self) {
        try embedder.vectors(of: ["slow"]) {
          looks += 1
          return looks > 1
        }
      }
      #expect(error?.code == .cancelled)
    }
    // The answers to what was given up come first, and are not taken for others.
    #expect(try embedder.vectors(of: ["abc"]) == [3, 1])
    #expect(try embedder.vectors(of: ["a"]) == [1, 1])
    #expect(embedder.workerIdentifier == worker && starts == 1)
  }

  @Test func `another model that took the place meanwhile is not taken for this one`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    try Data("tiny@2".utf8).write(to: URL(fileURLWithPath: folder + "/name"))
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["ab"]) }
    #expect(error?.code == .changed)
    #expect(error?.message.contains("tiny@2") == true)
  }

  @Test func `when all fails, the file at fault is named`() throws {
    let bytes = Data("weights".utf8)
    try bytes.write(to: URL(fileURLWithPath: folder + "/model.onnx"))
    var hash = FileHash()
    bytes.withUnsafeBytes { hash.update($0) }
    let whole = ModelFolder(
      path: folder,
      model: EmbeddingModel(name: "tiny", revision: "1", dimensions: 2, tokenLimit: 8),
      library: "none",
      files: [ModelFile(path: "model.onnx", byteCount: Int64(bytes.count), sha256: hash.hex)])
    try Data(whole.manifest).write(to: URL(fileURLWithPath: folder + "/model.json"))
    let embedder = try embedder(WorkerTests.scripted)
    #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["kill"]) }
    try Data("weighty".utf8).write(to: URL(fileURLWithPath: folder + "/model.onnx"))
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["kill"]) }
    #expect(error?.code == .damaged, "\(error?.message ?? "")")
    #expect(error?.message.contains("model.onnx is not what was installed") == true)
  }

  @Test func `a worker that ended in peace is replaced, but not for ever`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["idle"]) }
    #expect(error?.texts == [0])
    // Once it may have been idle, and after that each time counts.
    #expect(starts > LocalEmbedder.batchTries)
    #expect(try embedder.vectors(of: ["ab"]) == [2, 1])
  }

  @Test func `what is no answer is told`() throws {
    let embedder = try embedder(WorkerTests.scripted)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["garbage"]) }
    #expect(error?.code == .unavailable)
  }

  @Test(arguments: ["#!/bin/sh\nexit 2\n", "#!/bin/sh\necho hello, who is there? >&0\nsleep 60\n"])
  func `a program that is no worker is named`(script: String) throws {
    let embedder = try embedder(script)
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["a"]) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("POLYLOGUE_EXECUTABLE") == true)
  }

  @Test func `a program that is not there is named`() throws {
    let embedder = try LocalEmbedder(folder: folder, executable: folder + "/none")
    let error = #expect(throws: LanguageModelError.self) { try embedder.vectors(of: ["a"]) }
    #expect(error?.code == .unavailable)
  }

  @Test func `no frame but a whole one is taken`() {
    let frame = WorkerFrame.asking(["ab", "", "ü"], request: 7)
    #expect(frame.texts?.map(\.count) == [2, 0, 2])
    for length in 0..<frame.payload.count {
      var cut = frame
      cut.payload = Array(frame.payload.prefix(length))
      #expect(cut.texts == nil)
    }
    var header = Array(frame.bytes.prefix(WorkerFrame.headerSize))
    #expect(WorkerFrame.header(header)?.length == frame.payload.count)
    header[15] = 0xFF
    #expect(WorkerFrame.header(header) == nil)
  }

  // MARK: With the program itself

  @Test(.enabled(if: InstalledModel.folder != nil, InstalledModel.reason))
  func `a worker ends when nothing is asked of it, and another one is started`() throws {
    let installed = try #require(InstalledModel.folder)
    let executable = try WorkerExecutable.find { _ in nil }
    var options = WorkerProcess.Options()
    options.idleSeconds = 0.3
    let embedder = try LocalEmbedder(folder: installed, executable: executable, options: options)
    let first = try embedder.vectors(of: ["tea"])
    let worker = try #require(embedder.workerIdentifier)
    usleep(1_500_000)
    // It is gone, and no zombie of it is left.
    #expect(kill(worker, 0) != 0)
    #expect(try embedder.vectors(of: ["tea"]) == first)
    #expect(embedder.workerIdentifier != worker)
  }

  @Test(.enabled(if: InstalledModel.folder != nil, InstalledModel.reason))
  func `a worker killed in the middle of a batch costs nothing but time`() throws {
    let installed = try #require(InstalledModel.folder)
    let embedder = try LocalEmbedder(
      folder: installed, executable: WorkerExecutable.find { _ in nil })
    let texts = (0..<128).map { "\($0) " + String(repeating: "a longer text of words ", count: 12) }
    let expected = try embedder.vectors(of: texts)
    let worker = try #require(embedder.workerIdentifier)
    let killer = Thread {
      usleep(300_000)
      kill(worker, SIGKILL)
    }
    killer.start()
    #expect(try embedder.vectors(of: texts) == expected)
    #expect(embedder.workerIdentifier != worker)
  }
}
