// The loops for x86-64, each function compiled for the instructions that it uses.
#include "scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

// MARK: AVX2

#define AVX2 __attribute__((target("avx2,popcnt")))

/// The set bits of a word. Written out, because the compiler would count several words at once by
/// looking their nibbles up in vectors, which takes twice as long.
static inline uint64_t ones(uint64_t word) {
  uint64_t count;
  __asm__("popcntq %1, %0" : "=r"(count) : "r"(word) : "cc");
  return count;
}

AVX2 static inline uint32_t distance(const uint64_t *a, const uint64_t *b, size_t words) {
  uint64_t even = 0, odd = 0;
  size_t i = 0;
  for (; i + 2 <= words; i += 2) {
    even += ones(a[i] ^ b[i]);
    odd += ones(a[i + 1] ^ b[i + 1]);
  }
  if (i < words) even += ones(a[i] ^ b[i]);
  return (uint32_t)(even + odd);
}

/// The set bits of each byte.
AVX2 static inline __m256i ones_of_bytes(__m256i bytes) {
  const __m256i of_nibble = _mm256_setr_epi8(
    0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  __m256i low = _mm256_and_si256(bytes, nibble);
  __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
  return _mm256_add_epi8(
    _mm256_shuffle_epi8(of_nibble, low), _mm256_shuffle_epi8(of_nibble, high));
}

/// The differing bits of two vectors of six words that lie one behind the other: the first's in the
/// two lower 64-bit numbers, the second's in the two higher ones.
AVX2 static inline __m256i distances_of_two(const uint64_t *signs, __m256i front, __m256i back) {
  __m256i a = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)signs), front);
  __m256i b = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(signs + 6)), front);
  __m256i ends = _mm256_xor_si256(
    _mm256_loadu2_m128i((const __m128i *)(signs + 10), (const __m128i *)(signs + 4)), back);
  a = ones_of_bytes(a);
  b = ones_of_bytes(b);
  __m256i sum = _mm256_add_epi8(
    _mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
  sum = _mm256_add_epi8(sum, ones_of_bytes(ends));
  return _mm256_sad_epu8(sum, _mm256_setzero_si256());
}

/// Vectors of six words, the usual 384 dimensions, four at a time.
AVX2 static size_t run_six_words(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  __m256i front = _mm256_loadu_si256((const __m256i *)scan->query);
  __m256i back =
    _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(scan->query + 4)));
  size_t i = 0;
  for (; i + 4 <= count; i += 4, signs += 24) {
    _mm_prefetch((const char *)(signs + 24 * 8), _MM_HINT_T0);
    _mm_prefetch((const char *)(signs + 24 * 8 + 8), _MM_HINT_T0);
    _mm_prefetch((const char *)(signs + 24 * 8 + 16), _MM_HINT_T0);
    __m256i all = _mm256_or_si256(
      distances_of_two(signs, front, back),
      _mm256_slli_epi64(distances_of_two(signs + 12, front, back), 32));
    // Vector 0, 2, 0, 2, then 1, 3, 1, 3.
    all = _mm256_add_epi32(all, _mm256_shuffle_epi32(all, 0x4e));
    __m256i bound = _mm256_set1_epi32(scan->bound > 4096 ? 4096 : (int32_t)scan->bound);
    if (!_mm256_movemask_epi8(_mm256_cmpgt_epi32(bound, all))) continue;
    uint32_t away[8];
    _mm256_storeu_si256((__m256i *)away, all);
    const uint32_t in_order[4] = {away[0], away[4], away[1], away[5]};
    for (size_t j = 0; j < 4; j++)
      if (in_order[j] < scan->bound)
        plv_take(scan, uses[i + j], first_slot + (uint32_t)(i + j), in_order[j]);
  }
  return i;
}

AVX2 void plv_run_avx2(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  size_t done = 0;
  if (scan->words == 6) {
    done = run_six_words(scan, signs, uses, count, first_slot);
    signs += done * 6;
    uses += done;
    count -= done;
    first_slot += (uint32_t)done;
  }
  PLV_SCAN_BODY(scan, signs, uses, count, first_slot, distance)
}

AVX2 int32_t plv_product_avx2(const int16_t *query, const int8_t *code, size_t dimensions) {
  __m256i sum = _mm256_setzero_si256(), other = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= dimensions; i += 32) {
    __m256i a = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(code + i)));
    __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(code + i + 16)));
    __m256i qa = _mm256_loadu_si256((const __m256i *)(query + i));
    __m256i qb = _mm256_loadu_si256((const __m256i *)(query + i + 16));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, qa));
    other = _mm256_add_epi32(other, _mm256_madd_epi16(b, qb));
  }
  sum = _mm256_add_epi32(sum, other);
  __m128i half =
    _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
  return _mm_cvtsi128_si32(half) + plv_product_portable(query + i, code + i, dimensions - i);
}

// MARK: AVX-512

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vpopcntdq,popcnt")))

AVX512 static inline uint32_t distance512(const uint64_t *a, const uint64_t *b, size_t words) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 8 <= words; i += 8) {
    __m512i differing = _mm512_xor_si512(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i));
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differing));
  }
  if (i < words) {
    // Words beyond the end are not read, and count as equal.
    __mmask8 rest = (__mmask8)((1u << (words - i)) - 1);
    __m512i differing = _mm512_xor_si512(
      _mm512_maskz_loadu_epi64(rest, a + i), _mm512_maskz_loadu_epi64(rest, b + i));
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differing));
  }
  return (uint32_t)_mm512_reduce_add_epi64(sum);
}

AVX512 void plv_run_avx512(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  PLV_SCAN_BODY(scan, signs, uses, count, first_slot, distance512)
}

AVX512 int32_t plv_product_avx512(const int16_t *query, const int8_t *code, size_t dimensions) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 32 <= dimensions; i += 32) {
    __m512i a = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(code + i)));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, _mm512_loadu_si512(query + i)));
  }
  return _mm512_reduce_add_epi32(sum)
    + plv_product_portable(query + i, code + i, dimensions - i);
}
#endif
