/*
 * import_write.c - a judged row into the store.
 *
 * The file speaks for the file, not for what happened here since.  A cell that is empty, or a
 * column that is missing, keeps what there is.  Consent that was withdrawn here, an address that
 * bounced here, and a link that ended here are not brought back by importing the same file again:
 * only what an import took away, an import can give back.  The history, which names who made each
 * change, tells the two apart; when it does not reach back that far, the change counts as made
 * here.
 */
#include "people/import_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "people/links.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/store.h"

#define HISTORY_LOOKED_AT 200
#define REASON_RENAMED "the import names another handle"

/* ---- what is there ---------------------------------------------------------- */

static const struct endpoint *
endpoint_of(const struct customer *c, struct slice id)
{
	for (size_t k = 0; c != NULL && k < c->endpoint_count; k++)
		if (slice_eq(c->endpoints[k].id, id))
			return &c->endpoints[k];
	return NULL;
}

static const struct consent *
consent_of(const struct customer *c, struct slice channel, enum purpose purpose)
{
	for (size_t k = 0; c != NULL && k < c->consent_count; k++)
		if (slice_eq(c->consents[k].channel, channel) && c->consents[k].purpose == purpose)
			return &c->consents[k];
	return NULL;
}

static const struct attribute *
attribute_of(const struct attribute *list, size_t count, struct slice name)
{
	for (size_t k = 0; k < count; k++)
		if (slice_eq(list[k].name, name))
			return &list[k];
	return NULL;
}

static bool
has_other_open_endpoint(const struct customer *c, struct slice channel, struct slice but_not)
{
	for (size_t k = 0; c != NULL && k < c->endpoint_count; k++)
		if (slice_eq(c->endpoints[k].channel, channel) && !c->endpoints[k].is_opted_out &&
		    !slice_eq(c->endpoints[k].id, but_not))
			return true;
	return false;
}

/* Did an import make the last change of a field? 1, 0 (somebody here did, or nobody knows), -1. */
static int
is_imported(struct import *i, struct slice customer_id, const char *field, struct err *err)
{
	struct history_row *rows;
	size_t count;

	if (store_history_list(i->st, customer_id, HISTORY_LOOKED_AT, i->row, &rows, &count, err) <
	    0)
		return -1;
	for (size_t k = 0; k < count; k++)
		if (slice_eq_str(rows[k].field, field))
			return slice_eq_str(rows[k].source, i->o.source);
	return 0;
}

static int
nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for a row");
}

/* ---- the customer ------------------------------------------------------------- */

/*
 * The customer's own zone, locale and country come from the first endpoint that has one, and follow
 * an endpoint whose value changes. Endpoints may differ: if the last one won, each import of the
 * same file would change the customer to and fro.
 */
static struct slice
fact_for(const struct person_row *p, struct slice now, struct slice before, bool had_endpoint,
    struct slice endpoint_before)
{
	if (!slice_is_set(now) || (slice_is_set(before) && slice_eq(now, before)))
		return SLICE_NONE;
	if (!slice_is_set(before) || !p->has_endpoint)
		return now;
	return had_endpoint && !(slice_is_set(endpoint_before) && slice_eq(now, endpoint_before))
	    ? now
	    : SLICE_NONE;
}

/* 1 changed, 0, -1. */
static int
write_customer(struct import *i, const struct person_row *p, const struct customer *before,
    bool *created_r, struct err *err)
{
	static const struct customer nobody = {0};
	static const struct endpoint none = {0};
	const struct endpoint *e = endpoint_of(before, p->endpoint_id);
	const struct customer *c = before == NULL ? &nobody : before;
	bool had = e != NULL;
	struct slice zone, locale, country;

	if (e == NULL)
		e = &none;
	zone = fact_for(p, p->timezone, c->timezone, had, e->timezone);
	locale = fact_for(p, p->locale, c->locale, had, e->locale);
	country = fact_for(p, p->country, c->country, had, e->country);
	if (before != NULL && !slice_is_set(zone) && !slice_is_set(locale) &&
	    !slice_is_set(country))
		return 0;
	if (store_customer_put(
		i->st, p->user_id, zone, locale, country, i->o.now_ms, created_r, err) < 0)
		return -1;
	return 1;
}

