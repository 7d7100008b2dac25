// JSON text to a flat tape of 16-byte nodes, and the cutter that finds where the values of a stream
// end. Both are iterative: nesting costs no stack. Grammar: RFC 8259.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: - Tape

enum {
  polylogue_json_null = 0,
  polylogue_json_false = 1,
  polylogue_json_true = 2,
  polylogue_json_number = 3,
  polylogue_json_string = 4,
  polylogue_json_array = 5,
  polylogue_json_object = 6,
};

enum {
  /// The span holds backslash escapes.
  polylogue_json_escaped = 1,
  /// The span holds bytes that are no UTF-8, lone surrogates, unknown escapes or raw controls.
  polylogue_json_damaged = 2,
  /// The span holds bytes above 0x7F.
  polylogue_json_wide = 4,
  /// A number with a fraction or an exponent.
  polylogue_json_fractional = 8,
  /// NaN or an infinity, read as null.
  polylogue_json_not_finite = 16,
};

/// One value, or the key of a member. The members of an object are key, value, key, value.
typedef struct {
  /// Of the first byte: of a string behind its quote, of a container its bracket.
  uint32_t offset;
  /// Bytes of a scalar (of a string without its quotes); elements or members of a container.
  uint32_t length;
  /// Index of the node behind this value and all that is in it.
  uint32_t next;
  uint8_t type;
  uint8_t flags;
  uint16_t reserved;
} polylogue_json_node;

enum {
  polylogue_json_ok = 0,
  polylogue_json_error_empty,
  polylogue_json_error_unexpected,
  polylogue_json_error_cut,
  polylogue_json_error_string,
  polylogue_json_error_escape,
  polylogue_json_error_utf8,
  polylogue_json_error_number,
  polylogue_json_error_depth,
  polylogue_json_error_nodes,
  polylogue_json_error_size,
  polylogue_json_error_trailing,
  polylogue_json_error_memory,
};

enum {
  /// Refuse whatever RFC 8259 does not allow.
  polylogue_json_strict = 1,
  /// Stop behind the first value instead of demanding the end.
  polylogue_json_prefix = 2,
};

/// Readable bytes behind the text, all zero.
enum { polylogue_json_padding = 64 };

/// A parsed text with its tape. Zero-initialised it is empty and valid.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
  polylogue_json_node *nodes;
  size_t node_count;
  size_t node_capacity;
  /// How many times something was read that strict JSON does not allow.
  uint64_t repairs;
  /// Behind the value that was read, or where the error is.
  size_t end;
} polylogue_json_document;

/// Makes room for a text of `count` bytes and returns where to put it; NULL without memory or when
/// the text is longer than 32 bits can count. Room far above what is needed is given back.
uint8_t *polylogue_json_prepare(polylogue_json_document *document, size_t count);

/// Reads the prepared text onto the tape. Returns `polylogue_json_ok` or an error, with its place
/// in `end`.
int polylogue_json_parse(
    polylogue_json_document *document, int mode, size_t depth_limit, size_t node_limit);

/// Frees what the document holds.
void polylogue_json_release(polylogue_json_document *document);

/// The value of the first member of an object that has this key, as an index; 0 when there is none
/// (the root is never a member).
uint32_t polylogue_json_find(
    const polylogue_json_document *document, uint32_t object, const uint8_t *key, size_t count);

/// Whether a string equals these bytes of UTF-8.
bool polylogue_json_equals(
    const polylogue_json_document *document, uint32_t string, const uint8_t *text, size_t count);

/// Writes a string as valid UTF-8 without escapes, damage replaced by U+FFFD, and returns its
/// length; with NULL only the length. It is never longer than the span unless that is damaged.
size_t polylogue_json_unescape(
    const polylogue_json_document *document, uint32_t string, uint8_t *out);

/// Writes a value as valid JSON without insignificant space and returns its length; with NULL only
/// the length.
size_t polylogue_json_write(
    const polylogue_json_document *document, uint32_t value, uint8_t *out);

/// Reads a number as an exact integer: true only when it is one and fits.
bool polylogue_json_integer(const uint8_t *text, size_t count, int64_t *out);

/// Reads a number, rounded to nearest. The text must be a number of the JSON grammar and be followed
/// by a byte that cannot belong to one.
double polylogue_json_double(const uint8_t *text, size_t count);

// MARK: - Cutting

/// Where a cutter stands inside a value. Zero-initialised it stands before one.
typedef struct {
  /// Open containers.
  uint64_t depth;
  bool in_string;
  /// The next byte is escaped.
  bool escaped;
} polylogue_json_cursor;

/// Goes on through a value that begins with a bracket or a quote, until its last byte or the end of
/// the bytes. Returns how many bytes were passed; the value has ended when `depth` is 0 and
/// `in_string` is false.
size_t polylogue_json_skip(polylogue_json_cursor *cursor, const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
