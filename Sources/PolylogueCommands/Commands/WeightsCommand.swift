import PolylogueKit

/// `polylogue weights`
struct WeightsCommand: Command {
  let name = "weights"
  let summary = "show or set what the parts of an answer's score count"
  let discussion = """
    Questions (search --mode words, semantic or hybrid, and similar) are ranked by a sum of parts, each
    times its weight; docs/search.md says what they are. Weights are set for this archive; those that
    are not named stay. eval --tune looks for better ones and measures them: where they bring nothing
    on questions that they were not chosen by, leave the standard ones.
    """
  let operands = [
    Operand(
      name: "PART=NUMBER",
      help: "A part and its weight, from 0 to 100: \(WeightsCommand.names). Shows all without it.",
      isOptional: true, isRepeatable: true)
  ]
  var flags: [FlagDeclaration] { [Self.standard.declaration] }
  let examples: [Example] = [
    Example("polylogue weights", "Shows the weights in use"),
    Example("polylogue weights neighbour=0.7 date=0.25", "Sets two of them"),
    Example("polylogue weights --standard", "Goes back to the standard weights"),
  ]

  private static let standard = Switch("standard", help: "Go back to the standard weights.")
  private static var names: String { AnswerPart.allCases.map { "\($0)" }.joined(separator: ", ") }

  func run(_ invocation: Invocation, in context: CommandContext) throws -> ExitStatus {
    let wanted = try invocation.operands.map { text in try WeightsCommand.weight(text) }
    let isStandard = invocation.has(Self.standard)
    guard !isStandard || wanted.isEmpty else {
      throw UsageError("--standard goes back to all standard weights; name none beside it")
    }
    let own = try context.withArchive(.read) { archive in
      if isStandard {
        try archive.setRankingWeights(nil)
      } else if !wanted.isEmpty {
        var weights = try archive.ownRankingWeights() ?? .standardWeights
        for (part, number) in wanted { weights[part] = number }
        try archive.setRankingWeights(weights)
      }
      return try archive.ownRankingWeights()
    }
    let weights = own ?? .standardWeights
    if context.isJSON {
      try context.print(
        .object([
          ("weights", SearchOutput.weights(weights)),
          ("standard", SearchOutput.weights(.standardWeights)),
          ("are_standard", .bool(own == nil)),
        ]))
      return .done
    }
    var table = Table([
      .init(title: "PART"), .init(title: "WEIGHT", isNumber: true),
      .init(title: "STANDARD", isNumber: true),
    ])
    for part in AnswerPart.allCases {
      table.add([
        "\(part)", SearchOutput.number(weights[part]),
        SearchOutput.number(AnswerFeatures.standardWeights[part]),
      ])
    }
    try context.print(table.lines(width: context.width, style: context.style))
    return .done
  }

  private static func weight(_ text: String) throws -> (AnswerPart, Double) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, let part = AnswerPart.allCases.first(where: { "\($0)" == sides[0] })
    else { throw UsageError("“\(text)” is no PART=NUMBER; the parts are \(names)") }
    guard let number = Double(sides[1]), (0...Archive.greatestWeight).contains(number) else {
      throw UsageError("“\(sides[1])” is no weight; a number from 0 to 100 is")
    }
    return (part, number)
  }
}
