/*
 * import_write.c - a judged row into the store.
 */
#include <assert.h>

#include "core/err.h"
#include "people/import_internal.h"
#include "store/store.h"

int
import_row_write(struct import *i, const struct person_row *p, struct err *err)
{
	struct customer_record *before = NULL, after;
	int changed, rc;

	assert(store_in_transaction(i->st) && slice_is_set(p->user_id));
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
	i->report.created += before == NULL;
	i->report.updated += before != NULL && changed;
	i->report.unchanged += !changed;
	return 0;
}
