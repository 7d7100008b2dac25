import Glibc
import PolylogueParsing
import PolylogueStore

/// Finds the files below a folder whose path is like a pattern. Symbolic links below the pattern's
/// fixed part are named, not followed.
struct PatternWalk {
  /// The deepest nesting of folders that is entered.
  private static let depthLimit = 64

  private let root: String
  private let parts: [String]

  /// - Parameters:
  ///   - root: The folder.
  ///   - pattern: Names parted by `/`: `*` is anything within a name, a part `**` any folders.
  init(root: String, pattern: String) {
    self.root = root
    parts = pattern.split(separator: "/").map(String.init)
  }

  /// The path up to the first part that leaves a choice.
  var fixedPart: String {
    ([root] + parts.prefix { !$0.utf8.contains(UInt8(ascii: "*")) }).joined(separator: "/")
  }

  /// Calls `body` for each file.
  ///
  /// - Parameter onProblem: Told what could not be looked at, and why.
  func forEachFile(
    isCancelled: () -> Bool, onProblem: (String) -> Void,
    _ body: (_ path: String, _ stamp: FileStamp) throws -> Void
  ) throws {
    var stack = [(path: root, part: 0, depth: 0)]
    while let (path, place, depth) = stack.popLast(), !isCancelled() {
      guard depth < PatternWalk.depthLimit else {
        onProblem("\(path): more than \(PatternWalk.depthLimit) folders deep")
        continue
      }
      let part = parts[place]
      let isLast = place == parts.count - 1
      if !part.utf8.contains(UInt8(ascii: "*")) {
        let next = path + "/" + part
        if isLast {
          try visit(next, followsLinks: true, onProblem, body)
        } else {
          stack.append((next, place + 1, depth + 1))
        }
        continue
      }
      guard let (names, oddNames) = InputWalk.list(path) else {
        if errno != ENOENT, errno != ENOTDIR {
          onProblem("\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        continue
      }
      for name in oddNames { onProblem("\(path)/\(name): its name is not UTF-8") }
      let isAnyDepth = part == "**"
      if isAnyDepth { stack.append((path, place + 1, depth + 1)) }
      for name in names where isAnyDepth || PatternWalk.fits(name, part) {
        let next = path + "/" + name
        if isLast {
          try visit(next, followsLinks: false, onProblem, body)
        } else if isFolder(next, isAnyDepth: isAnyDepth, onProblem) {
          stack.append((next, isAnyDepth ? place : place + 1, depth + 1))
        }
      }
    }
  }

  private func isFolder(
    _ path: String, isAnyDepth: Bool, _ onProblem: (String) -> Void
  ) -> Bool {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return false }
    if facts.st_mode & S_IFMT == S_IFLNK { onProblem("\(path): a symbolic link, not followed") }
    return facts.st_mode & S_IFMT == S_IFDIR
  }

  private func visit(
    _ path: String, followsLinks: Bool, _ onProblem: (String) -> Void,
    _ body: (_ path: String, _ stamp: FileStamp) throws -> Void
  ) throws {
    var facts = stat()
    guard (followsLinks ? stat(path, &facts) : lstat(path, &facts)) == 0 else {
      if errno == EACCES { onProblem("\(path): \(String(cString: strerror(errno)))") }
      return
    }
    switch facts.st_mode & S_IFMT {
    case S_IFREG: try body(path, FileStamp(FileIdentity(facts)))
    case S_IFLNK: onProblem("\(path): a symbolic link, not followed")
    default: break
    }
  }

  /// Whether a name is like a part of a pattern.
  ///
  /// - Complexity: O(name × stars).
  static func fits(_ name: String, _ part: String) -> Bool {
    let name = Array(name.utf8)
    let part = Array(part.utf8)
    var (at, place) = (0, 0)
    var retry: (at: Int, place: Int)?
    while at < name.count {
      if place < part.count, part[place] == UInt8(ascii: "*") {
        place += 1
        retry = (at, place)
      } else if place < part.count, part[place] == name[at] {
        at += 1
        place += 1
      } else if let last = retry {
        at = last.at + 1
        place = last.place
        retry = (at, place)
      } else {
        return false
      }
    }
    return part[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
