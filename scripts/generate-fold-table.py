#!/usr/bin/env python3
"""Writes Sources/CPolylogueText/fold_table.inc: how the tokenizer folds each character.

Every code point of the Basic Multilingual Plane maps to 0 (separates words), 1 (dropped inside a
word: combining marks, joiners), 2 (folds to several characters, see plt_fold_multi), 3 (a word
character that stands for itself) or the character that it folds to. Folding is compatibility
decomposition without its marks, then case folding; scripts written without spaces keep their
composed form. The table is cut into blocks of 64 and equal blocks are shared.
"""
import pathlib, sys, unicodedata

BLOCK = 64
EXTRA = {'ø': 'o', 'Ø': 'o', 'đ': 'd', 'Đ': 'd', 'ł': 'l', 'Ł': 'l', 'ħ': 'h', 'Ħ': 'h',
         'ı': 'i', 'ŧ': 't', 'Ŧ': 't', 'æ': 'ae', 'Æ': 'ae', 'œ': 'oe', 'Œ': 'oe'}
IGNORED = {0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF}

def is_word(ch):
    return unicodedata.category(ch)[0] in 'LN'

def fold(cp):
    if 0xD800 <= cp <= 0xDFFF:
        return None
    ch = chr(cp)
    if cp in IGNORED or unicodedata.category(ch) in ('Mn', 'Me') or 0xFE00 <= cp <= 0xFE0F:
        return ''
    if unicodedata.category(ch) == 'Mc':
        return ch                       # vowel signs of Indic scripts belong to the word
    if 0xAC00 <= cp <= 0xD7A3:
        return ch                       # Hangul would fall apart into its letters
    if ch in EXTRA:
        return EXTRA[ch]
    if not is_word(ch):
        return None
    if unicodedata.category(ch) == 'No' and ch not in '²³¹' and not (0x2460 <= cp <= 0x24FF):
        return None
    if 0x3040 <= cp <= 0x30FF:
        return ch                       # and kana would lose their voicing marks
    out = unicodedata.normalize('NFKD', unicodedata.normalize('NFKD', ch).casefold())
    out = ''.join(c for c in out if unicodedata.category(c) not in ('Mn', 'Me'))
    out = ''.join(EXTRA.get(c, c) for c in out)
    out = ''.join(c for c in out if is_word(c))
    if not out or any(ord(c) > 0xFFFF for c in out):
        return ch
    return out

multi, flat = [], []
for cp in range(0x10000):
    f = fold(cp)
    if f is None: flat.append(0)
    elif f == '': flat.append(1)
    elif len(f) == 1: flat.append(3 if ord(f) == cp else ord(f))
    else:
        f = f[:3]
        multi.append((cp, f)); flat.append(2)
    assert f is None or all(ord(c) < 0x10000 for c in f)
blocks, index = {}, []
for i in range(0, 0x10000, BLOCK):
    index.append(blocks.setdefault(tuple(flat[i:i + BLOCK]), len(blocks)))
out = ['// Made by scripts/generate-fold-table.py from Unicode %s. Do not edit.' % unicodedata.unidata_version,
       'static const uint16_t plt_fold_index[%d] = {' % len(index)]
def rows(values):
    for i in range(0, len(values), 24):
        out.append('  ' + ', '.join(map(str, values[i:i + 24])) + ',')
rows(index); out.append('};')
out.append('static const uint16_t plt_fold_blocks[%d] = {' % (len(blocks) * BLOCK))
for b in blocks: rows(list(b))
out.append('};')
out.append('static const struct { uint16_t from; uint16_t to[3]; } plt_fold_multi[%d] = {' % len(multi))
for cp, f in multi:
    out.append('  {%d, {%s}},' % (cp, ', '.join(str(ord(c)) for c in f.ljust(3, '\0'))))
out.append('};')
path = pathlib.Path(__file__).parent.parent / 'Sources/CPolylogueText/fold_table.inc'
path.write_text('\n'.join(out) + '\n')
print(len(blocks), 'blocks', len(multi), 'multi', file=sys.stderr)
