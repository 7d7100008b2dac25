import PolylogueModel

/// Reads the dates of Takeout's HTML, which are written in the account's language.
///
/// `Aug 3, 2026, 10:12:33 AM CEST`, `03.08.2026, 10:12:33 MESZ`, `3 août 2026 à 10:12:33 UTC+2`,
/// `3.8.2026 klo 10.12.33 UTC+3`, `2026年8月3日 10:12:33 JST`. The forms are those of CLDR's medium
/// dates and times.
struct TakeoutDate {
  /// The moment.
  let time: Timestamp
  /// The zone that is not known, and was taken for UTC.
  let unknownZone: String?

  /// A line longer than this is none, in bytes.
  static let byteLimit = 96

  /// Reads a line that is a date and nothing else; nil for anything else.
  init?(_ line: String) {
    guard line.utf8.count <= TakeoutDate.byteLimit, TakeoutDate.hasDigits(line) else { return nil }
    var parts = TakeoutDate.parts(of: line)
    guard let clock = TakeoutDate.takeClock(from: &parts),
      let day = TakeoutDate.takeDay(from: &parts)
    else { return nil }
    let zone = TakeoutDate.takeZone(from: &parts)
    // What is left are particles ("de", "à", "um"); a sentence has more.
    guard parts.count <= 4 else { return nil }
    unknownZone = zone == nil ? parts.last?.word : nil
    let seconds = clock - (zone ?? 0)
    time = Timestamp(microseconds: day.start.microseconds + seconds * 1_000_000)
  }

  // MARK: Parts

  /// Whether a line may hold the digits of a date and a time: most lines of a prompt do not.
  private static func hasDigits(_ line: String) -> Bool {
    line.utf8.count(where: { $0 &- 48 < 10 || $0 >= 128 }) >= 6
  }

  /// A number, a word, or a sign that matters.
  private struct Part {
    var number: Int64?
    var digits = 0
    /// Whether a dot follows the number.
    var isDotted = false
    var word: String?
    var sign: Character?
  }

  private static func parts(of line: String) -> [Part] {
    var parts: [Part] = []
    for character in line {
      if let digit = character.wholeNumberValue, digit < 10 {
        if let number = parts.last?.number, parts[parts.count - 1].digits < 9 {
          parts[parts.count - 1].number = number * 10 + Int64(digit)
          parts[parts.count - 1].digits += 1
        } else {
          parts.append(Part(number: Int64(digit), digits: 1))
        }
      } else if character.isLetter {
        if let word = parts.last?.word, !isEastAsian(character) {
          parts[parts.count - 1].word = word + character.lowercased()
        } else {
          parts.append(Part(word: character.lowercased()))
        }
      } else {
        if character == ".", let last = parts.indices.last, parts[last].number != nil {
          parts[last].isDotted = true
        }
        // Spaces, the narrow ones before AM and PM too, and commas only part the rest.
        parts.append(Part(sign: ":/.-+−".contains(character) ? character : " "))
      }
    }
    return parts.filter { $0.sign != " " && $0.sign != "." || $0.number != nil }
  }

  private static func isEastAsian(_ character: Character) -> Bool {
    character.unicodeScalars.first.map { $0.value >= 0x3040 && $0.value < 0xD7B0 } ?? false
  }

  // MARK: Clock

