// The one-shot SHA-256 interface: it needs no provider look-up, so a process that
// hashes one small thing does not pay for OpenSSL's start-up.
#pragma once
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
