#include "codec.h"

static int matches(const plt_needle *n, const uint8_t *bytes, uint32_t length) {
  if (n->is_prefix ? length < n->length : length != n->length) return 0;
  return memcmp(bytes, n->bytes, n->length) == 0;
}

uint32_t plt_find(
    const uint8_t *text, size_t length, const plt_needle *needles, uint32_t count, plt_match *out,
    uint32_t capacity) {
  plt_tokenizer t;
  plt_batch batch;
  uint32_t n = 0;
  uint8_t first[256] = {0};
  for (uint32_t i = 0; i < count; i++)
    if (needles[i].length) first[needles[i].bytes[0]] = 1;
  plt_tokenizer_start(&t, text, length, 0);
  while (n < capacity && plt_tokenize(&t, &batch)) {
    for (uint32_t k = 0; k < batch.count && n < capacity; k++) {
      const plt_token *token = &batch.tokens[k];
      const uint8_t *bytes = batch.scratch + token->offset;
      if (!first[bytes[0]]) continue;
      for (uint32_t i = 0; i < count; i++) {
        if (!matches(&needles[i], bytes, token->length)) continue;
        out[n++] = (plt_match){token->start, token->end, token->position, i};
        break;
      }
    }
  }
  return n;
}
