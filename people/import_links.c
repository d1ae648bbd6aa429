/*
 * import_links.c - whose accounts the file says they are: by the handles a customer's attributes
 * name, or by the links of our own export.
 */
#include "people/import_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "people/links.h"
#include "people/people.h"

#define REASON_RENAMED "the import names another handle"

/* ---- handles that are named ------------------------------------------------------ */

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

static const struct attribute *
attribute_of(const struct attribute *list, size_t count, struct slice name)
{
	for (size_t k = 0; k < count; k++)
		if (slice_eq(list[k].name, name))
			return &list[k];
	return NULL;
}

/* is_new: from this row, so that a value that is no handle is worth a finding. */
static int
handles_add(
    struct import *i, struct handles *h, const struct attribute *a, bool is_new, struct err *err)
{
	for (size_t k = 0; a != NULL && k < a->values.count; k++) {
		size_t column = import_attribute_column(i, i->o.handle_attribute);
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

static bool
is_of_row(const struct person_row *p, struct slice endpoint_id)
{
	for (size_t k = 0; k < p->endpoint_count; k++)
		if (slice_eq(p->endpoints[k].e.id, endpoint_id))
			return true;
	return false;
}

/* All handles of the customer as they stand with this row: the customer's own and those of each
 * endpoint. */
static int
handles_collect(struct import *i, const struct person_row *p, const struct customer_record *before,
    const struct customer_record *after, struct handles *h, struct err *err)
{
	struct slice name = slice_of(i->o.handle_attribute);
	const struct attribute *a = attribute_of(p->attributes, p->attribute_count, name);

	if (handles_add(i, h, a, true, err) < 0)
		return -1;
	if (a == NULL && before != NULL &&
	    handles_add(i, h, attribute_of(before->c.attributes, before->c.attribute_count, name),
		false, err) < 0)
		return -1;
	for (size_t k = 0; k < after->c.endpoint_count; k++) {
		const struct endpoint *e = &after->c.endpoints[k];

		if (handles_add(i, h, attribute_of(e->attributes, e->attribute_count, name),
			is_of_row(p, e->id), err) < 0)
			return -1;
	}
	return 0;
}

/* A link of this customer that was ended here (the handle went to somebody else, an agent undid it)
 * is not made anew. */
static bool
was_ended_here(struct import *i, const struct customer_record *before, struct slice key)
{
	const struct link_row *last = NULL;
	char when[TIME_TEXT_MAX];

	for (size_t k = 0; before != NULL && k < before->link_count; k++)
		if (slice_eq(before->links[k].handle_key, key))
			last = &before->links[k];
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

/* Whose is the handle now? 1 nobody's, 0 somebody's (another's is a finding), -1. */
static int
handle_is_free(struct import *i, const struct person_row *p, struct slice key, struct err *err)
{
	struct link_row *rows = NULL;
	size_t count = 0;

	if (store_links_by_handle(i->st, key, i->row, &rows, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++)
		if (slice_eq(rows[k].customer_id, p->user_id))
			return 0;
	if (count == 0)
		return 1;
	import_finding(i, DIAG_WARNING, "I009", import_attribute_column(i, i->o.handle_attribute),
	    "a handle belongs to one customer",
	    "the handle %.*s is linked to customer '%.*s' already; it is not linked twice",
	    SLICE_ARG(utf8_prefix(key, 100)), SLICE_ARG(utf8_prefix(rows[0].customer_id, 100)));
	return 0;
}

/* 1 linked now, 0 nothing to do (linked already, or may not be), -1. */
static int
link_handle(struct import *i, const struct person_row *p, struct slice key,
    const struct customer_record *before, struct err *err)
{
	int rc = handle_is_free(i, p, key, err);

	if (rc <= 0)
		return rc;
	if (was_ended_here(i, before, key))
		return 0;
	if (links_import(i->st, p->user_id, key, i->o.now_ms, i->row, err) < 0)
		return -1;
	i->report.links++;
	return 1;
}

/* The customer's handles are those the file names: new ones are linked, imported ones it names no
 * more are unlinked. */
static int
write_named(struct import *i, const struct person_row *p, const struct customer_record *before,
    const struct customer_record *after, struct err *err)
{
	struct handles named = {0};
	int changed = 0, rc;

	if (handles_collect(i, p, before, after, &named, err) < 0)
		return -1;
	for (size_t k = 0; before != NULL && k < before->link_count; k++) {
		const struct link_row *l = &before->links[k];

		if (l->unlinked_at_ms != TIME_UNKNOWN ||
		    !slice_eq_str(l->proof, link_proof_name(LINK_IMPORTED)) ||
		    handles_have(&named, l->handle_key))
			continue;
		if (links_end(i->st, l, SLICE_LIT("import"), REASON_RENAMED, i->o.now_ms, i->row,
			err) < 0)
			return -1;
		changed = 1;
	}
	for (size_t k = 0; k < named.count; k++) {
		rc = link_handle(i, p, named.keys[k], before, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

/* ---- links that are given ------------------------------------------------------------ */

static bool
is_there(const struct customer_record *before, const struct link_row *l)
{
	for (size_t k = 0; before != NULL && k < before->link_count; k++)
		if (before->links[k].linked_at_ms == l->linked_at_ms &&
		    slice_eq(before->links[k].handle_key, l->handle_key) &&
		    (l->handle_key.len > 0 || slice_eq(before->links[k].author_id, l->author_id)))
			return true;
	return false;
}

/* In force, it must not be another's. 1, 0, -1. */
static int
may_be_linked(
    struct import *i, const struct person_row *p, const struct link_row *l, struct err *err)
{
	struct link_row other;
	int rc = 0;

	if (l->unlinked_at_ms != TIME_UNKNOWN)
		return 1;
	if (slice_is_set(l->author_id))
		rc = store_link_by_author(i->st, l->author_id, i->row, &other, err);
	if (rc < 0)
		return -1;
	if (rc > 0) {
		if (!slice_eq(other.customer_id, p->user_id))
			import_finding(i, DIAG_WARNING, "I009", 0,
			    "an account belongs to one customer",
			    "the account %.*s is linked to customer '%.*s' already; it is not "
			    "linked twice",
			    SLICE_ARG(utf8_prefix(l->author_id, 100)),
			    SLICE_ARG(utf8_prefix(other.customer_id, 100)));
		return 0;
	}
	return l->handle_key.len == 0 ? 1 : handle_is_free(i, p, l->handle_key, err);
}

static int
write_given(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct err *err)
{
	int changed = 0;

	for (size_t k = 0; k < p->link_count; k++) {
		struct link_row l = p->links[k];
		int rc;

		if (is_there(before, &l))
			continue;
		rc = may_be_linked(i, p, &l, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		l.customer_id = p->user_id;
		if (links_restore(i->st, &l, i->o.now_ms, i->row, err) < 0)
			return -1;
		i->report.links += l.unlinked_at_ms == TIME_UNKNOWN;
		changed = 1;
	}
	return changed;
}

int
import_links_write(struct import *i, const struct person_row *p,
    const struct customer_record *before, const struct customer_record *after, struct err *err)
{
	return p->has_links ? write_given(i, p, before, err)
			    : write_named(i, p, before, after, err);
}
