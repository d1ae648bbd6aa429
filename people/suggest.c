/*
 * suggest.c - evidence is gathered into candidates, the best of which are suggested.
 */
#include "people/suggest.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/occurrence.h"
#include "core/post.h"
#include "people/links.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/suggestions.h"

#define CANDIDATES_MAX 32
#define FOUND_MAX 8 /* customers by one address, URL or handle: more share it than one person */
#define NAMESAKES_MAX 100 /* of the same last name: a name that more have says nothing */
#define NAMESAKE_SHORT 4 /* characters of a handle that say a little ... */
#define NAMESAKE_LONG 6 /* ... and something */

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
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
};

/* ---- candidates --------------------------------------------------------------------- */

/* NULL: there is no room for more. */
static struct candidate *
candidate_of(struct search *s, const struct customer *customer)
{
	for (size_t i = 0; i < s->count; i++)
		if (slice_eq(s->candidates[i].customer->id, customer->id))
			return &s->candidates[i];
	if (s->count == CANDIDATES_MAX)
		return NULL;
	s->candidates[s->count] = (struct candidate){customer, 0, 0};
	return &s->candidates[s->count++];
}

static int
add(struct search *s, struct slice customer_id, enum evidence what, struct err *err)
{
	struct customer *customer;
	struct candidate *c;
	int rc = store_customer_load(s->st, customer_id, s->now_ms, s->arena, &customer, err);

	if (rc <= 0)
		return rc;
	c = candidate_of(s, customer);
	if (c != NULL)
		c->shows |= 1u << what;
	return 0;
}

/* What more customers share than one person may is no evidence. */
static int
add_all(struct search *s, const struct slice_list *ids, enum evidence what, struct err *err)
{
	if (ids->count >= FOUND_MAX)
		return 0;
	for (size_t i = 0; i < ids->count; i++)
		if (add(s, ids->items[i], what, err) < 0)
			return -1;
	return 0;
}

/* ---- what is shown -------------------------------------------------------------------- */

static int
by_addresses(
    struct search *s, struct slice text, enum evidence email, enum evidence phone, struct err *err)
{
	static const char *const phone_channels[] = {"sms", "voice"};
	struct suggest_addresses found;
	struct slice_list ids;

