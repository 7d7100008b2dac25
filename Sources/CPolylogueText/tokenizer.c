#include "CPolylogueText.h"
#include "fold_table.inc"
#include <stdlib.h>
#include <string.h>

// 0 separates, 1 lower case or digit, 2 upper case, 4 part of a longer character.
static uint8_t plt_class[256];
static uint8_t plt_lower[256];
// The folded letter or digit; 0 for all else.
static uint8_t plt_letter[256];

__attribute__((constructor)) static void plt_prepare(void) {
  for (int i = 0; i < 256; i++) {
    plt_lower[i] = (uint8_t)i;
    if (i >= 128) plt_class[i] = 4;
    else if ((i >= 'a' && i <= 'z') || (i >= '0' && i <= '9')) plt_class[i] = 1;
    else if (i >= 'A' && i <= 'Z') {
      plt_class[i] = 2;
      plt_lower[i] = (uint8_t)(i + 32);
    }
    plt_letter[i] = plt_class[i] & 3 ? plt_lower[i] : 0;
  }
}

void plt_tokenizer_start(plt_tokenizer *t, const uint8_t *text, size_t length, int is_query) {
  t->text = text;
  t->length = length > UINT32_MAX - 64 ? UINT32_MAX - 64 : (uint32_t)length;
  t->offset = 0;
  t->position = 0;
  t->is_query = is_query;
}

