import PolylogueSearch
import Testing

@Suite struct `A snippet` {
  private func snippet(_ text: String, _ query: String, length: Int = 160) -> Snippet {
    SnippetMaker(QueryParser.parse(query, now: IndexFixture.now)).snippet(of: text, length: length)
  }

  @Test(arguments: [
    ("The red fox", "red", "The **red** fox"), ("The red\n\n  fox", "fox", "The red **fox**"),
    ("fetchUserName()", "user", "fetch**User**Name()"), ("Ein Café!", "cafe", "Ein **Café**!"),
    ("今天天气很好", "天气", "今天**天气**很好"), ("redder red", "red*", "**redder** **red**"),
    ("nothing here", "absent", "nothing here"), ("", "x", ""), ("a b", "-a", "a b"),
    ("foo_bar", "foo_bar", "**foo**_**bar**"), ("天气预报", "天气预报", "**天气**预报"),
  ])
  func `marks what matched`(text: String, query: String, expected: String) {
    let got = snippet(text, query).marked()
    if query == "天气预报" {
      #expect(got.replacing("**", with: "") == text && got.hasPrefix("**天气"))
    } else {
      #expect(got == expected)
    }
  }

  @Test func `shows the place with the most different words`() {
    let filler = String(repeating: "lorem ipsum dolor ", count: 40)
    let text = "alpha " + filler + "alpha and beta together " + filler
    let got = snippet(text, "alpha beta")
    #expect(got.marked().contains("**alpha** and **beta**"))
    #expect(got.text.hasPrefix("…") && got.text.hasSuffix("…"))
    #expect(got.text.utf8.count < 260)
  }

  @Test func `of a part says where the text goes on`() {
    let part = snippet("the red fox", "red")
    #expect(part.continued(before: false, after: false) == part)
    #expect(part.continued(before: true, after: true).marked() == "…the **red** fox…")
    let cut = snippet("alpha " + String(repeating: "lorem ", count: 90), "alpha", length: 20)
    #expect(cut.continued(before: false, after: true) == cut)
  }

  @Test(.timeLimit(.minutes(1)))
  func `of a huge text takes bounded time`() {
    let text = String(repeating: "word ", count: 4_000_000)
    #expect(snippet(text, "word absent").text.utf8.count < 300)
    #expect(snippet(String(repeating: "字", count: 3_000_000), "字").text.utf8.count < 300)
    #expect(snippet(String(repeating: "x", count: 5_000_000), "x*").text.utf8.count < 300)
  }

  @Test func `of odd texts and odd queries never fails`() {
    for query in OddQueries.all.prefix(200) {
      for text in OddQueries.all.prefix(60) {
        let got = snippet(text, query, length: 20)
        #expect(got.highlights.allSatisfy { $0.upperBound <= got.text.utf8.count })
      }
    }
  }
}
