import PolylogueSearch

/// Search by meaning.
extension Archive {
  /// Whether messages can be found by what they mean: there is a model, and there are vectors of it.
  func canSearchByMeaning() throws -> Bool { false }

  /// How alike messages are to a text; nil, with the reason among the notes, when that cannot be told.
  func meaning(of text: String, notes: inout [String]) throws -> (any MeaningSource)? {
    notes.append("no model is installed: searched by words; “polylogue models install” gets one")
    return nil
  }
}
