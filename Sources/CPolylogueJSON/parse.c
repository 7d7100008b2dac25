#include <stdlib.h>
#include <string.h>

#include "CPolylogueJSON.h"
#include "scan.h"

// Room above this is given back when a text needs less than a quarter of it, so that one huge record
// does not hold its memory for the rest of an import.
enum { retained_bytes = 4 << 20, retained_nodes = 1 << 18 };

uint8_t *polylogue_json_prepare(polylogue_json_document *document, size_t count) {
  if (count > UINT32_MAX - 2 * polylogue_json_padding) return NULL;
  const size_t needed = count + polylogue_json_padding;
  const bool wasteful = document->capacity > retained_bytes && needed < document->capacity / 4;
  if (document->capacity < needed || wasteful) {
    free(document->bytes);
    size_t capacity = needed + needed / 4;
    if (capacity < 4096) capacity = 4096;
    document->bytes = malloc(capacity);
    document->capacity = document->bytes ? capacity : 0;
    if (!document->bytes) return NULL;
  }
  if (document->node_capacity > retained_nodes && count / 8 < document->node_capacity / 4) {
    free(document->nodes);
    document->nodes = NULL;
    document->node_capacity = 0;
  }
  document->count = count;
  document->node_count = 0;
  memset(document->bytes + count, 0, polylogue_json_padding);
  return document->bytes;
}

void polylogue_json_release(polylogue_json_document *document) {
  free(document->bytes);
  free(document->nodes);
  memset(document, 0, sizeof *document);
}

static bool grow(polylogue_json_document *document, size_t node_limit) {
  size_t capacity = document->node_capacity * 2;
  const size_t guess = document->count / 24 + 64;
  if (capacity < guess) capacity = guess;
  if (capacity > node_limit) capacity = node_limit;
  if (capacity <= document->node_capacity) return false;
  polylogue_json_node *nodes = realloc(document->nodes, capacity * sizeof *nodes);
  if (!nodes) return false;
  document->nodes = nodes;
  document->node_capacity = capacity;
  return true;
}

static inline bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static inline const uint8_t *skip_space(const uint8_t *p) {
  while (is_space(*p)) p++;
  return p;
}

/// Passes one escape, whose backslash is at `p`. Returns NULL where strict reading must refuse it.
static const uint8_t *pass_escape(
    const uint8_t *p, bool strict, uint8_t *flags, uint64_t *repairs) {
  switch (p[1]) {
  case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
    return p + 2;
  case 'u': {
    const int first = polylogue_hex4(p + 2);
    if (first < 0) break;
    if (first < 0xD800 || first > 0xDFFF) return p + 6;
    if (first < 0xDC00 && p[6] == '\\' && p[7] == 'u') {
      const int second = polylogue_hex4(p + 8);
      if (second >= 0xDC00 && second <= 0xDFFF) return p + 12;
    }
    // A lone surrogate: the grammar allows it, but it is no text.
    *flags |= polylogue_json_damaged;
    ++*repairs;
    return p + 6;
  }
  default:
    break;
  }
  if (strict) return NULL;
  // An unknown escape stands for itself, backslash included; the byte behind it is read anew.
  *flags |= polylogue_json_damaged;
  ++*repairs;
  return p + 1;
}

