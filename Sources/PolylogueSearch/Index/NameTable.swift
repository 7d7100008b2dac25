import PolylogueSQL

/// Short numbers for the names of providers and models.
struct NameTable {
  enum Kind: Int64 { case provider = 0, model = 1 }

  private let kind: Kind
  private var numbers: [[UInt8]: Int64] = [:]
  private(set) var names: [String] = []
  private var unsaved = 0

  init(kind: Kind, connection: Connection) throws {
    self.kind = kind
    let statement = try connection.statement("SELECT name FROM text_names WHERE kind=? ORDER BY id")
    defer { statement.reset() }
    statement.bind(kind.rawValue, at: 1)
    while try statement.step() {
      let bytes = statement.bytes(0)
      numbers[bytes] = Int64(names.count)
      names.append(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// The name's number, given now when it is new.
  mutating func number(of name: String) -> Int64 {
    let bytes = Array(name.utf8)
    if let known = numbers[bytes] { return known }
    numbers[bytes] = Int64(names.count)
    names.append(name)
    unsaved += 1
    return Int64(names.count - 1)
  }

  mutating func save(in connection: Connection) throws {
    for index in (names.count - unsaved)..<names.count {
      try connection.run(
        "INSERT INTO text_names(kind,id,name) VALUES(?,?,?)", kind.rawValue, index,
        Array(names[index].utf8))
    }
    unsaved = 0
  }
}
