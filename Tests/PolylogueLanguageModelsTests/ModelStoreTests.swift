import Foundation
import PolylogueModel
import Testing

@testable import PolylogueLanguageModels

/// Installing, with small packages made here.
final class ModelStoreTests {
  private let folder = NSTemporaryDirectory() + "polylogue-models-" + UUID().uuidString
  private var wheels: String { folder + "/wheels" }
  private var store: ModelStore { ModelStore(path: folder + "/models", catalog: []) { _ in } }

  init() throws {
    try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func model(_ revision: String, _ wheel: FakeWheel) throws -> CatalogModel {
    try Data(wheel.bytes).write(to: URL(fileURLWithPath: wheels + "/" + wheel.wheel.fileName))
    return CatalogModel(
      model: EmbeddingModel(name: "tiny", revision: revision, dimensions: 3, tokenLimit: 8),
      library: "lib/none.so", wheels: [wheel.wheel])
  }

  private func wheel(_ version: String) -> FakeWheel {
    FakeWheel(
      "tiny", version: version,
      files: [("vocab.txt", "[PAD] of \(version)"), ("lib/none.so", "library \(version)")])
  }

  @discardableResult private func install(
    _ wanted: CatalogModel, prove: @escaping (ModelFolder) throws -> Void = { _ in }
  ) throws -> ModelFolder {
    try ModelStore(path: store.path, catalog: [], prove: prove)
      .install(wanted, fetch: { _ in self.wheels }, step: { _ in })
  }

  private func installedText() throws -> String {
    try String(contentsOfFile: store.path + "/active/vocab.txt", encoding: .utf8)
  }

  @Test func `an installed model is in use and says what it is`() throws {
    let wanted = try model("one", wheel("1.0"))
    var proved: String?
    let made = try install(wanted) { folder in
      proved = try String(contentsOfFile: folder.path + "/lib/none.so", encoding: .utf8)
    }
    #expect(proved == "library 1.0")
    #expect(made.model == wanted.model)
    #expect(try installedText() == "[PAD] of 1.0")
    let installed = store.installed
    #expect(installed.map(\.folder.model) == [wanted.model])
    #expect(installed.map(\.isActive) == [true])
    #expect(installed[0].folder.byteCount == Int64("[PAD] of 1.0library 1.0".utf8.count))
  }

  @Test func `what the proof leaves behind is made again where the model comes to stay`() throws {
    var proved: [String] = []
    let made = try install(model("one", wheel("1.0"))) { folder in
      proved.append(folder.path)
      let compiled = folder.path + "/" + ModelFolder.compiledName
      try FileManager.default.createDirectory(
        atPath: compiled, withIntermediateDirectories: false)
      try Data(folder.path.utf8).write(to: URL(fileURLWithPath: compiled + "/blob"))
    }
    #expect(proved.count == 2 && proved[1] == made.path)
    let blob = made.path + "/" + ModelFolder.compiledName + "/blob"
    #expect(try String(contentsOfFile: blob, encoding: .utf8) == made.path)
    try install(model("two", wheel("2.0")))
    #expect(!FileManager.default.fileExists(atPath: made.path))
  }

  @Test func `the next revision takes the place of the former`() throws {
    try install(model("one", wheel("1.0")))
    try install(model("two", wheel("2.0")))
    #expect(try installedText() == "[PAD] of 2.0")
    #expect(store.installed.map(\.folder.model.revision) == ["two"])
    // And the same one again is made anew.
    try install(model("two", wheel("2.0")))
    #expect(store.installed.map(\.isActive) == [true])
  }

  enum Fault: CaseIterable { case truncated, otherBytes, otherMember, missing, proof, interrupted }

  @Test(arguments: Fault.allCases)
  func `what goes wrong leaves the former model in use and nothing behind`(fault: Fault) throws {
    try install(model("one", wheel("1.0")))
    let next = wheel("2.0")
    var wanted = try model("two", next)
    let file = URL(fileURLWithPath: wheels + "/" + next.wheel.fileName)
    switch fault {
    case .truncated: try Data(next.bytes.dropLast(40)).write(to: file)
    case .otherBytes:
      var bytes = next.bytes
      bytes[50] ^= 1
      try Data(bytes).write(to: file)
    case .otherMember:
      let members = next.wheel.members.map {
        CatalogModel.Member($0.name, $0.file.path, $0.file.byteCount, FakeWheel.hash([1]))
      }
      wanted = CatalogModel(
        model: wanted.model, library: wanted.library,
        wheels: [
          CatalogModel.Wheel(
            project: "tiny", version: "2.0", fileName: next.wheel.fileName,
            byteCount: next.wheel.byteCount, sha256: next.wheel.sha256, members: members)
        ])
    case .missing: try FileManager.default.removeItem(at: file)
    case .proof, .interrupted: break
    }
    let code: LanguageModelError.Code = fault == .interrupted ? .busy : .damaged
    let error = #expect(throws: LanguageModelError.self) {
      try install(wanted) { _ in
        if fault == .proof { throw LanguageModelError(.damaged, "another answer") }
        if fault == .interrupted { throw LanguageModelError(.busy, "stopped") }
      }
    }
    #expect(error?.code == code)
    #expect(try installedText() == "[PAD] of 1.0")
    #expect(store.installed.map(\.folder.model.revision) == ["one"])
    let left = try FileManager.default.contentsOfDirectory(atPath: store.path)
    #expect(left.filter { $0.hasPrefix(".staging") } == [])
  }

