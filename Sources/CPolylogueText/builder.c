#include "codec.h"

// An event is a token of the document being read: the term's number and how far its position lies
// behind the one before. A field starts with a marker.
enum {
  MARKER = 0xFFFFFF,
  TERMS_MAX = 400000,
  EVENTS_FULL = 2800000,
  DOCUMENTS_FULL = 60000,
  ARENA_FULL = 5 << 20,
  LEVELS = 64,
  FIELD_GAP = 16,
};

// BM25 with the lengths of typical fields as fixed pivots, so that impacts never change.
static const float pivots[PLT_FIELDS] = {80, 6, 300, 200, 500, 2};
static const float k1 = 1.2f, b75 = 0.75f;

struct plt_builder {
  plt_batch batch;
  struct slot {
    uint32_t hash, offset;
  } *slots;
  uint32_t slot_mask, term_count;
  plt_bytes arena;       // number (4), length (1), field and folded bytes
  uint32_t *terms;       // offsets in the arena
  uint32_t terms_capacity;
  uint32_t *events;
  size_t event_count, event_capacity;
  uint32_t *document_ends;
  uint8_t *levels;       // PLT_FIELDS a document
  uint32_t document_count, document_capacity;
  uint32_t positions[PLT_FIELDS], lengths[PLT_FIELDS], document_tokens;
  uint64_t seed;
};

static void *grown(void *p, size_t bytes) {
  void *q = realloc(p, bytes);
  if (!q) abort();
  return q;
}

plt_builder *plt_builder_new(void) {
  plt_builder *b = calloc(1, sizeof *b);
  if (!b) abort();
  b->slot_mask = (1 << 15) - 1;
  b->slots = calloc(b->slot_mask + 1, sizeof *b->slots);
  if (!b->slots) abort();
  // Another seed a process: nobody can prepare a text whose words collide.
  b->seed = (uint64_t)(uintptr_t)b * 0x9E3779B97F4A7C15ull ^ (uint64_t)(uintptr_t)&plt_builder_new;
  return b;
}

void plt_builder_free(plt_builder *b) {
  if (!b) return;
  free(b->slots);
  free(b->arena.bytes);
  free(b->terms);
  free(b->events);
  free(b->document_ends);
  free(b->levels);
  free(b);
}

static inline uint32_t hash_term(uint64_t seed, const uint8_t *p, uint32_t n) {
  uint64_t h = seed ^ n, word;
  while (n >= 8) {
    memcpy(&word, p, 8);
    h = (h ^ word) * 0x9E3779B97F4A7C15ull;
    h ^= h >> 32;
    p += 8;
    n -= 8;
  }
  word = 0;
  if (n >= 4) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + n - 4, 4);
    word = low | (uint64_t)high << 32;
  } else if (n) {
    word = p[0] | (uint64_t)p[n >> 1] << 8 | (uint64_t)p[n - 1] << 16;
  }
  h = (h ^ word) * 0x9E3779B97F4A7C15ull;
  return (uint32_t)(h >> 32 ^ h >> 15);
}

static void grow_slots(plt_builder *b) {
  uint32_t mask = b->slot_mask * 2 + 1;
  struct slot *slots = calloc((size_t)mask + 1, sizeof *slots);
  if (!slots) abort();
  for (uint32_t i = 0; i <= b->slot_mask; i++) {
    if (!b->slots[i].offset) continue;
    uint32_t at = b->slots[i].hash & mask;
    while (slots[at].offset) at = (at + 1) & mask;
    slots[at] = b->slots[i];
  }
  free(b->slots);
  b->slots = slots;
  b->slot_mask = mask;
}

