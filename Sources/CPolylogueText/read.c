#include "codec.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

int plt_root_find(const uint8_t *root, size_t length, const uint8_t *term, size_t term_length) {
  int page = -1;
  for (size_t at = 0; at < length && at + 1 + root[at] <= length; at += 1 + root[at], page++)
    if (plt_compare(root + at + 1, root[at], term, term_length) > 0) break;
  return page;
}

// A walk over a dictionary page.
typedef struct {
  const uint8_t *page, *p, *end;
  uint32_t restarts, index;
  plt_term now;
  uint64_t next_postings, next_positions;
} walk;

static int open_page(walk *w, const uint8_t *page, size_t length) {
  if (length < 4) return 0;
  w->restarts = (uint32_t)page[length - 2] | (uint32_t)page[length - 1] << 8;
  if (w->restarts == 0 || 2 + (size_t)w->restarts * 2 >= length) return 0;
  w->page = page;
  w->end = page + length - 2 - w->restarts * 2;
  w->index = 0;
  w->p = page;
  return 1;
}

static uint32_t restart_offset(const walk *w, uint32_t i) {
  return (uint32_t)w->end[2 * i] | (uint32_t)w->end[2 * i + 1] << 8;
}

// Takes the next term; 0 at the end or where the page is damaged.
static int next_term(walk *w) {
  if (w->end - w->p < 3) return 0;
  int restart = w->index < w->restarts && w->page + restart_offset(w, w->index) == w->p;
  uint32_t shared = w->p[0], rest = w->p[1];
  w->p += 2;
  if (shared + rest > PLT_TERM_MAX + 1 || rest > (size_t)(w->end - w->p)) return 0;
  memcpy(w->now.term + shared, w->p, rest);
  w->now.length = (uint8_t)(shared + rest);
  w->p += rest;
  if (restart) {
    w->index++;
    if (!(w->p = plt_get_varint(w->p, w->end, &w->next_postings))) return 0;
    if (!(w->p = plt_get_varint(w->p, w->end, &w->next_positions))) return 0;
  }
  uint64_t documents, postings, positions;
  if (!(w->p = plt_get_varint(w->p, w->end, &documents))) return 0;
  if (!(w->p = plt_get_varint(w->p, w->end, &postings))) return 0;
  if (!(w->p = plt_get_varint(w->p, w->end, &positions))) return 0;
  if (documents == 0 || documents > UINT32_MAX || postings > UINT32_MAX || positions > UINT32_MAX) return 0;
  w->now.entry = (plt_entry){(uint32_t)documents, w->next_postings, w->next_positions, (uint32_t)postings, positions};
  w->next_postings += postings;
  w->next_positions += positions;
  return 1;
}

// Moves to the last restart whose term is not greater than the wanted one.
static void seek(walk *w, const uint8_t *term, size_t length) {
  uint32_t low = 0, high = w->restarts - 1;
  while (low < high) {
    uint32_t middle = (low + high + 1) / 2, at = restart_offset(w, middle);
    const uint8_t *p = w->page + at;
    if (p + 2 > w->end || p + 2 + p[1] > w->end) break;
    if (plt_compare(p + 2, p[1], term, length) <= 0) low = middle;
    else high = middle - 1;
  }
  uint32_t at = restart_offset(w, low);
  if (w->page + at < w->end) {
    w->p = w->page + at;
    w->index = low;
  }
}

int plt_dictionary_find(
    const uint8_t *page, size_t length, const uint8_t *term, size_t term_length, plt_entry *out) {
  walk w = {0};
  if (!open_page(&w, page, length)) return 0;
  seek(&w, term, term_length);
  while (next_term(&w)) {
    int c = plt_compare(w.now.term, w.now.length, term, term_length);
    if (c == 0) *out = w.now.entry;
    if (c >= 0) return c == 0;
  }
  return 0;
}