  /// Seconds of the day.
  private static func takeClock(from parts: inout [Part]) -> Int64? {
    guard
      let colon = parts.indices.first(where: { index in
        parts[index].sign == ":" && index > 0 && parts[index - 1].number != nil
          && index + 1 < parts.count && parts[index + 1].number != nil
      }), var hour = parts[colon - 1].number, let minute = parts[colon + 1].number
    else { return takeDottedClock(from: &parts) }
    var end = colon + 2
    var second: Int64 = 0
    if end + 1 < parts.count, parts[end].sign == ":", let number = parts[end + 1].number {
      second = number
      end += 2
    }
    var start = colon - 1
    if let half = half(parts[start..<min(parts.count, end + 2)].lazy.compactMap(\.word)) {
      hour = hour % 12 + half
      if end < parts.count { end = min(parts.count, end + (isDotted(parts, end) ? 2 : 1)) }
    } else if start > 0, let half = half([parts[start - 1].word ?? ""]) {
      hour = hour % 12 + half
      start -= 1
    } else if start > 1, parts[start - 1].word != nil,
      let half = half([
        (parts[start - 2].word ?? "") + (parts[start - 1].word ?? "")
      ])
    {
      hour = hour % 12 + half
      start -= 2
    }
    guard hour < 24, minute < 60, second < 61 else { return nil }
    parts.removeSubrange(start..<end)
    return hour * 3600 + minute * 60 + second
  }

  /// The three numbers behind the year, as Danish and Finnish write a time: `10.12.33`.
  private static func takeDottedClock(from parts: inout [Part]) -> Int64? {
    guard let year = parts.indices.first(where: { parts[$0].digits == 4 }),
      let start = parts.indices.first(where: { $0 > year && parts[$0].number != nil }),
      start + 2 < parts.count, parts[start].isDotted, parts[start + 1].isDotted,
      parts[start + 1].digits == 2, parts[start + 2].digits == 2,
      let hour = parts[start].number, let minute = parts[start + 1].number,
      let second = parts[start + 2].number, hour < 24, minute < 60, second < 61
    else { return nil }
    parts.removeSubrange(start...(start + 2))
    return hour * 3600 + minute * 60 + second
  }

  private static func isDotted(_ parts: [Part], _ index: Int) -> Bool {
    ["a", "p", "π", "μ"].contains(parts[index].word)
  }

  /// The hours to add for a word that tells morning from afternoon.
  private static func half(_ words: some Sequence<String>) -> Int64? {
    for word in words {
      switch word {
      case "am", "a", "π", "πμ", "午前", "上午", "오전": return 0
      case "pm", "p", "μ", "μμ", "午後", "下午", "오후": return 12
      default: return nil
      }
    }
    return nil
  }

  // MARK: Day

  private static func takeDay(from parts: inout [Part]) -> CivilDate? {
    let numbers = parts.indices.filter { parts[$0].number != nil }
    guard let yearPlace = numbers.first(where: { parts[$0].digits == 4 }),
      let year = parts[yearPlace].number
    else { return nil }
    let others = numbers.filter { $0 != yearPlace && parts[$0].digits <= 2 }
    if let (monthPlace, month) = namedMonth(parts) {
      guard let dayPlace = others.first, let day = parts[dayPlace].number else { return nil }
      let date = CivilDate(year: year, month: month, day: day)
      parts = remove([yearPlace, monthPlace, dayPlace], from: parts)
      return date
    }
    guard others.count >= 2, let first = parts[others[0]].number,
      let second = parts[others[1]].number
    else { return nil }
    let isSlashed = parts.contains { $0.sign == "/" }
    let date: CivilDate?
    if yearPlace < others[0] || (isSlashed && second > 12) {
      date = CivilDate(year: year, month: first, day: second)
    } else {
      date = CivilDate(year: year, month: second, day: first)
    }
    parts = remove([yearPlace, others[0], others[1]], from: parts)
    parts.removeAll { $0.sign == "/" || ["年", "月", "日", "년", "월", "일"].contains($0.word) }
    return date
  }

  private static func remove(_ places: Set<Int>, from parts: [Part]) -> [Part] {
    parts.enumerated().filter { !places.contains($0.offset) }.map(\.element)
  }

