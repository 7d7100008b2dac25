#!/usr/bin/env python3
"""Writes the test vectors of the WordPiece tokenizer: Tests/PolylogueLanguageModelsTests/Vectors/.

    generate-wordpiece-vectors.py VOCABULARY

VOCABULARY is the vocab.txt of all-MiniLM-L6-v2. `texts.json` has made-up texts, `model.json` the
numbers that the package `tokenizers` gives for them with that vocabulary, and `small.json` those for
`small.txt`, a vocabulary of a few hundred pieces made here, with which the test needs no model.
"""
import json, pathlib, random, sys
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LIMIT = 256
TEXTS = [
    "Why was the cache wrong after midnight?", "", " ", "\t\r\n ", "hello", "HELLO WORLD",
    "Hello,world!Is(this)a[test]{of}<punctuation>?", "don't can't won't it's 'quoted' \"double\"",
    "e-mail: someone@example.org, https://example.org/a/b?c=d&e=f#g", "1,234.56 + 7e-8 = 9 % of 100",
    "caf\u00e9 caf\u0065\u0301 na\u00efve Z\u00fcrich \u00c5ngstr\u00f6m \u0141\u00f3d\u017a \u010de\u0161tina",
    "Stra\u00dfe GRO\u00df \u1e9e \u0130stanbul \u0131\u015f\u0131k \u017fong \ufb01sh \ufb02ow \u0132",
    "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u1f08\u03c1\u03b9\u03c3\u03c4\u03bf\u03c4\u03ad\u03bb\u03b7\u03c2 \u037e",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430? \u0419\u043e\u0433\u0443\u0440\u0442 \u0451\u043b\u043a\u0430 \u0490\u0430\u043d\u043e\u043a",
    "\u6211\u4eca\u5929\u4fee\u597d\u4e86\u7f13\u5b58\u3002\u4f60\u5462\uff1f", "\u30ad\u30e3\u30c3\u30b7\u30e5\u304c\u9593\u9055\u3063\u3066\u3044\u305f\u3002\u304c\u30ac\uff76\uff9e",
    "\uce90\uc2dc\uac00 \uc65c \ud2c0\ub838\uc744\uae4c? \u1100\u1161\u11a8 \ud55c\uae00", "\u0645\u0631\u062d\u0628\u064b\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c \u0643\u064a\u0641\u061f \u0623\u0625\u0622",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u094d\u092f\u093e \u0939\u0948\u0964 \u0958\u0959 \u0995\u09cb\u09a8\u09cb \u09dc",
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0bca\u0bcb \u0d2e\u0d32\u0d2f\u0d3e\u0d33\u0d02 \u0d4a \u0c24\u0c46\u0c32\u0c41\u0c17\u0c41",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u0e01\u0e33\u0e25\u0e31\u0e07 \u0e9e\u0eb2\u0eaa\u0eb2\u0ea5\u0eb2\u0ea7 \u1019\u103c\u1014\u103a\u1019\u102c \u17a2\u1780\u17d2\u179f\u179a",
    "\u10e5\u10d0\u10e0\u10d7\u10e3\u10da\u10d8 \u1c90\u1c91 \u0540\u0561\u0575\u0565\u0580\u0565\u0576 \u0587 \u12a0\u121b\u122d\u129b \u13e3\u13b3\u13a9 \uab70",
    "\U0001f600 ok \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family \U0001f1e9\U0001f1ea flag \u2764\ufe0f \U0001f44d\U0001f3fd \U0001fae0",
    "zero\u200bwidth\u200cjoin\u200der\u2060word\ufeffmark soft\u00adhyphen", "\u202eright to left\u202c and \u2066isolated\u2069 \u200fmark\u200e",
    "bell\x07 escape\x1b[31mred\x1b[0m null\x00byte del\x7f c1\x85next\x9f", "tab\tseparated\tvalues\x0bvertical\x0cform\x1cfile\x1f",
    "nbsp\u00a0thin\u2009ideographic\u3000ogham\u1680line\u2028para\u2029end\u205f\u202f\u180e",
    "replacement\ufffdcharacter \ufffe \uffff \ue000private \U000f0000 \U0010ffff \u0378unassigned",
    "a\u0300\u0301\u0302\u0323\u0316b q\u0307\u0323 \u1e69 \u1e9b\u0323 \u212b \u2126 \u212a",
    "\u0928\u093c \u0929 \u3099\u309a \u302a \u302e\u1100 \U0001d165\U0001d16e \U0001d15e \u0f73\u0f75 \u0f81",
    "x\u00b2 + y\u00b3 = z\u2074 \u00bd \u2153 \u2160\u216b \u2460 \uff21\uff42\uff43\uff11 \u2120\u2122 \u00aa\u00ba",
    "\u20ac5 \u00a310 \u00a51000 \u20bf0.1 $7 c\u00a2 \u00a9\u00ae \u00a7 \u00b6 \u2020 \u2030 \u2116",
    "\u201cquotes\u201d \u2018single\u2019 \u00abguillemets\u00bb \u2014 \u2013 \u2026 \u2022 \u00b7 \u2192 \u21d2 \u2200\u2203\u2208 \u2260 \u226e \u2264",
    "\u00a1Hola! \u00bfQu\u00e9? \u055e \u061b \u06d4 \u1362 \u3001\u3002\u300c\u300d \uff01\uff1f\uff0c \u2e2e \u2e80",
    "\uf900\uf901 \ufa0e \U0002f800\U0002f804\U0002fa1d \U00020000\U0002a6df \U0002b820 \U0003134a \ufa6c",
    "[CLS] [SEP] [MASK] [PAD] [UNK] [unused1] ##ing ## # a##b", "##" * 60, "_snake_case camelCase PascalCase kebab-case SCREAMING_SNAKE",
    "let x: [String: Int] = try? await f(a: 1, b: \"two\") ?? [:] // \u00e9", "def f(x): return {k: v for k, v in x.items() if v is not None}",
    "SELECT * FROM t WHERE a<>'b' AND c>=3; -- \u2192", "<div class=\"a b\">&nbsp;&amp;</div>", "if (a && !b || c ^ ~d) { e >>= 2; }",
    "$ git log --oneline | head -n 5 && echo \"done\" > /dev/null 2>&1", "C:\\Users\\x\\y.txt \\\\server\\share ~/.config/z",
    "0x7fffffff 0b1010 1e308 NaN -Infinity 3.14159265358979323846", "MjAyNi0xMS0yMQ== d41d8cd98f00b204e9800998ecf8427e",
    "a" * 100, "a" * 101, "b" * 5000 + " tail", "\u00e9" * 100, "\u00e9" * 101, "e\u0301" * 100, "e\u0301" * 101, "\uac00" * 50, "\uac00" * 51,
    "ab\u200b" * 50, "ab\u200b" * 51, "\u4e00" * 300, "." * 300, "word " * 300, "unaffable " * 90,
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis floccinaucinihilipilification",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324 zalgo H\u0321\u032a e\u0325\u0347", "\U0001d4d7\U0001d4ee\U0001d4f5 math \U00010400\U00010428 deseret \U00016e40 \U0001e900",
    "\ud7a3\uac01\uac02 \u1160\u11ff \ua960 \ud7b0", "\u1ec7\u1ef1\u1ea5\u1eb7 Ti\u1ebfng Vi\u1ec7t \u01b0\u01a1 \u01d5\u01da \u0226\u0227", "\u2c2e\u2c5e \ua640\ua641 \u1d79 \u1e0a \ua77d \u0220",
    "\u0e01\u0e34\u0e19 \u0300 \u0301start lone\u0301 \u200d \u20e3 1\ufe0f\u20e3 \u20dd", "\x00\x01\x02", "\u200b\u200c", "a\u200bb \u00ad", "  many   spaces\n\n\nand lines  ",
]

