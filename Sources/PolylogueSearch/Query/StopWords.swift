/// English words that say how a question is put and not what it is about. They are left out of
/// questions; of other languages' words, how often they stand in the archive tells.
enum StopWords {
  static func contains(_ word: [UInt8]) -> Bool {
    word.count <= 10 && all.contains(String(decoding: word, as: UTF8.self))
  }

  private static let all: Set<String> = [
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "being", "but", "by", "can", "could", "d", "did", "do", "does", "doing", "done",
    "for", "from", "get", "gets", "getting", "got", "had", "has", "have", "having", "he", "her",
    "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just",
    "like", "ll", "m", "me", "might", "more", "most", "much", "my", "no", "not", "of", "off",
    "on", "one", "or", "our", "out", "over", "own", "re", "s", "she", "should", "so", "some",
    "such", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "through", "to", "too", "up", "us", "ve", "very", "was", "we", "were", "what",
    "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with", "would",
    "you", "your",
  ]
}
