import PolylogueParsing

extension Optional where Wrapped == JSONValue {
  /// The elements of an array; none for anything else.
  var list: [JSONValue] { map { Array($0.elements) } ?? [] }
}
