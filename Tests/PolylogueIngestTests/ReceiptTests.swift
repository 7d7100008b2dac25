import PolylogueImport
import PolylogueIngest
import Testing

@Suite struct ReceiptTests {
  @Test func `a receipt is kept as JSON with its reasons, examples and missing members`() {
    var receipt = Receipt()
    receipt.understood("text")
    receipt.skipped("progress", because: "a \"copy\"", at: 7)
    receipt.warn("odd")
    receipt.missing("conversations-001.json")
    #expect(
      receipt.json == """
        {"records":[{"kind":"text","seen":1,"understood":1,"skipped":0,"unknown":0,\
        "reason":null,"example":null},\
        {"kind":"progress","seen":1,"understood":0,"skipped":1,"unknown":0,\
        "reason":"a \\"copy\\"","example":7}],"warnings":["odd"],\
        "missing":["conversations-001.json"],"lost":0,"first_loss":null}
        """)
  }
}