def odd(seed):
    """Texts of characters from everywhere."""
    random_ = random.Random(seed)
    blocks = [(0x20, 0x7e), (0xa0, 0x24f), (0x250, 0x36f), (0x370, 0x52f), (0x530, 0x6ff), (0x900, 0xdff),
              (0xe00, 0x11ff), (0x1200, 0x1cff), (0x1d00, 0x20cf), (0x20d0, 0x2bff), (0x2c00, 0x2fff),
              (0x3000, 0x33ff), (0x4e00, 0x9fff), (0xa000, 0xabff), (0xac00, 0xd7ff), (0xe000, 0xffff),
              (0x10000, 0x1ffff), (0x20000, 0x323af), (0xe0000, 0xe01ef), (0, 0x10ffff)]
    texts = []
    for number in range(160):
        text = ''
        for _ in range(random_.randrange(4, 40)):
            first, last = random_.choice(blocks[:1] * 6 + blocks)
            code = random_.randint(first, last)
            if not 0xd800 <= code <= 0xdfff: text += chr(code)
            if random_.random() < 0.2: text += random_.choice(' \u0301\u200d,aEiOu')
        texts.append(text)
    return texts

def tokenizer(vocabulary):
    made = Tokenizer(models.WordPiece(
        {piece: number for number, piece in enumerate(vocabulary)}, unk_token='[UNK]', max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single='[CLS] $A [SEP]', special_tokens=[(name, vocabulary.index(name)) for name in ('[CLS]', '[SEP]')])
    made.enable_truncation(LIMIT)
    return made

def small(made, texts):
    """Specials, every second character that the texts hold, and pieces of their words."""
    characters, words = set(), {}
    for text in texts:
        for word, _ in made.pre_tokenizer.pre_tokenize_str(made.normalizer.normalize_str(text)):
            characters.update(word)
            if len(word) < 20:
                for start in range(len(word)):
                    for end in range(start + 2, min(len(word), start + 7) + 1):
                        piece = ('##' if start else '') + word[start:end]
                        words[piece] = words.get(piece, 0) + 1
    common = sorted(words, key=lambda piece: (-words[piece] * len(piece), piece))[:500]
    kept = [c for c in sorted(characters) if ord(c) < 0x10000][::2]
    ascii_ = [chr(c) for c in range(0x21, 0x7f) if not chr(c).isupper()]
    every = dict.fromkeys(ascii_ + kept)
    return (['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] + list(every) + ['##' + c for c in every]
            + [piece for piece in common if not any(ord(c) > 0xffff for c in piece)])

def main():
    folder = pathlib.Path(__file__).parent.parent / 'Tests/PolylogueLanguageModelsTests/Vectors'
    folder.mkdir(exist_ok=True)
    texts = TEXTS + odd(7)
    lines = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8').split('\n')
    model = lines[:-1] if lines[-1] == '' else lines
    little = small(tokenizer(model), texts)
    write = lambda name, value: (folder / name).write_text(
        json.dumps(value, separators=(',', ':')).replace('],[', '],\n[') + '\n')
    (folder / 'texts.json').write_text(json.dumps(texts, indent=0) + '\n')
    (folder / 'small.txt').write_text('\n'.join(little) + '\n', encoding='utf-8')
    for name, vocabulary in (('model.json', model), ('small.json', little)):
        write(name, [encoding.ids for encoding in tokenizer(vocabulary).encode_batch(texts)])

main()