  private static func namedMonth(_ parts: [Part]) -> (Int, Int64)? {
    for (place, part) in parts.enumerated() {
      guard let word = part.word, word.utf8.count >= 2 else { continue }
      // Behind a day with a dot these are other months in Croatian than in Czech or Polish.
      if place > 0, parts[place - 1].isDotted, ["lip", "lis", "srp"].contains(word.prefix(3)) {
        return nil
      }
      for (number, names) in months.enumerated()
      where names.contains(where: { word.hasPrefix($0) && word.count <= 12 }) {
        return (place, Int64(number + 1))
      }
    }
    return nil
  }

  /// How the months begin: English, German, French, Spanish, Portuguese, Italian, Catalan, Dutch,
  /// Danish, Norwegian, Swedish, Polish, Czech, Croatian, Slovene, Hungarian, Romanian, Estonian,
  /// Latvian, Turkish, Greek, Russian, Ukrainian, Serbian. Other languages write numbers.
  private static let months: [[String]] = [
    "jan jän janv jaa ene gen sty sij led ian oca ιαν янв січ јан",
    "feb fév fev vee lut vel úno şub φεβ фев лют феб",
    "mar mär már mrz maa mrt ožu bře μαρ мар бер",
    "apr avr abr ápr kwi tra dub nis απρ апр кві",
    "may mai maí mag mei maj máj svi kvě μαΐ μαϊ май мая тра мај",
    "jun juin jún jūn juun giu cze čvn iun haz ιουν июн чер јун",
    "jul juil júl jūl juul lug lip čvc iul tem ιουλ июл лип јул",
    "aug aoû ago ag avg sie kol ağu αυγ авг сер",
    "sep set sze wrz ruj zář eyl σεπ сен вер сеп",
    "oct okt out ott paź říj eki οκτ окт жов",
    "nov lis stu kas νοε ноя лис нов",
    "dec dez déc des dic dets gru pro ara δεκ дек гру дец",
  ].map { $0.split(separator: " ").map(String.init) }

  // MARK: Zone

  /// Seconds east of UTC; nil when the zone is not known or not stated.
  private static func takeZone(from parts: inout [Part]) -> Int64? {
    guard
      let place = parts.indices.first(where: { zones[parts[$0].word ?? ""] != nil }),
      var seconds = zones[parts[place].word ?? ""]
    else { return nil }
    var end = place + 1
    if end + 1 < parts.count, let sign = parts[end].sign, sign != ":",
      let hours = parts[end + 1].number, hours < 2500
    {
      end += 2
      var minutes: Int64 = 0
      if end + 1 < parts.count, parts[end].sign == ":", let number = parts[end + 1].number {
        minutes = number % 60
        end += 2
      }
      let offset = hours >= 100 ? hours / 100 * 3600 + hours % 100 * 60 : hours * 3600
      seconds += (sign == "+" ? 1 : -1) * (offset + minutes * 60)
    }
    parts.removeSubrange(place..<end)
    return seconds
  }

  private static let zones: [String: Int64] = {
    let hours: [(Double, String)] = [
      (0, "utc gmt z wet ut гринуич"), (1, "cet mez seč bst west wesz ist met"),
      (2, "cest mesz selč eet oez sast cat"),
      (3, "eest oesz msk мск trt tsi tsi\u{307} eat"), (5.5, "slst"), (8, "hkt sgt awst pht"),
      (9, "jst kst"),
      (9.5, "acst"), (10, "aest"), (10.5, "acdt"), (11, "aedt"), (12, "nzst"), (13, "nzdt"),
      (-3, "brt art clst"), (-4, "edt ast clt"), (-5, "est cdt cot pet"), (-6, "cst mdt"),
      (-7, "mst pdt"), (-8, "pst akdt"), (-9, "akst"), (-10, "hst"), (-2.5, "ndt"), (-3.5, "nst"),
    ]
    var zones: [String: Int64] = [:]
    for (offset, names) in hours {
      for name in names.split(separator: " ") { zones[String(name)] = Int64(offset * 3600) }
    }
    // In Takeouts it is India's far more often than Ireland's or Israel's.
    zones["ist"] = 19_800
    return zones
  }()
}
