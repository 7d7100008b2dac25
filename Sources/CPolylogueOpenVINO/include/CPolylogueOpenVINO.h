// A sentence encoder run by OpenVINO, whose C library is opened at run time.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A compiled model with one request; for one thread at a time.
typedef struct plo_encoder plo_encoder;

// A setting of the CPU plug-in.
typedef struct {
  const char *_Nonnull key;
  const char *_Nonnull value;
} plo_setting;

// Opens a library and compiles a model that takes input_ids, attention_mask and token_type_ids of
// 64-bit integers, and whose first output is a float vector for each token. The error is a line of
// words. Returns NULL when it fails.
plo_encoder *_Nullable plo_open(const char *_Nonnull library, const char *_Nonnull model,
                                const plo_setting *_Nonnull settings, size_t setting_count,
                                char *_Nonnull error, size_t error_size);

// Frees it. The library stays loaded.
void plo_close(plo_encoder *_Nullable encoder);

// Encodes rows of token numbers, all of the same length, each filled up behind its own tokens.
//   lengths: how many tokens of a row are its own
//   out: rows * dimensions floats: the mean over a row's own tokens, of length 1
// Returns 0, or -1 with a line of words.
int plo_encode(plo_encoder *_Nonnull encoder, const int64_t *_Nonnull tokens,
               const int32_t *_Nonnull lengths, int64_t rows, int64_t columns, int64_t dimensions,
               float *_Nonnull out, char *_Nonnull error, size_t error_size);