/// Passes a string whose first byte behind the quote is at `p`, up to its closing quote.
static int pass_string(
    const uint8_t **cursor, const uint8_t *end, bool strict, uint8_t *out_flags,
    uint64_t *repairs) {
  const uint8_t *p = *cursor;
  uint8_t flags = 0;
  int error = polylogue_json_ok;
  for (;;) {
    p = polylogue_skip_plain(p);
    const uint8_t c = *p;
    if (c == '"') break;
    if (c == '\\') {
      flags |= polylogue_json_escaped;
      const uint8_t *behind = pass_escape(p, strict, &flags, repairs);
      if (!behind) { error = polylogue_json_error_escape; break; }
      p = behind;
    } else if (c >= 0x80) {
      flags |= polylogue_json_wide;
      do {
        int length = polylogue_utf8_length(p);
        if (length < 0) {
          if (strict) { error = polylogue_json_error_utf8; break; }
          flags |= polylogue_json_damaged;
          ++*repairs;
          length = -length;
        }
        p += length;
      } while (*p >= 0x80);
      if (error) break;
    } else {
      if (p >= end) { error = polylogue_json_error_cut; break; }
      if (strict) { error = polylogue_json_error_string; break; }
      flags |= polylogue_json_damaged;
      ++*repairs;
      p++;
    }
  }
  *cursor = p;
  *out_flags = flags;
  return error;
}

static inline bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/// Passes a number at `p`; returns NULL when it is none.
static const uint8_t *pass_number(const uint8_t *p, uint8_t *flags) {
  if (*p == '-') p++;
  if (*p == '0') {
    p++;
  } else {
    if (!is_digit(*p)) return NULL;
    while (is_digit(*p)) p++;
  }
  if (*p == '.') {
    *flags |= polylogue_json_fractional;
    p++;
    if (!is_digit(*p)) return NULL;
    while (is_digit(*p)) p++;
  }
  if ((*p | 0x20) == 'e') {
    *flags |= polylogue_json_fractional;
    p++;
    if (*p == '+' || *p == '-') p++;
    if (!is_digit(*p)) return NULL;
    while (is_digit(*p)) p++;
  }
  // Nothing may stick to a number: the conversion relies on it too.
  const uint8_t c = *p;
  return is_space(c) || c == ',' || c == ']' || c == '}' || c == 0 ? p : NULL;
}

/// Passes NaN, Infinity or -Infinity; returns NULL when it is none of them.
static const uint8_t *pass_not_finite(const uint8_t *p) {
  if (memcmp(p, "NaN", 3) == 0) return p + 3;
  if (*p == '-') p++;
  return memcmp(p, "Infinity", 8) == 0 ? p + 8 : NULL;
}

/// Passes a literal or a number and says what it is.
static const uint8_t *pass_scalar(
    const uint8_t *p, bool strict, uint8_t *type, uint8_t *flags, uint64_t *repairs) {
  switch (*p) {
  case 't':
    *type = polylogue_json_true;
    return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
  case 'f':
    *type = polylogue_json_false;
    return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
  case 'n':
    *type = polylogue_json_null;
    return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
  default:
    break;
  }
  *type = polylogue_json_number;
  const uint8_t *behind = pass_number(p, flags);
  if (behind || strict) return behind;
  *type = polylogue_json_null;
  *flags = polylogue_json_not_finite;
  ++*repairs;
  return pass_not_finite(p);
}

#define FAIL(code)                           \
  do {                                       \
    error = (code);                          \
    goto done;                               \
  } while (0)

// An error at the padding is a text that was cut, whatever was expected there.
#define FAIL_UNEXPECTED(code) FAIL(p >= end ? polylogue_json_error_cut : (code))

#define PUSH(kind, at, size, bits)                                                       \
  do {                                                                                   \
    if (node_count == document->node_capacity && !grow(document, node_limit)) {          \
      FAIL(node_count >= node_limit ? polylogue_json_error_nodes                         \
                                    : polylogue_json_error_memory);                      \
    }                                                                                    \
    document->nodes[node_count] = (polylogue_json_node){                                 \
        .offset = (uint32_t)((at) - start), .length = (uint32_t)(size),                  \
        .next = (uint32_t)(node_count + 1), .type = (kind), .flags = (bits)};            \
    node_count++;                                                                        \
  } while (0)