uint32_t plt_dictionary_prefix(
    const uint8_t *page, size_t length, const uint8_t *prefix, size_t prefix_length, plt_term *out,
    uint32_t capacity, int *more) {
  walk w = {0};
  uint32_t n = 0;
  *more = 0;
  if (!open_page(&w, page, length)) return 0;
  seek(&w, prefix, prefix_length);
  while (n < capacity && next_term(&w)) {
    if (w.now.length >= prefix_length && memcmp(w.now.term, prefix, prefix_length) == 0) out[n++] = w.now;
    else if (plt_compare(w.now.term, w.now.length, prefix, prefix_length) > 0) return n;
  }
  *more = n < capacity;
  return n;
}

uint32_t plt_list_blocks(
    const uint8_t *bytes, size_t length, const plt_entry *entry, uint32_t *directory_end) {
  const uint8_t *p = bytes, *end = bytes + length;
  uint64_t blocks, size;
  if (entry->documents == 1) {
    *directory_end = (uint32_t)length;
    return 1;
  }
  if (!(p = plt_get_varint(p, end, &blocks)) || !(p = plt_get_varint(p, end, &size))) return 0;
  // A block takes six bytes of the directory at least.
  if (blocks == 0 || blocks > entry->documents || size > entry->postings_length || blocks > size / 6) return 0;
  *directory_end = (uint32_t)((uint64_t)(p - bytes) + size);
  return (uint32_t)blocks;
}

int plt_list_directory(
    const uint8_t *bytes, size_t length, const plt_entry *entry, plt_block *out, uint32_t blocks) {
  const uint8_t *p = bytes, *end = bytes + length;
  uint64_t a, b, size, positions;
  if (entry->documents == 1) {
    if (!(p = plt_get_varint(p, end, &a)) || p >= end || a > UINT32_MAX) return 0;
    *out = (plt_block){.first = (uint32_t)a, .last = (uint32_t)a, .count = 1, .impact = *p, .is_single = 1,
                       .positions_length = (uint32_t)entry->positions_length};
    return 1;
  }
  if (!(p = plt_get_varint(p, end, &a)) || !(p = plt_get_varint(p, end, &size))) return 0;
  if (size > (uint64_t)(end - p)) return 0;
  end = p + size;
  uint64_t offset = (uint64_t)(end - bytes), at = 0, last = 0;
  for (uint32_t i = 0; i < blocks; i++) {
    if (!(p = plt_get_varint(p, end, &a)) || !(p = plt_get_varint(p, end, &b)) || end - p < 2) return 0;
    uint8_t count = *p++, impact = *p++;
    if (!(p = plt_get_varint(p, end, &size)) || !(p = plt_get_varint(p, end, &positions))) return 0;
    if (a > UINT32_MAX || b > UINT32_MAX || last + a + b > UINT32_MAX || count >= PLT_BLOCK) return 0;
    // A block begins behind the one before it. Subtractions, since sums could wrap.
    if (i > 0 && a == 0) return 0;
    if (offset > entry->postings_length || size > entry->postings_length - offset) return 0;
    if (positions > entry->positions_length - at || size > UINT32_MAX || positions > UINT32_MAX) return 0;
    out[i] = (plt_block){.first = (uint32_t)(last + a), .last = (uint32_t)(last + a + b), .offset = (uint32_t)offset,
                         .length = (uint32_t)size, .positions = at, .positions_length = (uint32_t)positions,
                         .count = (uint8_t)(count + 1), .impact = impact};
    last += a + b;
    offset += size;
    at += positions;
  }
  return 1;
}

static void unpack_plainly(const uint8_t *p, uint32_t bits, uint32_t n, uint32_t *out) {
  uint32_t mask = (1u << bits) - 1;
  uint64_t at = 0, word;
  for (uint32_t i = 0; i < n; i++, at += bits) {
    memcpy(&word, p + (at >> 3), 8);
    out[i] = (uint32_t)(word >> (at & 7)) & mask;
  }
}

