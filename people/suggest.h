/*
 * suggest.h - which customers a stranger may be: suggested to a person, and never in force by themselves.
 *
 *   what is shown                                                   percent
 *   a profile URL or handle of theirs is an attribute of a customer   85
 *   an e-mail address in the bio is a customer's                      80
 *   a phone number in the bio is a customer's                         75
 *   an e-mail address in the text is a customer's                     50
 *   a phone number in the text is a customer's                        45
 *   the same name before the @ as a linked account elsewhere          40; of 4 or 5 characters 25
 *   the same name, and the language or the country fits               20; both 30
 *   the same name alone                                                8, and said to be that alone
 *
 * Several of them add up as independent doubts do (100 - (100-a)(100-b)/100), to 95 at most: only a proof
 * makes certain.  A name that very many have says nothing.  Numbers are our judgement, not measured.
 *
 * Bounded: SUGGEST_AT_ONCE a look, SUGGEST_OPEN_MAX open ones of an account; one row for each pair of
 * account and customer.  What was dismissed, or was a link and ended, does not come back.  Accounts that
 * object to being profiled, or whose source forbids matching, are never looked for.
 *
 * Ownership: texts of results live in the arena given.
 * Errors:    -1 and err; ERR_NOT_FOUND, ERR_CONFLICT: it is decided.
 * Threads:   pipeline thread, within a transaction.
 */
#ifndef PEOPLE_SUGGEST_H
#define PEOPLE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct link_result;
struct post;
struct store;

#define SUGGEST_AT_ONCE 3
#define SUGGEST_OPEN_MAX 5
#define SUGGEST_CONFIDENCE_MAX 95

struct suggest_input {
	const struct post *post;
	const char *lang; /* of the text as found; "" or "und": not known */
	bool source_may_match;
	struct slice decision_id;
};
struct suggest_found {
	size_t count; /* new or better founded now */
	int32_t confidence; /* of the best */
	const char *why_not; /* nothing was looked for, and why; NULL */
};
int suggest_links(struct store *st, const struct suggest_input *in, int64_t now_ms, struct arena *a,
    struct suggest_found *found_r, struct err *err);

/* An agent has looked: the account is the customer's (proof "agent", the basis kept). */
int suggest_accept(struct store *st, int64_t suggestion_no, const char *who, int64_t now_ms,
    struct arena *a, struct link_result *result_r, struct err *err);
/* It is not, and is not to be suggested again. */
int suggest_dismiss(struct store *st, int64_t suggestion_no, const char *who, int64_t now_ms,
    struct arena *a, struct err *err);

/* Addresses in a text, in one spelling (lower case; "+" and digits).  For suggest.c and its tests. */
#define SUGGEST_ADDRESSES_MAX 4
struct suggest_addresses {
	struct slice items[SUGGEST_ADDRESSES_MAX];
	size_t count;
};
int suggest_find_emails(
    struct slice text, struct arena *a, struct suggest_addresses *out_r, struct err *err);
int suggest_find_phones(
    struct slice text, struct arena *a, struct suggest_addresses *out_r, struct err *err);

#endif
