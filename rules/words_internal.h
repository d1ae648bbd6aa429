/*
 * words_internal.h - every distinct text a rule set compares with, numbered; so that an
 * occurrence's texts are looked up once and all comparing is of numbers.
 *
 * Ownership: texts are borrowed (the rule set's arena); the tables are the heap's until
 *            words_fini().
 * Threads:   immutable once built; words_find() may be called from any. The hash is not keyed: only
 *            marketing's words are in the table, a stranger's are merely looked up.
 */
#ifndef RULES_WORDS_INTERNAL_H
#define RULES_WORDS_INTERNAL_H

#include <stdint.h>

#include "core/slice.h"

struct words_slot {
	uint32_t hash, id; /* id 0: empty */
};

struct words {
	struct words_slot *slots;
	struct slice *texts; /* by id; [0] unused */
	uint32_t slot_mask, count, cap;
	uint64_t lengths[256]; /* by first byte: a bit per length of a text */
};

int words_init(struct words *w);
void words_fini(struct words *w);
/* The number of a text, new or not; 0 without memory. */
uint32_t words_add(struct words *w, struct slice text);
/* 0: no rule speaks of it */
uint32_t words_find(const struct words *w, struct slice text);

#endif
