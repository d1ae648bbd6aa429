/*
 * words_internal.h - every distinct text a rule set compares with, numbered; so that an
 * occurrence's texts are looked up once and all comparing is of numbers.
 *
 * Ownership: texts are borrowed until words_finish() copies them side by side; tables and copies are the
 *            heap's until words_fini().
 * Threads:   immutable once built; words_find() may be called from any. The hash is not keyed: only
 *            marketing's words are in the table, a stranger's are merely looked up.
 */
#ifndef RULES_WORDS_INTERNAL_H
#define RULES_WORDS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct words_slot {
	uint64_t
	    head; /* a text of up to seven bytes whole, with its length; else its first seven */
	uint32_t hash, id; /* id 0: empty */
};

struct words {
	struct words_slot *slots;
	struct slice *texts; /* by id; [0] unused */
	uint32_t slot_mask, count, cap;
	uint64_t lengths[256]; /* by first byte: a bit per length of a text */
	char *bytes; /* of all texts, once finished */
};

/* May there be a text of that length that begins with that byte?  Most words of a post are told from
 * all others by that. */
static inline bool
words_may_have(const struct words *w, unsigned char first, size_t len)
{
	return (w->lengths[first] >> (len < 63 ? len : 63) & 1) != 0;
}

int words_init(struct words *w);
void words_fini(struct words *w);
/* The number of a text, new or not; 0 without memory. */
uint32_t words_add(struct words *w, struct slice text);
/* No more words come: those that are there are brought close to each other.  -1 without memory. */
int words_finish(struct words *w);
/* 0: no rule speaks of it */
uint32_t words_find(const struct words *w, struct slice text);
/* The same of a text that is not folded yet, when that is quickly done: ASCII of at most so many letters.  False: it
 * is not, and nothing was looked for. */
#define WORDS_SHORT 7
bool words_find_short(const struct words *w, struct slice text, uint32_t *id_r);
/* The same in two steps, for who has many texts: ask for all, then hear the answers, and the waits for
 * memory are beside each other.  Asked is what words_ask() returned for that text. */
uint32_t words_ask(const struct words *w, struct slice text);
uint32_t words_answer(const struct words *w, struct slice text, uint32_t asked);

#endif
