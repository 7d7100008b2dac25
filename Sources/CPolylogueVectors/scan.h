// The scan's state, and its loop, which every level of instructions compiles for itself.
#pragma once
#include "CPolylogueVectors.h"

struct plv_scan {
  plv_candidate *found;
  size_t count, limit, capacity;
  /// Vectors are taken whose distance is below this.
  uint32_t bound;
  uint32_t *histogram;
  plv_messages allowed;
  void (*run)(
    plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count,
    uint32_t first_slot);
  size_t words;
  uint64_t query[];
};

/// Leaves the nearest `limit` of what was found, and lowers the bound to what may still join them.
void plv_scan_cut(plv_scan *scan);

static inline int plv_is_allowed(const plv_messages *allowed, uint64_t use) {
  if (use == 0) return 0;
  if (!allowed->words) return 1;
  // A message before the first wraps round to a number beyond the last.
  uint64_t place = (use >> 16) - allowed->first;
  return place / 64 < allowed->word_count && (allowed->words[place / 64] >> (place % 64) & 1);
}

static inline void plv_take(plv_scan *scan, uint64_t use, uint32_t slot, uint32_t distance) {
  if (!plv_is_allowed(&scan->allowed, use)) return;
  scan->found[scan->count++] = (plv_candidate){slot, distance};
  if (scan->count == scan->capacity) plv_scan_cut(scan);
}

/// The loop over vectors, with `DISTANCE(vector, query, words)` as the level counts differing bits.
/// The usual 384 dimensions have a copy in which the compiler knows the number of words.
#define PLV_SCAN_LOOP(scan, signs, uses, count, first_slot, WORDS, DISTANCE)                \
  for (size_t i = 0; i < (count); i++) {                                                    \
    uint32_t away = DISTANCE((signs) + i * (WORDS), (scan)->query, (WORDS));            \
    if (away < (scan)->bound)                                                               \
      plv_take((scan), (uses)[i], (first_slot) + (uint32_t)i, away);                        \
  }
#define PLV_SCAN_BODY(scan, signs, uses, count, first_slot, DISTANCE)                       \
  if ((scan)->words == 6) {                                                                 \
    PLV_SCAN_LOOP(scan, signs, uses, count, first_slot, 6, DISTANCE)                        \
  } else {                                                                                  \
    PLV_SCAN_LOOP(scan, signs, uses, count, first_slot, (scan)->words, DISTANCE)            \
  }

typedef void plv_run(plv_scan *, const uint64_t *, const uint64_t *, size_t, uint32_t);
plv_run plv_run_portable, plv_run_avx2, plv_run_avx512, plv_run_neon;
typedef int32_t plv_multiply(const int16_t *, const int8_t *, size_t);
plv_multiply plv_product_portable, plv_product_avx2, plv_product_avx512, plv_product_neon;
