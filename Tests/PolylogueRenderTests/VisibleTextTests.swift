import PolylogueRender
import Testing

@Suite struct VisibleTextTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("\u{1B}[31mred\u{1B}[0m", "␛[31mred␛[0m"),
    ("a\u{0}b", "a␀b"),
    ("bell\u{7}back\u{8}", "bell␇back␈"),
    ("del\u{7F}", "del␡"),
    ("c1 \u{9B}31m \u{85}", "c1 <U+009B>31m <U+0085>"),
    ("bidi \u{202E}gpj.exe", "bidi <U+202E>gpj.exe"),
    ("isolate \u{2066}x\u{2069}", "isolate <U+2066>x<U+2069>"),
    ("zero\u{200B}width\u{FEFF}", "zero<U+200B>width<U+FEFF>"),
    ("tag \u{E0041}", "tag <U+E0041>"),
    ("line\u{2028}separator", "line<U+2028>separator"),
    ("soft\u{AD}hyphen", "soft<U+00AD>hyphen"),
    ("two\nlines\tand a tab", "two lines and a tab"),
    ("windows\r\nlines", "windows lines"),
    ("over\rwrite", "over␍write"),
    ("家 👨‍👩‍👧 ❤️", "家 👨‍👩‍👧 ❤️"),
    ("می‌خواهم", "می‌خواهم"),
    ("a\u{200D}b", "a<U+200D>b"),
    ("x\u{FE0F}\u{FE0F}", "x\u{FE0F}<U+FE0F>"),
  ])
  func `one line shows what would act on a terminal`(text: String, shown: String) {
    #expect(VisibleText.oneLine(text) == shown)
  }

  @Test func `a block keeps its lines and tabs and nothing else that moves`() {
    #expect(
      VisibleText.block("a\n\tb\r\nc\u{1B}]0;title\u{7}\u{B}d") == "a\n\tb\nc␛]0;title␇␋d")
  }

  @Test func `a file keeps direction marks and joiners, and shows controls`() {
    #expect(VisibleText.file("a\u{200F}b\u{1B}[1m\u{9D}") == "a\u{200F}b␛[1m<U+009D>")
  }

  @Test func `no text at all leaves a control behind`() {
    for value in UInt32(0)...0x2FFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = "x" + String(Character(scalar)) + "y"
      for shown in [VisibleText.oneLine(text), VisibleText.block(text), VisibleText.file(text)] {
        let isClean = shown.unicodeScalars.allSatisfy { scalar in
          (scalar.value >= 0x20 || scalar == "\n" || scalar == "\t")
            && !(0x7F...0x9F).contains(scalar.value)
        }
        #expect(isClean, "U+\(String(value, radix: 16))")
      }
    }
  }

  @Test func `what has to be shown is found wherever it stands in a long text`() {
    let (start, end) = (String(repeating: "a", count: 300), String(repeating: "z", count: 300))
    for place in 0..<300 {
      let before = String(start.prefix(place))
      for (odd, shown) in [("\u{1B}", "␛"), ("\u{7F}", "␡"), ("\u{9B}", "<U+009B>")] {
        #expect(VisibleText.file(before + odd + end) == before + shown + end)
        #expect(VisibleText.block(before + odd) == before + shown)
      }
      #expect(VisibleText.oneLine(before + "\n" + end) == before + " " + end)
      #expect(VisibleText.file(before + "\n\u{B7}" + end) == before + "\n\u{B7}" + end)
    }
  }
}
