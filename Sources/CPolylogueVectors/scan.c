// The scan: a list of the nearest so far, cut by a histogram of distances whenever it is full.
#include "scan.h"
#include <stdlib.h>
#include <string.h>

static plv_run *run_of(int level) {
  switch (level) {
#if defined(__x86_64__)
  case PLV_AVX2: return plv_run_avx2;
  case PLV_AVX512: return plv_run_avx512;
#elif defined(__aarch64__)
  case PLV_NEON: return plv_run_neon;
#endif
  default: return plv_run_portable;
  }
}

plv_scan *plv_scan_new(
  int level, const uint64_t *query, size_t words, size_t limit, plv_messages allowed) {
  plv_scan *scan = calloc(1, sizeof(plv_scan) + words * sizeof(uint64_t));
  if (!scan) return NULL;
  scan->limit = limit > 0 ? limit : 1;
  // Twice as many as are wanted: a cut costs little beside what was added since the last one.
  scan->capacity = scan->limit * 2;
  scan->bound = UINT32_MAX;
  scan->allowed = allowed;
  scan->run = run_of(level);
  scan->words = words;
  memcpy(scan->query, query, words * sizeof(uint64_t));
  scan->found = malloc(scan->capacity * sizeof(plv_candidate));
  scan->histogram = malloc((words * 64 + 1) * sizeof(uint32_t));
  if (!scan->found || !scan->histogram) {
    plv_scan_free(scan);
    return NULL;
  }
  return scan;
}

size_t plv_find(const uint64_t *uses, size_t count, const plv_messages *allowed, uint32_t *found) {
  size_t next = 0;
  for (size_t i = 0; i < count; i++)
    if (plv_is_allowed(allowed, uses[i])) found[next++] = (uint32_t)i;
  return next;
}

void plv_scan_free(plv_scan *scan) {
  if (!scan) return;
  free(scan->found);
  free(scan->histogram);
  free(scan);
}

void plv_scan_cut(plv_scan *scan) {
  if (scan->count < scan->limit) return;
  memset(scan->histogram, 0, (scan->words * 64 + 1) * sizeof(uint32_t));
  for (size_t i = 0; i < scan->count; i++) scan->histogram[scan->found[i].distance]++;
  // All that are nearer than the last distance stay, and as many at it as there is room for.
  size_t nearer = 0;
  uint32_t last = 0;
  while (nearer + scan->histogram[last] < scan->limit) nearer += scan->histogram[last++];
  size_t room = scan->limit - nearer, kept = 0;
  for (size_t i = 0; i < scan->count; i++) {
    plv_candidate candidate = scan->found[i];
    if (candidate.distance > last) continue;
    if (candidate.distance == last) {
      if (room == 0) continue;
      room--;
    }
    scan->found[kept++] = candidate;
  }
  scan->count = kept;
  scan->bound = last;
}

void plv_scan_run(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot) {
  scan->run(scan, signs, uses, count, first_slot);
}

const plv_candidate *plv_scan_found(plv_scan *scan, size_t *count) {
  if (scan->count > scan->limit) plv_scan_cut(scan);
  *count = scan->count;
  return scan->found;
}
