// The text index's inner loops: tokens, segments of an inverted index, and the reading of them.
//
// Nothing here knows SQLite. A segment leaves as pages through a callback and comes back as byte
// ranges; docs/architecture.md describes the layout. All integers in pages are little-endian.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
  /// Term spaces: body, title, tool, thinking, attachment, author.
  PLT_FIELDS = 6,
  /// Bytes of a term after folding; longer words are cut here.
  PLT_TERM_MAX = 64,
  /// Bytes of a page: the largest blob that fits one leaf of a SQLite database with 16 kB pages.
  PLT_PAGE = 16300,
  /// Postings of a full block.
  PLT_BLOCK = 128,
  /// Impacts are stored as 1 to this.
  PLT_IMPACT_MAX = 63,
  /// Tokens indexed of one document; what follows is not found by its words.
  PLT_DOCUMENT_TOKENS = 1 << 20,
  /// Runs of letters and digits longer than this are encoded data, not words.
  PLT_RUN_MAX = 200,
  PLT_BATCH = 160,
  /// Bytes that decoding may read past the end of its input.
  PLT_PADDING = 32,
  /// Numbers that decoding writes behind a block's documents.
  PLT_DOCUMENTS_PADDING = 8,
  /// Positions of a word looked at in one document.
  PLT_POSITIONS_MAX = 8192,
};

// MARK: Tokens

/// One token: `length` folded bytes at `offset` of the batch's scratch space, found at
/// `start..<end` of the text.
typedef struct {
  uint32_t start, end;
  uint32_t position;
  uint16_t offset;
  uint8_t length;
  /// 1 for a part of a compound or an alternative reading; 0 for a whole word.
  uint8_t is_part;
  /// 1 for a lone character of a script without spaces.
  uint8_t is_single;
} plt_token;

typedef struct {
  uint32_t count, used;
  plt_token tokens[PLT_BATCH];
  uint8_t scratch[PLT_BATCH * 72];
} plt_batch;

typedef struct {
  const uint8_t *text;
  uint32_t length, offset, position;
  /// Whether a query is read: no parts, and no lone last character after bigrams.
  int is_query;
} plt_tokenizer;

void plt_tokenizer_start(plt_tokenizer *t, const uint8_t *text, size_t length, int is_query);
/// Fills the batch with the next tokens; 0 at the end of the text.
uint32_t plt_tokenize(plt_tokenizer *t, plt_batch *batch);

/// A batch of its own, for callers that cannot hold one; null without memory.
plt_batch *plt_batch_new(void);
void plt_batch_free(plt_batch *batch);
/// The token at `index`, and its folded bytes, valid until the batch is filled again.
const uint8_t *plt_batch_token(const plt_batch *batch, uint32_t index, plt_token *out);

// MARK: Writing

enum { PLT_DICTIONARY = 0, PLT_POSTINGS = 1, PLT_POSITIONS = 2 };

/// Takes the next page of a stream; anything but 0 stops the writing.
typedef int (*plt_sink)(void *context, int stream, const uint8_t *bytes, size_t length);

/// What a finished segment says about itself.
typedef struct {
  const uint8_t *root;
  size_t root_length;
  uint64_t terms, bytes;
  uint32_t fields;
} plt_segment_info;

typedef struct plt_builder plt_builder;
plt_builder *plt_builder_new(void);
void plt_builder_free(plt_builder *b);
/// Adds text to the document that is being put together.
void plt_builder_text(plt_builder *b, int field, const uint8_t *text, size_t length);
/// Ends the document; documents are numbered from 0.
void plt_builder_end_document(plt_builder *b);
uint32_t plt_builder_documents(const plt_builder *b);
/// Bytes held, roughly.
size_t plt_builder_bytes(const plt_builder *b);
/// How full a segment what is held would make, in percent; from 100 on it has to be flushed.
int plt_builder_fill(const plt_builder *b);
/// Writes the segment and empties the builder. 0 when all went well.
int plt_builder_flush(plt_builder *b, plt_sink sink, void *context, plt_segment_info *info);

