/*
 * suggest.c - of what was gathered the best candidates are suggested, and a person decides.
 */
#include "people/suggest_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/occurrence.h"
#include "people/links.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/suggestions.h"

static const struct {
	int32_t confidence;
	const char *words;
} evidences[EVIDENCE_COUNT] = {
    [SHOWS_PROFILE] = {85, "a profile among the customer's attributes"},
    [SHOWS_EMAIL_IN_BIO] = {80, "the customer's e-mail address in the bio"},
    [SHOWS_PHONE_IN_BIO] = {75, "the customer's phone number in the bio"},
    [SHOWS_EMAIL] = {50, "the customer's e-mail address in a post"},
    [SHOWS_PHONE] = {45, "the customer's phone number in a post"},
    [SHOWS_HANDLE] = {40, "the same handle as the customer's elsewhere"},
    [SHOWS_SHORT_HANDLE] = {25, "the same short handle as the customer's elsewhere"},
    [SHOWS_NAME_AND_BOTH] = {30, "the same name, language and country"},
    [SHOWS_NAME_AND_LANGUAGE] = {20, "the same name and language"},
    [SHOWS_NAME_AND_COUNTRY] = {20, "the same name and country"},
    [SHOWS_NAME] = {8, "a name alone, which says little"},
};

/* ---- choosing ----------------------------------------------------------------------------- */

static int32_t
confidence_of(unsigned shows)
{
	int64_t doubt = 100 * 100;

	for (int e = 0; e < EVIDENCE_COUNT; e++)
		if (shows & (1u << e))
			doubt = doubt * (100 - evidences[e].confidence) / 100;
	doubt = 100 - doubt / 100;
	return doubt > SUGGEST_CONFIDENCE_MAX ? SUGGEST_CONFIDENCE_MAX : (int32_t)doubt;
}

static struct candidate *
best_of(struct search *s)
{
	struct candidate *best = NULL;

	for (size_t i = 0; i < s->count; i++)
		if (s->candidates[i].confidence > 0 &&
		    (best == NULL || s->candidates[i].confidence > best->confidence))
			best = &s->candidates[i];
	return best;
}

/* 1 this account was the customer's once, and that ended: an end that a person made is not called
 * into question; 0; -1. */
