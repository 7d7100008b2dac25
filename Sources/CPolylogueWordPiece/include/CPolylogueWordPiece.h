// What BERT's uncased tokenizer makes of a character before it looks for words.
#pragma once
#include <stdint.h>

// What plw_normal says of a character, where it is not the character that it becomes.
enum {
  PLW_DROPPED = 0,        // it is left out: controls, formats, nonspacing marks
  PLW_SPACE = 1,          // it parts words
  PLW_SEVERAL = 2,        // it becomes two or three characters, see plw_several_of
  PLW_ITSELF = 3,         // it is part of a word
  PLW_ALONE = 4,          // it is a word of its own: punctuation, ideographs
  PLW_UNKNOWN = 5,        // part of a word which is in no vocabulary
  PLW_UNKNOWN_ALONE = 6,  // a word of its own which is in no vocabulary
};

extern const uint16_t plw_index[1024];
extern const uint16_t plw_blocks[];

// The code of a code point, or, above PLW_UNKNOWN_ALONE, the character that it becomes, whose own
// code is PLW_ITSELF or PLW_ALONE.
uint32_t plw_beyond(uint32_t code_point);

static inline uint32_t plw_normal(uint32_t code_point) {
  if (code_point > 0xFFFF) return plw_beyond(code_point);
  return plw_blocks[plw_index[code_point >> 6] * 64u + (code_point & 63)];
}

// The characters that a code point of code PLW_SEVERAL becomes; returns how many, at most 3.
int plw_several_of(uint32_t code_point, uint32_t into[3]);
