#include "codec.h"

int plt_root_find(const uint8_t *root, size_t length, const uint8_t *term, size_t term_length) {
  int page = -1;
  for (size_t at = 0; at < length && at + 1 + root[at] <= length; at += 1 + root[at], page++)
    if (plt_compare(root + at + 1, root[at], term, term_length) > 0) break;
  return page;
}

// A walk over a dictionary page.
typedef struct {
  const uint8_t *page, *p, *end;
  uint32_t restarts, index;
  // The term: so many bytes of the one before, and the rest.
  const uint8_t *rest;
  uint32_t shared, rest_length;
  plt_entry entry;
  uint64_t next_postings, next_positions;
} walk;

static int open_page(walk *w, const uint8_t *page, size_t length) {
  if (length < 4) return 0;
  w->restarts = (uint32_t)page[length - 2] | (uint32_t)page[length - 1] << 8;
  if (w->restarts == 0 || 2 + (size_t)w->restarts * 2 >= length) return 0;
  w->page = page;
  w->end = page + length - 2 - w->restarts * 2;
  w->index = 0;
  w->p = page;
  return 1;
}

static uint32_t restart_offset(const walk *w, uint32_t i) {
  return (uint32_t)w->end[2 * i] | (uint32_t)w->end[2 * i + 1] << 8;
}

// Takes the next term; 0 at the end or where the page is damaged.
static int next_term(walk *w) {
  if (w->end - w->p < 3) return 0;
  int restart = w->index < w->restarts && w->page + restart_offset(w, w->index) == w->p;
  w->shared = w->p[0];
  w->rest_length = w->p[1];
  w->rest = w->p + 2;
  w->p += 2;
  if (w->shared + w->rest_length > PLT_TERM_MAX + 1 || w->rest_length > (size_t)(w->end - w->p)) return 0;
  w->p += w->rest_length;
  if (restart) {
    w->index++;
    if (!(w->p = plt_get_varint(w->p, w->end, &w->next_postings))) return 0;
    if (!(w->p = plt_get_varint(w->p, w->end, &w->next_positions))) return 0;
  }
  uint64_t documents, postings, positions;
  if (!(w->p = plt_get_varint(w->p, w->end, &documents))) return 0;
  if (!(w->p = plt_get_varint(w->p, w->end, &postings))) return 0;
  if (!(w->p = plt_get_varint(w->p, w->end, &positions))) return 0;
  if (documents == 0 || documents > UINT32_MAX || postings > UINT32_MAX || positions > UINT32_MAX) return 0;
  w->entry = (plt_entry){(uint32_t)documents, w->next_postings, w->next_positions, (uint32_t)postings, positions};
  w->next_postings += postings;
  w->next_positions += positions;
  return 1;
}

// Moves to the last restart whose term is not greater than the wanted one.
static void seek(walk *w, const uint8_t *term, size_t length) {
  uint32_t low = 0, high = w->restarts - 1;
  while (low < high) {
    uint32_t middle = (low + high + 1) / 2, at = restart_offset(w, middle);
    const uint8_t *p = w->page + at;
    if (p + 2 > w->end || p + 2 + p[1] > w->end) break;
    if (plt_compare(p + 2, p[1], term, length) <= 0) low = middle;
    else high = middle - 1;
  }
  uint32_t at = restart_offset(w, low);
  if (w->page + at < w->end) {
    w->p = w->page + at;
    w->index = low;
  }
}

int plt_dictionary_find(
    const uint8_t *page, size_t length, const uint8_t *term, size_t term_length, plt_entry *out) {
  walk w = {0};
  if (!open_page(&w, page, length)) return 0;
  seek(&w, term, term_length);
  // How many bytes the term has in common with the one before, which is less.
  size_t common = 0;
  while (next_term(&w)) {
    if (w.shared > common) continue;
    if (w.shared < common) return 0;
    uint32_t i = 0;
    while (i < w.rest_length && common < term_length && w.rest[i] == term[common]) i++, common++;
    if (i == w.rest_length && common == term_length) {
      *out = w.entry;
      return 1;
    }
    if (common == term_length || (i < w.rest_length && w.rest[i] > term[common])) return 0;
  }
  return 0;
}

uint32_t plt_dictionary_prefix(
    const uint8_t *page, size_t length, const uint8_t *prefix, size_t prefix_length, plt_term *out,
    uint32_t capacity, int *more) {
  walk w = {0};
  plt_term now = {0};
  uint32_t n = 0;
  *more = 0;
  if (!open_page(&w, page, length)) return 0;
  seek(&w, prefix, prefix_length);
  while (n < capacity && next_term(&w)) {
    memcpy(now.term + w.shared, w.rest, w.rest_length);
    now.length = (uint8_t)(w.shared + w.rest_length);
    now.entry = w.entry;
    if (now.length >= prefix_length && memcmp(now.term, prefix, prefix_length) == 0) out[n++] = now;
    else if (plt_compare(now.term, now.length, prefix, prefix_length) > 0) return n;
  }
  *more = n < capacity;
  return n;
}
