/*
 * crypto.h - hashes, signatures, tokens, base64; libcrypto behind it.  Threads: any.
 */
#ifndef PLATFORM_CRYPTO_H
#define PLATFORM_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct buf;

#define CRYPTO_SHA256_BYTES 32

void crypto_sha256(struct slice s, uint8_t out[CRYPTO_SHA256_BYTES]);
/* Several parts as if joined; each part is preceded by its length, so that parts cannot run
 * together. */
void crypto_sha256_parts(const struct slice *parts, size_t count, uint8_t out[CRYPTO_SHA256_BYTES]);
void crypto_hmac_sha256(struct slice key, struct slice message, uint8_t out[CRYPTO_SHA256_BYTES]);
void crypto_random(void *out, size_t len); /* aborts when the kernel has none */
bool crypto_equal(struct slice a, struct slice b); /* in constant time for equal lengths */

/* Lower-case hex; out gets 2 * len + 1 bytes. */
void crypto_hex(const void *bytes, size_t len, char *out);
int crypto_base64_add(struct buf *out, struct slice s); /* standard alphabet, padded */
/* Strict decoding into out (capacity out_size); the length, or -1. */
int crypto_base64_decode(struct slice text, void *out, size_t out_size);

#endif
