import PolylogueModel

/// A date that a question names in words, such as `7 July 2023`, `in May`, `July 7th` or `2021`.
///
/// It is no filter: people err about dates, and what happened on a day is often told on the next one.
struct MentionedDate: Equatable {
  var year: Int64?
  var month: Int64?
  var day: Int64?

  /// The dates that a text names in English.
  static func all(in text: String) -> [MentionedDate] {
    let words = text.prefix(4096).lowercased().split { !$0.isLetter && !$0.isNumber }.map(
      String.init)
    var dates: [MentionedDate] = []
    var used: Set<Int> = []
    for (place, word) in words.enumerated() {
      guard let month = months.firstIndex(where: { $0 == word || ($0.prefix(3) == word) })
      else { continue }
      let date = MentionedDate(words, at: place, month: Int64(month + 1), used: &used)
      // “may” is a verb more often than a month.
      let isSure =
        date.day != nil || date.year != nil || (place > 0 && leads.contains(words[place - 1]))
      if word != "may" || isSure { dates.append(date) }
    }
    for (place, word) in words.enumerated() where !used.contains(place) {
      if let year = number(word), word.utf8.count == 4, (1990...2099).contains(year) {
        dates.append(MentionedDate(year: year))
      }
    }
    return dates
  }

  /// How well a moment agrees with it: 2 on the day, 1 in the month or up to a week behind the day, less
  /// for less, 0 for another time.
  ///
  /// - Parameter time: Seconds since 1970.
  func agreement(with time: Int64) -> Double {
    let (days, rest) = time.quotientAndRemainder(dividingBy: 86_400)
    guard days.magnitude < 3_000_000 else { return 0 }
    let date = CivilDate(daysSinceEpoch: rest < 0 ? days - 1 : days)
    if let year, year != date.year { return 0 }
    guard let month else { return year == nil ? 0 : 0.25 }
    guard month == date.month else { return 0 }
    guard let day else { return 1 }
    if day == date.day { return 2 }
    return (1...7).contains(date.day - day) ? 1 : 0.5
  }

  private init(year: Int64? = nil, month: Int64? = nil, day: Int64? = nil) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Reads what stands around a month's name.
  private init(_ words: [String], at place: Int, month: Int64, used: inout Set<Int>) {
    self.month = month
    var next = place + 1
    var before = place - 1
    if before >= 0, words[before] == "of" { before -= 1 }
    if before >= 0, let day = MentionedDate.day(words[before]) {
      self.day = day
    } else if next < words.count, let day = MentionedDate.day(words[next]) {
      self.day = day
      next += 1
    }
    if next < words.count, words[next].utf8.count == 4,
      let year = MentionedDate.number(words[next]),
      (1900...2100).contains(year)
    {
      self.year = year
      used.insert(next)
    }
  }

  private static func day(_ word: String) -> Int64? {
    let digits = word.prefix { $0.isASCII && $0.isNumber }
    guard ["", "st", "nd", "rd", "th"].contains(word.dropFirst(digits.count)),
      let day = number(String(digits)), (1...31).contains(day)
    else { return nil }
    return day
  }

  private static func number(_ word: String) -> Int64? {
    word.utf8.count <= 4 && word.utf8.allSatisfy { (48...57).contains($0) } ? Int64(word) : nil
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]
  /// What stands before “may” where it is a month.
  private static let leads: Set<String> = [
    "in", "on", "of", "since", "until", "during", "last", "this", "early", "late", "mid",
  ]
}
