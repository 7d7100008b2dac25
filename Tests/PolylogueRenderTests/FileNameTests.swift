import PolylogueModel
import PolylogueRender
import Testing

@Suite struct FileNameTests {
  private func name(_ title: String?, id: String = "c1", provider: String = "chatgpt") -> String {
    let header = ConversationHeader(
      id: ConversationID(provider: Provider(rawValue: provider), native: id), title: title,
      createdAt: Timestamp(iso: "2026-03-07T23:59:59Z"))
    let path = FileName.path(for: header, extension: "md")
    return path.folder + "/" + path.name
  }

  @Test func `a name tells provider, day and title`() {
    #expect(
      name("Weather station: BME280?").hasPrefix("chatgpt/2026-03-07-weather-station-bme280-"))
    #expect(name("Weather station: BME280?").hasSuffix(".md"))
  }

  @Test(arguments: [
    "../../etc/passwd", "/absolute", "..", ".hidden", "", "-rf", "a\0b", "a\nb", "\u{1B}[2J",
    "CON", "日本語", "🙂", "%2e%2e%2f", "a/b\\c", String(repeating: "long ", count: 1000),
    "\u{202E}gpj.exe", "~/.ssh", "$(reboot)", "nul\0", "e\u{301}",
  ])
  func `a hostile title, id and provider give a tame name`(text: String) {
    for name in [name(text), name(text, id: text), name("x", provider: text)] {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      #expect(parts.count == 2)
      for part in parts {
        #expect(part.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}/) != nil, "\(name)")
      }
    }
  }

  @Test func `conversations of one title and day get names of their own, and keep them`() {
    #expect(name("Same", id: "a") != name("Same", id: "b"))
    #expect(name("Same", id: "a") == name("Same", id: "a"))
    #expect(name("Same", id: "\u{E9}") != name("Same", id: "e\u{301}"))
  }

  @Test(arguments: [
    ("plot.png", nil, "0123456789ab-plot.png"),
    ("../../etc/passwd", nil, "0123456789ab-passwd.bin"),
    ("C:\\x\\My Report (2).PDF", nil, "0123456789ab-my-report-2.pdf"),
    ("", "image/jpeg", "0123456789ab-attachment.jpg"),
    (".bashrc", nil, "0123456789ab-attachment.bashrc"),
    ("a\u{202E}gnp.exe", nil, "0123456789ab-a-gnp.exe"),
    ("写真", "image/png", "0123456789ab-attachment.png"),
    ("x." + String(repeating: "y", count: 300), nil, "0123456789ab-x.yyyyyyyyyyyy"),
  ])
  func `an attachment's file has a tame name`(name: String, type: String?, file: String) {
    let attachment = PolylogueModel.Attachment(
      id: "f", name: name, mediaType: type,
      stored: .init(sha256: "0123456789abcdef", byteCount: 1))
    #expect(FileName.attachment(attachment) == file)
    #expect(FileName.attachment(PolylogueModel.Attachment(id: "f", name: name)) == nil)
  }
}
