/*
 * import_write.c - a judged row into the store.
 */
#include <assert.h>

#include "core/err.h"
#include "core/utf8.h"
#include "people/import_internal.h"
#include "people/merge.h"
#include "store/erasure.h"
#include "store/store.h"

/*
 * A new customer of our own export that belonged to another one does so again.  That one's line may be
 * still to come: then it is a customer with nothing but an id until then.  One that is here already
 * stays as it is: what was taken apart here is not put together by a file.
 */
static int
merge(struct import *i, const struct person_row *p, struct err *err)
{
	const struct merge_wish wish = {
	    .id = p->user_id, .into = p->merged_into, .by = slice_of(i->source)};
	const struct customer_record root = {.c = {.id = p->merged_into}};
	struct customer_record *there = NULL;
	struct err own = {ERR_NONE, ""};
	int rc = store_is_erased(i->st, ERASURE_CUSTOMER, p->merged_into, err);

	if (rc > 0) {
		import_finding(i, DIAG_WARNING, "I025", 0, NULL,
		    "customer '%.*s' is not merged: the other one was erased",
		    SLICE_ARG(utf8_prefix(p->user_id, 100)));
		return 0;
	}
	if (rc == 0)
		rc = store_record_load(i->st, p->merged_into, i->o.now_ms, i->row, &there, err);
	if (rc == 0)
		rc = store_record_create(i->st, &root, i->o.now_ms, i->source, err);
	if (rc < 0)
		return -1;
	if (customer_merge(i->st, &wish, i->o.now_ms, i->row, &own) == 0)
		return 0;
	if (own.kind == ERR_CONFLICT) {
		import_finding(i, DIAG_WARNING, "I025", 0, NULL,
		    "customer '%.*s' is not merged: %s", SLICE_ARG(utf8_prefix(p->user_id, 100)),
		    own.text);
		return 0;
	}
	*err = own;
	return -1;
}

int
import_row_write(struct import *i, const struct person_row *p, struct err *err)
{
	struct customer_record *before = NULL, after;
	int changed, rc;

	assert(store_in_transaction(i->st) && slice_is_set(p->user_id));
	rc = import_segments_judge(i, p, err);
	if (rc != 0)
		return rc;
	if (store_record_load(i->st, p->user_id, i->o.now_ms, i->row, &before, err) < 0)
		return -1;
	rc = import_merge(i, p, before, &after, err);
	if (rc != 0)
		return rc;
	if (before == NULL)
		changed =
		    store_record_create(i->st, &after, i->o.now_ms, i->source, err) < 0 ? -1 : 1;
	else
		changed = store_record_update(i->st, before, &after, i->o.now_ms, i->source, err);
	if (changed < 0)
		return -1;
	rc = import_links_write(i, p, before, &after, err);
	if (rc < 0)
		return -1;
	changed |= rc;
	rc = import_segments_write(i, p, err);
	if (rc < 0)
		return -1;
	changed |= rc;
	if (before == NULL && slice_is_set(p->merged_into) && merge(i, p, err) < 0)
		return -1;
	i->report.created += before == NULL;
	i->report.updated += before != NULL && changed;
	i->report.unchanged += !changed;
	return 0;
}
