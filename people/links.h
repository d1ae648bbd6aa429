/*
 * links.h - which account is which customer: made with a proof, ended with a reason, never lost.
 *
 * A link says how it was proven, how sure that is (percent), on what basis in words, and who made it.
 * An account is linked to one customer at most.  A new link displaces that to another customer when
 * its proof is better, or as good and shown by the account itself; an agent may always, for a person
 * has looked.  What is displaced ends with the reason; nothing is deleted.
 *
 *   proof            percent  what it means
 *   imported handle  80       an import names the handle; bound to the account first seen under it
 *   agent            90       a person of ours says so
 *   code             98       the account posted or sent a code that only the customer was given
 *   signed in        100      the customer signed in with the account
 *
 * While they are linked an account and its customer are one subject: linking joins what was counted
 * of both, ending takes it apart (store/joins.h).  Every change stands in the customer's history, with
 * the whole link as JSON before and after.
 *
 * Ownership: texts of results live in the arena given.
 * Errors:    -1 and err: ERR_NOT_FOUND (no such customer or link), ERR_CONFLICT (it was ended).
 * Threads:   pipeline thread, within a transaction.
 */
#ifndef PEOPLE_LINKS_H
#define PEOPLE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/links.h"

struct arena;
struct author;
struct err;
struct store;

/* Worse before better. */
enum link_proof {
	LINK_IMPORTED,
	LINK_AGENT,
	LINK_CODE,
	LINK_SIGNED_IN,
	LINK_PROOF_COUNT
};
const char *link_proof_name(enum link_proof p); /* "signed in"; as the rows have it */
bool link_proof_read(struct slice name, enum link_proof *proof_r);
int32_t link_proof_confidence(enum link_proof p); /* percent, as above */

/* May the account be linked anew, or suggested, at all?  Not when it objects to being profiled, and
 * not when the terms of its source forbid to match it with customers. */
bool links_may_match(const struct author *author, bool source_may_match);

struct link_wish {
	struct slice customer_id;
	struct slice author_id; /* SLICE_NONE: not heard yet, bound when the handle is first seen */
	struct slice handle_key; /* handle_key_make(); SLICE_NONE: none is known */
	enum link_proof proof;
	int32_t confidence; /* percent; 0: the proof's */
	struct slice basis; /* SLICE_NONE: the proof says it all */
	struct slice made_by; /* "rule x", "api", who */
};
enum link_answer {
	LINK_MADE,
	LINK_STRENGTHENED, /* it was there with a lesser proof */
	LINK_WAS_THERE,
	LINK_REFUSED, /* what is there is proven better; why says by what */
};
struct link_result {
	enum link_answer answer;
	struct link_row link; /* that in force now, of whichever customer */
	struct slice why; /* LINK_REFUSED, or what was displaced; SLICE_NONE */
};
int links_make(struct store *st, const struct link_wish *wish, int64_t now_ms, struct arena *a,
    struct link_result *result_r, struct err *err);

/* A link in force ends, by whom or what and why. */
int links_end(struct store *st, const struct link_row *link, struct slice by, const char *reason,
    int64_t now_ms, struct arena *a, struct err *err);

/* A link made from a handle is of this account from now on: what it had collected as a stranger counts
 * for the customer. */
int links_bind(struct store *st, struct link_row *link, struct slice author_id, int64_t now_ms,
    struct arena *a, struct err *err);

/* An import names the handle of a customer.  The caller has seen that nobody is linked to it. */
int links_import(struct store *st, struct slice customer_id, struct slice handle_key,
    int64_t now_ms, struct arena *a, struct err *err);

/* A link of an export, in force or ended, with all that it was.  The caller has seen that its account
 * and handle are nobody else's. */
int links_restore(
    struct store *st, struct link_row *link, int64_t now_ms, struct arena *a, struct err *err);

/* All links there ever were of a customer and of those it is one with, the oldest first. */
int links_of_customer(struct store *st, struct slice customer_id, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err);

/* Which account is meant: by its id, by a handle, or by the URL of a profile.  1 heard: the account
 * as stored; 0 never heard: handle_key_r is set when it reads as a handle; -1. */
struct author_row;
int links_find_author(struct store *st, struct slice key, struct arena *a, struct author_row *row_r,
    struct slice *handle_key_r, struct err *err);

#endif
