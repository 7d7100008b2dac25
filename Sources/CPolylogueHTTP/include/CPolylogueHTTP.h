// Requests over HTTP by libcurl, which is opened at run time: a program that never calls another
// machine needs none of it.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A connection that is kept between requests; for one thread at a time.
typedef struct plh_client plh_client;

typedef struct {
  const char *_Nonnull url;
  // NULL ends the list.
  const char *_Nullable const *_Nonnull headers;
  const void *_Nonnull body;
  size_t body_size;
  long connect_milliseconds;
  long total_milliseconds;
  // The most bytes that are taken of an answer.
  size_t answer_limit;
  // Whether proxies that the environment names are passed by.
  int is_direct;
  // Asked once a second or more often with its context; what is not 0 ends the request.
  int (*_Nullable is_cancelled)(void *_Nullable);
  void *_Nullable context;
} plh_request;

typedef struct {
  // The status of HTTP; 0 where there was no answer.
  long status;
  // The seconds after which the other side wants to be asked again; 0 where it does not say.
  int64_t retry_after;
  // Freed with free().
  void *_Nullable body;
  size_t body_size;
  // Whether the answer was longer than what is taken.
  int is_too_long;
} plh_answer;

// Opens libcurl. Returns NULL, with a line of words, when there is none.
plh_client *_Nullable plh_open(char *_Nonnull error, size_t error_size);
void plh_close(plh_client *_Nullable client);

// Posts a body. Redirects are not followed. Returns 0, or -1 with a line of words when no answer
// came; then nothing is to be freed.
int plh_post(plh_client *_Nonnull client, const plh_request *_Nonnull request,
             plh_answer *_Nonnull answer, char *_Nonnull error, size_t error_size);
