// The declarations of OpenVINO's C interface are repeated here, as far as they are used: its headers
// come with the library that is fetched at run time. They are those of its ov_*.h since version 2023;
// the pinned version is the one they were checked against.
#include "CPolylogueOpenVINO.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int ov_status;
typedef struct ov_core ov_core;
typedef struct ov_compiled ov_compiled;
typedef struct ov_request ov_request;
typedef struct ov_tensor ov_tensor;
typedef struct {
  int64_t rank;
  int64_t *dims;
} ov_shape;
enum { OV_F32 = 4, OV_I64 = 10 };

struct plo_encoder {
  ov_core *core;
  ov_compiled *compiled;
  ov_request *request;
  int64_t *inputs;  // mask and types, of input_room numbers each
  size_t input_room;

  const char *(*error_info)(ov_status);
  const char *(*last_error)(void);
  void (*free_text)(const char *);
  ov_status (*core_create)(ov_core **);
  ov_status (*compile_model)(const ov_core *, const char *, const char *, size_t, ov_compiled **,
                             ...);
  ov_status (*create_request)(const ov_compiled *, ov_request **);
  ov_status (*tensor_of_memory)(int, ov_shape, void *, ov_tensor **);
  ov_status (*set_tensor)(ov_request *, const char *, const ov_tensor *);
  ov_status (*infer)(ov_request *);
  ov_status (*output)(const ov_request *, size_t, ov_tensor **);
  ov_status (*tensor_shape)(const ov_tensor *, ov_shape *);
  ov_status (*tensor_type)(const ov_tensor *, int *);
  ov_status (*tensor_data)(const ov_tensor *, void **);
  ov_status (*shape_free)(ov_shape *);
  void (*tensor_free)(ov_tensor *);
  void (*request_free)(ov_request *);
  void (*compiled_free)(ov_compiled *);
  void (*core_free)(ov_core *);
};

// ISO C has no conversion from an object's address to a function's; POSIX has.
#define FIND(member, name)                                                      \
  do {                                                                          \
    void *symbol = dlsym(library, name);                                        \
    if (symbol == NULL) {                                                       \
      snprintf(error, error_size, "the library lacks the function %s", name);   \
      return -1;                                                                \
    }                                                                           \
    memcpy(&encoder->member, &symbol, sizeof symbol);                           \
  } while (0)

static int find_functions(plo_encoder *encoder, void *library, char *error, size_t error_size) {
  FIND(error_info, "ov_get_error_info");
  FIND(last_error, "ov_get_last_err_msg");
  FIND(free_text, "ov_free");
  FIND(core_create, "ov_core_create");
  FIND(compile_model, "ov_core_compile_model_from_file");
  FIND(create_request, "ov_compiled_model_create_infer_request");
  FIND(tensor_of_memory, "ov_tensor_create_from_host_ptr");
  FIND(set_tensor, "ov_infer_request_set_tensor");
  FIND(infer, "ov_infer_request_infer");
  FIND(output, "ov_infer_request_get_output_tensor_by_index");
  FIND(tensor_shape, "ov_tensor_get_shape");
  FIND(tensor_type, "ov_tensor_get_element_type");
  FIND(tensor_data, "ov_tensor_data");
  FIND(shape_free, "ov_shape_free");
  FIND(tensor_free, "ov_tensor_free");
  FIND(request_free, "ov_infer_request_free");
  FIND(compiled_free, "ov_compiled_model_free");
  FIND(core_free, "ov_core_free");
  return 0;
}

// What OpenVINO has to say of a status, on one line.
static int complain(const plo_encoder *encoder, const char *what, ov_status status, char *error,
                    size_t error_size) {
  const char *kind = encoder->error_info(status);
  const char *words = encoder->last_error();
  int has_words = words != NULL && words[0] != 0;
  snprintf(error, error_size, "%s: %s (%d)%s%s", what, kind != NULL ? kind : "?", status,
           has_words ? ": " : "", has_words ? words : "");
  for (char *c = error; *c != 0; c++) {
    if ((unsigned char)*c < 0x20) *c = ' ';
  }
  if (words != NULL) encoder->free_text(words);
  return -1;
}

static int prepare(plo_encoder *encoder, const char *model, const plo_setting *settings,
                   size_t count, char *error, size_t error_size) {
  ov_status status = encoder->core_create(&encoder->core);
  if (status != 0) return complain(encoder, "starting OpenVINO", status, error, error_size);
  // The number of settings is part of the call; what is missing stands for itself again.
  const char *pairs[12];
  if (count == 0 || count > 6) {
    snprintf(error, error_size, "between 1 and 6 settings are needed");
    return -1;
  }
  for (size_t index = 0; index < 6; index++) {
    const plo_setting *setting = &settings[index < count ? index : 0];
    pairs[index * 2] = setting->key;
    pairs[index * 2 + 1] = setting->value;
  }
  status = encoder->compile_model(encoder->core, model, "CPU", 12, &encoder->compiled,
                                  pairs[0], pairs[1], pairs[2], pairs[3], pairs[4], pairs[5],
                                  pairs[6], pairs[7], pairs[8], pairs[9], pairs[10], pairs[11]);
  if (status != 0) return complain(encoder, "loading the model", status, error, error_size);
  status = encoder->create_request(encoder->compiled, &encoder->request);
  if (status != 0) return complain(encoder, "preparing the model", status, error, error_size);
  return 0;
}

