/*
 * link_codes.h - one-time codes: whoever posts the code that only a customer was given has shown to be
 * that customer.
 *
 * A code reads "acme-7KQ4-M2XH-9PRT": the house's prefix, so that it is known for what it is, and twelve
 * of Crockford's 32 symbols (no U; O is read as 0, I and L as 1; case does not count), 59 bits.  The
 * groups may be parted by hyphens of any kind, one space, or nothing.  At least two of the symbols are
 * digits from 2 to 9, so that no sentence reads as a code.
 *
 * The code is told once; the row has its SHA-256.  It links the first account that shows it, before it
 * expires; then it is used up.  Wrong, used and expired ones do nothing but are counted: after
 * LINK_CODE_TRIES_MAX of them within an hour nothing of that account is read as a code for the rest
 * of that hour, so that nobody can guess.  A repost shows nothing: it is another's text.
 *
 * Ownership: texts of results live in the arena given.
 * Errors:    -1 and err; ERR_NOT_FOUND: no such customer; ERR_CONFLICT: too many open codes.
 * Threads:   pipeline thread, within a transaction; link_codes_find() any.
 */
#ifndef PEOPLE_LINK_CODES_H
#define PEOPLE_LINK_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct post;
struct store;

#define LINK_CODE_SYMBOLS 12
#define LINK_CODE_PREFIX_MIN 2
#define LINK_CODE_PREFIX_MAX 20
#define LINK_CODE_OPEN_MAX 3 /* open codes of one customer */
#define LINK_CODE_TRIES_MAX 5 /* wrong codes of one account within an hour */
#define LINK_CODES_A_POST_MAX 3 /* read in one post */
#define LINK_CODE_VALID_MIN_MS INT64_C(60000)
#define LINK_CODE_VALID_MAX_MS (INT64_C(30) * 86400000)

/* Letters and digits, so that a code is one word. */
bool link_code_prefix_ok(struct slice prefix);

/* A new code of a customer: *code_r is told once, and nowhere kept. */
int
link_code_make(struct store *st, struct slice customer_id, struct slice prefix, const char *made_by,
    int64_t valid_ms, int64_t now_ms, struct arena *a, struct slice *code_r, struct err *err);

/* What reads as a code in a text, in one spelling (LINK_CODE_SYMBOLS symbols and a NUL); each once.
 * Returns how many, at most max.  One pass over the text, no allocation. */
size_t link_codes_find(
    struct slice text, struct slice prefix, char (*codes)[LINK_CODE_SYMBOLS + 1], size_t max);

struct link_codes_seen {
	bool is_used; /* a code was good: the account is linked now, or was already */
	size_t wrong; /* codes that are none, are used up or expired, or were not even tried */
	struct slice words; /* what happened, for the log; SLICE_NONE: nothing */
};
/* A post came: any code in it?  Costs one look into the cache while no code is open. source_may_match:
 * the terms of its source allow to match its accounts with customers. */
int link_codes_read(struct store *st, const struct post *post, struct slice prefix,
    bool source_may_match, int64_t now_ms, struct arena *a, struct link_codes_seen *seen_r,
    struct err *err);

#endif
