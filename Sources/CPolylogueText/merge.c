#include "codec.h"

// Blocks with at least this many postings are copied as they are.
enum { COPY_FROM = 64 };

// One stream of one source, read forwards.
typedef struct {
  uint8_t page[PLT_PAGE + PLT_PADDING];
  int length, at;
  uint32_t next;
} pages;

typedef struct {
  pages streams[3];
  uint32_t in_page;  // dictionary: entries' end within the page
  uint32_t restarts, restart;
  uint8_t term[PLT_TERM_MAX + 1];
  size_t term_length;
  plt_entry entry;
  int is_done;
} reader;

typedef struct plt_merge {
  const plt_source *sources;
  reader *readers;
  int count;
  plt_fetch fetch;
  void *context;
  plt_segment_writer *writer;
  plt_list_encoder encoder;
  plt_bytes scratch, positions;
  plt_block *blocks;
  size_t block_capacity;
  int has_begun;
} merge;

static int next_page(merge *m, int source, int stream) {
  pages *s = &m->readers[source].streams[stream];
  s->length = m->fetch(m->context, source, stream, s->next++, s->page);
  s->at = 0;
  return s->length > 0 && s->length <= PLT_PAGE;
}

// Appends the next bytes of a stream to `into`.
static int take(merge *m, int source, int stream, size_t n, plt_bytes *into) {
  pages *s = &m->readers[source].streams[stream];
  while (n) {
    if (s->at >= s->length && !next_page(m, source, stream)) return 0;
    size_t left = (size_t)(s->length - s->at), part = n < left ? n : left;
    plt_append(into, s->page + s->at, part);
    s->at += (int)part;
    n -= part;
  }
  return 1;
}

// Reads the source's next term; 0 when the page is damaged.
static int advance(merge *m, int source) {
  reader *r = &m->readers[source];
  pages *s = &r->streams[PLT_DICTIONARY];
  if (s->at >= (int)r->in_page) {
    if (!next_page(m, source, PLT_DICTIONARY)) {
      r->is_done = 1;
      return s->length == 0;
    }
    if (s->length < 4) return 0;
    r->restarts = (uint32_t)s->page[s->length - 2] | (uint32_t)s->page[s->length - 1] << 8;
    if (2 + (int)r->restarts * 2 >= s->length) return 0;
    r->in_page = (uint32_t)s->length - 2 - r->restarts * 2;
    r->restart = 0;
  }
  const uint8_t *p = s->page + s->at, *end = s->page + r->in_page, *starts = end;
  if (end - p < 3) return 0;
  int restart = r->restart < r->restarts &&
      (int)(starts[2 * r->restart] | starts[2 * r->restart + 1] << 8) == s->at;
  uint32_t shared = p[0], rest = p[1];
  p += 2;
  if (shared + rest > sizeof r->term || rest > (size_t)(end - p) || shared > r->term_length) return 0;
  memcpy(r->term + shared, p, rest);
  r->term_length = shared + rest;
  p += rest;
  uint64_t v[3];
  if (restart) {
    r->restart++;
    if (!(p = plt_get_varint(p, end, &v[0])) || !(p = plt_get_varint(p, end, &v[0]))) return 0;
  }
  for (int i = 0; i < 3; i++)
    if (!(p = plt_get_varint(p, end, &v[i]))) return 0;
  if (v[0] == 0 || v[0] > UINT32_MAX || v[1] > UINT32_MAX) return 0;
  r->entry = (plt_entry){.documents = (uint32_t)v[0], .postings_length = (uint32_t)v[1], .positions_length = v[2]};
  s->at = (int)(p - s->page);
  return r->term_length > 0;
}

static inline int is_deleted(const plt_source *s, uint32_t d) {
  return d < s->documents && s->deleted[d >> 3] >> (d & 7) & 1;
}

// Re-encodes a block, leaving deleted documents out.
static int recode(merge *m, int source, const plt_block *block, const uint8_t *bytes, const uint8_t *positions) {
  const plt_source *s = &m->sources[source];
  uint32_t documents[PLT_BLOCK + PLT_DOCUMENTS_PADDING];
  uint8_t impacts[PLT_BLOCK];
  uint32_t n = plt_block_decode(block, bytes, block->length, documents);
  const uint8_t *p = positions, *end = positions + block->positions_length;
  if (n == 0 || plt_block_impacts(block, bytes, block->length, impacts) != n) return 0;
  for (uint32_t i = 0; i < n; i++) {
    const uint8_t *from = p;
    uint64_t v;
    while ((p = plt_get_varint(p, end, &v)) && (v & 1)) {
    }
    if (!p) return 0;
    if (s->deleted && is_deleted(s, documents[i])) continue;
    plt_append(&m->encoder.waiting_positions, from, (size_t)(p - from));
    plt_list_push(&m->encoder, m->writer, documents[i] + s->shift, impacts[i]);
  }
  return 1;
}