	if (suggest_find_emails(text, s->arena, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		if (store_customers_by_address(s->st, SLICE_LIT("email"), found.items[i], FOUND_MAX,
			s->arena, &ids, err) < 0 ||
		    add_all(s, &ids, email, err) < 0)
			return -1;
	if (suggest_find_phones(text, s->arena, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count * 2; i++)
		if (store_customers_by_address(s->st, slice_of(phone_channels[i % 2]),
			found.items[i / 2], FOUND_MAX, s->arena, &ids, err) < 0 ||
		    add_all(s, &ids, phone, err) < 0)
			return -1;
	return 0;
}

static int
by_profile(struct search *s, struct slice value, struct err *err)
{
	struct slice_list ids;

	if (value.len < 3 || value.len > POST_NAME_MAX)
		return 0;
	if (store_customers_by_profile(s->st, value, FOUND_MAX, s->arena, &ids, err) < 0)
		return -1;
	return add_all(s, &ids, SHOWS_PROFILE, err);
}

/* With and without the slash at its end. */
static int
by_url(struct search *s, struct slice url, struct err *err)
{
	struct slice bare = url;
	const char *slashed;

	if (!slice_starts_with(url, "https://") && !slice_starts_with(url, "http://"))
		return 0;
	if (slice_ends_with(url, "/"))
		bare.len--;
	slashed = arena_printf(s->arena, "%.*s/", SLICE_ARG(bare));
	if (slashed == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a suggestion");
	return by_profile(s, bare, err) < 0 || by_profile(s, slice_of(slashed), err) < 0 ? -1 : 0;
}

/* "@jane@x.example" is at home at https://x.example/@jane. */
static int
by_profiles(struct search *s, struct err *err)
{
	struct slice key = s->handle_key, user;
	const char *home;

	if (by_url(s, s->author.url, err) < 0 || by_url(s, s->author.id, err) < 0)
		return -1;
	if (!slice_is_set(key))
		return 0;
	if (by_profile(s, key, err) < 0)
		return -1;
	key = slice_make(key.ptr + 1, key.len - 1);
	user = slice_split(&key, '@');
	if (!slice_is_set(key))
		return 0;
	home = arena_printf(s->arena, "https://%.*s/@%.*s", SLICE_ARG(key), SLICE_ARG(user));
	if (home == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a suggestion");
	return by_url(s, slice_of(home), err);
}

/* "@jane.doe" of "@jane.doe@x.example"; where there is no host, the part before the first dot: "@jane" of
 * "@jane.bsky.social". */
static struct slice
local_of(struct slice key)
{
	struct slice rest = slice_make(key.ptr + 1, key.len - 1), local = slice_split(&rest, '@');
	const char *dot = memchr(local.ptr, '.', local.len);

	if (!slice_is_set(rest) && dot != NULL)
		return slice_make(key.ptr, (size_t)(dot - key.ptr));
	return slice_make(key.ptr, local.len + 1);
}

static int
by_namesake(struct search *s, struct err *err)
{
	struct slice local = slice_is_set(s->handle_key) ? local_of(s->handle_key) : SLICE_NONE;
	struct slice_list ids;

	if (local.len < 1 + NAMESAKE_SHORT)
		return 0;
	if (store_customers_by_namesake(s->st, local, FOUND_MAX, s->arena, &ids, err) < 0)
		return -1;
	return add_all(
	    s, &ids, local.len < 1 + NAMESAKE_LONG ? SHOWS_SHORT_HANDLE : SHOWS_HANDLE, err);
}

/* ---- names ------------------------------------------------------------------------------- */

static bool
has_first_name(const struct customer *c, struct slice first)
{
	static const char *const names[] = {"FirstName", "first_name", "GivenName", "given_name"};

	for (size_t i = 0; i < c->attribute_count; i++)
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			if (slice_eq_nocase(c->attributes[i].name, slice_of(names[k])) &&
			    c->attributes[i].values.count == 1 &&
			    slice_eq_nocase(c->attributes[i].values.items[0], first))
				return true;
	return false;
}

static bool
speaks(const struct customer *c, const char *lang)
{
	struct slice l = slice_of(lang);

	if (l.len == 0 || slice_eq_str(l, "und") || c->locale.len < l.len)
		return false;
	return slice_eq_nocase(slice_make(c->locale.ptr, l.len), l) &&
	    (c->locale.len == l.len || c->locale.ptr[l.len] == '_' || c->locale.ptr[l.len] == '-');
}

/* "Hamburg, DE": what stands behind the last comma. */
static bool
lives_in(const struct customer *c, struct slice place)
{
	size_t at = place.len;

	while (at > 0 && place.ptr[at - 1] != ',')
		at--;
	return c->country.len > 0 && place.len > 0 &&
	    slice_eq_nocase(slice_trim(slice_make(place.ptr + at, place.len - at)), c->country);
}

static int
add_namesake(struct search *s, const struct customer *customer)
{
	bool speaks_it = speaks(customer, s->in->lang);
	bool lives_there = lives_in(customer, s->in->post->place);
	struct candidate *c = candidate_of(s, customer);

	if (c != NULL)
		c->shows |= 1u << (speaks_it && lives_there ? SHOWS_NAME_AND_BOTH
				    : speaks_it             ? SHOWS_NAME_AND_LANGUAGE
				    : lives_there           ? SHOWS_NAME_AND_COUNTRY
							    : SHOWS_NAME);
	return 0;
}

/* Those who have the name in one attribute, or in two: the last word and the others. */
static int
by_name_in(struct search *s, struct slice name, struct slice first, struct err *err)
{
	struct slice_list ids;
	struct customer *customer;
	size_t added = 0;

	if (store_customers_by_name(s->st, name, NAMESAKES_MAX, s->arena, &ids, err) < 0)
		return -1;
	if (ids.count >= NAMESAKES_MAX)
		return 0;
	for (size_t i = 0; i < ids.count && added < FOUND_MAX; i++) {
		int rc =
		    store_customer_load(s->st, ids.items[i], s->now_ms, s->arena, &customer, err);

		if (rc < 0)
			return -1;
		if (rc == 0 || (first.len > 0 && !has_first_name(customer, first)))
			continue;
		if (add_namesake(s, customer) < 0)
			return -1;
		added++;
	}
	return 0;
}

static int
by_name(struct search *s, struct err *err)
{
	struct slice name = slice_trim(s->author.name), first, last;
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != ' ')
		at--;
	if (at == 0 || name.len > POST_NAME_MAX) /* one word is no name of a person */
		return 0;
	first = slice_trim(slice_make(name.ptr, at));
	last = slice_make(name.ptr + at, name.len - at);
	if (first.len == 0)
		return 0;
	if (by_name_in(s, name, SLICE_LIT(""), err) < 0)
		return -1;
	return by_name_in(s, last, first, err);
}

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
	if (fill_author(s, err) < 0 || by_profiles(s, err) < 0 ||
	    by_addresses(s, s->author.bio, SHOWS_EMAIL_IN_BIO, SHOWS_PHONE_IN_BIO, err) < 0 ||
	    by_addresses(s, in->post->text, SHOWS_EMAIL, SHOWS_PHONE, err) < 0 ||
	    by_namesake(s, err) < 0 || by_name(s, err) < 0 || suggest_best(s, &found, err) < 0)
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
