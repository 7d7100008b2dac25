#include "CPolylogueJSON.h"
#include "scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define POLYLOGUE_AVX2 __attribute__((target("avx2,popcnt,bmi,pclmul")))
#endif

/// Byte by byte. A backslash escapes the next byte outside strings too, where it has no meaning: so
/// the blocks below come to the same result, wherever the input was cut.
static size_t skip_bytes(polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  uint64_t depth = cursor->depth;
  bool in_string = cursor->in_string, escaped = cursor->escaped;
  size_t i = 0;
  while (i < count) {
    const uint8_t c = bytes[i++];
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
      if (depth == 0 && !in_string) break;
    } else if (in_string) {
      continue;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (depth > 0) depth--;
      if (depth == 0) break;
    }
  }
  cursor->depth = depth;
  cursor->in_string = in_string;
  cursor->escaped = escaped;
  return i;
}

#if defined(__SSE2__)

/// One bit for each of 64 bytes.
typedef struct {
  uint64_t quotes, backslashes, opening, closing;
} block_masks;

typedef block_masks (*mask_function)(const uint8_t *bytes);
typedef uint64_t (*prefix_function)(uint64_t bits);

/// The bytes behind an odd number of backslashes (Langdale and Lemire, "Parsing Gigabytes of JSON
/// per Second", 2019, section 3.1.1). `carry` is 1 when the first byte is escaped.
static inline uint64_t escaped_bytes(uint64_t backslashes, uint64_t *carry) {
  if (backslashes == 0) {
    const uint64_t escaped = *carry;
    *carry = 0;
    return escaped;
  }
  const uint64_t even = UINT64_C(0x5555555555555555);
  backslashes &= ~*carry;
  const uint64_t follows = backslashes << 1 | *carry;
  const uint64_t odd_starts = backslashes & ~even & ~follows;
  unsigned long long even_ends;
  *carry = __builtin_uaddll_overflow(odd_starts, backslashes, &even_ends);
  return (even ^ ((uint64_t)even_ends << 1)) & follows;
}

/// Whole blocks of 64 bytes, as long as `depth` is above 0. Returns the bytes passed.
static inline __attribute__((always_inline)) size_t skip_blocks(
    polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count, mask_function masks,
    prefix_function prefix) {
  uint64_t depth = cursor->depth;
  uint64_t in_string = cursor->in_string ? ~UINT64_C(0) : 0;
  uint64_t carry = cursor->escaped;
  size_t i = 0;
  for (; count - i >= 64; i += 64) {
    const block_masks block = masks(bytes + i);
    const uint64_t escaped = escaped_bytes(block.backslashes, &carry);
    const uint64_t strings = prefix(block.quotes & ~escaped) ^ in_string;
    in_string = (uint64_t)((int64_t)strings >> 63);
    const uint64_t outside = ~(strings | escaped);
    const uint64_t opening = block.opening & outside;
    uint64_t brackets = block.closing & outside;
    const uint64_t closes = (uint64_t)__builtin_popcountll(brackets);
    if (closes < depth) {
      depth += (uint64_t)__builtin_popcountll(opening) - closes;
      continue;
    }
    // The value may end here.
    brackets |= opening;
    while (brackets != 0) {
      const uint64_t bit = brackets & -brackets;
      brackets ^= bit;
      if (opening & bit) {
        depth++;
      } else if (--depth == 0) {
        *cursor = (polylogue_json_cursor){0};
        return i + (size_t)__builtin_ctzll(bit) + 1;
      }
    }
  }
  cursor->depth = depth;
  cursor->in_string = in_string != 0;
  cursor->escaped = carry != 0;
  return i;
}

static inline block_masks masks_sse2(const uint8_t *bytes) {
  block_masks block = {0};
  for (int part = 0; part < 4; part++) {
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * part));
    // { and [ differ in one bit, as do } and ].
    const __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
    const int shift = 16 * part;
#define MASK(vector, byte) \
  ((uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(vector, _mm_set1_epi8(byte))) << shift)
    block.quotes |= MASK(v, '"');
    block.backslashes |= MASK(v, '\\');
    block.opening |= MASK(folded, '{');
    block.closing |= MASK(folded, '}');
#undef MASK
  }
  return block;
}

/// Bit n becomes the parity of the bits 0 to n.
static inline uint64_t prefix_shift(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

static size_t skip_blocks_sse2(
    polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  return skip_blocks(cursor, bytes, count, masks_sse2, prefix_shift);
}

#if defined(__x86_64__)

POLYLOGUE_AVX2 static inline block_masks masks_avx2(const uint8_t *bytes) {
  block_masks block = {0};
  for (int part = 0; part < 2; part++) {
    const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32 * part));
    const __m256i folded = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
    const int shift = 32 * part;
#define MASK(vector, byte)                                                                \
  ((uint64_t)(uint32_t)_mm256_movemask_epi8(                                              \
       _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(byte)))                                 \
   << shift)
    block.quotes |= MASK(v, '"');
    block.backslashes |= MASK(v, '\\');
    block.opening |= MASK(folded, '{');
    block.closing |= MASK(folded, '}');
#undef MASK
  }
  return block;
}

POLYLOGUE_AVX2 static inline uint64_t prefix_clmul(uint64_t bits) {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

POLYLOGUE_AVX2 static size_t skip_blocks_avx2(
    polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  return skip_blocks(cursor, bytes, count, masks_avx2, prefix_clmul);
}

static size_t skip_whole_blocks(
    polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("pclmul")) {
    return skip_blocks_avx2(cursor, bytes, count);
  }
  return skip_blocks_sse2(cursor, bytes, count);
}

#else

static size_t skip_whole_blocks(
    polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  return skip_blocks_sse2(cursor, bytes, count);
}

#endif

size_t polylogue_json_skip(polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  size_t i = 0;
  if (cursor->depth == 0) {
    // The first bracket, or a string that stands alone.
    i = count > 0 && (bytes[0] == '{' || bytes[0] == '[') && !cursor->in_string &&
                !cursor->escaped
            ? skip_bytes(cursor, bytes, 1)
            : skip_bytes(cursor, bytes, count);
    if (cursor->depth == 0 || i == count) return i;
  }
  i += skip_whole_blocks(cursor, bytes + i, count - i);
  if (cursor->depth == 0) return i;
  return i + skip_bytes(cursor, bytes + i, count - i);
}

#else

size_t polylogue_json_skip(polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  return skip_bytes(cursor, bytes, count);
}

#endif
