// The few declarations of libcurl 7.66 and later that are used are repeated here; its numbers are part
// of its binary interface and never change.
#include "CPolylogueHTTP.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void CURL;
struct curl_slist;
enum {
  GLOBAL_DEFAULT = 3,
  PROTOCOL_HTTP = 1,
  PROTOCOL_HTTPS = 2,
  OPTION_NO_PROGRESS = 43,
  OPTION_FOLLOW_LOCATION = 52,
  OPTION_NO_SIGNAL = 99,
  OPTION_TIMEOUT_MS = 155,
  OPTION_CONNECT_TIMEOUT_MS = 156,
  OPTION_PROTOCOLS = 181,
  OPTION_WRITE_DATA = 10001,
  OPTION_URL = 10002,
  OPTION_ERROR_BUFFER = 10010,
  OPTION_POST_FIELDS = 10015,
  OPTION_HTTP_HEADER = 10023,
  OPTION_PROGRESS_DATA = 10057,
  OPTION_NO_PROXY = 10177,
  OPTION_WRITE_FUNCTION = 20011,
  OPTION_PROGRESS_FUNCTION = 20219,
  OPTION_POST_FIELD_SIZE = 30120,
  INFO_RESPONSE_CODE = 0x200002,
  INFO_RETRY_AFTER = 0x600000 + 57,
  ERROR_SIZE = 256,
};

struct plh_client {
  CURL *handle;
  CURL *(*easy_init)(void);
  int (*setopt)(CURL *, int, ...);
  int (*perform)(CURL *);
  int (*getinfo)(CURL *, int, ...);
  void (*reset)(CURL *);
  void (*cleanup)(CURL *);
  const char *(*words)(int);
  struct curl_slist *(*append)(struct curl_slist *, const char *);
  void (*free_list)(struct curl_slist *);
  int (*global_init)(long);
};

typedef struct {
  char *bytes;
  size_t count;
  size_t room;
  size_t limit;
  int is_too_long;
} growing;

static size_t take(char *bytes, size_t size, size_t count, void *context) {
  growing *into = context;
  size_t length = size * count;
  if (length > into->limit - into->count) {
    into->is_too_long = 1;
    return 0;
  }
  if (into->count + length > into->room) {
    size_t room = (into->count + length) * 2;
    char *grown = realloc(into->bytes, room);
    if (grown == NULL) return 0;
    into->bytes = grown;
    into->room = room;
  }
  memcpy(into->bytes + into->count, bytes, length);
  into->count += length;
  return length;
}

static int look(void *context, int64_t to_come, int64_t came, int64_t to_go, int64_t went) {
  const plh_request *request = context;
  (void)to_come, (void)came, (void)to_go, (void)went;
  return request->is_cancelled != NULL && request->is_cancelled(request->context);
}

#define FIND(member, name)                                                    \
  do {                                                                        \
    void *symbol = dlsym(library, name);                                      \
    if (symbol == NULL) {                                                     \
      snprintf(error, error_size, "the library libcurl lacks %s", name);      \
      return -1;                                                              \
    }                                                                         \
    memcpy(&client->member, &symbol, sizeof symbol);                          \
  } while (0)

static int find_functions(plh_client *client, void *library, char *error, size_t error_size) {
  FIND(easy_init, "curl_easy_init");
  FIND(setopt, "curl_easy_setopt");
  FIND(perform, "curl_easy_perform");
  FIND(getinfo, "curl_easy_getinfo");
  FIND(reset, "curl_easy_reset");
  FIND(cleanup, "curl_easy_cleanup");
  FIND(words, "curl_easy_strerror");
  FIND(append, "curl_slist_append");
  FIND(free_list, "curl_slist_free_all");
  FIND(global_init, "curl_global_init");
  return 0;
}

