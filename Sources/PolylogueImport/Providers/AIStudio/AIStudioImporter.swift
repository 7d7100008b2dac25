import PolylogueModel
import PolylogueParsing

/// Reads the prompt files of Google AI Studio, which lie in Google Drive.
///
/// Learnt from public prompt files and from the parsers of other readers, up to August 2026. In
/// Drive they are of type `application/vnd.google-makersuite.prompt`; downloaded or in a Takeout
/// they have no extension, or `.json`.
public struct AIStudioImporter: Importer {
  /// Google AI Studio.
  public let provider = Provider.gemini
  /// The version of this reader.
  public let version = 2
  /// A file is one conversation, and the only record of its file.
  public let recordsAreIndependent = true

  /// The folder of Drive in which AI Studio keeps prompts and the files that were uploaded to them.
  static let folderName = "Google AI Studio"

  /// An importer.
  public init() {}

  /// Whether the document is a prompt.
  public func recognizes(_ probe: Probe) -> Bool {
    probe.records.contains { AIStudioPrompt.isPrompt($0) }
  }

  /// What a file of AI Studio's folder is when it is no prompt: an uploaded file.
  ///
  /// A synchronised file is labelled `drive:FILEID/NAME`, whatever its folder is called.
  public func companion(_ label: String) -> String? {
    let folders = label.split(separator: "/").dropLast()
    let isOurs = folders.contains {
      $0.hasPrefix(AIStudioFiles.idPrefix) || $0 == AIStudioImporter.folderName
    }
    return isOurs ? attachmentCompanion : nil
  }

  /// Opens a folder of prompts.
  public func open(_ members: (any ExportMembers)?) -> any Export {
    AIStudioExport(members: members)
  }
}

/// The prompts that arrived together.
final class AIStudioExport: Export {
  private let files: AIStudioFiles

  init(members: (any ExportMembers)?) {
    files = AIStudioFiles(members: members)
  }

  func parser(for label: String) -> any RecordParser {
    AIStudioParser(label: label, files: files)
  }
}

/// Reads the prompt in one file.
final class AIStudioParser: RecordParser {
  private let label: String
  private let files: AIStudioFiles

  init(label: String, files: AIStudioFiles) {
    self.label = label
    self.files = files
  }

  func consume(_ record: Record, into sink: any ConversationSink) throws {
    guard AIStudioPrompt.isPrompt(record.value) else {
      return sink.receipt.unknown(
        "prompt", because: "it has no chunkedPrompt and is of no older kind", at: record.offset)
    }
    var prompt = AIStudioPrompt(record, label: label, files: files)
    let conversation = prompt.read(into: &sink.receipt)
    guard !conversation.messages.isEmpty else {
      return sink.receipt.skipped("prompt", because: "it is empty", at: record.offset)
    }
    try sink.add(conversation)
    sink.receipt.understood("prompt")
  }

  func finish(into sink: any ConversationSink) throws {}
}
