// The loops for 64-bit ARM, which always has NEON.
#include "scan.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static inline uint32_t distance(const uint64_t *a, const uint64_t *b, size_t words) {
  uint32_t sum = 0;
  size_t i = 0;
  for (; i + 2 <= words; i += 2) {
    uint64x2_t differing = veorq_u64(vld1q_u64(a + i), vld1q_u64(b + i));
    sum += vaddlvq_u8(vcntq_u8(vreinterpretq_u8_u64(differing)));
  }
  if (i < words) sum += (uint32_t)__builtin_popcountll(a[i] ^ b[i]);
  return sum;
}

void plv_run_neon(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  PLV_SCAN_BODY(scan, signs, uses, count, first_slot, distance)
}

int32_t plv_product_neon(const int16_t *query, const int8_t *code, size_t dimensions) {
  int32x4_t sum = vdupq_n_s32(0), other = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 8 <= dimensions; i += 8) {
    int16x8_t a = vmovl_s8(vld1_s8(code + i));
    int16x8_t q = vld1q_s16(query + i);
    sum = vmlal_s16(sum, vget_low_s16(a), vget_low_s16(q));
    other = vmlal_high_s16(other, a, q);
  }
  return vaddvq_s32(vaddq_s32(sum, other))
    + plv_product_portable(query + i, code + i, dimensions - i);
}
#endif
