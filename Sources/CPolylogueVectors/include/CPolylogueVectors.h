// The vector index's inner loops: codes of vectors, their comparison, and the scan of all of them.
//
// A vector is kept in two forms. Its signs, one bit a component, in 64-bit words whose unused bits
// are zero, are compared by how many differ (Hamming distance). Its code, one signed byte a
// component and one scale, is compared by an inner product. All sums are of integers, so every level
// of instructions gives the same results to the last bit.
#pragma once
#include <stddef.h>
#include <stdint.h>

// MARK: Instructions

/// Instructions that the loops can be run with.
enum {
  /// C alone.
  PLV_PORTABLE = 0,
  /// x86-64 with POPCNT and AVX2.
  PLV_AVX2 = 1,
  /// x86-64 with AVX-512 F, BW and VPOPCNTDQ.
  PLV_AVX512 = 2,
  /// ARM with NEON.
  PLV_NEON = 3,
};

/// Whether this machine has the instructions of a level.
int plv_has_level(int level);

// MARK: Codes

/// The 64-bit words of so many signs.
static inline size_t plv_words(size_t dimensions) { return (dimensions + 63) / 64; }

/// A set bit for each component above zero.
void plv_signs(const float *vector, size_t dimensions, uint64_t *words);

/// The nearest multiples of the returned scale, each -127 to 127. The scale is 0 when all components
/// are 0 or one of them is no finite number; all multiples then are 0.
float plv_encode(const float *vector, size_t dimensions, int8_t *code);

/// As plv_encode for a query, in steps so small that the inner product with any code of so many
/// dimensions fits 32 bits; at most 65,536 dimensions.
float plv_encode_query(const float *vector, size_t dimensions, int16_t *code);

/// The inner product of a query's code and a vector's.
int32_t plv_product(int level, const int16_t *query, const int8_t *code, size_t dimensions);

/// For every eight dimensions of a query's code, the sum of its components with the signs that a
/// byte states: 256 numbers for each of the 8 * words bytes of a vector's signs.
void plv_sums(const int16_t *query, size_t dimensions, int32_t *sums);

/// The inner product of a query's code and a vector's signs, taken as 1 and -1.
int32_t plv_estimate(const int32_t *sums, const uint64_t *signs, size_t words);

// MARK: Messages

/// Messages that are allowed: bits for messages from `first` on, `word_count` words of them. A NULL
/// `words` allows all.
typedef struct {
  const uint64_t *words;
  uint64_t first, word_count;
} plv_messages;

/// The vectors of allowed messages, in order.
///
/// - Parameters:
///   - uses: For each vector the message that it belongs to, shifted left by 16; 0 for none.
///   - found: Room for `count` numbers, of vectors counted from 0.
/// - Returns: How many were found.
size_t plv_find(const uint64_t *uses, size_t count, const plv_messages *allowed, uint32_t *found);

// MARK: Scan

/// A vector that was found, by its number.
typedef struct {
  uint32_t slot, distance;
} plv_candidate;

/// Collects the nearest vectors of a scan.
typedef struct plv_scan plv_scan;

/// Begins a scan for the `limit` vectors, at least 1, whose signs differ least from the query's. Of
/// those that differ alike, the ones that are come to first are kept.
///
/// - Parameter allowed: The messages that may be found; its words must outlive the scan.
plv_scan *plv_scan_new(
  int level, const uint64_t *query, size_t words, size_t limit, plv_messages allowed);
void plv_scan_free(plv_scan *scan);

/// Looks at vectors that lie one behind the other.
///
/// - Parameters:
///   - uses: As for plv_find.
///   - first_slot: The number of the first vector.
void plv_scan_run(
  plv_scan *scan, const uint64_t *signs, const uint64_t *uses, size_t count, uint32_t first_slot);

/// What was found, in the order in which it was come to; valid until the scan goes on.
const plv_candidate *plv_scan_found(plv_scan *scan, size_t *count);
