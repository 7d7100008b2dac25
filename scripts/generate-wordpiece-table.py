#!/usr/bin/env python3
"""Writes Sources/CPolylogueWordPiece/normal_table.inc: what BERT's uncased tokenizer makes of each
character before it looks for words.

The package `tokenizers` is asked for each code point, so that the table is the reference itself:
its normalizer (cleaning, spaces around ideographs, decomposition without nonspacing marks,
lower case) and its pre-tokenizer (spaces and punctuation) know Unicode of several versions at once.
What a character becomes depends on itself alone. Codes are those of CPolylogueWordPiece.h. The
table of the Basic Multilingual Plane is cut into blocks of 64 and equal blocks are shared; beyond
it there are ranges, since no vocabulary of this kind has words with such characters.
"""
import pathlib, sys
import tokenizers
from tokenizers import normalizers, pre_tokenizers

DROPPED, SPACE, SEVERAL, ITSELF, ALONE, UNKNOWN, UNKNOWN_ALONE = range(7)
BLOCK = 64
normalizer = normalizers.BertNormalizer(
    clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
splitter = pre_tokenizers.BertPreTokenizer()

def judge(cp):
    """(code, characters) of a code point."""
    pieces = [p for p, _ in splitter.pre_tokenize_str(normalizer.normalize_str('a%cb' % cp))]
    if pieces == ['ab']: return DROPPED, ''
    if pieces == ['a', 'b']: return SPACE, ''
    if len(pieces) == 1: return ITSELF, pieces[0][1:-1]
    assert len(pieces) == 3 and len(pieces[1]) == 1, (hex(cp), pieces)
    return ALONE, pieces[1]

several, flat, ranges, ideographs = [], [], [], []
for cp in range(0x10000):
    if 0xD800 <= cp <= 0xDFFF: flat.append(DROPPED); continue
    if 0xAC00 <= cp <= 0xD7A3: flat.append(SEVERAL); continue        # computed, Unicode 3.12
    code, text = judge(cp)
    if text == chr(cp) or code in (DROPPED, SPACE): flat.append(code)
    elif len(text) == 1 and ord(text) > 0xFFFF:
        assert code == ALONE
        flat.append(UNKNOWN_ALONE)
    elif len(text) == 1:
        assert ord(text) > UNKNOWN_ALONE and judge(ord(text)) == (code, text), hex(cp)
        flat.append(ord(text))
    else:
        assert code == ITSELF and len(text) <= 3 and all(ord(c) < 0x10000 for c in text), hex(cp)
        flat.append(SEVERAL); several.append((cp, text))
for cp in range(0x10000, 0x110000):
    code, text = judge(cp)
    assert code != SPACE
    if 0x2F800 <= cp <= 0x2FA1F:
        assert code == ALONE
        ideographs.append(ord(text)); code = UNKNOWN_ALONE
    else:
        assert code == DROPPED or all(ord(c) > 0xFFFF for c in text), hex(cp)
        code = {DROPPED: DROPPED, ITSELF: UNKNOWN, ALONE: UNKNOWN_ALONE}[code]
    if code == UNKNOWN: continue
    if ranges and ranges[-1][1] == cp - 1 and ranges[-1][2] == code: ranges[-1][1] = cp
    else: ranges.append([cp, cp, code])

blocks, index = {}, []
for i in range(0, 0x10000, BLOCK):
    index.append(blocks.setdefault(tuple(flat[i:i + BLOCK]), len(blocks)))
out = ['// Made by scripts/generate-wordpiece-table.py with tokenizers %s. Do not edit.'
       % tokenizers.__version__]
def rows(values):
    for i in range(0, len(values), 16):
        out.append('  ' + ', '.join(map(str, values[i:i + 16])) + ',')
out.append('const uint16_t plw_index[%d] = {' % len(index)); rows(index); out.append('};')
out.append('const uint16_t plw_blocks[%d] = {' % (len(blocks) * BLOCK))
for block in blocks: rows(list(block))
out.append('};')
out.append('static const struct { uint16_t from; uint16_t to[3]; } plw_several[%d] = {' % len(several))
for cp, text in several:
    out.append('  {%d, {%s}},' % (cp, ', '.join(str(ord(c)) for c in text.ljust(3, '\0'))))
out.append('};')
out.append('static const struct { uint32_t first; uint32_t last; uint16_t code; } plw_ranges[%d] = {'
           % len(ranges))
for first, last, code in ranges: out.append('  {%d, %d, %d},' % (first, last, code))
out.append('};')
out.append('static const uint32_t plw_ideographs[%d] = {' % len(ideographs)); rows(ideographs)
out.append('};')
path = pathlib.Path(__file__).parent.parent / 'Sources/CPolylogueWordPiece/normal_table.inc'
path.write_text('\n'.join(out) + '\n')
print(len(blocks), 'blocks', len(several), 'several', len(ranges), 'ranges', file=sys.stderr)
