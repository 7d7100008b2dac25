import PolylogueLanguageModels
import PolylogueSQL
import PolylogueSearch
import PolylogueStore

extension Archive {
  /// Adds to a report what a check of the file of vectors finds.
  func verifyVectors(into report: inout VerifyReport) throws {
    do {
      for problem in try VectorKeeper.problems(folder) {
        report.add("vectors.db: \(problem); “polylogue embed” makes it anew")
      }
    } catch let error as SQLError {
      report.add("vectors.db: \(error.message); “polylogue embed” makes it anew")
    }
  }

  /// What `doctor` says of the model that search by meaning needs. That there is none is no fault.
  func modelFinding(_ models: LanguageModels) -> Finding {
    let name = "search by meaning"
    if let problem = models.endpointProblem {
      return Finding(name: name, severity: .warning, message: problem.message)
    }
    let records: [ModelRecord]
    do {
      records = try models.list()
    } catch {
      return Finding(name: name, severity: .warning, message: error.message)
    }
    guard let model = records.first(where: \.isActive)?.model else {
      return Finding(
        name: name, severity: .ok, message: "no model is installed; search goes by words",
        advice: "“polylogue models install” gets one, “polylogue embed” then computes the vectors")
    }
    do {
      try models.checkFiles()
    } catch {
      return Finding(name: name, severity: .problem, message: error.message)
    }
    let hasVectors = (try? embeddings())?.contains { $0.model.name == model.name && $0.vectors > 0 }
    return Finding(
      name: name, severity: .ok,
      message: "by \(model.name)" + (hasVectors == true ? "" : ", without vectors yet"),
      advice: hasVectors == true ? nil : "“polylogue embed” computes them")
  }

  /// What `doctor` says of weights that cannot be read; nothing of others.
  func weightsFinding() -> [Finding] {
    do {
      _ = try ownRankingWeights()
      return []
    } catch {
      let message = (error as? ArchiveError)?.message ?? "\(error)"
      return [Finding(name: "weights", severity: .warning, message: message)]
    }
  }

  /// What `doctor` says of vectors; nothing where there are none.
  func vectorFindings() throws -> [Finding] {
    guard ArchiveFolder.byteCount(of: folder.vectorsPath) > 0 else { return [] }
    var damage = VerifyReport()
    try verifyVectors(into: &damage)
    if let problem = damage.problems.first {
      return [Finding(name: "vectors", severity: .problem, message: problem)]
    }
    do {
      return try embeddings().filter { $0.vectors > 0 }.map { state in
        let isDone = state.waiting == 0
        return Finding(
          name: "vectors", severity: isDone ? .ok : .warning,
          message: "\(state.model): \(state.vectors) vectors of \(state.messages) messages"
            + (isDone ? "" : ", up to \(state.waiting) more wait"),
          advice: isDone ? nil : "“polylogue embed” takes in those that say something")
      }
    } catch let error as ArchiveError {
      return [Finding(name: "vectors", severity: .problem, message: error.message)]
    }
  }
}
