/*
 * suggest_evidence.c - what an account shows becomes candidates: addresses, profiles, handles, names.
 */
#include "people/suggest_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/occurrence.h"
#include "store/persons.h"
#include "store/suggestions.h"

#define FOUND_MAX 8 /* customers by one address, URL or handle: more share it than one person */
#define NAMESAKES_MAX 100 /* of the same last name: a name that more have says nothing */
#define NAMESAKE_SHORT 4 /* characters of a handle that say a little ... */
#define NAMESAKE_LONG 6 /* ... and something */

/* ---- candidates --------------------------------------------------------------------- */

/* NULL: there is no room for more. */
static struct candidate *
candidate_of(struct search *s, const struct customer *customer)
{
	for (size_t i = 0; i < s->count; i++)
		if (slice_eq(s->candidates[i].customer->id, customer->id))
			return &s->candidates[i];
	if (s->count == SUGGEST_CANDIDATES_MAX)
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

int
suggest_gather(struct search *s, struct err *err)
{
	if (by_profiles(s, err) < 0 ||
	    by_addresses(s, s->author.bio, SHOWS_EMAIL_IN_BIO, SHOWS_PHONE_IN_BIO, err) < 0 ||
	    by_addresses(s, s->in->post->text, SHOWS_EMAIL, SHOWS_PHONE, err) < 0 ||
	    by_namesake(s, err) < 0)
		return -1;
	return by_name(s, err);
}