static int
write_attributes(struct import *i, const struct person_row *p, struct err *err)
{
	int changed = 0;

	for (size_t k = 0; k < p->user_count; k++) {
		int rc = store_customer_set(i->st, p->user_id, p->user[k].name, p->user[k].values,
		    i->o.now_ms, i->o.source, SLICE_NONE, err);

		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

/* ---- endpoint and consent -------------------------------------------------------- */

/* May this row give the consent that is withdrawn now? */
static int
may_give_back(struct import *i, const struct person_row *p, enum purpose purpose, struct err *err)
{
	const char *field;

	if (!p->has_opt_out)
		return 0;
	field =
	    arena_printf(i->row, "consent:%.*s:%s", SLICE_ARG(p->channel), purpose_name(purpose));
	return field == NULL ? nomem(err) : is_imported(i, p->user_id, field, err);
}

/*
 * OptOut NONE, which is also what no word means, is consent, unless the person has withdrawn it
 * here.  ALL withdraws when no other address of the channel is open; the endpoint itself is closed
 * in any case.
 */
static int
write_consents(struct import *i, const struct person_row *p, const struct customer *before,
    bool is_opted_out, struct err *err)
{
	int changed = 0;

	for (int purpose = PURPOSE_SERVICE; purpose <= PURPOSE_MARKETING; purpose++) {
		struct consent c = {.channel = p->channel,
		    .purpose = (enum purpose)purpose,
		    .is_given = !is_opted_out};
		const struct consent *was = consent_of(before, p->channel, (enum purpose)purpose);
		int rc;

		if (!c.is_given && has_other_open_endpoint(before, p->channel, p->endpoint_id))
			continue;
		if (c.is_given && was != NULL && !was->is_given) {
			rc = may_give_back(i, p, (enum purpose)purpose, err);
			if (rc < 0)
				return -1;
			if (rc == 0)
				continue;
		}
		rc = store_consent_put(i->st, p->user_id, &c, i->o.now_ms, i->o.source, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

/* The endpoint's attributes with those of the row, which replace values and leave the others. */
static int
merge_attributes(struct import *i, const struct person_row *p, const struct endpoint *old,
    struct endpoint *e, struct err *err)
{
	struct attribute *list =
	    arena_array(i->row, p->own_count + old->attribute_count + 1, sizeof *list);
	size_t count = 0;

	if (list == NULL)
		return nomem(err);
	for (size_t k = 0; k < old->attribute_count; k++) {
		const struct attribute *a =
		    attribute_of(p->own, p->own_count, old->attributes[k].name);

		list[count++] = a == NULL ? old->attributes[k] : *a;
	}
	for (size_t k = 0; k < p->own_count; k++)
		if (attribute_of(old->attributes, old->attribute_count, p->own[k].name) == NULL)
			list[count++] = p->own[k];
	e->attributes = list;
	e->attribute_count = count;
	return 0;
}

/* Is the endpoint out of use? One that bounced here stays so, unless it has a new address. 1, 0,
 * -1. */
static int
stays_inactive(
    struct import *i, const struct person_row *p, const struct endpoint *old, struct err *err)
{
	const char *field;
	int rc;

	if (p->has_status && p->is_inactive)
		return 1;
	if (!old->is_inactive || !slice_eq(old->address, p->address))
		return 0;
	if (!p->has_status)
		return 1;
	field = arena_printf(i->row, "endpoint:%.*s", SLICE_ARG(p->endpoint_id));
	if (field == NULL)
		return nomem(err);
	rc = is_imported(i, p->user_id, field, err);
	return rc < 0 ? -1 : !rc;
}

static struct slice
or_else(struct slice now, struct slice before)
{
	return slice_is_set(now) ? now : before;
}

static int
write_endpoint(
    struct import *i, const struct person_row *p, const struct customer *before, struct err *err)
{
	static const struct endpoint none = {0};
	const struct endpoint *old = endpoint_of(before, p->endpoint_id);
	struct endpoint e = {0};
	int rc, consents;

	if (old == NULL)
		old = &none;
	rc = stays_inactive(i, p, old, err);
	if (rc < 0 || merge_attributes(i, p, old, &e, err) < 0)
		return -1;
	e.id = p->endpoint_id;
	e.channel = p->channel;
	e.address = p->address;
	e.is_opted_out = p->has_opt_out ? p->is_opted_out : old->is_opted_out;
	e.is_inactive = rc > 0;
	e.timezone = or_else(p->timezone, old->timezone);
	e.locale = or_else(p->locale, old->locale);
	e.country = or_else(p->country, old->country);
	rc =
	    store_endpoint_put(i->st, p->user_id, &e, p->extra_json, i->o.now_ms, i->o.source, err);
	if (rc < 0)
		return -1;
	consents = write_consents(i, p, before, e.is_opted_out, err);
	return consents < 0 ? -1 : rc | consents;
}

/* ---- links ------------------------------------------------------------------------- */

struct handles {
	struct slice keys[IMPORT_HANDLES_MAX];
	size_t count;
};

static bool
handles_have(const struct handles *h, struct slice key)
{
	for (size_t k = 0; k < h->count; k++)
		if (slice_eq(h->keys[k], key))
			return true;
	return false;
}

/* is_new: from this row, so that a value that is no handle is worth a finding. */
static int
handles_add(
    struct import *i, struct handles *h, const struct attribute *a, bool is_new, struct err *err)
{
	size_t column = import_attribute_column(i, i->o.handle_attribute);

	for (size_t k = 0; a != NULL && k < a->values.count; k++) {
		struct slice key;
		int rc = handle_key_read(i->row, a->values.items[k], &key, err);

		if (rc < 0)
			return -1;
		if (rc == 0 && is_new)
			import_finding(i, DIAG_WARNING, "I010", column,
			    "write it like @someone@mastodon.social",
			    "'%.*s' is no social handle; nobody is linked",
			    SLICE_ARG(utf8_prefix(a->values.items[k], 100)));
		if (rc == 0 || handles_have(h, key))
			continue;
		if (h->count < IMPORT_HANDLES_MAX)
			h->keys[h->count++] = key;
		else if (is_new)
			import_finding(i, DIAG_WARNING, "I010", column, NULL,
			    "more than %d handles for one customer; %.*s is not linked",
			    IMPORT_HANDLES_MAX, SLICE_ARG(utf8_prefix(key, 100)));
	}
	return 0;
}

/* All handles of the customer as they stand with this row: the customer's own and those of each
 * endpoint. */
static int
handles_collect(struct import *i, const struct person_row *p, const struct customer *before,
    struct handles *h, struct err *err)
{
	struct slice name = slice_of(i->o.handle_attribute);
	const struct attribute *user = attribute_of(p->user, p->user_count, name);
	const struct attribute *own = attribute_of(p->own, p->own_count, name);

	if (handles_add(i, h, user, true, err) < 0 || handles_add(i, h, own, true, err) < 0)
		return -1;
	if (before == NULL)
		return 0;
	if (user == NULL &&
	    handles_add(i, h, attribute_of(before->attributes, before->attribute_count, name),
		false, err) < 0)
		return -1;
	for (size_t k = 0; k < before->endpoint_count; k++) {
		const struct endpoint *e = &before->endpoints[k];

		if (own != NULL && slice_eq(e->id, p->endpoint_id))
			continue;
		if (handles_add(i, h, attribute_of(e->attributes, e->attribute_count, name), false,
			err) < 0)
			return -1;
	}
	return 0;
}

/* A link of this customer that was ended here (the handle went to somebody else, an agent undid it)
 * is not made anew. */
static bool
was_ended_here(struct import *i, const struct link_row *rows, size_t count, struct slice key)
{
	const struct link_row *last = NULL;
	char when[TIME_TEXT_MAX];

	for (size_t k = 0; k < count; k++)
		if (slice_eq(rows[k].handle_key, key))
			last = &rows[k];
	if (last == NULL || last->unlinked_at_ms == TIME_UNKNOWN ||
	    slice_eq_str(last->unlink_reason, REASON_RENAMED))
		return false;
	time_format_rfc3339(last->unlinked_at_ms, when);
	import_finding(i, DIAG_WARNING, "I015", import_attribute_column(i, i->o.handle_attribute),
	    NULL, "the link of %.*s was ended on %s (%.*s); it is not made again",
	    SLICE_ARG(utf8_prefix(key, 100)), when,
	    SLICE_ARG(utf8_prefix(last->unlink_reason, 300)));
	return true;
}

/* 1 linked now, 0 nothing to do (linked already, or may not be), -1. */
static int
link_handle(struct import *i, const struct person_row *p, struct slice key,
    const struct link_row *own_links, size_t own_count, struct err *err)
{
	struct link_row *rows = NULL;
	size_t count = 0;

	if (store_links_by_handle(i->st, key, i->row, &rows, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++)
		if (slice_eq(rows[k].customer_id, p->user_id))
			return 0;
	if (count > 0) {
		import_finding(i, DIAG_WARNING, "I009",
		    import_attribute_column(i, i->o.handle_attribute),
		    "a handle belongs to one customer",
		    "the handle %.*s is linked to customer '%.*s' already; it is not linked twice",
		    SLICE_ARG(utf8_prefix(key, 100)),
		    SLICE_ARG(utf8_prefix(rows[0].customer_id, 100)));
		return 0;
	}
	if (was_ended_here(i, own_links, own_count, key))
		return 0;
	if (links_import(i->st, p->user_id, key, i->o.now_ms, i->row, err) < 0)
		return -1;
	i->report.links++;
	return 1;
}

/* The customer's handles are those the file names: new ones are linked, imported ones it names no
 * more are unlinked. */
static int
write_links(
    struct import *i, const struct person_row *p, const struct customer *before, struct err *err)
{
	struct handles named = {0};
	struct link_row *rows = NULL;
	size_t count = 0;
	int changed = 0, rc;

	if (handles_collect(i, p, before, &named, err) < 0 ||
	    store_links_of_customer(i->st, p->user_id, i->row, &rows, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++) {
		if (rows[k].unlinked_at_ms != TIME_UNKNOWN ||
		    !slice_eq_str(rows[k].proof, link_proof_name(LINK_IMPORTED)) ||
		    handles_have(&named, rows[k].handle_key))
			continue;
		if (links_end(i->st, &rows[k], SLICE_LIT("import"), REASON_RENAMED, i->o.now_ms,
			i->row, err) < 0)
			return -1;
		changed = 1;
	}
	for (size_t k = 0; k < named.count; k++) {
		rc = link_handle(i, p, named.keys[k], rows, count, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

int
import_row_write(struct import *i, const struct person_row *p, struct err *err)
{
	struct customer *before = NULL;
	bool created = false;
	int changed, rc;

	assert(store_in_transaction(i->st) && slice_is_set(p->user_id));
	if (store_customer_load(i->st, p->user_id, i->o.now_ms, i->row, &before, err) < 0)
		return -1;
	changed = write_customer(i, p, before, &created, err);
	if (changed < 0)
		return -1;
	rc = write_attributes(i, p, err);
	if (rc < 0)
		return -1;
	changed |= rc;
	if (p->has_endpoint) {
		rc = write_endpoint(i, p, before, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	rc = write_links(i, p, before, err);
	if (rc < 0)
		return -1;
	changed |= rc;
	i->report.created += created;
	i->report.updated += !created && changed;
	i->report.unchanged += !changed;
	return 0;
}
