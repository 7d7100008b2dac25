// Measures the library within one process, on an archive that is there already, and prints one line
// a figure: name, value, unit, separated by tabs.
//
// usage: polylogue-bench reads ARCHIVE [ROUNDS]      one query after the other, and several at once
//        polylogue-bench queries ARCHIVE ROUNDS QUERY…
//        polylogue-bench readers ARCHIVE COUNT       readers without a pause until input ends
//        polylogue-bench lists ARCHIVE               pages, counts and look-ups by filter
//        polylogue-bench longest ARCHIVE             the conversation of most messages
//        polylogue-bench answer ARCHIVE              answers lines of standard input; no figures
//        polylogue-bench vectors FOLDER [COUNT [FILE DIMENSIONS]]
//                                                    the vector index, in a file made in a folder

import Glibc
import PolylogueKit

let arguments = CommandLine.arguments
guard arguments.count > 2 else {
  print("usage: polylogue-bench reads|queries|readers|lists|longest|answer|vectors ARCHIVE …")
  exit(2)
}
let path = arguments[2]
let number = arguments.count > 3 ? Int(arguments[3]) : nil
do {
  switch arguments[1] {
  case "reads":
    try await AsyncPolylogue.open(path: path) { archive in
      try await measureReads(archive, rounds: number ?? 200)
      try await measureConcurrency(archive)
      try await measureDoors(path, archive)
    }
  case "queries":
    try await AsyncPolylogue.open(path: path) {
      try await measureQueries($0, Array(arguments.dropFirst(4)), rounds: number ?? 200)
    }
  case "readers":
    try await AsyncPolylogue.open(path: path) { try await measureReaders($0, count: number ?? 4) }
  case "answer": try await AsyncPolylogue.open(path: path) { try await answer($0) }
  case "lists": try measureLists(path)
  case "longest": try measureLongest(path)
  case "vectors":
    try measureVectors(
      path, count: number ?? 100_000, file: arguments.count > 4 ? arguments[4] : nil,
      dimensions: arguments.count > 5 ? Int(arguments[5]) ?? 384 : 384)
  default:
    print("there is no measurement “\(arguments[1])”")
    exit(2)
  }
} catch {
  print("polylogue-bench: \(error)")
  exit(1)
}