/// Gives page `page` of a stream of source `source`: copies at most PLT_PAGE bytes, returns how
/// many, 0 past the end, negative to stop.
typedef int (*plt_fetch)(void *context, int source, int stream, uint32_t page, uint8_t *into);

/// A segment to be merged.
typedef struct {
  /// Added to its document numbers.
  uint32_t shift;
  /// Its number of documents.
  uint32_t documents;
  /// A bit for each deleted document, or null.
  const uint8_t *deleted;
} plt_source;

/// What a step of a merge ended with.
enum { PLT_MERGE_DONE = 0, PLT_MERGE_STOPPED = 1, PLT_MERGE_DAMAGED = 2, PLT_MERGE_MORE = 3 };

/// Joins segments whose documents follow one another, a piece at a time.
typedef struct plt_merge plt_merge;
/// `sources` stay the caller's and must outlive the merge.
plt_merge *plt_merge_new(
    const plt_source *sources, int count, plt_fetch fetch, plt_sink sink, void *context);
/// Goes on until about so many bytes are written: whole terms, the longest of which are some MB.
/// After anything but PLT_MERGE_MORE it must not be called again.
int plt_merge_step(plt_merge *m, uint64_t bytes);
/// Writes what is left of a merge that is done, and says what the segment is.
int plt_merge_finish(plt_merge *m, plt_segment_info *info);
void plt_merge_free(plt_merge *m);
/// Frees what the info of the last flush or merge points to.
void plt_segment_info_free(plt_segment_info *info);

// MARK: Reading

/// A dictionary entry.
typedef struct {
  uint32_t documents;
  uint64_t postings, positions;
  uint32_t postings_length;
  uint64_t positions_length;
} plt_entry;

/// The page whose terms may include `term` (field byte first); -1 when all terms are greater.
int plt_root_find(const uint8_t *root, size_t length, const uint8_t *term, size_t term_length);
/// Looks a term up in its page; 0 when it is not there.
int plt_dictionary_find(
    const uint8_t *page, size_t length, const uint8_t *term, size_t term_length, plt_entry *out);

typedef struct {
  plt_entry entry;
  uint8_t length;
  uint8_t term[PLT_TERM_MAX + 1];
} plt_term;
/// The terms of a page that start with `prefix`, at most `capacity`. `more` is set when the page
/// ends before a greater term was seen.
uint32_t plt_dictionary_prefix(
    const uint8_t *page, size_t length, const uint8_t *prefix, size_t prefix_length, plt_term *out,
    uint32_t capacity, int *more);

/// A block of a postings list.
typedef struct {
  uint32_t first, last;
  uint32_t offset, length;
  uint64_t positions;
  uint32_t positions_length;
  uint8_t count, impact, is_single;
} plt_block;

/// Reads the head of a postings list: how many blocks it has, and how many bytes from the list's
/// start their directory takes (0 blocks: damaged).
uint32_t plt_list_blocks(
    const uint8_t *bytes, size_t length, const plt_entry *entry, uint32_t *directory_end);
/// Reads the directory. `bytes` holds at least the directory. 0 when damaged.
int plt_list_directory(
    const uint8_t *bytes, size_t length, const plt_entry *entry, plt_block *out, uint32_t blocks);
/// Decodes a block's documents, behind which it writes PLT_DOCUMENTS_PADDING times the greatest number;
/// `bytes` must be readable for PLT_PADDING bytes past `length`. Returns the count, 0 when damaged.
uint32_t plt_block_decode(
    const plt_block *block, const uint8_t *bytes, size_t length, uint32_t *documents);
/// Decodes a block's impacts, as its documents.
uint32_t plt_block_impacts(
    const plt_block *block, const uint8_t *bytes, size_t length, uint8_t *impacts);
/// The documents of a block from `low` to below `high` whose score, `weight × impact`, is above
/// `floor`. Room for the whole block is needed. Returns how many there are.
uint32_t plt_block_select(
    const uint32_t *documents, const uint8_t *impacts, uint32_t count, float weight, float floor,
    uint32_t low, uint32_t high, uint32_t *out, float *scores);
