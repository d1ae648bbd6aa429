/*
 * erasure_book.h - a book of erased persons for tests: hashes without a key, and no ledger behind them.
 */
#ifndef TESTS_SUPPORT_ERASURE_BOOK_H
#define TESTS_SUPPORT_ERASURE_BOOK_H

#include <stdio.h>

#include "core/map.h"
#include "store/erasure.h"

static void
erasure_book_hash(
    void *cookie, enum erasure_kind kind, struct slice id, char hash_r[ERASURE_HASH_SIZE])
{
	(void)cookie;
	for (unsigned i = 0; i < 4; i++)
		snprintf(hash_r + (size_t)16 * i, 17, "%016llx",
		    (unsigned long long)hash_siphash(7 + i, (uint64_t)kind, id));
}

static int
erasure_book_append(void *cookie, const char (*hashes)[ERASURE_HASH_SIZE], size_t count,
    int64_t at_ms, struct err *err)
{
	(void)cookie, (void)hashes, (void)count, (void)at_ms, (void)err;
	return 0;
}

static const struct erasure_book erasure_test_book = {NULL, erasure_book_hash, erasure_book_append};

#endif
