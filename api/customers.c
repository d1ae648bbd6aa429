/*
 * customers.c - the people we know.
 *
 * GET  /api/v1/customers?after=      200; by id
 * GET  /api/v1/customers/{id}        200 with links and history, 404; at=TIME: its own record as it was
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/occurrence.h"
#include "people/links.h"
#include "people/people.h"
#include "store/as_of.h"
#include "store/persons.h"
#include "store/store.h"

#define HISTORY_MAX 200

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

static void
put_history(struct json_writer *w, const struct history_row *rows, size_t count)
{
	json_key(w, "history");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_time(w, "at", rows[i].at_ms);
		json_kv_str(w, "field", rows[i].field);
		json_kv_str(w, "old", rows[i].old_value);
		json_kv_str(w, "new", rows[i].new_value);
		json_kv_str(w, "source", rows[i].source);
		json_kv_str(w, "decision_id", rows[i].decision_id);
		json_object_end(w);
	}
	json_array_end(w);
}

/* As it was: the customer's own record, from the history. */
static int
show_as_of(struct api_call *c, struct slice text, struct err *err)
{
	struct buf record;
	int64_t at_ms;
	int rc;

	if (!time_parse_rfc3339(text, &at_ms)) {
		api_problem_at(c->reply, 400, "bad-parameter", "at", NULL,
		    "'at' is '%.*s', expected a time like 2026-11-21T10:00:00Z", SLICE_ARG(text));
		return -1;
	}
	buf_init(&record, API_REPLY_MAX);
	rc = store_record_as_of(c->env->store, c->params[0], at_ms, c->env->arena, &record, err);
	if (rc > 0) {
		struct json_writer *w = api_object(c);

		json_kv_time(w, "at", at_ms);
		json_key(w, "customer");
		json_put_raw(w, buf_slice(&record));
		api_object_end(c);
	}
	buf_fini(&record);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there was no customer '%.*s' then",
		    SLICE_ARG(c->params[0]));
	return rc < 0 ? -1 : 0;
}

int
api_customers_show(struct api_call *c, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct slice id = c->params[0];
	struct customer *customer;
	struct history_row *history;
	struct link_row *links;
	struct json_writer *w;
	size_t history_count, link_count;
	int rc;

	if (slice_is_set(api_query(c, "at")))
		return show_as_of(c, api_query(c, "at"), err);
	rc = store_customer_load(st, id, clock_now_ms(c->env->clock), a, &customer, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	if (rc < 0 || links_of_customer(st, id, a, &links, &link_count, err) < 0 ||
	    store_history_list(st, id, HISTORY_MAX, a, &history, &history_count, err) < 0)
		return -1;
	w = api_object(c);
	api_customer_members(w, customer);
	json_key(w, "links");
	json_array_begin(w);
	for (size_t i = 0; i < link_count; i++)
		api_put_link(w, &links[i]);
	json_array_end(w);
	put_history(w, history, history_count);
	json_kv_bool(w, "more_history", history_count == HISTORY_MAX);
	api_object_end(c);
	return 0;
}