/// Adds `weight × impact` of the documents from `low` to below `high` to `scores`, which begins with
/// that of `low`.
void plt_block_spread(
    const uint32_t *documents, const uint8_t *impacts, uint32_t count, float weight, uint32_t low,
    uint32_t high, float *scores);
/// A document that a block and a list of candidates have in common.
typedef struct {
  uint32_t candidate;
  /// The place in the block.
  uint8_t place, impact;
} plt_common;
/// Finds the sorted candidates that a block holds, from candidate `from` on, which becomes the first
/// one beyond the block. `documents` is what decoding made of `bytes`; `out` has room for as many
/// as a block. Returns how many there are.
uint32_t plt_block_intersect(
    const plt_block *block, const uint8_t *bytes, size_t length, const uint32_t *documents,
    const uint32_t *candidates, uint32_t *from, uint32_t candidate_count, plt_common *out);
/// Keeps the common documents whose score with `weight × impact` is above `floor`: the documents, these
/// scores, and where they stand in the block with the number `block`; see plt_found_keep. All have
/// room for as many and one more. Returns how many are left.
uint32_t plt_common_keep(
    const plt_common *common, uint32_t count, const uint32_t *candidates, const float *scores,
    float weight, float floor, uint32_t block, uint32_t *out, float *sums, uint64_t *found);
/// Keeps the documents whose added score is above 0 and whose sum of both scores is above `floor`;
/// `dropped` is how many only the floor kept out. Returns how many are left.
uint32_t plt_keep(
    const uint32_t *documents, const float *scores, const float *added, uint32_t count, float floor,
    uint32_t *out, float *sums, uint32_t *dropped);
/// Keeps what is noted of wanted documents: the document in the upper half, `block * PLT_BLOCK` and the
/// place in the block in the lower one. Returns how many are left.
uint32_t plt_found_keep(
    uint64_t *found, uint32_t found_count, const uint32_t *wanted, uint32_t wanted_count);
/// Writes to `starts` where a phrase can begin in noted documents, all of one block whose positions
/// are `bytes`: the document in the upper half, the position of the word less `shift` in the lower
/// one. There is never more than PLT_POSITIONS_MAX of each document, or `length` in all, unless
/// the bytes are damaged; these must be readable for PLT_PADDING bytes past `length`. Returns how
/// many were written, `capacity` at most.
uint32_t plt_starts_collect(
    const uint8_t *bytes, size_t length, const uint64_t *found, uint32_t found_count, uint32_t shift,
    uint64_t *starts, size_t capacity);
/// Marks the starts, from `first` on, at which a word stands `shift` further on. The noted documents
/// are of one block whose positions are `bytes`, readable as above. Returns the first start that a
/// later block can mark.
uint32_t plt_starts_mark(
    const uint8_t *bytes, size_t length, const uint64_t *found, uint32_t found_count,
    const uint64_t *starts, uint32_t first, uint32_t starts_count, uint32_t shift, uint8_t *marks);
/// Keeps what is marked, and unmarks it. Returns how many are left.
uint32_t plt_starts_keep(uint64_t *starts, uint8_t *marks, uint32_t count);
/// Merges two sorted lists, adding scores of equal documents. Returns the count.
uint32_t plt_union(
    const uint32_t *a, const float *as, uint32_t an, const uint32_t *b, const float *bs, uint32_t bn,
    uint32_t *out, float *scores);
/// Keeps the documents in which something starts. Returns how many are left.
uint32_t plt_keep_begun(
    const uint32_t *documents, const float *scores, uint32_t count, const uint64_t *starts,
    uint32_t starts_count, uint32_t *out, float *out_scores);

// MARK: Marking

/// A term to be found again in a text.
typedef struct {
  const uint8_t *bytes;
  uint8_t length, is_prefix;
} plt_needle;
typedef struct {
  uint32_t start, end, position, needle;
} plt_match;
/// Finds the needles in a text: at most `capacity` matches, in order.
uint32_t plt_find(
    const uint8_t *text, size_t length, const plt_needle *needles, uint32_t count, plt_match *out,
    uint32_t capacity);
