import PolylogueModel
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    ("2026-01-31T10:20:30Z", "2026-01-31T10:20:30Z"),
    ("2026-01-31T10:20:30.5Z", "2026-01-31T10:20:30.500Z"),
    ("2026-01-31T10:20:30.123456+02:00", "2026-01-31T08:20:30.123456Z"),
    ("2026-01-31 10:20:30", "2026-01-31T10:20:30Z"),
    ("2026-01-31", "2026-01-31T00:00:00Z"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ("2024-01-01T00:00:60Z", "2024-01-01T00:01:00Z"),
  ])
  func `reads the ISO forms that exports use`(text: String, expected: String) {
    #expect(Timestamp(iso: text)?.iso == expected)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"),
      (1, "1970-01-01T00:00:00.000001Z"),
      (-1, "1969-12-31T23:59:59.999999Z"),
      (5_000, "1970-01-01T00:00:00.005Z"),
      (90_010, "1970-01-01T00:00:00.090010Z"),
      (-59_000_000_000_000_000, "0100-05-13T15:06:40Z"),
      (253_402_300_800_000_000, "10000-01-01T00:00:00Z"),
      (-62_167_219_200_000_001, "-1-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)])
  func `writes every digit that counts`(microseconds: Int64, expected: String) {
    #expect(Timestamp(microseconds: microseconds).iso == expected)
  }

  @Test(arguments: [
    "", "not a date", "9999-99-99T99:99:99Z", "0000-00-00", "2024-02-30T00:00:00Z",
    "+292278994-08-17T07:12:55.807Z", "2024-01-01T25:61:61Z", "-001-01-01T00:00:00Z", "None",
    "2024-01-01T00:00:00Zjunk",
  ])
  func `refuses what is no date`(text: String) {
    #expect(Timestamp(iso: text) == nil)
  }

  @Test func `counts days back from now, to the bounds of time`() {
    let before = Timestamp.now
    let week = Timestamp.daysAgo(7)
    let after = Timestamp.now
    #expect(week.microseconds >= before.microseconds - 7 * 86_400_000_000)
    #expect(week.microseconds <= after.microseconds - 7 * 86_400_000_000)
    #expect(Timestamp.daysAgo(-1) > after)
    #expect(Timestamp.daysAgo(.max) == Timestamp.plausible.lowerBound)
    #expect(Timestamp.daysAgo(.min) == Timestamp.plausible.upperBound)
    #expect("\(Timestamp(microseconds: 0))" == "1970-01-01T00:00:00Z")
  }

  @Test func `cuts a fraction of any length`() {
    let text = "2024-01-01T00:00:00." + String(repeating: "1", count: 10_000) + "Z"
    #expect(Timestamp(iso: text)?.iso == "2024-01-01T00:00:00.111111Z")
  }

  @Test(arguments: [
    (1_700_000_000.25, "2023-11-14T22:13:20.250Z"), (1_700_000_000_000, "2023-11-14T22:13:20Z"),
    (1_700_000_000_000_000, "2023-11-14T22:13:20Z"),
    (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
  ])
  func `reads numbers by magnitude`(number: Double, expected: String) {
    #expect(Timestamp(number: number)?.iso == expected)
  }

  @Test(arguments: [0, 1e300, -1e300, .infinity, .nan, 1e30])
  func `refuses numbers that are no time`(number: Double) {
    #expect(Timestamp(number: number) == nil)
  }

  @Test func `days round-trip over four centuries`() {
    for day in stride(from: Int64(-80_000), through: 80_000, by: 7) {
      #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
    }
  }
}