plh_client *plh_open(char *error, size_t error_size) {
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"};
  void *library = NULL;
  for (size_t index = 0; library == NULL && index < 3; index++) {
    library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
  }
  if (library == NULL) {
    snprintf(error, error_size, "there is no libcurl; install it (Debian: apt install libcurl4)");
    return NULL;
  }
  plh_client *client = calloc(1, sizeof *client);
  if (client == NULL) {
    snprintf(error, error_size, "out of memory");
    return NULL;
  }
  if (find_functions(client, library, error, error_size) != 0) {
    free(client);
    return NULL;
  }
  if (client->global_init(GLOBAL_DEFAULT) != 0 || (client->handle = client->easy_init()) == NULL) {
    snprintf(error, error_size, "libcurl cannot be started");
    free(client);
    return NULL;
  }
  return client;
}

void plh_close(plh_client *client) {
  if (client == NULL) return;
  client->cleanup(client->handle);
  free(client);
}

static int prepare(plh_client *client, const plh_request *request, struct curl_slist *headers,
                   growing *into, char *words) {
  CURL *handle = client->handle;
  client->reset(handle);
  int code = client->setopt(handle, OPTION_ERROR_BUFFER, words);
  if (code == 0) code = client->setopt(handle, OPTION_URL, request->url);
  // No other protocol, whatever a setting or an answer names.
  if (code == 0) {
    code = client->setopt(handle, OPTION_PROTOCOLS, (long)(PROTOCOL_HTTP | PROTOCOL_HTTPS));
  }
  if (code == 0) code = client->setopt(handle, OPTION_FOLLOW_LOCATION, 0L);
  if (code == 0) code = client->setopt(handle, OPTION_NO_SIGNAL, 1L);
  if (code == 0) {
    code = client->setopt(handle, OPTION_CONNECT_TIMEOUT_MS, request->connect_milliseconds);
  }
  if (code == 0) code = client->setopt(handle, OPTION_TIMEOUT_MS, request->total_milliseconds);
  if (code == 0) code = client->setopt(handle, OPTION_HTTP_HEADER, headers);
  if (code == 0) code = client->setopt(handle, OPTION_POST_FIELD_SIZE, (int64_t)request->body_size);
  if (code == 0) code = client->setopt(handle, OPTION_POST_FIELDS, request->body);
  if (code == 0) code = client->setopt(handle, OPTION_WRITE_FUNCTION, take);
  if (code == 0) code = client->setopt(handle, OPTION_WRITE_DATA, into);
  if (code == 0) code = client->setopt(handle, OPTION_NO_PROGRESS, 0L);
  if (code == 0) code = client->setopt(handle, OPTION_PROGRESS_FUNCTION, look);
  if (code == 0) code = client->setopt(handle, OPTION_PROGRESS_DATA, (void *)request);
  if (code == 0 && request->is_direct) code = client->setopt(handle, OPTION_NO_PROXY, "*");
  return code;
}

int plh_post(plh_client *client, const plh_request *request, plh_answer *answer, char *error,
             size_t error_size) {
  memset(answer, 0, sizeof *answer);
  char words[ERROR_SIZE] = "";
  growing into = {.limit = request->answer_limit};
  struct curl_slist *headers = NULL;
  for (const char *const *header = request->headers; *header != NULL; header++) {
    struct curl_slist *longer = client->append(headers, *header);
    if (longer == NULL) {
      client->free_list(headers);
      snprintf(error, error_size, "out of memory");
      return -1;
    }
    headers = longer;
  }
  int code = prepare(client, request, headers, &into, words);
  if (code == 0) code = client->perform(client->handle);
  long status = 0;
  int64_t retry_after = 0;
  client->getinfo(client->handle, INFO_RESPONSE_CODE, &status);
  client->getinfo(client->handle, INFO_RETRY_AFTER, &retry_after);
  // Nothing of this call is left in the handle.
  client->reset(client->handle);
  client->free_list(headers);
  if (code != 0 && !into.is_too_long) {
    snprintf(error, error_size, "%s", words[0] != 0 ? words : client->words(code));
    free(into.bytes);
    return -1;
  }
  answer->status = status;
  answer->retry_after = retry_after;
  answer->body = into.bytes;
  answer->body_size = into.count;
  answer->is_too_long = into.is_too_long;
  return 0;
}
