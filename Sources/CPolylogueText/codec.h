// The byte forms shared by writing and reading.
#pragma once
#include "CPolylogueText.h"
#include <stdlib.h>
#include <string.h>

// Bytes that grow.
typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} plt_bytes;

static inline void plt_reserve(plt_bytes *b, size_t more) {
  if (b->count + more <= b->capacity) return;
  size_t wanted = b->capacity * 2 > b->count + more ? b->capacity * 2 : b->count + more + 64;
  uint8_t *grown = realloc(b->bytes, wanted);
  if (!grown) abort();
  b->bytes = grown;
  b->capacity = wanted;
}

static inline void plt_append(plt_bytes *b, const void *bytes, size_t n) {
  if (n == 0) return;
  plt_reserve(b, n);
  memcpy(b->bytes + b->count, bytes, n);
  b->count += n;
}

static inline uint8_t *plt_put_varint(uint8_t *p, uint64_t v) {
  while (v > 127) {
    *p++ = (uint8_t)(v | 128);
    v >>= 7;
  }
  *p++ = (uint8_t)v;
  return p;
}

static inline void plt_append_varint(plt_bytes *b, uint64_t v) {
  plt_reserve(b, 10);
  b->count = (size_t)(plt_put_varint(b->bytes + b->count, v) - b->bytes);
}

// Reads a varint; null past the end.
static inline const uint8_t *plt_get_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
  uint64_t v = 0;
  for (int shift = 0; shift < 64 && p < end; shift += 7) {
    uint8_t c = *p++;
    v |= (uint64_t)(c & 127) << shift;
    if (c < 128) {
      *out = v;
      return p;
    }
  }
  return NULL;
}

static inline uint32_t plt_bits(uint32_t v) { return v ? 32 - (uint32_t)__builtin_clz(v) : 0; }

static inline int plt_compare(const uint8_t *a, size_t an, const uint8_t *b, size_t bn) {
  int c = memcmp(a, b, an < bn ? an : bn);
  return c ? c : (an > bn) - (an < bn);
}

// MARK: Segment writer

typedef struct {
  plt_sink sink;
  void *context;
  int failed;
  struct {
    uint8_t page[PLT_PAGE];
    size_t fill;
    uint64_t total;
  } streams[3];
  uint16_t restarts[PLT_PAGE / 4];
  uint32_t restart_count, since_restart;
  uint8_t last[PLT_TERM_MAX + 1];
  size_t last_length;
  plt_bytes root;
  uint64_t terms;
  uint32_t fields;
} plt_segment_writer;

plt_segment_writer *plt_segment_writer_new(plt_sink sink, void *context);
void plt_stream_append(plt_segment_writer *w, int stream, const uint8_t *bytes, size_t n);
// Enters a term whose postings and positions were just appended.
void plt_segment_term(
    plt_segment_writer *w, const uint8_t *term, size_t length, const plt_entry *entry);
// The bytes appended so far, full pages or not.
static inline uint64_t plt_segment_bytes(const plt_segment_writer *w) {
  return w->streams[PLT_DICTIONARY].total + w->streams[PLT_POSTINGS].total + w->streams[PLT_POSITIONS].total;
}
// Frees a writer whose segment is not wanted any more.
void plt_segment_abandon(plt_segment_writer *w);
// Writes what is left, fills the info, frees the writer. 0 when all went well.
int plt_segment_finish(plt_segment_writer *w, plt_segment_info *info);

// MARK: List encoder

// Puts one term's postings together: full blocks as they come, one partial one at the end.
typedef struct {
  plt_bytes directory, blocks, waiting_positions;
  uint32_t documents[PLT_BLOCK];
  uint8_t impacts[PLT_BLOCK];
  uint32_t waiting, block_count, last, total;
  uint64_t positions;
} plt_list_encoder;

void plt_list_start(plt_list_encoder *e);
void plt_list_flush_block(plt_list_encoder *e, plt_segment_writer *w);
// Copies a block that needs no change but its documents' shift.
void plt_list_copy_block(
    plt_list_encoder *e, plt_segment_writer *w, const plt_block *block, uint32_t shift,
    const uint8_t *bytes);
void plt_list_finish(
    plt_list_encoder *e, plt_segment_writer *w, const uint8_t *term, size_t length);
void plt_list_free(plt_list_encoder *e);

// Adds a posting whose positions were appended to `waiting_positions` before.
static inline void plt_list_push(
    plt_list_encoder *e, plt_segment_writer *w, uint32_t document, uint8_t impact) {
  e->documents[e->waiting] = document;
  e->impacts[e->waiting] = impact;
  if (++e->waiting == PLT_BLOCK) plt_list_flush_block(e, w);
}
