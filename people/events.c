#include "people/events.h"

#include <assert.h>

#include "core/arena.h"
#include "core/country.h"
#include "core/err.h"
#include "core/utf8.h"
#include "people/merge.h"
#include "people/people.h"
#include "platform/zone.h"
#include "store/erasure.h"
#include "store/events.h"
#include "store/links.h"
#include "store/persons.h"

/* ---- whose it is ---------------------------------------------------------- */

/* 0 with the words, or -1. */
static int
nobody(struct slice *why_r, const char *words, struct err *err)
{
	if (words == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an event");
	*why_r = slice_of(words);
	return 0;
}

static int
by_address(struct store *st, const struct telling_address *whose, struct arena *a,
    struct slice *customer_id_r, struct slice *why_r, struct err *err)
{
	int rc = store_address_owner(st, whose->channel, whose->address, a, customer_id_r, err);

	if (rc < 0 || rc == 1)
		return rc;
	return nobody(why_r,
	    arena_printf(a, "the %.*s address '%.*s' is %s", SLICE_ARG(whose->channel),
		SLICE_ARG(utf8_prefix(whose->address, 100)),
		rc == 0 ? "no customer's" : "that of several customers"),
	    err);
}

static int
by_handle(struct store *st, struct slice handle, struct arena *a, struct slice *customer_id_r,
    size_t *count_r, struct err *err)
{
	struct link_row *rows = NULL;
	struct slice key = SLICE_NONE;
	int rc = handle_key_read(a, handle, &key, err);

	*count_r = 0;
	if (rc <= 0)
		return rc;
	if (store_links_by_handle(st, key, a, &rows, count_r, err) < 0)
		return -1;
	if (*count_r == 1)
		*customer_id_r = rows[0].customer_id;
	return *count_r == 1;
}

static int
by_author(struct store *st, struct slice author, struct arena *a, struct slice *customer_id_r,
    struct slice *why_r, struct err *err)
{
	struct link_row link;
	size_t count = 0;
	int rc = store_link_by_author(st, author, a, &link, err);

	if (rc == 1)
		*customer_id_r = link.customer_id;
	if (rc == 0)
		rc = by_handle(st, author, a, customer_id_r, &count, err);
	if (rc != 0)
		return rc;
	return nobody(why_r,
	    arena_printf(a, "the account '%.*s' is linked to %s",
		SLICE_ARG(utf8_prefix(author, 100)),
		count > 1 ? "several customers by its handle" : "no customer"),
	    err);
}

int
events_whose(struct store *st, const struct telling *t, struct arena *a,
    struct slice *customer_id_r, struct slice *why_r, struct err *err)
{
	if (slice_is_set(t->customer_id)) {
		int rc = store_is_erased(st, ERASURE_CUSTOMER, t->customer_id, err);

		if (rc != 0)
			return rc < 0 ? -1 : nobody(why_r, "the customer was erased", err);
		*customer_id_r = t->customer_id;
		return 1;
	}
	if (slice_is_set(t->whose.address))
		return by_address(st, &t->whose, a, customer_id_r, why_r, err);
	assert(slice_is_set(t->author));
	return by_author(st, t->author, a, customer_id_r, why_r, err);
}

/* ---- what it changes -------------------------------------------------------- */

struct applying {
	struct store *st;
	const struct telling *t;
	struct slice customer_id;
	const struct customer *before; /* NULL: they were not there */
	struct arena *arena;
	struct err *err;
};

static const char *
source_of(const struct applying *x)
{
	return x->t->source.ptr; /* copies in an arena end in NUL, and so do words of ours */
}

static struct slice
when_new(struct slice now, struct slice before)
{
	return slice_is_set(now) && !(slice_is_set(before) && slice_eq(now, before)) ? now
										     : SLICE_NONE;
}

/* The row itself: 1 changed, 0, -1. */
static int
put_customer(struct applying *x, bool *created_r)
{
	static const struct customer nobody_yet = {0};
	const struct customer *b = x->before != NULL ? x->before : &nobody_yet;
	struct slice zone = when_new(x->t->timezone, b->timezone);
	struct slice locale = when_new(x->t->locale, b->locale);
	struct slice country = when_new(country_code(x->t->country), b->country);

	*created_r = false;
	if (slice_is_set(zone) && !zone_exists(zone))
		zone = SLICE_NONE;
	if (slice_is_set(locale) && !locale_is_known(locale))
		locale = SLICE_NONE;
	if (x->before != NULL && !slice_is_set(zone) && !slice_is_set(locale) &&
	    !slice_is_set(country))
		return 0;
	if (store_customer_put(x->st, x->customer_id, zone, locale, country, x->t->received_at_ms,
		source_of(x), created_r, x->err) < 0)
		return -1;
	return 1;
}

static int
put_attributes(struct applying *x)
{
	int changed = 0;

	for (size_t i = 0; i < x->t->attribute_count; i++) {
		int rc = store_customer_set(x->st, x->customer_id, x->t->attributes[i].name,
		    x->t->attributes[i].values, x->t->received_at_ms, source_of(x), SLICE_NONE,
		    x->err);

		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

/* One address for each channel is ours to tell: a new one takes its place, an objection stays. */
static int
put_address(struct applying *x, const struct telling_address *address)
{
	struct endpoint e = {.channel = address->channel, .address = address->address};
	const char *id = arena_printf(x->arena, "%.*s:%.*s:%.*s", SLICE_ARG(x->t->source),
	    SLICE_ARG(x->customer_id), SLICE_ARG(address->channel));

	if (id == NULL)
		return err_set(x->err, ERR_NOMEM, "no memory for an address");
	e.id = slice_of(id);
	for (size_t i = 0; x->before != NULL && i < x->before->endpoint_count; i++) {
		const struct endpoint *b = &x->before->endpoints[i];

		if (slice_eq(b->channel, e.channel) && slice_eq(b->address, e.address))
			return 0;
		if (slice_eq(b->id, e.id))
			e.is_opted_out = b->is_opted_out;
	}
	return store_endpoint_put(
	    x->st, x->customer_id, &e, SLICE_LIT("{}"), x->t->received_at_ms, source_of(x), x->err);
}

int
events_apply(struct store *st, const struct telling *t, struct slice customer_id, struct arena *a,
    bool *created_r, struct err *err)
{
	struct applying x = {.st = st, .t = t, .customer_id = customer_id, .arena = a, .err = err};
	struct customer *before = NULL;
	int changed, rc;

	if (store_customer_load(st, customer_id, t->received_at_ms, a, &before, err) < 0)
		return -1;
	x.before = before;
	changed = put_customer(&x, created_r);
	if (changed < 0)
		return -1;
	rc = put_attributes(&x);
	if (rc < 0)
		return -1;
	changed |= rc;
	for (size_t i = 0; i < t->address_count; i++) {
		rc = put_address(&x, &t->addresses[i]);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

int
events_alias(struct store *st, const struct telling *t, struct arena *a, struct slice *why_r,
    struct err *err)
{
	struct merge_wish wish = {.id = t->previous_id,
	    .into = t->customer_id,
	    .by = t->source,
	    .reason = SLICE_LIT("alias")};
	struct customer *from, *into;
	struct err why = {ERR_NONE, ""};
	int rc = store_customer_load(st, t->previous_id, t->received_at_ms, a, &from, err);

	if (rc > 0)
		rc = store_customer_load(st, t->customer_id, t->received_at_ms, a, &into, err);
	if (rc <= 0)
		return rc;
	if (slice_eq(from->id, into->id))
		return 1;
	if (customer_merge(st, &wish, t->received_at_ms, a, &why) == 0)
		return 1;
	if (why.kind == ERR_CONFLICT)
		return nobody(why_r, arena_strdup(a, why.text), err);
	*err = why;
	return -1;
}

int
events_customer(struct store *st, struct slice customer_id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct slice *subject_r, struct err *err)
{
	int rc = store_customer_load(st, customer_id, now_ms, a, customer_r, err);

	if (rc <= 0)
		return rc;
	*subject_r = slice_of(arena_printf(a, "c:%.*s", SLICE_ARG((*customer_r)->id)));
	return slice_is_set(*subject_r) ? 1 : err_set(err, ERR_NOMEM, "no memory for a customer");
}
