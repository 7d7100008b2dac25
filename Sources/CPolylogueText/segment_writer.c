#include "codec.h"

enum { RESTART_EVERY = 32, ENTRY_MAX = 8 + PLT_TERM_MAX + 1 + 40 };

plt_segment_writer *plt_segment_writer_new(plt_sink sink, void *context) {
  plt_segment_writer *w = calloc(1, sizeof *w);
  if (!w) abort();
  w->sink = sink;
  w->context = context;
  return w;
}

static void put_page(plt_segment_writer *w, int stream) {
  if (!w->failed && w->streams[stream].fill)
    w->failed = w->sink(w->context, stream, w->streams[stream].page, w->streams[stream].fill);
  w->streams[stream].fill = 0;
}

void plt_stream_append(plt_segment_writer *w, int stream, const uint8_t *bytes, size_t n) {
  w->streams[stream].total += n;
  while (n) {
    size_t room = PLT_PAGE - w->streams[stream].fill, part = n < room ? n : room;
    memcpy(w->streams[stream].page + w->streams[stream].fill, bytes, part);
    w->streams[stream].fill += part;
    bytes += part;
    n -= part;
    if (w->streams[stream].fill == PLT_PAGE) put_page(w, stream);
  }
}

static void end_dictionary_page(plt_segment_writer *w) {
  if (w->streams[PLT_DICTIONARY].fill == 0) return;
  uint8_t *p = w->streams[PLT_DICTIONARY].page + w->streams[PLT_DICTIONARY].fill;
  for (uint32_t i = 0; i < w->restart_count; i++) {
    *p++ = (uint8_t)w->restarts[i];
    *p++ = (uint8_t)(w->restarts[i] >> 8);
  }
  *p++ = (uint8_t)w->restart_count;
  *p++ = (uint8_t)(w->restart_count >> 8);
  w->streams[PLT_DICTIONARY].fill = (size_t)(p - w->streams[PLT_DICTIONARY].page);
  w->streams[PLT_DICTIONARY].total += w->streams[PLT_DICTIONARY].fill;
  put_page(w, PLT_DICTIONARY);
  w->restart_count = 0;
}

void plt_segment_term(
    plt_segment_writer *w, const uint8_t *term, size_t length, const plt_entry *entry) {
  size_t fill = w->streams[PLT_DICTIONARY].fill;
  if (fill + ENTRY_MAX + 2 * (w->restart_count + 1) + 2 > PLT_PAGE) {
    end_dictionary_page(w);
    fill = 0;
  }
  if (fill == 0) {
    uint8_t n = (uint8_t)length;
    plt_append(&w->root, &n, 1);
    plt_append(&w->root, term, length);
  }
  size_t shared = 0;
  int restart = fill == 0 || w->since_restart == RESTART_EVERY;
  uint8_t *p = w->streams[PLT_DICTIONARY].page + fill;
  if (restart) {
    w->restarts[w->restart_count++] = (uint16_t)fill;
    w->since_restart = 0;
  } else {
    while (shared < length && shared < w->last_length && term[shared] == w->last[shared]) shared++;
  }
  w->since_restart++;
  *p++ = (uint8_t)shared;
  *p++ = (uint8_t)(length - shared);
  memcpy(p, term + shared, length - shared);
  p += length - shared;
  if (restart) {
    p = plt_put_varint(p, entry->postings);
    p = plt_put_varint(p, entry->positions);
  }
  p = plt_put_varint(p, entry->documents);
  p = plt_put_varint(p, entry->postings_length);
  p = plt_put_varint(p, entry->positions_length);
  w->streams[PLT_DICTIONARY].fill = (size_t)(p - w->streams[PLT_DICTIONARY].page);
  memcpy(w->last, term, length);
  w->last_length = length;
  w->terms++;
  w->fields |= 1u << term[0];
}

int plt_segment_finish(plt_segment_writer *w, plt_segment_info *info) {
  end_dictionary_page(w);
  put_page(w, PLT_POSTINGS);
  put_page(w, PLT_POSITIONS);
  int failed = w->failed;
  *info = (plt_segment_info){
      .root = w->root.bytes, .root_length = w->root.count, .terms = w->terms, .fields = w->fields,
      .bytes = plt_segment_bytes(w)};
  free(w);
  return failed;
}

void plt_segment_abandon(plt_segment_writer *w) {
  free(w->root.bytes);
  free(w);
}

void plt_segment_info_free(plt_segment_info *info) {
  free((void *)info->root);
  info->root = NULL;
}

// MARK: Lists

void plt_list_start(plt_list_encoder *e) {
  e->directory.count = e->blocks.count = e->waiting_positions.count = 0;
  e->waiting = e->block_count = e->last = e->total = 0;
  e->positions = 0;
}

void plt_list_free(plt_list_encoder *e) {
  free(e->directory.bytes);
  free(e->blocks.bytes);
  free(e->waiting_positions.bytes);
}

// Bits gathered in a register and stored four bytes at a time.
typedef struct {
  uint8_t *out;
  uint64_t gathered;
  uint32_t count;
} bit_writer;

