// The loops in plain C, and what is the same on every machine.
#include "scan.h"
#include <math.h>
#include <string.h>

int plv_has_level(int level) {
  switch (level) {
  case PLV_PORTABLE: return 1;
#if defined(__x86_64__)
  case PLV_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
  case PLV_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512vpopcntdq");
#elif defined(__aarch64__)
  case PLV_NEON: return 1;
#endif
  default: return 0;
  }
}

void plv_signs(const float *vector, size_t dimensions, uint64_t *words) {
  memset(words, 0, plv_words(dimensions) * sizeof(uint64_t));
  for (size_t i = 0; i < dimensions; i++)
    if (vector[i] > 0) words[i / 64] |= (uint64_t)1 << (i % 64);
}

/// The largest magnitude; 0 when a component is no finite number.
static float magnitude(const float *vector, size_t dimensions) {
  float largest = 0;
  for (size_t i = 0; i < dimensions; i++) {
    float size = fabsf(vector[i]);
    if (!(size <= 3e38f)) return 0;
    if (size > largest) largest = size;
  }
  return largest;
}

float plv_encode(const float *vector, size_t dimensions, int8_t *code) {
  float largest = magnitude(vector, dimensions);
  // Below this the quotient would not be finite.
  if (largest < 1e-30f) {
    memset(code, 0, dimensions);
    return 0;
  }
  float factor = 127 / largest;
  for (size_t i = 0; i < dimensions; i++) code[i] = (int8_t)lrintf(vector[i] * factor);
  return largest / 127;
}

float plv_encode_query(const float *vector, size_t dimensions, int16_t *code) {
  float largest = magnitude(vector, dimensions);
  if (largest < 1e-30f || dimensions > 65536) {
    memset(code, 0, dimensions * sizeof(int16_t));
    return 0;
  }
  // No sum of so many products with a vector's bytes exceeds 32 bits.
  size_t steps = (size_t)INT32_MAX / (127 * dimensions);
  if (steps > INT16_MAX) steps = INT16_MAX;
  float factor = (float)steps / largest;
  for (size_t i = 0; i < dimensions; i++) {
    long value = lrintf(vector[i] * factor);
    long most = (long)steps;
    code[i] = (int16_t)(value > most ? most : value < -most ? -most : value);
  }
  return largest / (float)steps;
}

void plv_sums(const int16_t *query, size_t dimensions, int32_t *sums) {
  for (size_t byte = 0; byte < plv_words(dimensions) * 8; byte++, sums += 256) {
    int32_t all = 0, value[8] = {0};
    for (size_t bit = 0; bit < 8 && byte * 8 + bit < dimensions; bit++) {
      value[bit] = query[byte * 8 + bit];
      all -= value[bit];
    }
    sums[0] = all;
    // A byte differs from a smaller one by its highest bit.
    for (int bit = 0; bit < 8; bit++)
      for (int rest = 0; rest < 1 << bit; rest++)
        sums[(1 << bit) + rest] = sums[rest] + 2 * value[bit];
  }
}

int32_t plv_estimate(const int32_t *sums, const uint64_t *signs, size_t words) {
  int32_t even = 0, odd = 0;
  for (size_t i = 0; i < words; i++) {
    uint64_t word = signs[i];
    for (int byte = 0; byte < 8; byte += 2, sums += 512, word >>= 16) {
      even += sums[word & 255];
      odd += sums[256 + (word >> 8 & 255)];
    }
  }
  return even + odd;
}

static inline uint32_t distance(const uint64_t *a, const uint64_t *b, size_t words) {
  uint32_t sum = 0;
  for (size_t i = 0; i < words; i++) sum += (uint32_t)__builtin_popcountll(a[i] ^ b[i]);
  return sum;
}

void plv_run_portable(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  PLV_SCAN_BODY(scan, signs, uses, count, first_slot, distance)
}

int32_t plv_product_portable(const int16_t *query, const int8_t *code, size_t dimensions) {
  int32_t sum = 0;
  for (size_t i = 0; i < dimensions; i++) sum += query[i] * code[i];
  return sum;
}

int32_t plv_product(int level, const int16_t *query, const int8_t *code, size_t dimensions) {
  switch (level) {
#if defined(__x86_64__)
  case PLV_AVX2: return plv_product_avx2(query, code, dimensions);
  case PLV_AVX512: return plv_product_avx512(query, code, dimensions);
#elif defined(__aarch64__)
  case PLV_NEON: return plv_product_neon(query, code, dimensions);
#endif
  default: return plv_product_portable(query, code, dimensions);
  }
}
