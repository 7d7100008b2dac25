// Byte-level helpers that the parts of this module share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Passes the bytes of a string that need no thought; stops at a quote, a backslash, a control
/// character or a byte above 0x7F. Relies on the zeros of the padding to stop.
static inline const uint8_t *polylogue_skip_plain(const uint8_t *p) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(0x20);
  for (;;) {
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
    // Compared as signed numbers, bytes above 0x7F are below the space as well.
    const __m128i odd = _mm_or_si128(
        _mm_cmplt_epi8(block, space),
        _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
    const unsigned mask = (unsigned)_mm_movemask_epi8(odd);
    if (mask != 0) return p + __builtin_ctz(mask);
    p += 16;
  }
#else
  while (*p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
  return p;
#endif
}

static inline int polylogue_is_continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/// The length of the UTF-8 sequence at `p`, whose first byte is above 0x7F: 2 to 4, or the negated
/// length (1 to 3) of the longest beginning of a sequence that has to be replaced as a whole
/// (Unicode, chapter 3.9). Reads behind the text only into the padding, which ends any sequence.
static inline int polylogue_utf8_length(const uint8_t *p) {
  const uint8_t lead = p[0];
  if (lead < 0xC2 || lead > 0xF4) return -1;
  if (lead < 0xE0) return polylogue_is_continuation(p[1]) ? 2 : -1;
  uint8_t lowest = 0x80, highest = 0xBF;
  if (lead == 0xE0) lowest = 0xA0;
  if (lead == 0xED) highest = 0x9F;
  if (lead == 0xF0) lowest = 0x90;
  if (lead == 0xF4) highest = 0x8F;
  if (p[1] < lowest || p[1] > highest) return -1;
  if (!polylogue_is_continuation(p[2])) return -2;
  if (lead < 0xF0) return 3;
  return polylogue_is_continuation(p[3]) ? 4 : -3;
}

/// Four hexadecimal digits, or -1.
static inline int polylogue_hex4(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    const uint8_t c = p[i];
    int digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = (c | 0x20) - 'a' + 10;
    } else {
      return -1;
    }
    value = value << 4 | digit;
  }
  return value;
}
