import PolylogueImport
import PolylogueModel
import PolylogueStore

/// Takes what parsers understand, prepares it for writing and passes it on.
///
/// Holds at most ``spillByteCount`` of one conversation; a longer one is passed on in parts.
final class PreparingSink: ConversationSink {
  /// The most bytes of one conversation that are held back until its header is known.
  static let spillByteCount = 2 << 20
  /// The bytes of text that the dictionary for messages is trained with.
  static let sampleByteCount = 1 << 20
  /// With less text than this at the end of a file, training waits for the next file.
  static let sampleMinimum = 256 << 10
  /// The most bytes of messages that wait for the dictionary.
  static let waitingByteLimit = 16 << 20

  var receipt = Receipt()
  /// The hash of the record being parsed, where a record is a conversation.
  var recordHash: [UInt8]?
  var parserVersion = 0
  /// What was lost of the file before the record being parsed.
  var lostBefore = 0
  /// Whether the file ended before its end.
  var isCut = false
  private(set) var conversationCount = 0
  private(set) var messageCount = 0

  private let preparer: Preparer
  private let emit: (IngestItem, Int) throws -> Void

  private struct Open {
    var messages: [PreparedMessage] = []
    var byteCount = 0
  }
  private var open: [ConversationID: Open] = [:]
  private var current: (id: ConversationID, state: Open)?
  /// What was added to conversations in the archive that they come from.
  private var userData: [ConversationID: UserData] = [:]
  /// The header of the conversation being read, where it was announced.
  private var announced: ConversationHeader?

  // Until there is a dictionary, conversations wait here: they are what it is trained with.
  private struct Waiting {
    var header: ConversationHeader
    var messages: [Message]
    var inactive: Set<String>
    var recordHash: [UInt8]?
    var isWhole: Bool
    var userData: UserData?
  }
  private var waiting: [Waiting] = []
  private var waitingMessages: [ConversationID: [Message]] = [:]
  private var waitingByteCount = 0
  private var samples: [UInt8] = []
  private var sampleSizes: [Int] = []

  init(preparer: Preparer, emit: @escaping (IngestItem, Int) throws -> Void) {
    self.preparer = preparer
    self.emit = emit
  }

  private var isTraining: Bool {
    preparer.messageDictionary == nil && samples.count < PreparingSink.sampleByteCount
  }

  func begin(_ header: ConversationHeader) {
    announced = header
  }

  func add(_ message: Message, to conversation: ConversationID) throws {
    messageCount += 1
    if isTraining {
      let body = MessageBody.encode(message)
      addSample(body)
      waitingMessages[conversation, default: []].append(message)
      waitingByteCount += message.attachments.reduce(body.count) {
        $0 + ($1.inlineBytes?.count ?? 0) + ($1.extractedText?.utf8.count ?? 0)
      }
      if !isTraining || waitingByteCount > PreparingSink.waitingByteLimit {
        try trainOrRelease()
      }
      return
    }
    try addPrepared(message, to: conversation)
  }

  func add(_ userData: UserData, to conversation: ConversationID) {
    self.userData[conversation] = userData
  }

  func finish(_ header: ConversationHeader, inactive: Set<String>) throws {
    conversationCount += 1
    let added = userData.removeValue(forKey: header.id)
    if preparer.messageDictionary == nil, open[header.id] == nil, current?.id != header.id {
      waiting.append(
        Waiting(
          header: header, messages: waitingMessages.removeValue(forKey: header.id) ?? [],
          inactive: inactive, recordHash: recordHash, isWhole: isWhole, userData: added))
      return
    }
    try pass(
      header, inactive: inactive, recordHash: recordHash, isWhole: isWhole, userData: added)
  }

  private var isWhole: Bool { receipt.lost == lostBefore && !isCut }

  /// Passes on what waits, at the end of a file.
  func endFile() throws {
    try trainOrRelease()
    // A parser that forgot a conversation has lost its header, not its messages.
    exchangeCurrent(for: nil)
    for id in open.keys.sorted(by: { $0.description < $1.description }) {
      receipt.warn("a conversation had no end; its header is incomplete")
      try pass(ConversationHeader(id: id), inactive: [], recordHash: nil, isWhole: false)
    }
  }

  /// Begins a new file.
  func beginFile(parserVersion: Int) {
    receipt = Receipt()
    recordHash = nil
    lostBefore = 0
    isCut = false
    announced = nil
    userData = [:]
    self.parserVersion = parserVersion
    conversationCount = 0
    messageCount = 0
  }

  // MARK: Training

  private func addSample(_ body: [UInt8]) {
    // A long body says as much in its first part as in all of it.
    let part = body.prefix(8192)
    samples.append(contentsOf: part)
    sampleSizes.append(part.count)
  }

  private func trainOrRelease() throws {
    if samples.count >= PreparingSink.sampleMinimum { try train() } else { try release() }
  }

  private func train() throws {
    if preparer.messageDictionary == nil,
      let dictionary = CompressionDictionary.train(
        purpose: "message", samples: samples, sizes: sampleSizes)
    {
      preparer.compressor.add(dictionary, forWriting: true)
      preparer.messageDictionary = dictionary.id
      try emit(.dictionary(dictionary), dictionary.bytes.count)
    }
    try release()
    if preparer.messageDictionary != nil {
      samples = []
      sampleSizes = []
    }
  }

  private func release() throws {
    let finished = waiting
    let unfinished = waitingMessages
    waiting = []
    waitingMessages = [:]
    waitingByteCount = 0
    let underway = announced
    defer { announced = underway }
    for item in finished {
      announced = item.header
      for message in item.messages { try addPrepared(message, to: item.header.id) }
      try pass(
        item.header, inactive: item.inactive, recordHash: item.recordHash, isWhole: item.isWhole,
        userData: item.userData)
    }
    announced = underway
    for (id, messages) in unfinished {
      for message in messages { try addPrepared(message, to: id) }
    }
  }

  // MARK: Passing on

  private func addPrepared(_ message: Message, to conversation: ConversationID) throws {
    let prepared = preparer.prepare(message)
    if current?.id != conversation { exchangeCurrent(for: conversation) }
    current?.state.messages.append(prepared)
    current?.state.byteCount += prepared.byteCount
    if let state = current?.state, state.byteCount > PreparingSink.spillByteCount {
      current = (conversation, Open())
      let header = announced?.id == conversation ? announced : nil
      try emit(.messages(conversation, header, state.messages), state.byteCount)
    }
  }

  /// Makes a conversation the current one. Messages mostly come one conversation after the other,
  /// so that the dictionary is asked only when it changes.
  private func exchangeCurrent(for conversation: ConversationID?) {
    if let current { open[current.id] = current.state }
    current = conversation.map { ($0, open.removeValue(forKey: $0) ?? Open()) }
  }

  private func pass(
    _ header: ConversationHeader, inactive: Set<String>, recordHash: [UInt8]?, isWhole: Bool,
    userData: UserData? = nil
  ) throws {
    exchangeCurrent(for: nil)
    let state = open.removeValue(forKey: header.id) ?? Open()
    let inactive = Set(inactive.map(NativeID.init))
    var messages = state.messages
    if !inactive.isEmpty {
      for index in messages.indices where inactive.contains(messages[index].nativeID) {
        messages[index].flags.remove(.active)
      }
    }
    try emit(
      .conversation(
        FinishedConversation(
          header: header, messages: messages, inactive: inactive,
          recordHash: recordHash, parserVersion: parserVersion, isWhole: isWhole,
          userData: userData)),
      state.byteCount + 512)
  }
}
