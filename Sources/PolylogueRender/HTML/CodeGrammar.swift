/// What has to be known of a programming language to colour it.
struct CodeGrammar: Sendable {
  enum Form: Sendable { case program, markup, difference }

  var form = Form.program
  /// What begins a comment that goes to the end of the line.
  var lineComments: [String] = []
  /// What encloses a comment.
  var blockComment: (open: String, close: String)?
  /// Quotes around text on one line.
  var quotes = Set("\"".utf8)
  /// Quotes around text of many lines.
  var longQuotes: [String] = []
  /// Hashes of the keywords (see ``CodeHash``).
  var keywords: Set<UInt64> = []
  var ignoresCase = false

  /// The grammar for a language's name, in any case.
  static func named(_ name: UnsafeBufferPointer<UInt8>) -> CodeGrammar? {
    guard name.count <= 20 else { return nil }
    var key: [UInt8] = []
    for byte in name {
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "{") { break }
      key.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
    }
    return all[String(decoding: key, as: UTF8.self)]
  }

  private static let all: [String: CodeGrammar] = {
    var table: [String: CodeGrammar] = [:]
    for (names, grammar) in families {
      for name in names.split(separator: " ") { table[String(name)] = grammar }
    }
    return table
  }()

  private static func braces(_ words: String, long: [String] = [], single: Bool = true)
    -> CodeGrammar
  {
    CodeGrammar(
      lineComments: ["//"], blockComment: ("/*", "*/"),
      quotes: Set((single ? "\"'" : "\"").utf8), longQuotes: long,
      keywords: CodeHash.words(shared + words))
  }

  private static func hashes(_ words: String, long: [String] = []) -> CodeGrammar {
    CodeGrammar(
      lineComments: ["#"], quotes: Set("\"'".utf8), longQuotes: long,
      keywords: CodeHash.words(words))
  }

  private static let shared = """
    break case catch class const continue default do else enum false finally for if import in \
    interface new null private protected public return static super switch this throw true try \
    void while\u{20}
    """

  private static let families: [(String, CodeGrammar)] = [
    (
      "c h cpp c++ cc cxx hpp objc objective-c arduino cuda glsl",
      braces(
        """
        auto bool char constexpr delete double explicit extern float friend goto inline int long \
        namespace noexcept nullptr operator override register short signed sizeof struct template \
        typedef typename union unsigned using virtual volatile define include ifdef ifndef endif \
        elif pragma
        """)
    ),
    (
      "java kotlin kt scala groovy csharp c# cs dart php",
      braces(
        """
        abstract as async await boolean bool by byte char companion data def double echo extends \
        final float fun function get implements instanceof int internal is lateinit lazy let long \
        namespace nil object open operator out override package record ref sealed set short string \
        struct suspend synchronized throws trait type typealias using val var virtual volatile when \
        where with yield
        """, long: ["\"\"\""])
    ),
    (
      "js javascript jsx mjs cjs ts typescript tsx node svelte vue",
      braces(
        """
        abstract any as async await boolean constructor debugger declare delete export extends from \
        function get implements instanceof keyof let namespace never number of readonly require set \
        string type typeof undefined unknown var with yield
        """, long: ["`"])
    ),
    (
      "swift",
      braces(
        """
        Self actor any as associatedtype async await defer deinit didSet extension fallthrough \
        fileprivate func get guard indirect init inout internal is isolated lazy let mutating nil \
        nonisolated open operator override package precedencegroup protocol repeat rethrows self set \
        some struct subscript throws typealias unowned var weak where willSet
        """, long: ["\"\"\""], single: false)
    ),
    (
      "rust rs",
      braces(
        """
        Self as async await box bool crate dyn extern fn i8 i16 i32 i64 impl isize let loop match \
        mod move mut pub ref self str struct trait type u8 u16 u32 u64 unsafe use usize where f32 \
        f64
        """)
    ),
    (
      "go golang zig",
      braces(
        """
        any bool byte chan defer error fallthrough fn func go goto int int32 int64 iota len make map \
        nil package pub range rune select string struct type uint var float64
        """, long: ["`"])
    ),
    ("json jsonc json5 jsonl", braces("undefined")),
    (
      "css scss sass less",
      braces("important media supports keyframes include mixin extend from to")
    ),
    (
      "py python python3 ipython pycon",
      hashes(
        """
        False None True and as assert async await break case class continue def del elif else except \
        finally for from global if import in is lambda match nonlocal not or pass raise return self \
        try while with yield
        """, long: ["\"\"\"", "'''"])
    ),
    (
      "rb ruby elixir ex exs crystal",
      hashes(
        """
        alias and begin break case class def defmodule defp do else elsif end ensure false fn for if \
        in module next nil not or raise redo require rescue retry return self super then true unless \
        until when while with yield
        """)
    ),
    (
      "sh bash zsh shell console shell-session fish powershell ps1 dockerfile docker makefile make",
      hashes(
        """
        alias break case cd continue do done echo elif else esac eval exec exit export fi for \
        function if in local read return set shift source sudo then trap unset until while FROM RUN \
        COPY CMD ENV WORKDIR ENTRYPOINT EXPOSE ARG
        """)
    ),
    (
      "yaml yml toml ini conf cfg properties nix r perl pl julia jl",
      hashes(
        """
        false true null yes no on off TRUE FALSE NULL else end for function if in let library my \
        next our repeat return sub use using while with inherit rec
        """)
    ),
    (
      "sql sqlite mysql postgresql postgres plsql",
      CodeGrammar(
        lineComments: ["--"], blockComment: ("/*", "*/"), quotes: Set("\"'".utf8),
        keywords: CodeHash.words(
          """
          add all alter and as asc begin between by case cast check column commit constraint create \
          cross default delete desc distinct drop else end exists false foreign from full group \
          having if in index inner insert integer into is join key left like limit not null offset \
          on or order outer over partition primary references replace returning right rollback \
          select set table text then trigger true union unique update using values view when where \
          with
          """), ignoresCase: true)
    ),
    (
      "lua haskell hs ada",
      CodeGrammar(
        lineComments: ["--"], quotes: Set("\"'".utf8),
        keywords: CodeHash.words(
          """
          and break case class data deriving do else elseif end false for function goto if import in \
          instance let local module nil not of or repeat return then true type until where while
          """))
    ),
    (
      "lisp clojure clj scheme elisp racket",
      CodeGrammar(
        lineComments: [";"],
        keywords: CodeHash.words(
          "and cond def defmacro defn defun define do else fn if lambda let loop nil not or when"))
    ),
    ("html xml svg xhtml", CodeGrammar(form: .markup)),
    ("diff patch", CodeGrammar(form: .difference)),
  ]
}

/// A hash by which keywords are known.
enum CodeHash {
  static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

  /// FNV-1a, one byte more.
  @inline(__always)
  static func add(_ byte: UInt8, to hash: UInt64) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  /// The hashes of words with blanks between them.
  static func words(_ list: String) -> Set<UInt64> {
    Set(list.utf8.split(separator: 0x20).map { $0.reduce(seed) { add($1, to: $0) } })
  }
}