#if defined(__x86_64__)
// Eight values at a time, which take as many bytes as one takes bits.
__attribute__((target("avx2"))) static void unpack_fast(
    const uint8_t *p, uint32_t bits, uint32_t n, uint32_t *out) {
  uint8_t picks[32];
  uint32_t shifts[8], half = bits / 2;
  for (uint32_t i = 0; i < 8; i++) {
    uint32_t at = bits * i - (i < 4 ? 0 : half * 8);
    shifts[i] = at & 7;
    for (uint32_t k = 0; k < 4; k++) picks[i * 4 + k] = (uint8_t)((at >> 3) + k);
  }
  __m256i pick = _mm256_loadu_si256((const __m256i *)picks);
  __m256i shift = _mm256_loadu_si256((const __m256i *)shifts);
  __m256i mask = _mm256_set1_epi32((int)((1u << bits) - 1));
  for (uint32_t i = 0; i < n; i += 8, p += bits) {
    __m256i v = _mm256_set_m128i(
        _mm_loadu_si128((const __m128i *)(p + half)), _mm_loadu_si128((const __m128i *)p));
    v = _mm256_srlv_epi32(_mm256_shuffle_epi8(v, pick), shift);
    _mm256_storeu_si256((__m256i *)(out + i), _mm256_and_si256(v, mask));
  }
}
#endif

// Unpacks `n` values of `bits` bits. Writes up to 7 more, reads up to 32 bytes further.
static inline void unpack(const uint8_t *p, uint32_t bits, uint32_t n, uint32_t *out) {
#if defined(__x86_64__)
  // A value of more bits does not always lie within four bytes.
  if (bits <= 25 && __builtin_cpu_supports("avx2")) return unpack_fast(p, bits, n, out);
#endif
  unpack_plainly(p, bits, n, out);
}

uint32_t plt_block_decode(
    const plt_block *block, const uint8_t *bytes, size_t length, uint32_t *documents,
    uint8_t *impacts) {
  if (block->is_single) {
    documents[0] = block->first;
    impacts[0] = block->impact;
    return 1;
  }
  uint32_t count = block->count, values[PLT_BLOCK + 8];
  if (length < 2 || count == 0 || count > PLT_BLOCK) return 0;
  uint32_t gap_bits = bytes[0] & 31, impact_bits = bytes[0] >> 5;
  uint8_t low = bytes[1];
  size_t gap_bytes = ((size_t)gap_bits * (count - 1) + 7) / 8;
  size_t impact_bytes = ((size_t)impact_bits * count + 7) / 8;
  if (2 + gap_bytes + impact_bytes > length) return 0;
  const uint8_t *p = bytes + 2, *q = p + gap_bytes;
  uint32_t document = block->first;
  documents[0] = document;
  if (gap_bits == 0) {
    for (uint32_t i = 1; i < count; i++) documents[i] = document + i;
  } else {
    unpack(p, gap_bits, count - 1, values);
    for (uint32_t i = 1; i < count; i++) {
      if (values[i - 1] >= UINT32_MAX - document) return 0;
      documents[i] = document += values[i - 1] + 1;
    }
  }
  if (documents[count - 1] != block->last) return 0;
  if (impact_bits == 0) {
    memset(impacts, low, count);
  } else {
    unpack(q, impact_bits, count, values);
    for (uint32_t i = 0; i < count; i++) impacts[i] = (uint8_t)(low + values[i]);
  }
  return count;
}

uint32_t plt_block_select(
    const uint32_t *documents, const uint8_t *impacts, uint32_t count, float weight, float floor,
    uint32_t low, uint32_t high, uint32_t *out, float *scores) {
  uint32_t n = 0;
  if (floor < 0 && count && documents[0] >= low && documents[count - 1] < high) {
    // All of them, as most often.
    memcpy(out, documents, count * sizeof *out);
    for (uint32_t i = 0; i < count; i++) scores[i] = weight * (float)impacts[i];
    return count;
  }
  for (uint32_t i = 0; i < count; i++) {
    float score = weight * (float)impacts[i];
    out[n] = documents[i];
    scores[n] = score;
    n += (score > floor) & (documents[i] - low < high - low);
  }
  return n;
}

