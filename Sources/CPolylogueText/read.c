#include "codec.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
    if (!(p = plt_get_varint(p, end, &a)) || p >= end || a >= UINT32_MAX) return 0;
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
    if (a > UINT32_MAX || b > UINT32_MAX || last + a + b >= UINT32_MAX || count >= PLT_BLOCK) return 0;
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

// A value of more bits does not always lie within four bytes, and a block's worth of them could add
// up to more than 32 bits. No segment has so many documents.
enum { BITS_MAX = 25 };

// Unpacks `n` values of `bits` bits. Writes up to 7 more, reads up to 32 bytes further.
static inline void unpack(const uint8_t *p, uint32_t bits, uint32_t n, uint32_t *out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return unpack_fast(p, bits, n, out);
#endif
  unpack_plainly(p, bits, n, out);
}

// Where a block's parts lie.
typedef struct {
  const uint8_t *gaps, *impacts;
  uint32_t gap_bits, impact_bits;
  uint8_t low;
} packed;

// 0 when the block's bytes do not hold it.
static inline int open_block(
    packed *b, const plt_block *block, const uint8_t *bytes, size_t length) {
  if (length < 2 || block->count == 0 || block->count > PLT_BLOCK) return 0;
  b->gap_bits = bytes[0] & 31;
  b->impact_bits = bytes[0] >> 5;
  b->low = bytes[1];
  if (b->gap_bits > BITS_MAX) return 0;
  size_t gap_bytes = ((size_t)b->gap_bits * (block->count - 1u) + 7) / 8;
  size_t impact_bytes = ((size_t)b->impact_bits * block->count + 7) / 8;
  b->gaps = bytes + 2;
  b->impacts = b->gaps + gap_bytes;
  return 2 + gap_bytes + impact_bytes <= length;
}

// Makes gaps, of which there is one fewer than documents, into the documents after the first. Reads
// and writes up to 3 more.
static inline void add_up(uint32_t *documents, uint32_t count) {
  typedef uint32_t four __attribute__((ext_vector_type(4)));
  four none = 0, before = documents[0];
  for (uint32_t i = 1; i < count; i += 4) {
    four v;
    memcpy(&v, documents + i, sizeof v);
    v += 1;
    v += __builtin_shufflevector(none, v, 0, 4, 5, 6);
    v += __builtin_shufflevector(none, v, 0, 1, 4, 5);
    v += before;
    memcpy(documents + i, &v, sizeof v);
    before = v.wwww;
  }
}

uint32_t plt_block_decode(
    const plt_block *block, const uint8_t *bytes, size_t length, uint32_t *documents) {
  uint32_t count = block->count;
  packed b;
  if (block->is_single) count = 1;
  else if (!open_block(&b, block, bytes, length)) return 0;
  documents[0] = block->first;
  if (count > 1) {
    if (b.gap_bits) unpack(b.gaps, b.gap_bits, count - 1, documents + 1);
    else memset(documents + 1, 0, (count - 1) * sizeof *documents);
    add_up(documents, count);
  }
  // A sum that has passed the greatest number, which it can once, ends below the first document.
  if (documents[count - 1] != block->last) return 0;
  memset(documents + count, 0xFF, PLT_DOCUMENTS_PADDING * sizeof *documents);
  return count;
}

