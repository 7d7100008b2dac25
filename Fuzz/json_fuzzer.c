// Feeds arbitrary bytes to the JSON reader and the cutter, and checks what must hold for any input:
// strict texts are read without repairs, what is written reads back to the same text, and a value
// ends at the same byte however the input was cut.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "CPolylogueJSON.h"

enum { depth_limit = 64, node_limit = 4096 };

static int parse(polylogue_json_document *document, const uint8_t *data, size_t size, int mode) {
  uint8_t *room = polylogue_json_prepare(document, size);
  assert(room);
  if (size > 0) memcpy(room, data, size);
  return polylogue_json_parse(document, mode, depth_limit, node_limit);
}

/// Converts every scalar in every way.
static void read_all(const polylogue_json_document *document) {
  for (size_t i = 0; i < document->node_count; i++) {
    const polylogue_json_node node = document->nodes[i];
    assert(node.next > i && node.next <= document->node_count);
    if (node.type == polylogue_json_number) {
      int64_t whole;
      (void)polylogue_json_integer(document->bytes + node.offset, node.length, &whole);
      (void)polylogue_json_double(document->bytes + node.offset, node.length);
    } else if (node.type == polylogue_json_string) {
      const size_t size = polylogue_json_unescape(document, (uint32_t)i, NULL);
      if (!(node.flags & polylogue_json_damaged)) assert(size <= node.length);
      uint8_t *text = malloc(size + 1);
      assert(polylogue_json_unescape(document, (uint32_t)i, text) == size);
      assert(polylogue_json_equals(document, (uint32_t)i, text, size));
      assert(!polylogue_json_equals(document, (uint32_t)i, text, size + 1));
      free(text);
    } else if (node.type == polylogue_json_object) {
      (void)polylogue_json_find(document, (uint32_t)i, (const uint8_t *)"a", 1);
    }
  }
}

/// What is written must be strict JSON, and be written the same when read again.
static void write_back(const polylogue_json_document *document) {
  const size_t size = polylogue_json_write(document, 0, NULL);
  uint8_t *text = malloc(size + 1);
  assert(polylogue_json_write(document, 0, text) == size);
  polylogue_json_document again = {0};
  assert(parse(&again, text, size, polylogue_json_strict) == polylogue_json_ok);
  assert(again.node_count == document->node_count);
  assert(polylogue_json_write(&again, 0, NULL) == size);
  polylogue_json_release(&again);
  free(text);
}

static size_t cut(polylogue_json_cursor *cursor, const uint8_t *data, size_t size, size_t step) {
  size_t done = 0;
  while (done < size) {
    const size_t part = size - done < step ? size - done : step;
    // A copy of exact size lets the sanitizer see any byte read behind it.
    uint8_t *copy = malloc(part);
    memcpy(copy, data + done, part);
    const size_t passed = polylogue_json_skip(cursor, copy, part);
    free(copy);
    assert(passed <= part);
    done += passed;
    if (cursor->depth == 0 && !cursor->in_string && !cursor->escaped) break;
  }
  return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static polylogue_json_document document;
  const int strict = parse(&document, data, size, polylogue_json_strict);
  const int tolerant = parse(&document, data, size, 0);
  if (strict == polylogue_json_ok) assert(tolerant == polylogue_json_ok);
  if (tolerant == polylogue_json_ok) {
    read_all(&document);
    write_back(&document);
  }
  if (parse(&document, data, size, polylogue_json_prefix) == polylogue_json_ok) {
    assert(document.end <= size);
    read_all(&document);
  }
  if (size > 0 && (data[0] == '{' || data[0] == '[' || data[0] == '"')) {
    polylogue_json_cursor whole = {0}, parts = {0};
    const size_t end = cut(&whole, data, size, size);
    assert(cut(&parts, data, size, 1 + data[size - 1] % 97) == end);
    assert(whole.depth == parts.depth && whole.in_string == parts.in_string);
  }
  return 0;
}
