import PolylogueParsing
public import PolylogueSearch
import PolylogueStore

/// What the parts of an answer's score count, as the user has set it for an archive.
extension Archive {
  /// The most bytes of the file.
  private static let weightsByteLimit = 1 << 16
  /// The most that a part may count.
  public static let greatestWeight = 100.0

  /// Weights that were set for this archive; nil where the standard ones are in use.
  ///
  /// They stand in `ranking.json` in the archive's folder, so that whoever searches the archive ranks
  /// alike.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged` when the file makes no sense.
  public func ownRankingWeights() throws -> AnswerFeatures? {
    let path = folder.rankingPath
    guard let bytes = try ArchiveFolder.read(path, limit: Archive.weightsByteLimit) else {
      return nil
    }
    func damage(_ reason: String) -> ArchiveError {
      ArchiveError(
        .damaged, "\(path): \(reason); “polylogue weights --standard” takes the file away")
    }
    var reader = JSONReader()
    let value: JSONValue
    do {
      value = try reader.parse(bytes)
    } catch {
      throw damage(error.reason)
    }
    let members = Array(value.members)
    guard !members.isEmpty else { throw damage("it is no object with the parts of a score") }
    var weights = AnswerFeatures.standardWeights
    for (name, member) in members {
      guard let part = AnswerPart.allCases.first(where: { "\($0)" == name }) else {
        throw damage("“\(name)” is no part of a score")
      }
      guard let number = member.double, (0...Archive.greatestWeight).contains(number) else {
        throw damage("“\(part)” is no number from 0 to \(Int(Archive.greatestWeight))")
      }
      weights[part] = number
    }
    guard AnswerPart.allCases.contains(where: { weights[$0] > 0 }) else {
      throw damage("no part counts")
    }
    return weights
  }

  /// Sets what the parts of an answer's score count, for every search of this archive from now on, such
  /// as weights that ``tune(_:mode:onProgress:)`` has found.
  ///
  /// - Parameter weights: A number from 0 to ``greatestWeight`` for each part, one of them above 0; nil
  ///   goes back to the standard ones.
  /// - Throws: ``ArchiveError``: `invalidArgument` for other numbers, or why the file cannot be written.
  public func setRankingWeights(_ weights: AnswerFeatures?) throws {
    guard let weights else { return try ArchiveFolder.remove(folder.rankingPath) }
    var writer = JSONWriter()
    writer.beginObject()
    for part in AnswerPart.allCases {
      guard (0...Archive.greatestWeight).contains(weights[part]) else {
        throw ArchiveError(
          .invalidArgument,
          "the weight of “\(part)” is no number from 0 to \(Int(Archive.greatestWeight))")
      }
      writer.key("\(part)")
      writer.value(weights[part])
    }
    writer.endObject()
    guard AnswerPart.allCases.contains(where: { weights[$0] > 0 }) else {
      throw ArchiveError(.invalidArgument, "with no weight above 0 nothing would be found")
    }
    try ArchiveFolder.replace(folder.rankingPath, by: writer.utf8 + [0x0A])
  }

  /// The weights in use. Where those of the archive cannot be read, the standard ones are, and a note
  /// says so.
  func rankingWeights(notes: inout [String]) -> AnswerFeatures {
    do {
      return try ownRankingWeights() ?? .standardWeights
    } catch {
      notes.append(
        "ranked by the standard weights: \((error as? ArchiveError)?.message ?? "\(error)")")
      return .standardWeights
    }
  }
}