static inline uint32_t term_number(
    plt_builder *b, uint32_t hash, uint8_t field, const uint8_t *bytes, uint32_t n) {
  uint32_t at = hash & b->slot_mask;
  for (; b->slots[at].offset; at = (at + 1) & b->slot_mask) {
    if (b->slots[at].hash != hash) continue;
    const uint8_t *p = b->arena.bytes + b->slots[at].offset - 1;
    if (p[4] == n + 1 && p[5] == field && memcmp(p + 6, bytes, n) == 0) {
      uint32_t number;
      memcpy(&number, p, 4);
      return number;
    }
  }
  uint32_t number = b->term_count++;
  if (number == b->terms_capacity) {
    b->terms_capacity = b->terms_capacity ? b->terms_capacity * 2 : 1 << 14;
    b->terms = grown(b->terms, b->terms_capacity * sizeof *b->terms);
  }
  b->terms[number] = (uint32_t)b->arena.count;
  b->slots[at] = (struct slot){hash, (uint32_t)b->arena.count + 1};
  uint8_t head[6];
  memcpy(head, &number, 4);
  head[4] = (uint8_t)(n + 1);
  head[5] = field;
  plt_append(&b->arena, head, 6);
  plt_append(&b->arena, bytes, n);
  if ((uint64_t)b->term_count * 2 > b->slot_mask) grow_slots(b);
  return number;
}

void plt_builder_text(plt_builder *b, int field, const uint8_t *text, size_t length) {
  if (field < 0 || field >= PLT_FIELDS || length == 0) return;
  plt_tokenizer t;
  plt_tokenizer_start(&t, text, length, 0);
  uint32_t base = b->positions[field], last = base, any = 0;
  while (b->document_tokens < PLT_DOCUMENT_TOKENS && b->term_count < 0xFF0000 &&
         plt_tokenize(&t, &b->batch)) {
    if (b->event_count + PLT_BATCH + 2 > b->event_capacity) {
      b->event_capacity = b->event_capacity ? b->event_capacity * 3 / 2 : 1 << 17;
      b->events = grown(b->events, b->event_capacity * sizeof *b->events);
    }
    uint32_t *events = b->events + b->event_count;
    if (!any) *events++ = MARKER | (uint32_t)field << 24;
    any = 1;
    // The table is larger than the nearer caches: ask for all slots, then for all terms, before
    // the first is needed.
    uint32_t hashes[PLT_BATCH];
    for (uint32_t i = 0; i < b->batch.count; i++) {
      const plt_token *k = &b->batch.tokens[i];
      hashes[i] = hash_term(b->seed + (uint64_t)field * 0x5851F42D4C957F2Dull, b->batch.scratch + k->offset, k->length);
      __builtin_prefetch(&b->slots[hashes[i] & b->slot_mask]);
    }
    for (uint32_t i = 0; i < b->batch.count; i++)
      __builtin_prefetch(b->arena.bytes + b->slots[hashes[i] & b->slot_mask].offset);
    for (uint32_t i = 0; i < b->batch.count; i++) {
      const plt_token *k = &b->batch.tokens[i];
      uint32_t number = term_number(b, hashes[i], (uint8_t)field, b->batch.scratch + k->offset, k->length);
      uint32_t position = base + k->position, gap = position - last;
      *events++ = number | (gap > 255 ? 255 : gap) << 24;
      last = position;
    }
    b->event_count = (size_t)(events - b->events);
    b->document_tokens += b->batch.count;
  }
  b->lengths[field] += t.position;
  b->positions[field] = last + FIELD_GAP;
}

// Lengths in steps of a quarter of a power of two.
static uint8_t level_of(uint32_t n) {
  if (n < 4) return (uint8_t)n;
  uint32_t bits = plt_bits(n), level = (bits - 2) * 4 + ((n >> (bits - 3)) & 3);
  return (uint8_t)(level < LEVELS ? level : LEVELS - 1);
}

static float length_of(uint32_t level) {
  if (level < 4) return (float)level;
  uint32_t bits = level / 4 + 2;
  return (float)((uint64_t)(4 + level % 4) << (bits - 3)) * 1.1f;
}

void plt_builder_end_document(plt_builder *b) {
  if (b->document_count == b->document_capacity) {
    b->document_capacity = b->document_capacity ? b->document_capacity * 2 : 1 << 10;
    b->document_ends = grown(b->document_ends, b->document_capacity * sizeof *b->document_ends);
    b->levels = grown(b->levels, (size_t)b->document_capacity * PLT_FIELDS);
  }
  for (int f = 0; f < PLT_FIELDS; f++) {
    b->levels[b->document_count * PLT_FIELDS + f] = level_of(b->lengths[f]);
    b->lengths[f] = b->positions[f] = 0;
  }
  b->document_tokens = 0;
  b->document_ends[b->document_count++] = (uint32_t)b->event_count;
}