void plt_block_spread(
    const uint32_t *documents, const uint8_t *impacts, uint32_t count, float weight, uint32_t low,
    uint32_t high, float *scores) {
  for (uint32_t i = 0; i < count; i++)
    if (documents[i] - low < high - low) scores[documents[i] - low] += weight * (float)impacts[i];
}

uint32_t plt_block_intersect(
    const uint32_t *documents, const uint8_t *impacts, uint32_t count, const uint32_t *candidates,
    uint32_t from, uint32_t candidate_count, float weight, float *scores, uint32_t block,
    uint64_t *found, uint32_t *found_count) {
  uint32_t i = 0, n = found ? *found_count : 0;
  uint64_t place = (uint64_t)block * PLT_BLOCK;
  while (from < candidate_count && i < count) {
    uint32_t c = candidates[from];
    while (i < count && documents[i] < c) i++;
    if (i == count) break;
    if (documents[i] == c) {
      scores[from] += weight * (float)impacts[i];
      if (found) found[n++] = (uint64_t)c << 32 | (place + i);
    }
    from++;
  }
  if (found) *found_count = n;
  return from;
}

void plt_found_note(const uint32_t *documents, uint32_t count, uint32_t block, uint64_t *found) {
  uint64_t place = (uint64_t)block * PLT_BLOCK;
  for (uint32_t i = 0; i < count; i++) found[i] = (uint64_t)documents[i] << 32 | (place + i);
}

uint32_t plt_keep(
    const uint32_t *documents, const float *scores, const float *added, uint32_t count, float floor,
    uint32_t *out, float *sums, uint32_t *dropped) {
  uint32_t n = 0, matching = 0;
  for (uint32_t i = 0; i < count; i++) {
    // Most candidates do not match a rare word: pass over four at once.
    uint64_t two[2];
    while (i + 4 <= count) {
      memcpy(two, added + i, sizeof two);
      if (two[0] | two[1]) break;
      i += 4;
    }
    if (i == count) break;
    float sum = scores[i] + added[i];
    out[n] = documents[i];
    sums[n] = sum;
    uint32_t is_match = added[i] > 0;
    matching += is_match;
    n += is_match & (sum > floor);
  }
  *dropped = matching - n;
  return n;
}

uint32_t plt_keep_begun(
    const uint32_t *documents, const float *scores, uint32_t count, const uint64_t *starts,
    uint32_t starts_count, uint32_t *out, float *out_scores) {
  uint32_t n = 0, s = 0;
  for (uint32_t i = 0; i < count && s < starts_count; i++) {
    while (s < starts_count && starts[s] >> 32 < documents[i]) s++;
    out[n] = documents[i];
    out_scores[n] = scores[i];
    n += s < starts_count && starts[s] >> 32 == documents[i];
  }
  return n;
}

uint32_t plt_found_keep(
    uint64_t *found, uint32_t found_count, const uint32_t *wanted, uint32_t wanted_count) {
  uint32_t n = 0, i = 0;
  for (uint32_t k = 0; k < wanted_count; k++) {
    while (i < found_count && found[i] >> 32 < wanted[k]) i++;
    if (i == found_count) break;
    if (found[i] >> 32 == wanted[k]) found[n++] = found[i++];
  }
  return n;
}

// A walk over the positions of a block, posting by posting.
typedef struct {
  const uint8_t *p, *end;
  uint32_t at;
} position_walk;