/// The grammar as one loop. An open container keeps the index of its parent in `next` until it is
/// closed, so that nesting costs neither stack nor a second array.
static int parse(
    polylogue_json_document *document, int mode, size_t depth_limit, size_t node_limit) {
  const uint8_t *const start = document->bytes;
  const uint8_t *const end = start + document->count;
  const bool strict = mode & polylogue_json_strict;
  const uint8_t *p = start;
  uint64_t repairs = 0;
  size_t node_count = 0, depth = 0, container = 0;
  uint32_t children = 0;
  bool in_object = false;
  int error = polylogue_json_ok;

  if (node_limit > UINT32_MAX - 1) node_limit = UINT32_MAX - 1;
  if (!strict && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  p = skip_space(p);
  if (p >= end) FAIL(polylogue_json_error_empty);

value:
  if (*p == '"') {
    const uint8_t *const text = ++p;
    uint8_t flags;
    error = pass_string(&p, end, strict, &flags, &repairs);
    if (error) goto done;
    PUSH(polylogue_json_string, text, p - text, flags);
    p++;
  } else if (*p == '{' || *p == '[') {
    const bool object = *p == '{';
    if (depth == depth_limit) FAIL(polylogue_json_error_depth);
    PUSH(object ? polylogue_json_object : polylogue_json_array, p, 0, 0);
    if (depth > 0) document->nodes[container].length = children;
    document->nodes[node_count - 1].next = (uint32_t)container;
    container = node_count - 1;
    depth++;
    children = 0;
    in_object = object;
    p = skip_space(p + 1);
    if (*p == (object ? '}' : ']')) goto close;
    if (object) goto key;
    goto value;
  } else {
    uint8_t type, flags = 0;
    const uint8_t *const text = p;
    const uint8_t *const behind = pass_scalar(p, strict, &type, &flags, &repairs);
    // A literal that ends in the padding was cut; its zeros never match.
    if (!behind) {
      FAIL_UNEXPECTED(*p == '-' || is_digit(*p) ? polylogue_json_error_number
                                                : polylogue_json_error_unexpected);
    }
    p = behind;
    PUSH(type, text, p - text, flags);
  }

after:
  if (depth == 0) goto finished;
  children++;
  p = skip_space(p);
  if (*p == ',') {
    p = skip_space(p + 1);
    if (in_object) goto key;
    goto value;
  }
  if (*p == (in_object ? '}' : ']')) goto close;
  FAIL_UNEXPECTED(polylogue_json_error_unexpected);

key:
  if (*p != '"') FAIL_UNEXPECTED(polylogue_json_error_unexpected);
  {
    const uint8_t *const text = ++p;
    uint8_t flags;
    error = pass_string(&p, end, strict, &flags, &repairs);
    if (error) goto done;
    PUSH(polylogue_json_string, text, p - text, flags);
  }
  p = skip_space(p + 1);
  if (*p != ':') FAIL_UNEXPECTED(polylogue_json_error_unexpected);
  p = skip_space(p + 1);
  goto value;

close:
  {
    polylogue_json_node *const node = &document->nodes[container];
    const size_t parent = node->next;
    node->length = children;
    node->next = (uint32_t)node_count;
    depth--;
    p++;
    if (depth > 0) {
      container = parent;
      children = document->nodes[container].length;
      in_object = document->nodes[container].type == polylogue_json_object;
    }
    goto after;
  }

finished:
  if (mode & polylogue_json_prefix) goto done;
  {
    const uint8_t *rest = p;
    if (strict) {
      rest = skip_space(rest);
    } else {
      while (rest < end && (is_space(*rest) || *rest == 0)) rest++;
    }
    if (rest < end) {
      p = rest;
      FAIL(polylogue_json_error_trailing);
    }
  }

done:
  document->node_count = node_count;
  document->repairs = repairs;
  document->end = (size_t)((p < end ? p : end) - start);
  return error;
}

int polylogue_json_parse(
    polylogue_json_document *document, int mode, size_t depth_limit, size_t node_limit) {
  if (!document->bytes) return polylogue_json_error_empty;
  return parse(document, mode, depth_limit, node_limit);
}