uint32_t plt_builder_documents(const plt_builder *b) { return b->document_count; }

size_t plt_builder_bytes(const plt_builder *b) { return b->event_count * 4 + b->arena.count; }

static size_t percent(size_t part, size_t whole) { return part * 100 / whole; }

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

int plt_builder_fill(const plt_builder *b) {
  size_t most = percent(b->event_count, EVENTS_FULL);
  most = larger(most, percent(b->document_count, DOCUMENTS_FULL));
  most = larger(most, percent(b->arena.count, ARENA_FULL));
  return (int)larger(most, percent(b->term_count, TERMS_MAX));
}

// MARK: Flush

struct key {
  uint64_t prefix;
  uint32_t number;
};

static int compare_terms(const plt_builder *b, uint32_t x, uint32_t y) {
  const uint8_t *p = b->arena.bytes + b->terms[x], *q = b->arena.bytes + b->terms[y];
  return plt_compare(p + 5, p[4], q + 5, q[4]);
}

static _Thread_local const plt_builder *sorting;
static int compare_keys(const void *x, const void *y) {
  return compare_terms(sorting, ((const struct key *)x)->number, ((const struct key *)y)->number);
}

// Term numbers in the order of their bytes: radix on the first eight, comparison behind them.
static struct key *sorted_terms(const plt_builder *b) {
  uint32_t n = b->term_count;
  struct key *a = grown(NULL, (n + 1) * sizeof *a), *c = grown(NULL, (n + 1) * sizeof *c);
  for (uint32_t i = 0; i < n; i++) {
    const uint8_t *p = b->arena.bytes + b->terms[i];
    uint64_t prefix = 0;
    for (uint32_t k = 0; k < 8; k++) prefix = prefix << 8 | (k < p[4] ? p[5 + k] : 0);
    a[i] = (struct key){prefix, i};
  }
  for (int shift = 0; shift < 64; shift += 8) {
    uint32_t starts[257] = {0};
    for (uint32_t i = 0; i < n; i++) starts[(a[i].prefix >> shift & 255) + 1]++;
    for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < n; i++) c[starts[a[i].prefix >> shift & 255]++] = a[i];
    struct key *swap = a;
    a = c;
    c = swap;
  }
  free(c);
  for (uint32_t i = 0, j; i < n; i = j) {
    for (j = i + 1; j < n && a[j].prefix == a[i].prefix;) j++;
    if (j - i < 2) continue;
    sorting = b;
    qsort(a + i, j - i, sizeof *a, compare_keys);
  }
  return a;
}

struct occurrence {
  uint32_t document, position;
};

enum {
  // Occurrences that are laid out at once, unless a single term has more: all of them would take
  // twice the memory of the events.
  AT_ONCE = EVENTS_FULL / 2,
};
static const uint32_t ELSEWHERE = UINT32_MAX;

// How often each term occurs.
static uint32_t *count_terms(const plt_builder *b) {
  uint32_t *counts = calloc(b->term_count + 1, sizeof *counts);
  if (!counts) abort();
  for (size_t i = 0; i < b->event_count; i++)
    if ((b->events[i] & MARKER) != MARKER) counts[b->events[i] & MARKER]++;
  return counts;
}

// Puts the occurrences of some terms into `out`, each term's from its place on; those of terms whose
// place is ELSEWHERE are left out.
static void scatter(const plt_builder *b, uint32_t *places, struct occurrence *out) {
  size_t at = 0;
  for (uint32_t d = 0; d < b->document_count; d++) {
    uint32_t reached[PLT_FIELDS] = {0}, started = 0, *position = reached;
    for (; at < b->document_ends[d]; at++) {
      uint32_t e = b->events[at];
      if (at + 16 < b->event_count && (b->events[at + 16] & MARKER) != MARKER) {
        uint32_t ahead = places[b->events[at + 16] & MARKER];
        if (ahead != ELSEWHERE) __builtin_prefetch(&out[ahead], 1);
      }
      if ((e & MARKER) == MARKER) {
        uint32_t field = e >> 24;
        position = &reached[field];
        if (started >> field & 1) *position += FIELD_GAP;
        started |= 1u << field;
        continue;
      }
      *position += e >> 24;
      uint32_t *place = &places[e & MARKER];
      if (*place != ELSEWHERE) out[(*place)++] = (struct occurrence){d, *position};
    }
  }
}

