#include <string.h>

#include "CPolylogueJSON.h"
#include "scan.h"

// MARK: - Strings

static inline size_t put_scalar(uint8_t *out, size_t at, uint32_t scalar) {
  if (scalar < 0x80) {
    if (out) out[at] = (uint8_t)scalar;
    return at + 1;
  }
  uint8_t bytes[4];
  size_t count;
  if (scalar < 0x800) {
    bytes[0] = (uint8_t)(0xC0 | scalar >> 6);
    bytes[1] = (uint8_t)(0x80 | (scalar & 0x3F));
    count = 2;
  } else if (scalar < 0x10000) {
    bytes[0] = (uint8_t)(0xE0 | scalar >> 12);
    bytes[1] = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
    bytes[2] = (uint8_t)(0x80 | (scalar & 0x3F));
    count = 3;
  } else {
    bytes[0] = (uint8_t)(0xF0 | scalar >> 18);
    bytes[1] = (uint8_t)(0x80 | (scalar >> 12 & 0x3F));
    bytes[2] = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
    bytes[3] = (uint8_t)(0x80 | (scalar & 0x3F));
    count = 4;
  }
  if (out) memcpy(out + at, bytes, count);
  return at + count;
}

static inline size_t put_bytes(uint8_t *out, size_t at, const uint8_t *bytes, size_t count) {
  if (out) memcpy(out + at, bytes, count);
  return at + count;
}

/// The scalar of the escape at `*cursor` (a backslash), which is passed. Damage gives U+FFFD; an
/// unknown escape gives the backslash, and the byte behind it is read anew.
static uint32_t take_escape(const uint8_t **cursor) {
  const uint8_t *p = *cursor;
  *cursor = p + 2;
  switch (p[1]) {
  case '"': case '\\': case '/': return p[1];
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case 'u': {
    const int first = polylogue_hex4(p + 2);
    if (first < 0) break;
    *cursor = p + 6;
    if (first < 0xD800 || first > 0xDFFF) return (uint32_t)first;
    if (first < 0xDC00 && p[6] == '\\' && p[7] == 'u') {
      const int second = polylogue_hex4(p + 8);
      if (second >= 0xDC00 && second <= 0xDFFF) {
        *cursor = p + 12;
        return 0x10000 + ((uint32_t)(first - 0xD800) << 10) + (uint32_t)(second - 0xDC00);
      }
    }
    return 0xFFFD;
  }
  default: break;
  }
  *cursor = p + 1;
  return '\\';
}

size_t polylogue_json_unescape(
    const polylogue_json_document *document, uint32_t string, uint8_t *out) {
  const polylogue_json_node node = document->nodes[string];
  const uint8_t *p = document->bytes + node.offset;
  const uint8_t *const end = p + node.length;
  size_t at = 0;
  while (p < end) {
    // Stops at the closing quote, right behind the span, at the latest.
    const uint8_t *const odd = polylogue_skip_plain(p);
    at = put_bytes(out, at, p, (size_t)(odd - p));
    p = odd;
    if (p >= end) break;
    if (*p == '\\') {
      at = put_scalar(out, at, take_escape(&p));
    } else if (*p >= 0x80) {
      const int length = polylogue_utf8_length(p);
      if (length > 0) {
        at = put_bytes(out, at, p, (size_t)length);
        p += length;
      } else {
        at = put_scalar(out, at, 0xFFFD);
        p += -length;
      }
    } else {
      at = put_bytes(out, at, p, 1);
      p++;
    }
  }
  return at;
}

bool polylogue_json_equals(
    const polylogue_json_document *document, uint32_t string, const uint8_t *text, size_t count) {
  const polylogue_json_node node = document->nodes[string];
  const uint8_t *p = document->bytes + node.offset;
  if (!(node.flags & (polylogue_json_escaped | polylogue_json_damaged))) {
    return node.length == count && memcmp(p, text, count) == 0;
  }
  const uint8_t *const end = p + node.length;
  size_t at = 0;
  while (p < end) {
    uint8_t bytes[4];
    size_t length = 1;
    if (*p == '\\') {
      length = put_scalar(bytes, 0, take_escape(&p));
    } else if (*p < 0x80) {
      bytes[0] = *p++;
    } else {
      const int width = polylogue_utf8_length(p);
      if (width > 0) {
        length = (size_t)width;
        memcpy(bytes, p, length);
        p += width;
      } else {
        length = put_scalar(bytes, 0, 0xFFFD);
        p += -width;
      }
    }
    if (count - at < length || memcmp(text + at, bytes, length) != 0) return false;
    at += length;
  }
  return at == count;
}

