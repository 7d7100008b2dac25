import PolylogueModel
import PolylogueParsing

/// The fields of one line of a session file that the importer looks at, found in one pass.
struct ClaudeCodeRecord {
  /// What kind of line it is, such as `assistant`.
  var type = ""
  var subtype: JSONValue?
  var uuid: String?
  var parentUUID: String?
  var logicalParentUUID: String?
  var sessionID: JSONValue?
  var agentID: JSONValue?
  var timestamp: Timestamp?
  var message: JSONValue?
  var toolUseResult: JSONValue?
  var content: JSONValue?
  var attachment: JSONValue?
  var data: JSONValue?
  var requestID: JSONValue?
  var cwd: JSONValue?
  var gitBranch: JSONValue?
  var version: JSONValue?
  var slug: JSONValue?
  var forkedFrom: JSONValue?
  var parentToolUseID: JSONValue?
  var promptSource: JSONValue?
  var isSidechain = false
  var isMeta = false
  var isCompactSummary = false
  var isAPIError = false

  /// A line without fields.
  init(type: String) {
    self.type = type
  }

  init(_ value: JSONValue) {
    value.forEachMember { key, member in
      switch key {
      case "type": type = member.string ?? ""
      case "uuid": uuid = member.text
      case "parentUuid": parentUUID = member.text
      case "sessionId", "session_id": sessionID = sessionID ?? member
      case "timestamp": timestamp = member.timestamp
      case "message": message = member
      case "toolUseResult": toolUseResult = member
      case "isSidechain": isSidechain = member.bool ?? false
      case "cwd": cwd = member
      case "gitBranch": gitBranch = member
      case "version": version = member
      case "requestId": requestID = member
      default: takeRare(key, member)
      }
    }
  }

  private mutating func takeRare(_ key: JSONKey, _ member: JSONValue) {
    guard !member.isNull else { return }
    switch key {
    case "userType": break
    case "isMeta": isMeta = member.bool ?? false
    case "subtype": subtype = member
    case "content": content = member
    case "data": data = member
    case "attachment": attachment = member
    case "slug": slug = member
    case "agentId": agentID = member
    case "parentToolUseID", "parent_tool_use_id": parentToolUseID = member
    case "logicalParentUuid": logicalParentUUID = member.text
    case "isCompactSummary": isCompactSummary = member.bool ?? false
    case "isApiErrorMessage": isAPIError = member.bool ?? false
    case "forkedFrom": forkedFrom = member
    case "promptSource": promptSource = member
    default: break
    }
  }
}
