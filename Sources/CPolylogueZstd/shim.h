#pragma once
// Of what zstd declares for static linking only, ZSTD_createDDict_byReference is used.
#define ZSTD_STATIC_LINKING_ONLY
#include <zdict.h>
#include <zstd.h>