static int
was_linked(struct search *s, struct slice customer_id, struct err *err)
{
	struct link_row *rows;
	size_t count;

	if (links_of_customer(s->st, customer_id, s->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (rows[i].unlinked_at_ms != TIME_UNKNOWN && slice_is_set(rows[i].author_id) &&
		    slice_eq(rows[i].author_id, s->author.id))
			return 1;
	return 0;
}

static const char *
words_of(unsigned shows, struct arena *a)
{
	const char *text = "";

	for (int e = 0; e < EVIDENCE_COUNT && text != NULL; e++)
		if (shows & (1u << e))
			text = arena_printf(
			    a, "%s%s%s", text, text[0] == '\0' ? "" : "; ", evidences[e].words);
	return text;
}

static int
suggest(struct search *s, const struct candidate *c, struct err *err)
{
	struct suggestion_row row = {.customer_id = c->customer->id,
	    .author_id = s->author.id,
	    .handle = s->author.handle,
	    .confidence = c->confidence,
	    .basis = slice_of(words_of(c->shows, s->arena)),
	    .decision_id = s->in->decision_id,
	    .at_ms = s->now_ms};

	if (!slice_is_set(row.basis))
		return err_set(err, ERR_NOMEM, "no memory for a suggestion");
	return store_suggestion_put(s->st, &row, err);
}

/* 1 it is suggested now, 0 it is not or was already, -1. */
static int
offer(struct search *s, const struct candidate *c, struct err *err)
{
	int rc = was_linked(s, c->customer->id, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return suggest(s, c, err);
}

static int
suggest_best(struct search *s, struct suggest_found *found, struct err *err)
{
	struct candidate *c;
	int64_t open;
	int rc;

	for (size_t i = 0; i < s->count; i++)
		s->candidates[i].confidence = confidence_of(s->candidates[i].shows);
	if (store_suggestions_open_of(s->st, s->author.id, &open, err) < 0)
		return -1;
	for (size_t n = 0; n < SUGGEST_AT_ONCE && open < SUGGEST_OPEN_MAX; n++) {
		c = best_of(s);
		if (c == NULL)
			return 0;
		rc = offer(s, c, err);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			found->count++;
			if (c->confidence > found->confidence)
				found->confidence = c->confidence;
			open++;
		}
		c->confidence = 0;
	}
	return 0;
}

/* ---- looking ------------------------------------------------------------------------------ */

/* This post shows the account as it is now; what it leaves out we may know from before. */
static int
fill_author(struct search *s, struct err *err)
{
	const struct author *now = &s->in->post->author;
	struct author_row row;
	int rc = store_author_load(s->st, now->id, false, s->arena, &row, err);

	if (rc < 0)
		return -1;
	s->author = *now;
	if (rc > 0) {
		if (!slice_is_set(now->bio))
			s->author.bio = row.author.bio;
		if (!slice_is_set(now->name))
			s->author.name = row.author.name;
		if (!slice_is_set(now->url))
			s->author.url = row.author.url;
	}
	return handle_key_read(s->arena, s->author.handle, &s->handle_key, err) < 0 ? -1 : 0;
}

int
suggest_links(struct store *st, const struct suggest_input *in, int64_t now_ms, struct arena *a,
    struct suggest_found *found_r, struct err *err)
{
	struct suggest_found found = {0, 0, NULL};
	struct search *s;

	assert(in->post->author.id.len > 0);
	if (!links_may_match(&in->post->author, in->source_may_match)) {
		found.why_not = in->source_may_match
		    ? "the author objects to being profiled"
		    : "the source's terms forbid to match its accounts with customers";
		*found_r = found;
		return 0;
	}
	s = ARENA_NEW(a, struct search);
	if (s == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a suggestion");
	s->st = st;
	s->in = in;
	s->now_ms = now_ms;
	s->arena = a;
	if (fill_author(s, err) < 0 || suggest_gather(s, err) < 0 ||
	    suggest_best(s, &found, err) < 0)
		return -1;
	*found_r = found;
	return 0;
}

/* ---- deciding ------------------------------------------------------------------------------ */

static int
load_open(
    struct store *st, int64_t no, struct arena *a, struct suggestion_row *row, struct err *err)
{
	int rc = store_suggestion_load(st, no, a, row, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no suggestion number %lld", (long long)no);
	if (row->state != SUGGESTION_OPEN)
		return err_set(err, ERR_CONFLICT, "suggestion %lld was %s by %.*s already",
		    (long long)no, row->state == SUGGESTION_ACCEPTED ? "accepted" : "dismissed",
		    SLICE_ARG(row->changed_by));
	return 0;
}

int
suggest_accept(struct store *st, int64_t suggestion_no, const char *who, int64_t now_ms,
    struct arena *a, struct link_result *result_r, struct err *err)
{
	struct suggestion_row row;
	struct link_wish wish = {.proof = LINK_AGENT, .made_by = slice_of(who)};

	if (load_open(st, suggestion_no, a, &row, err) < 0)
		return -1;
	wish.customer_id = row.customer_id;
	wish.author_id = row.author_id;
	wish.basis = slice_of(
	    arena_printf(a, "suggested at %d %%: %.*s", (int)row.confidence, SLICE_ARG(row.basis)));
	if (!slice_is_set(wish.basis))
		return err_set(err, ERR_NOMEM, "no memory for a link");
	if (handle_key_read(a, row.handle, &wish.handle_key, err) < 0 ||
	    store_suggestion_decide(
		st, suggestion_no, SUGGESTION_ACCEPTED, slice_of(who), now_ms, err) < 0)
		return -1;
	return links_make(st, &wish, now_ms, a, result_r, err);
}

int
suggest_dismiss(struct store *st, int64_t suggestion_no, const char *who, int64_t now_ms,
    struct arena *a, struct err *err)
{
	struct suggestion_row row;

	if (load_open(st, suggestion_no, a, &row, err) < 0)
		return -1;
	return store_suggestion_decide(
	    st, suggestion_no, SUGGESTION_DISMISSED, slice_of(who), now_ms, err);
}
