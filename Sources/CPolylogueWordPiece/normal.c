#include "CPolylogueWordPiece.h"

#include <stddef.h>

#include "normal_table.inc"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

uint32_t plw_beyond(uint32_t code_point) {
  // Compatibility ideographs become those of the Basic Multilingual Plane, or ones beyond it.
  if (code_point >= 0x2F800 && code_point - 0x2F800 < COUNT(plw_ideographs)) {
    uint32_t ideograph = plw_ideographs[code_point - 0x2F800];
    return ideograph > 0xFFFF ? PLW_UNKNOWN_ALONE : ideograph;
  }
  size_t low = 0, high = COUNT(plw_ranges);
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (code_point > plw_ranges[middle].last) {
      low = middle + 1;
    } else if (code_point < plw_ranges[middle].first) {
      high = middle;
    } else {
      return plw_ranges[middle].code;
    }
  }
  return PLW_UNKNOWN;
}

int plw_several_of(uint32_t code_point, uint32_t into[3]) {
  if (code_point >= 0xAC00 && code_point <= 0xD7A3) {
    // A Hangul syllable is its letters, by arithmetic (Unicode 3.12).
    uint32_t syllable = code_point - 0xAC00;
    into[0] = 0x1100 + syllable / 588;
    into[1] = 0x1161 + syllable % 588 / 28;
    into[2] = 0x11A7 + syllable % 28;
    return syllable % 28 == 0 ? 2 : 3;
  }
  for (size_t entry = 0; entry < COUNT(plw_several); entry++) {
    if (plw_several[entry].from != code_point) continue;
    int count = 0;
    while (count < 3 && plw_several[entry].to[count] != 0) {
      into[count] = plw_several[entry].to[count];
      count++;
    }
    return count;
  }
  return 0;
}