uint32_t plt_block_impacts(
    const plt_block *block, const uint8_t *bytes, size_t length, uint8_t *impacts) {
  uint32_t count = block->count, values[PLT_BLOCK + 8];
  packed b;
  if (block->is_single) {
    impacts[0] = block->impact;
    return 1;
  }
  if (!open_block(&b, block, bytes, length)) return 0;
  if (b.impact_bits == 0) {
    memset(impacts, b.low, count);
  } else {
    unpack(b.impacts, b.impact_bits, count, values);
    for (uint32_t i = 0; i < count; i++) impacts[i] = (uint8_t)(b.low + values[i]);
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

// The documents of eight that are the wanted one: a bit for each.
static inline uint32_t equal_of_eight(const uint32_t *documents, uint32_t wanted) {
  typedef uint32_t eight __attribute__((ext_vector_type(8)));
  typedef _Bool bits __attribute__((ext_vector_type(8)));
  eight v;
  memcpy(&v, documents, sizeof v);
  bits equal = __builtin_convertvector(v == wanted, bits);
  uint8_t mask;
  memcpy(&mask, &equal, sizeof mask);
  return mask;
}

uint32_t plt_block_intersect(
    const plt_block *block, const uint8_t *bytes, size_t length, const uint32_t *documents,
    const uint32_t *candidates, uint32_t *from, uint32_t candidate_count, plt_common *out) {
  packed b;
  uint32_t c = *from, i = 0, n = 0, last = block->last;
  if (!block->is_single && !open_block(&b, block, bytes, length)) return 0;
  for (; c < candidate_count && candidates[c] <= last; c++) {
    uint32_t wanted = candidates[c];
    while (documents[i + 7] < wanted) i += 8;
    uint32_t equal = equal_of_eight(documents + i, wanted);
    if (equal) out[n++] = (plt_common){.candidate = c, .place = (uint8_t)(i + (uint32_t)__builtin_ctz(equal))};
  }
  *from = c;
  for (uint32_t k = 0; k < n; k++) {
    if (block->is_single) {
      out[k].impact = block->impact;
      continue;
    }
    uint32_t at = out[k].place * b.impact_bits, word;
    memcpy(&word, b.impacts + (at >> 3), sizeof word);
    out[k].impact = (uint8_t)(b.low + (word >> (at & 7) & ((1u << b.impact_bits) - 1)));
  }
  return n;
}

uint32_t plt_common_keep(
    const plt_common *common, uint32_t count, const uint32_t *candidates, const float *scores,
    float weight, float floor, uint32_t block, uint32_t *out, float *sums, uint64_t *found) {
  uint64_t start = (uint64_t)block * PLT_BLOCK;
  uint32_t n = 0;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t at = common[k].candidate;
    float sum = scores[at] + weight * (float)common[k].impact;
    out[n] = candidates[at];
    sums[n] = sum;
    found[n] = (uint64_t)candidates[at] << 32 | (start + common[k].place);
    n += sum > floor;
  }
  return n;
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

// A walk over the positions of a block, posting by posting, 32 bytes at a time.
//
// The last position of a posting is the only one whose first byte is even. Added to the marks of
// bytes that do not end a position, the marks of these beginnings run on to their ends.
typedef struct {
  const uint8_t *window, *end;
  // The ends of postings in the window that were not passed, and how many they are.
  uint32_t ends, left;
  // Whether the next window begins with a position, and whether one runs on into it to end a posting.
  uint32_t is_begun, is_ending;
  // The posting that is next, and where it begins.
  uint32_t at;
  const uint8_t *p;
} position_walk;

typedef int8_t window_bytes __attribute__((ext_vector_type(32)));
typedef _Bool window_bits __attribute__((ext_vector_type(32)));

static inline uint32_t negatives(const window_bytes *v) {
  window_bits negative = __builtin_convertvector(*v < 0, window_bits);
  uint32_t mask;
  memcpy(&mask, &negative, sizeof mask);
  return mask;
}

static inline void look(position_walk *w) {
  window_bytes v;
  memcpy(&v, w->window, sizeof v);
  uint32_t open = negatives(&v);
  v <<= 7;
  uint32_t lasts = (~open << 1 | w->is_begun) & ~negatives(&v);
  uint64_t sum = (uint64_t)open + lasts + w->is_ending;
  w->ends = (uint32_t)sum & ~open;
  w->left = (uint32_t)__builtin_popcount(w->ends);
  w->is_begun = ~open >> 31;
  w->is_ending = (uint32_t)(sum >> 32);
}

// `bytes` must be readable for PLT_PADDING bytes past `length`.
static inline position_walk walk_positions(const uint8_t *bytes, size_t length) {
  position_walk w = {.window = bytes, .p = bytes, .end = bytes + length, .is_begun = 1};
  if (length) look(&w);
  return w;
}

// Moves to a posting that was not passed; 0 where the bytes end before it.
static inline int go_to(position_walk *w, uint32_t index) {
  uint32_t more = index - w->at;
  if (more) {
    w->at = index;
    while (w->left < more) {
      more -= w->left;
      if (w->end - w->window <= (ptrdiff_t)sizeof(window_bytes)) return 0;
      w->window += sizeof(window_bytes);
      look(w);
    }
    w->left -= more;
    while (--more) w->ends &= w->ends - 1;
    w->p = w->window + __builtin_ctz(w->ends) + 1;
    w->ends &= w->ends - 1;
  }
  return w->p < w->end;
}

uint32_t plt_starts_collect(
    const uint8_t *bytes, size_t length, const uint64_t *found, uint32_t found_count, uint32_t shift,
    uint64_t *starts, size_t capacity) {
  position_walk w = walk_positions(bytes, length);
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
  position_walk w = walk_positions(bytes, length);
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