static void fill_impacts(uint8_t table[PLT_FIELDS][LEVELS][16]) {
  for (int f = 0; f < PLT_FIELDS; f++)
    for (uint32_t level = 0; level < LEVELS; level++) {
      float norm = k1 * (1 - b75 + b75 * length_of(level) / pivots[f]);
      for (int tf = 0; tf < 16; tf++) {
        int v = (int)((float)PLT_IMPACT_MAX * (float)tf / ((float)tf + norm) + 0.5f);
        table[f][level][tf] = (uint8_t)(v < 1 ? 1 : v > PLT_IMPACT_MAX ? PLT_IMPACT_MAX : v);
      }
    }
}

static void encode_term(
    const plt_builder *b, plt_list_encoder *e, plt_segment_writer *w, const struct occurrence *from,
    const struct occurrence *end, uint8_t impacts[LEVELS][16], int field) {
  while (from < end) {
    uint32_t document = from->document, last = 0, tf = 0, more;
    do {
      if (e->waiting_positions.count + 16 > e->waiting_positions.capacity) plt_reserve(&e->waiting_positions, 4096);
      uint8_t *p = e->waiting_positions.bytes + e->waiting_positions.count;
      more = from + 1 < end && from[1].document == document;
      p = plt_put_varint(p, (uint64_t)(from->position - last) << 1 | more);
      e->waiting_positions.count = (size_t)(p - e->waiting_positions.bytes);
      last = from->position;
      tf++;
      from++;
    } while (more);
    uint8_t level = b->levels[document * PLT_FIELDS + (uint32_t)field];
    plt_list_push(e, w, document, impacts[level][tf > 15 ? 15 : tf]);
  }
}

// Writes all terms, in their order, as many at a time as AT_ONCE allows.
static void write_terms(const plt_builder *b, plt_segment_writer *w) {
  uint8_t(*impacts)[LEVELS][16] = grown(NULL, PLT_FIELDS * LEVELS * 16);
  fill_impacts(impacts);
  uint32_t *counts = count_terms(b), *places = grown(NULL, (b->term_count + 1) * sizeof *places);
  struct key *order = sorted_terms(b);
  struct occurrence *out = NULL;
  plt_list_encoder e = {0};
  for (uint32_t first = 0, last; first < b->term_count && !w->failed; first = last) {
    uint32_t total = 0;
    memset(places, 0xFF, b->term_count * sizeof *places);
    for (last = first; last < b->term_count; last++) {
      uint32_t number = order[last].number;
      if (last > first && total + counts[number] > AT_ONCE) break;
      places[number] = total;
      total += counts[number];
    }
    free(out);
    out = grown(NULL, ((size_t)total + 1) * sizeof *out);
    scatter(b, places, out);
    const struct occurrence *from = out;
    for (uint32_t i = first; i < last; i++) {
      uint32_t number = order[i].number;
      const uint8_t *term = b->arena.bytes + b->terms[number];
      plt_list_start(&e);
      encode_term(b, &e, w, from, from + counts[number], impacts[term[5]], term[5]);
      plt_list_finish(&e, w, term + 5, term[4]);
      from += counts[number];
    }
  }
  plt_list_free(&e);
  free(out);
  free(order);
  free(places);
  free(counts);
  free(impacts);
}

int plt_builder_flush(plt_builder *b, plt_sink sink, void *context, plt_segment_info *info) {
  static const size_t kept_events = EVENTS_FULL + PLT_BATCH * 64;
  plt_segment_writer *w = plt_segment_writer_new(sink, context);
  write_terms(b, w);
  memset(b->slots, 0, ((size_t)b->slot_mask + 1) * sizeof *b->slots);
  b->arena.count = 0;
  b->term_count = b->document_count = 0;
  b->event_count = 0;
  if (b->event_capacity > kept_events) {
    free(b->events);
    b->events = NULL;
    b->event_capacity = 0;
  }
  return plt_segment_finish(w, info);
}
