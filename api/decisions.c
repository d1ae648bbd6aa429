/*
 * decisions.c - what rules decided, newest first.
 *
 * GET /api/v1/decisions?rule=   200
 */
#include "api/api_internal.h"

#include "store/outbox.h"

int
api_decisions_list(struct api_call *c, struct err *err)
{
	struct decision_row *rows;
	struct json_writer *w;
	size_t limit, count;
	int64_t before, next;

	if (api_query_page(c, &before, &limit) < 0 ||
	    store_decisions_list(c->env->store, api_query(c, "rule"), before, limit, c->env->arena,
		&rows, &count, &next, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < count; i++)
		api_put_decision(w, &rows[i]);
	api_items_end(c, next);
	return 0;
}
