/// Makes conversations of the shape that ChatGPT exports, for tests.
enum ChatGPTFixture {
  /// A node of `mapping` with a message.
  static func node(
    _ id: String, parent: String?, role: String = "user", text: String = "", time: Double? = nil,
    children: [String]? = [], name: String? = nil, recipient: String = "all",
    content: String? = nil, metadata: String = "{}", more: String = ""
  ) -> String {
    let body = content ?? #"{"content_type":"text","parts":["\#(text)"]}"#
    let name = name.map { "\"\($0)\"" } ?? "null"
    let time = time.map { "\($0)" } ?? "null"
    let message =
      #"{"id":"\#(id)","author":{"role":"\#(role)","name":\#(name),"metadata":{}},"#
      + #""create_time":\#(time),"content":\#(body),"status":"finished_successfully","#
      + #""weight":1.0,"metadata":\#(metadata),"recipient":"\#(recipient)"\#(more)}"#
    return bare(id, parent: parent, children: children, message: message)
  }

  /// A node of the slim form (2026-07): no children, no status, no recipient.
  static func slim(
    _ id: String, parent: String?, role: String, text: String, time: Double?
  ) -> String {
    let time = time.map { "\($0)" } ?? "null"
    let message =
      #"{"id":"\#(id)","author":{"role":"\#(role)"},"create_time":\#(time),"#
      + #""content":{"content_type":"text","parts":["\#(text)"]},"metadata":{}}"#
    return bare(id, parent: parent, children: nil, message: message)
  }

  /// A node with a message as given, by default none.
  static func bare(
    _ id: String, parent: String?, children: [String]? = nil, message: String = "null"
  ) -> String {
    let parent = parent.map { "\"\($0)\"" } ?? "null"
    let children = children.map { list in
      ",\"children\":[" + list.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
    return #""\#(id)":{"id":"\#(id)","parent":\#(parent)\#(children ?? ""),"message":\#(message)}"#
  }

  /// A conversation.
  static func conversation(
    id: String = "c1", current: String?, update: Double = 1_700_000_900, more: String = "",
    _ nodes: [String]
  ) -> String {
    let current = current.map { "\"\($0)\"" } ?? "null"
    return
      #"{"id":"\#(id)","conversation_id":"\#(id)","title":"A title","create_time":1700000000.25,"#
      + #""update_time":\#(update),"current_node":\#(current)\#(more),"#
      + #""mapping":{\#(nodes.joined(separator: ","))}}"#
  }
}