uint32_t polylogue_json_find(
    const polylogue_json_document *document, uint32_t object, const uint8_t *key, size_t count) {
  const polylogue_json_node *const nodes = document->nodes;
  const uint8_t *const bytes = document->bytes;
  uint32_t member = object + 1;
  for (uint32_t left = nodes[object].length; left > 0; left--) {
    const polylogue_json_node node = nodes[member];
    if (!(node.flags & (polylogue_json_escaped | polylogue_json_damaged))) {
      if (node.length == count && memcmp(bytes + node.offset, key, count) == 0) return member + 1;
    } else if (polylogue_json_equals(document, member, key, count)) {
      return member + 1;
    }
    member = nodes[member + 1].next;
  }
  return 0;
}

// MARK: - Writing

/// A damaged string as a valid one: escapes that are good stay as written.
static size_t write_damaged(const uint8_t *p, const uint8_t *end, uint8_t *out, size_t at) {
  static const char digits[] = "0123456789abcdef";
  while (p < end) {
    const uint8_t *const from = p;
    if (*p == '\\') {
      const uint32_t scalar = take_escape(&p);
      if (scalar == 0xFFFD) {
        at = put_scalar(out, at, scalar);
      } else if (p == from + 1) {
        at = put_bytes(out, at, (const uint8_t *)"\\\\", 2);
      } else {
        at = put_bytes(out, at, from, (size_t)(p - from));
      }
    } else if (*p < 0x20) {
      const uint8_t escape[6] = {'\\', 'u', '0', '0', (uint8_t)digits[*p >> 4],
                                 (uint8_t)digits[*p & 15]};
      at = put_bytes(out, at, escape, 6);
      p++;
    } else if (*p < 0x80) {
      at = put_bytes(out, at, p, 1);
      p++;
    } else {
      const int length = polylogue_utf8_length(p);
      at = length > 0 ? put_bytes(out, at, p, (size_t)length) : put_scalar(out, at, 0xFFFD);
      p += length > 0 ? length : -length;
    }
  }
  return at;
}

/// Copies the commas, colons and brackets between two tokens.
static size_t write_punctuation(
    const uint8_t *p, const uint8_t *end, uint8_t *out, size_t at, uint64_t *depth) {
  for (; p < end; p++) {
    switch (*p) {
    case ']': case '}':
      --*depth;
      at = put_bytes(out, at, p, 1);
      break;
    case ',': case ':':
      at = put_bytes(out, at, p, 1);
      break;
    default: break;
    }
  }
  return at;
}

size_t polylogue_json_write(
    const polylogue_json_document *document, uint32_t value, uint8_t *out) {
  const uint8_t *const bytes = document->bytes;
  const uint32_t last = document->nodes[value].next;
  const uint8_t *p = bytes + document->nodes[value].offset;
  if (document->nodes[value].type == polylogue_json_string) p--;
  uint64_t depth = 0;
  size_t at = 0;
  for (uint32_t index = value; index < last; index++) {
    const polylogue_json_node node = document->nodes[index];
    const uint8_t *const token = bytes + node.offset;
    at = write_punctuation(p, token, out, at, &depth);
    switch (node.type) {
    case polylogue_json_array: case polylogue_json_object:
      depth++;
      at = put_bytes(out, at, token, 1);
      p = token + 1;
      break;
    case polylogue_json_string:
      at = put_bytes(out, at, (const uint8_t *)"\"", 1);
      at = node.flags & polylogue_json_damaged
               ? write_damaged(token, token + node.length, out, at)
               : put_bytes(out, at, token, node.length);
      at = put_bytes(out, at, (const uint8_t *)"\"", 1);
      p = token + node.length + 1;
      break;
    default:
      at = node.flags & polylogue_json_not_finite
               ? put_bytes(out, at, (const uint8_t *)"null", 4)
               : put_bytes(out, at, token, node.length);
      p = token + node.length;
      break;
    }
  }
  // Only closing brackets and space are left.
  for (; depth > 0; p++) at = write_punctuation(p, p + 1, out, at, &depth);
  return at;
}