// Moves to a posting; 0 where the bytes end before it.
//
// The last position of a posting is the only one whose first byte is even, so eight bytes are looked
// at together: the marks of ends give those of beginnings, and these with the lowest bits the number
// of postings that end.
static inline int go_to(position_walk *w, uint32_t index) {
  const uint64_t tops = 0x8080808080808080ull;
  const uint8_t *p = w->p, *end = w->end;
  uint32_t left = index - w->at;
  w->at = index;
  while (left) {
    uint64_t word;
    if (p + 8 > end) {
      for (; left; left--) {
        uint32_t more = 1;
        while (more) {
          if (p >= end) return 0;
          more = *p & 1;
          while (*p++ >= 128)
            if (p >= end) return 0;
        }
      }
      break;
    }
    memcpy(&word, p, 8);
    uint64_t ends = ~word & tops;
    uint64_t last = (ends << 8 | 0x80) & ~(word << 7);
    last &= tops;
    uint32_t count = (uint32_t)__builtin_popcountll(last);
    if (count < left && ends >> 63) {
      left -= count;
      p += 8;
      continue;
    }
    if (count < left) {
      // The word ends within a position: go on at that position's first byte.
      uint32_t length = ends ? 64 - (uint32_t)__builtin_clzll(ends) : 0;
      if (length == 0) return 0;
      uint64_t after = length == 64 ? 0 : last >> length << length;
      left -= count - (uint32_t)__builtin_popcountll(after);
      p += length / 8;
      continue;
    }
    while (--left) last &= last - 1;
    p += __builtin_ctzll(last) / 8;
    while (*p++ >= 128)
      if (p >= end) return 0;
    break;
  }
  w->p = p;
  return p < end;
}

uint32_t plt_starts_collect(
    const uint8_t *bytes, size_t length, const uint64_t *found, uint32_t found_count, uint32_t shift,
    uint64_t *starts, size_t capacity) {
  position_walk w = {bytes, bytes + length, 0};
  uint32_t n = 0;
  for (uint32_t i = 0; i < found_count; i++) {
    if (!go_to(&w, (uint32_t)found[i] % PLT_BLOCK)) break;
    uint64_t document = found[i] >> 32 << 32, v;
    const uint8_t *p = w.p;
    uint32_t position = 0;
    for (uint32_t m = 0; m < PLT_POSITIONS_MAX && (p = plt_get_varint(p, w.end, &v)); m++) {
      position += (uint32_t)(v >> 1);
      if (position >= shift && n < capacity) starts[n++] = document | (position - shift);
      if (!(v & 1)) break;
    }
  }
  return n;
}

uint32_t plt_starts_mark(
    const uint8_t *bytes, size_t length, const uint64_t *found, uint32_t found_count,
    const uint64_t *starts, uint32_t s, uint32_t starts_count, uint32_t shift, uint8_t *marks) {
  position_walk w = {bytes, bytes + length, 0};
  for (uint32_t i = 0; i < found_count; i++) {
    uint64_t document = found[i] >> 32;
    while (s < starts_count && starts[s] >> 32 < document) s++;
    if (s == starts_count) break;
    if (starts[s] >> 32 != document) continue;
    if (!go_to(&w, (uint32_t)found[i] % PLT_BLOCK)) break;
    const uint8_t *p = w.p;
    uint64_t v;
    uint32_t position = 0;
    for (uint32_t m = 0; m < PLT_POSITIONS_MAX && (p = plt_get_varint(p, w.end, &v)); m++) {
      position += (uint32_t)(v >> 1);
      uint64_t wanted = document << 32 | (position - shift);
      if (position >= shift) {
        while (s < starts_count && starts[s] < wanted) s++;
        if (s < starts_count && starts[s] == wanted) marks[s] = 1;
      }
      if (!(v & 1)) break;
    }
  }
  return s;
}

uint32_t plt_starts_keep(uint64_t *starts, uint8_t *marks, uint32_t count) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t marked = marks[i];
    marks[i] = 0;
    starts[n] = starts[i];
    n += marked;
  }
  return n;
}

uint32_t plt_union(
    const uint32_t *a, const float *as, uint32_t an, const uint32_t *b, const float *bs, uint32_t bn,
    uint32_t *out, float *scores) {
  uint32_t i = 0, j = 0, n = 0;
  while (i < an && j < bn) {
    uint32_t x = a[i], y = b[j];
    out[n] = x < y ? x : y;
    scores[n++] = (x <= y ? as[i] : 0) + (y <= x ? bs[j] : 0);
    i += x <= y;
    j += y <= x;
  }
  for (; i < an; i++) out[n] = a[i], scores[n++] = as[i];
  for (; j < bn; j++) out[n] = b[j], scores[n++] = bs[j];
  return n;
}