plo_encoder *plo_open(const char *library_path, const char *model, const plo_setting *settings,
                      size_t setting_count, char *error, size_t error_size) {
  void *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *words = dlerror();
    snprintf(error, error_size, "opening OpenVINO: %s", words != NULL ? words : "?");
    return NULL;
  }
  plo_encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) {
    snprintf(error, error_size, "out of memory");
    return NULL;
  }
  if (find_functions(encoder, library, error, error_size) != 0) {
    free(encoder);
    return NULL;
  }
  if (prepare(encoder, model, settings, setting_count, error, error_size) != 0) {
    plo_close(encoder);
    return NULL;
  }
  return encoder;
}

void plo_close(plo_encoder *encoder) {
  if (encoder == NULL) return;
  if (encoder->request != NULL) encoder->request_free(encoder->request);
  if (encoder->compiled != NULL) encoder->compiled_free(encoder->compiled);
  if (encoder->core != NULL) encoder->core_free(encoder->core);
  free(encoder->inputs);
  free(encoder);
}

static int set_input(plo_encoder *encoder, const char *name, const int64_t *numbers, int64_t rows,
                     int64_t columns, char *error, size_t error_size) {
  int64_t dims[2] = {rows, columns};
  ov_shape shape = {2, dims};
  ov_tensor *tensor = NULL;
  // The memory is read and never written to.
  ov_status status = encoder->tensor_of_memory(OV_I64, shape, (void *)numbers, &tensor);
  if (status == 0) status = encoder->set_tensor(encoder->request, name, tensor);
  if (tensor != NULL) encoder->tensor_free(tensor);
  return status == 0 ? 0 : complain(encoder, name, status, error, error_size);
}

static void pool(const float *restrict tokens, int64_t count, int64_t dimensions,
                 float *restrict out) {
  memset(out, 0, (size_t)dimensions * sizeof *out);
  for (int64_t token = 0; token < count; token++) {
    const float *restrict vector = tokens + token * dimensions;
    for (int64_t index = 0; index < dimensions; index++) out[index] += vector[index];
  }
  double sum = 0;
  for (int64_t index = 0; index < dimensions; index++) sum += (double)out[index] * out[index];
  float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
  for (int64_t index = 0; index < dimensions; index++) out[index] *= scale;
}

// Checks that the output is what is expected before a byte of it is read.
static int take_output(plo_encoder *encoder, ov_tensor *tensor, const int32_t *lengths, int64_t rows,
                       int64_t columns, int64_t dimensions, float *out, char *error,
                       size_t error_size) {
  ov_shape shape = {0, NULL};
  int type = 0;
  void *data = NULL;
  ov_status status = encoder->tensor_shape(tensor, &shape);
  if (status != 0) return complain(encoder, "the output's shape", status, error, error_size);
  int fits = shape.rank == 3 && shape.dims[0] == rows && shape.dims[1] == columns &&
             shape.dims[2] == dimensions;
  encoder->shape_free(&shape);
  status = encoder->tensor_type(tensor, &type);
  if (status != 0) return complain(encoder, "the output's type", status, error, error_size);
  if (!fits || type != OV_F32) {
    snprintf(error, error_size, "the model's output is not %lld floats for each token",
             (long long)dimensions);
    return -1;
  }
  status = encoder->tensor_data(tensor, &data);
  if (status != 0) return complain(encoder, "the output", status, error, error_size);
  for (int64_t row = 0; row < rows; row++) {
    pool((const float *)data + row * columns * dimensions, lengths[row], dimensions,
         out + row * dimensions);
  }
  return 0;
}

int plo_encode(plo_encoder *encoder, const int64_t *tokens, const int32_t *lengths, int64_t rows,
               int64_t columns, int64_t dimensions, float *out, char *error, size_t error_size) {
  size_t count = (size_t)(rows * columns);
  if (count > encoder->input_room) {
    int64_t *room = realloc(encoder->inputs, count * 2 * sizeof *room);
    if (room == NULL) {
      snprintf(error, error_size, "out of memory");
      return -1;
    }
    encoder->inputs = room;
    encoder->input_room = count;
  }
  int64_t *mask = encoder->inputs, *types = encoder->inputs + count;
  for (int64_t row = 0; row < rows; row++) {
    if (lengths[row] < 0 || lengths[row] > columns) {
      snprintf(error, error_size, "a row is longer than the batch");
      return -1;
    }
    for (int64_t column = 0; column < columns; column++) {
      mask[row * columns + column] = column < lengths[row];
    }
  }
  memset(types, 0, count * sizeof *types);
  if (set_input(encoder, "input_ids", tokens, rows, columns, error, error_size) != 0 ||
      set_input(encoder, "attention_mask", mask, rows, columns, error, error_size) != 0 ||
      set_input(encoder, "token_type_ids", types, rows, columns, error, error_size) != 0) {
    return -1;
  }
  ov_status status = encoder->infer(encoder->request);
  if (status != 0) return complain(encoder, "computing", status, error, error_size);
  ov_tensor *tensor = NULL;
  status = encoder->output(encoder->request, 0, &tensor);
  if (status != 0) return complain(encoder, "the output", status, error, error_size);
  int code = take_output(encoder, tensor, lengths, rows, columns, dimensions, out, error, error_size);
  encoder->tensor_free(tensor);
  return code;
}
