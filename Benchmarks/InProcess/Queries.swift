/// The queries that are measured; the generator plants their words.
enum Queries {
  static let byFrequency = [
    (name: "rare word", text: "zyxomantic"),
    (name: "medium word", text: "quasarlint"),
    (name: "phrase", text: "\"crimson harbor lantern\""),
    (name: "very common word", text: "the"),
  ]
}