// Decodes one character; 0 for what is not UTF-8, which then separates words. Takes 1 byte there.
static uint32_t decode(const uint8_t *p, uint32_t left, uint32_t *taken) {
  uint32_t a = p[0];
  *taken = 1;
  if (a < 0x80) return a;
  if (a >= 0xC2 && a < 0xE0 && left > 1 && (p[1] & 0xC0) == 0x80) {
    *taken = 2;
    return (a & 31) << 6 | (p[1] & 63);
  }
  if (a >= 0xE0 && a < 0xF0 && left > 2 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
    uint32_t c = (a & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    if (c < 0x800 || (c >= 0xD800 && c < 0xE000)) return 0;
    *taken = 3;
    return c;
  }
  if (a >= 0xF0 && a < 0xF5 && left > 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 &&
      (p[3] & 0xC0) == 0x80) {
    uint32_t c = (a & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
    if (c < 0x10000 || c > 0x10FFFF) return 0;
    *taken = 4;
    return c;
  }
  return 0;
}

static uint32_t encode(uint32_t c, uint8_t *out) {
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (uint8_t)(0xC0 | c >> 6);
    out[1] = (uint8_t)(0x80 | (c & 63));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (uint8_t)(0xE0 | c >> 12);
    out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[2] = (uint8_t)(0x80 | (c & 63));
    return 3;
  }
  out[0] = (uint8_t)(0xF0 | c >> 18);
  out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
  out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
  out[3] = (uint8_t)(0x80 | (c & 63));
  return 4;
}

// Scripts written without spaces between words (and Hangul, whose particles cling to the word).
static int is_unspaced(uint32_t c) {
  if (c < 0x0E00) return 0;
  return c <= 0x0EFF || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
      (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
      (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF) ||
      c == 0x3005;
}

static int is_symbol(uint32_t c) {
  return (c >= 0x2600 && c <= 0x27BF) || (c >= 0x1F000 && c <= 0x1FAFF && (c < 0x1F3FB || c > 0x1F3FF));
}

enum { SEPARATES = 0, DROPPED = 1, MULTIPLE = 2 };

static uint32_t fold(uint32_t c) {
  if (c < 0x10000) {
    uint32_t v = plt_fold_blocks[plt_fold_index[c >> 6] * 64 + (c & 63)];
    return v == 3 ? c : v;
  }
  if (is_symbol(c) || c >= 0xE0000) return SEPARATES;
  if (c >= 0x1F3FB && c <= 0x1F3FF) return DROPPED;
  return c;
}

static uint32_t fold_multiple(uint32_t c, uint8_t *out) {
  int low = 0, high = (int)(sizeof plt_fold_multi / sizeof plt_fold_multi[0]) - 1;
  while (low <= high) {
    int middle = (low + high) / 2;
    if (plt_fold_multi[middle].from == c) {
      uint32_t n = 0;
      for (int i = 0; i < 3 && plt_fold_multi[middle].to[i]; i++)
        n += encode(plt_fold_multi[middle].to[i], out + n);
      return n;
    }
    if (plt_fold_multi[middle].from < c) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}

static plt_token *emit(plt_batch *b, uint32_t start, uint32_t end, uint32_t position, uint32_t length) {
  plt_token *k = &b->tokens[b->count++];
  *k = (plt_token){.start = start, .end = end, .position = position, .offset = (uint16_t)b->used,
                   .length = (uint8_t)length};
  b->used += length;
  return k;
}

static int is_data(uint8_t c) {
  return plt_class[c] == 1 || plt_class[c] == 2 || c == '+' || c == '/' || c == '=';
}

// The end of a run of encoded data (base64, hex) that starts at `start`; `start` when it is none.
static uint32_t data_end(const plt_tokenizer *t, uint32_t start) {
  uint32_t i = start;
  while (i < t->length && is_data(t->text[i])) i++;
  return i - start > PLT_RUN_MAX ? i : start;
}

// camelCase: HTTPServer2Go is also http, server2 and go.
static void emit_parts(plt_batch *b, const uint8_t *text, uint32_t start, uint32_t end, uint32_t position) {
  uint32_t cuts[8], count = 0, n = end - start;
  const uint8_t *p = text + start;
  for (uint32_t i = 1; i < n; i++) {
    if (plt_class[p[i]] != 2) continue;
    if (plt_class[p[i - 1]] == 1 || (i + 1 < n && plt_class[p[i + 1]] == 1 && p[i + 1] > '9')) {
      if (count == 7) return;
      cuts[count++] = i;
    }
  }
  if (count == 0) return;
  cuts[count++] = n;
  uint32_t from = 0;
  for (uint32_t k = 0; k < count; from = cuts[k++]) {
    uint32_t length = cuts[k] - from;
    if (length < 2) continue;
    for (uint32_t i = 0; i < length; i++) b->scratch[b->used + i] = plt_lower[p[from + i]];
    emit(b, start + from, start + cuts[k], position, length)->is_part = 1;
  }
}

static void word_mixed(plt_tokenizer *t, plt_batch *b);

static inline void word(plt_tokenizer *t, plt_batch *b) {
  const uint8_t *text = t->text;
  uint32_t start = t->offset, i = start, n = t->length;
  uint8_t *out = b->scratch + b->used;
  uint32_t limit = n - start < PLT_TERM_MAX ? n : start + PLT_TERM_MAX;
  // `capitals` gathers how letters differ from their folded form, the first one left out.
  uint8_t capitals = 0, c;
  *out = plt_letter[text[i++]];
  while (i < limit && (c = plt_letter[text[i]])) {
    capitals |= c ^ text[i];
    out[i - start] = c;
    i++;
  }
  if (__builtin_expect(i < n && plt_class[text[i]] == 4, 0)) {
    word_mixed(t, b);
    return;
  }
  uint32_t length = i - start;
  if (__builtin_expect(length >= 24, 0)) {
    while (i < n && (plt_class[text[i]] & 3)) i++;
    uint32_t end = data_end(t, start);
    if (end > start) {
      t->offset = end;
      t->position++;
      return;
    }
  }
  t->offset = i;
  emit(b, start, i, t->position, length);
  if (__builtin_expect(capitals && !t->is_query && i - start <= PLT_TERM_MAX, 0))
    emit_parts(b, text, start, i, t->position);
  t->position++;
}

// A word that holds characters beyond ASCII.
static void word_mixed(plt_tokenizer *t, plt_batch *b) {
  uint32_t start = t->offset, i = start, length = 0;
  uint8_t *out = b->scratch + b->used;
  while (i < t->length) {
    uint32_t taken, c = decode(t->text + i, t->length - i, &taken), f;
    uint8_t folded[12];
    uint32_t k;
    if (c < 0x80) {
      if (!(plt_class[c] & 3)) break;
      folded[0] = plt_lower[c];
      k = 1;
    } else if (is_unspaced(c) || (f = fold(c)) == SEPARATES || is_symbol(c)) {
      break;
    } else if (f == DROPPED) {
      k = 0;
    } else if (f == MULTIPLE) {
      k = fold_multiple(c, folded);
    } else if (is_unspaced(f)) {
      break;
    } else {
      k = encode(f, folded);
    }
    if (length + k <= PLT_TERM_MAX) {
      memcpy(out + length, folded, k);
      length += k;
    }
    i += taken;
  }
  t->offset = i > start ? i : start + 1;
  if (length == 0 || i - start > 4 * PLT_RUN_MAX) return;
  emit(b, start, i, t->position, length);
  t->position++;
}

// One step of a run written without spaces: the character with its successor, or alone at the end.
static void unspaced(plt_tokenizer *t, plt_batch *b, uint32_t first, uint32_t taken, int follows) {
  uint32_t start = t->offset, next = start + taken, second = 0, width = 0, at = next;
  while (at < t->length) {
    uint32_t c = decode(t->text + at, t->length - at, &width);
    uint32_t f = c < 0x80 ? 0 : fold(c);
    if (f == DROPPED) {
      at += width;
      continue;
    }
    if (f > 3 && is_unspaced(f)) second = f;
    break;
  }
  t->offset = at;
  if (!second && t->is_query && follows) return;
  uint32_t length = encode(first, b->scratch + b->used);
  if (second) length += encode(second, b->scratch + b->used + length);
  plt_token *k = emit(b, start, second ? at + width : next, t->position, length);
  k->is_single = !second;
  t->position++;
}

static void character(plt_tokenizer *t, plt_batch *b, int *follows) {
  uint32_t taken, c = decode(t->text + t->offset, t->length - t->offset, &taken);
  if (c == 0) {
    t->offset++;
    return;
  }
  if (is_symbol(c)) {
    uint32_t length = encode(c, b->scratch + b->used);
    emit(b, t->offset, t->offset + taken, t->position, length);
    t->offset += taken;
    t->position++;
    return;
  }
  uint32_t f = fold(c);
  if (f == SEPARATES || f == DROPPED) {
    t->offset += taken;
  } else if (f != MULTIPLE && is_unspaced(f)) {
    unspaced(t, b, f, taken, *follows);
    *follows = 1;
    return;
  } else {
    word_mixed(t, b);
  }
}

uint32_t plt_tokenize(plt_tokenizer *t, plt_batch *b) {
  b->count = 0;
  b->used = 0;
  int follows = 0;
  // A word emits at most nine tokens of 64 bytes. A batch may only end where a run of bigrams
  // does not look back, which matters in queries alone, and they are short or cut.
  while (t->offset < t->length && b->count + 10 <= PLT_BATCH) {
    uint8_t c = plt_class[t->text[t->offset]];
    if (c == 0) {
      t->offset++;
      follows = 0;
    } else if (c < 4) {
      word(t, b);
      follows = 0;
    } else {
      character(t, b, &follows);
    }
  }
  if (b->count == 0 && t->offset < t->length) return plt_tokenize(t, b);
  return b->count;
}

plt_batch *plt_batch_new(void) { return calloc(1, sizeof(plt_batch)); }

void plt_batch_free(plt_batch *batch) { free(batch); }

const uint8_t *plt_batch_token(const plt_batch *batch, uint32_t index, plt_token *out) {
  *out = batch->tokens[index];
  return batch->scratch + out->offset;
}
