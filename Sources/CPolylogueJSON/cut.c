#include "CPolylogueJSON.h"
#include "scan.h"

size_t polylogue_json_skip(polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count) {
  uint64_t depth = cursor->depth;
  bool in_string = cursor->in_string, escaped = cursor->escaped;
  size_t i = 0;
  while (i < count) {
    const uint8_t c = bytes[i++];
    if (in_string) {
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        in_string = false;
        if (depth == 0) break;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (depth > 0) depth--;
      if (depth == 0) break;
    }
  }
  cursor->depth = depth;
  cursor->in_string = in_string;
  cursor->escaped = escaped;
  return i;
}
