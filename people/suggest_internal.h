/*
 * suggest_internal.h - one search for the customers an account may be, as its files share it.
 *
 *   suggest.c           the best candidates are suggested; suggestions are decided
 *   suggest_evidence.c  what an account shows becomes candidates
 *   suggest_text.c      addresses in texts
 */
#ifndef PEOPLE_SUGGEST_INTERNAL_H
#define PEOPLE_SUGGEST_INTERNAL_H

#include "people/suggest.h"

#include "core/post.h"

struct customer;

#define SUGGEST_CANDIDATES_MAX 32

enum evidence {
	SHOWS_PROFILE,
	SHOWS_EMAIL_IN_BIO,
	SHOWS_PHONE_IN_BIO,
	SHOWS_EMAIL,
	SHOWS_PHONE,
	SHOWS_HANDLE,
	SHOWS_SHORT_HANDLE,
	SHOWS_NAME_AND_BOTH,
	SHOWS_NAME_AND_LANGUAGE,
	SHOWS_NAME_AND_COUNTRY,
	SHOWS_NAME,
	EVIDENCE_COUNT
};

struct candidate {
	const struct customer *customer; /* as merged */
	unsigned shows; /* bit 1 << enum evidence */
	int32_t confidence;
};

struct search {
	struct store *st;
	const struct suggest_input *in;
	int64_t now_ms;
	struct arena *arena;
	struct author author; /* what is known of the account, from this post or before */
	struct slice handle_key;
	struct candidate candidates[SUGGEST_CANDIDATES_MAX];
	size_t count;
};

/* Fills in the candidates.  0, -1 */
int suggest_gather(struct search *s, struct err *err);

#endif