static inline void put_bits(bit_writer *w, uint32_t value, uint32_t bits) {
  w->gathered |= (uint64_t)value << w->count;
  w->count += bits;
  if (w->count >= 32) {
    uint32_t word = (uint32_t)w->gathered;
    memcpy(w->out, &word, 4);
    w->out += 4;
    w->gathered >>= 32;
    w->count -= 32;
  }
}

// The waiting postings as a block; returns its length.
static size_t pack(const plt_list_encoder *e, uint8_t *out, uint8_t *max_impact) {
  uint32_t all = 0;
  uint8_t low = 255, high = 0;
  for (uint32_t i = 1; i < e->waiting; i++) all |= e->documents[i] - e->documents[i - 1] - 1;
  for (uint32_t i = 0; i < e->waiting; i++) {
    if (e->impacts[i] < low) low = e->impacts[i];
    if (e->impacts[i] > high) high = e->impacts[i];
  }
  uint32_t gap_bits = plt_bits(all), impact_bits = plt_bits((uint32_t)(high - low));
  size_t gap_bytes = ((size_t)gap_bits * (e->waiting - 1) + 7) / 8;
  size_t impact_bytes = ((size_t)impact_bits * e->waiting + 7) / 8;
  out[0] = (uint8_t)(gap_bits | impact_bits << 5);
  out[1] = low;
  bit_writer gaps = {.out = out + 2}, impacts = {.out = out + 2 + gap_bytes};
  if (gap_bits)
    for (uint32_t i = 1; i < e->waiting; i++)
      put_bits(&gaps, e->documents[i] - e->documents[i - 1] - 1, gap_bits);
  memcpy(gaps.out, &gaps.gathered, 8);
  if (impact_bits)
    for (uint32_t i = 0; i < e->waiting; i++) put_bits(&impacts, (uint32_t)(e->impacts[i] - low), impact_bits);
  memcpy(impacts.out, &impacts.gathered, 8);
  *max_impact = high;
  return 2 + gap_bytes + impact_bytes;
}

static void enter(
    plt_list_encoder *e, uint32_t first, uint32_t last, uint32_t count, uint8_t impact,
    size_t length, uint64_t positions) {
  plt_reserve(&e->directory, 40);
  uint8_t *p = e->directory.bytes + e->directory.count;
  p = plt_put_varint(p, e->block_count ? first - e->last : first);
  p = plt_put_varint(p, last - first);
  *p++ = (uint8_t)(count - 1);
  *p++ = impact;
  p = plt_put_varint(p, length);
  p = plt_put_varint(p, positions);
  e->directory.count = (size_t)(p - e->directory.bytes);
  e->block_count++;
  e->last = last;
  e->total += count;
  e->positions += positions;
}

void plt_list_flush_block(plt_list_encoder *e, plt_segment_writer *w) {
  if (e->waiting == 0) return;
  plt_reserve(&e->blocks, PLT_BLOCK * 5 + 32);
  uint8_t impact;
  size_t length = pack(e, e->blocks.bytes + e->blocks.count, &impact);
  e->blocks.count += length;
  enter(e, e->documents[0], e->documents[e->waiting - 1], e->waiting, impact, length, e->waiting_positions.count);
  plt_stream_append(w, PLT_POSITIONS, e->waiting_positions.bytes, e->waiting_positions.count);
  e->waiting_positions.count = 0;
  e->waiting = 0;
}

void plt_list_copy_block(
    plt_list_encoder *e, plt_segment_writer *w, const plt_block *block, uint32_t shift,
    const uint8_t *bytes) {
  plt_list_flush_block(e, w);
  plt_append(&e->blocks, bytes, block->length);
  enter(e, block->first + shift, block->last + shift, block->count, block->impact, block->length,
        block->positions_length);
}

// One posting: document, impact. One block: its first document and its bytes. More: their number,
// the directory's length, the directory, the blocks.
void plt_list_finish(
    plt_list_encoder *e, plt_segment_writer *w, const uint8_t *term, size_t length) {
  uint8_t head[24], *p = head;
  uint32_t single = e->waiting == 1 && e->block_count == 0;
  uint32_t document = e->documents[0];
  uint8_t impact = e->impacts[0];
  plt_list_flush_block(e, w);
  if (e->total == 0) return;
  plt_entry entry = {
      .documents = e->total, .postings = w->streams[PLT_POSTINGS].total,
      .positions = w->streams[PLT_POSITIONS].total - e->positions, .positions_length = e->positions};
  if (single) {
    p = plt_put_varint(p, document);
    *p++ = impact;
    plt_stream_append(w, PLT_POSTINGS, head, (size_t)(p - head));
  } else {
    p = plt_put_varint(p, e->block_count);
    p = plt_put_varint(p, e->directory.count);
    plt_stream_append(w, PLT_POSTINGS, head, (size_t)(p - head));
    plt_stream_append(w, PLT_POSTINGS, e->directory.bytes, e->directory.count);
    plt_stream_append(w, PLT_POSTINGS, e->blocks.bytes, e->blocks.count);
  }
  entry.postings_length = (uint32_t)(w->streams[PLT_POSTINGS].total - entry.postings);
  plt_segment_term(w, term, length, &entry);
}