  @Test func `what a killed installation left is cleared away by the next`() throws {
    let left = store.path + "/.staging-1/wheels"
    try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
    try install(model("one", wheel("1.0")))
    #expect(!FileManager.default.fileExists(atPath: store.path + "/.staging-1"))
  }

  @Test func `two installations do not meet`() throws {
    try install(model("one", wheel("1.0")))
    let lock = open(store.path + "/.lock", O_RDWR | O_CLOEXEC)
    defer { close(lock) }
    #expect(flock(lock, LOCK_EX) == 0)
    let error = #expect(throws: LanguageModelError.self) {
      try install(model("two", wheel("2.0")))
    }
    #expect(error?.code == .busy)
    #expect(throws: LanguageModelError.self) { try store.remove("tiny") }
    #expect(try installedText() == "[PAD] of 1.0")
  }

  @Test func `a removed model is gone, and one that is not there is told`() throws {
    try install(model("one", wheel("1.0")))
    #expect(try store.remove("tiny@one").map(\.model.revision) == ["one"])
    #expect(store.installed.isEmpty)
    #expect(store.active == nil)
    #expect(throws: LanguageModelError.self) { try store.remove("tiny") }
  }

  @Test(arguments: [
    ("ERROR: Could not find a version that satisfies", LanguageModelError.Code.offline),
    (
      "WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching distribution found",
      .offline
    ),
    ("/usr/bin/python3: No module named pip", .unavailable),
    ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", .damaged),
    ("ERROR: Could not install: [Errno 28] No space left on device", .noSpace), ("odd", .failed),
  ])
  func `pip's words are told in terms of what to do`(
    words: String, code: LanguageModelError.Code
  ) {
    #expect(WheelDownload.judge(words, [wheel("1.0").wheel]).code == code)
  }

  @Test func `without python3 it is said what to install`() {
    let values = ["POLYLOGUE_MODELS": folder + "/models", "PATH": "/nonexistent"]
    let models = LanguageModels { values[$0] }
    let error = #expect(throws: LanguageModelError.self) { try models.install() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("python3-pip") == true)
    #expect(store.active == nil)
  }

  @Test func `without a model it is said how to get one`() {
    let values = ["POLYLOGUE_MODELS": folder + "/models"]
    let models = LanguageModels { values[$0] }
    let error = #expect(throws: LanguageModelError.self) { try models.embedder() }
    #expect(error?.code == .noModel)
    #expect(error?.message.contains("polylogue models install") == true)
  }
}
