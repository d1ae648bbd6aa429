/*
 * customers.c - the people we know; customers_show.c has one of them.
 *
 * GET  /api/v1/customers?after=      200; by id
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/store.h"

int
api_customers_list(struct api_call *c, struct err *err)
{
	struct customer **list;
	struct json_writer *w;
	struct slice after = api_query(c, "after");
	size_t count, shown;
	int64_t limit;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0)
		return -1;
	if (!slice_is_set(after))
		after = SLICE_LIT("");
	if (store_customers_list(c->env->store, after, (size_t)limit + 1,
		clock_now_ms(c->env->clock), c->env->arena, &list, &count, err) < 0)
		return -1;
	shown = count > (size_t)limit ? (size_t)limit : count;
	w = api_object(c);
	json_key(w, "items");
	json_array_begin(w);
	for (size_t i = 0; i < shown; i++)
		api_put_customer(w, list[i]);
	json_array_end(w);
	json_kv_str(w, "next", count > (size_t)limit ? list[shown - 1]->id : SLICE_NONE);
	api_object_end(c);
	return 0;
}