static int has_deleted(const plt_source *s, const plt_block *b) {
  if (!s->deleted) return 0;
  for (uint32_t d = b->first; d <= b->last && d < s->documents; d++)
    if (is_deleted(s, d)) return 1;
  return 0;
}

// Adds one source's list to the encoder.
static int add_list(merge *m, int source) {
  reader *r = &m->readers[source];
  uint32_t directory_end;
  m->scratch.count = 0;
  if (!take(m, source, PLT_POSTINGS, r->entry.postings_length, &m->scratch)) return 0;
  plt_reserve(&m->scratch, PLT_PADDING);
  uint32_t n = plt_list_blocks(m->scratch.bytes, m->scratch.count, &r->entry, &directory_end);
  if (n == 0) return 0;
  if (n > m->block_capacity) {
    free(m->blocks);
    m->block_capacity = n;
    if (!(m->blocks = malloc((size_t)n * sizeof *m->blocks))) abort();
  }
  if (!plt_list_directory(m->scratch.bytes, m->scratch.count, &r->entry, m->blocks, n)) return 0;
  for (uint32_t i = 0; i < n; i++) {
    const plt_block *block = &m->blocks[i];
    m->positions.count = 0;
    if (!take(m, source, PLT_POSITIONS, block->positions_length, &m->positions)) return 0;
    if (block->count >= COPY_FROM && !has_deleted(&m->sources[source], block)) {
      plt_list_copy_block(&m->encoder, m->writer, block, m->sources[source].shift, m->scratch.bytes + block->offset);
      plt_stream_append(m->writer, PLT_POSITIONS, m->positions.bytes, m->positions.count);
    } else if (!recode(m, source, block, m->scratch.bytes + block->offset, m->positions.bytes)) {
      return 0;
    }
  }
  return 1;
}

// Joins the least term of all sources; 0 when there is none left.
static int join_term(merge *m) {
  int least = -1;
  for (int i = 0; i < m->count; i++) {
    const reader *r = &m->readers[i];
    if (r->is_done) continue;
    if (least < 0 || plt_compare(r->term, r->term_length, m->readers[least].term, m->readers[least].term_length) < 0)
      least = i;
  }
  if (least < 0) return PLT_MERGE_DONE;
  uint8_t term[PLT_TERM_MAX + 1];
  size_t length = m->readers[least].term_length;
  memcpy(term, m->readers[least].term, length);
  plt_list_start(&m->encoder);
  for (int i = least; i < m->count; i++) {
    const reader *r = &m->readers[i];
    if (r->is_done || plt_compare(r->term, r->term_length, term, length) != 0) continue;
    if (!add_list(m, i) || !advance(m, i)) return PLT_MERGE_DAMAGED;
  }
  plt_list_finish(&m->encoder, m->writer, term, length);
  return m->writer->failed ? PLT_MERGE_STOPPED : PLT_MERGE_MORE;
}

plt_merge *plt_merge_new(
    const plt_source *sources, int count, plt_fetch fetch, plt_sink sink, void *context) {
  merge *m = calloc(1, sizeof *m);
  if (!m) abort();
  *m = (merge){.sources = sources, .count = count, .fetch = fetch, .context = context};
  m->readers = calloc((size_t)count, sizeof *m->readers);
  if (!m->readers) abort();
  m->writer = plt_segment_writer_new(sink, context);
  return m;
}

int plt_merge_step(plt_merge *m, uint64_t bytes) {
  if (!m->has_begun) {
    m->has_begun = 1;
    for (int i = 0; i < m->count; i++)
      if (!advance(m, i)) return PLT_MERGE_DAMAGED;
  }
  uint64_t start = plt_segment_bytes(m->writer);
  int result;
  while ((result = join_term(m)) == PLT_MERGE_MORE)
    if (plt_segment_bytes(m->writer) - start >= bytes) break;
  return result;
}

int plt_merge_finish(plt_merge *m, plt_segment_info *info) {
  int failed = plt_segment_finish(m->writer, info);
  m->writer = NULL;
  return failed ? PLT_MERGE_STOPPED : PLT_MERGE_DONE;
}

void plt_merge_free(plt_merge *m) {
  if (!m) return;
  if (m->writer) plt_segment_abandon(m->writer);
  plt_list_free(&m->encoder);
  free(m->readers);
  free(m->blocks);
  free(m->scratch.bytes);
  free(m->positions.bytes);
  free(m);
}
