/*
 * customers_show.c - one customer, as they are and as they were.
 *
 * GET /api/v1/customers/{id}   200 with what they did, links, history and an ETag; 404
 *   before, limit  pages of the history: changes before that number
 *   at=TIME        its own record as it was, and those of everybody who was one with them then
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "people/links.h"
#include "store/as_of.h"
#include "store/days.h"
#include "store/persons.h"

#define HISTORY_DEFAULT 200

/* ---- what they did ------------------------------------------------------ */

static void
put_span(struct json_writer *w, const struct customer_stats *s, size_t i)
{
	json_object_begin(w);
	json_kv_i64(w, "posts", s->posts[i]);
	json_key(w, "sentiment");
	if (s->posts[i] > 0)
		json_put_milli(w, s->sentiment_milli[i]);
	else
		json_put_null(w);
	json_kv_i64(w, "complaints", s->complaints[i]);
	json_kv_i64(w, "contacts", s->contacts[i]);
	json_kv_i64(w, "events", s->events[i]);
	json_object_end(w);
}

static void
put_doings(struct json_writer *w, const struct customer_stats *s)
{
	static const char *const names[STATS_SPAN_COUNT] = {"7d", "30d", "90d"};

	if (s == NULL)
		return;
	json_key(w, "doings");
	json_object_begin(w);
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++) {
		json_key(w, names[i]);
		put_span(w, s, i);
	}
	json_kv_time(w, "last_post", s->last_post_at_ms);
	json_kv_time(w, "last_contact", s->last_contact_at_ms);
	json_kv_time(w, "last_event", s->last_event_at_ms);
	json_object_end(w);
}

/* ---- history ------------------------------------------------------------ */

static void
put_change(struct json_writer *w, const struct history_row *row)
{
	json_object_begin(w);
	json_kv_i64(w, "no", row->history_no);
	json_kv_str(w, "customer_id", row->customer_id);
	json_kv_time(w, "at", row->at_ms);
	json_kv_str(w, "field", row->field);
	json_kv_str(w, "old", row->old_value);
	json_kv_str(w, "new", row->new_value);
	json_kv_str(w, "source", row->source);
	json_kv_str(w, "decision_id", row->decision_id);
	json_object_end(w);
}

/* One row more than is shown was asked for. */
static void
put_history(struct json_writer *w, const struct history_row *rows, size_t count, size_t limit)
{
	size_t shown = count > limit ? limit : count;

	json_key(w, "history");
	json_array_begin(w);
	for (size_t i = 0; i < shown; i++)
		put_change(w, &rows[i]);
	json_array_end(w);
	json_kv_bool(w, "more_history", count > limit);
	json_key(w, "history_next");
	if (count > limit)
		json_put_i64(w, rows[shown - 1].history_no);
	else
		json_put_null(w);
}

/* ---- as it was ---------------------------------------------------------- */

/* Each record of a tree, its root first; those who were not there yet are left out.  1 when the customer
 * was, 0, -1. */
static int
put_records(struct api_call *c, struct json_writer *w, const struct slice_list *ids, int64_t at_ms,
    struct err *err)
{
	struct buf record;
	int rc = 0;

	buf_init(&record, API_REPLY_MAX);
	for (size_t i = 0; i < ids->count && rc >= 0; i++) {
		buf_clear(&record);
		rc = store_record_as_of(
		    c->env->store, ids->items[i], at_ms, c->env->arena, &record, err);
		if (rc > 0)
			json_put_raw(w, buf_slice(&record));
	}
	buf_fini(&record);
	return rc < 0 ? -1 : 0;
}

static int
put_then(struct api_call *c, int64_t at_ms, struct slice own, struct err *err)
{
	struct slice_list tree;
	struct json_writer *w;

	if (store_tree_as_of(c->env->store, c->params[0], at_ms, c->env->arena, &tree, err) < 0)
		return -1;
	w = api_object(c);
	json_kv_time(w, "at", at_ms);
	json_key(w, "customer");
	json_put_raw(w, own);
	json_key(w, "one_with");
	json_array_begin(w);
	if (tree.count > 1 && put_records(c, w, &tree, at_ms, err) < 0)
		return -1;
	json_array_end(w);
	api_object_end(c);
	return 0;
}

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
	if (rc > 0)
		rc = put_then(c, at_ms, buf_slice(&record), err);
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "there was no customer '%.*s' then",
		    SLICE_ARG(c->params[0]));
	buf_fini(&record);
	return rc;
}

/* ---- the whole ---------------------------------------------------------- */

static int
show_now(struct api_call *c, struct slice id, int64_t before, size_t limit, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct customer *customer;
	struct history_row *history;
	struct link_row *links;
	struct slice_list lists;
	struct json_writer *w;
	size_t history_count, link_count;
	int rc = store_customer_load(st, id, clock_now_ms(c->env->clock), a, &customer, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	if (rc < 0 || links_of_customer(st, id, a, &links, &link_count, err) < 0 ||
	    store_history_of_tree(
		st, customer->id, before, limit + 1, a, &history, &history_count, err) < 0 ||
	    store_customer_lists(st, customer->id, a, &lists, err) < 0 ||
	    api_customer_tag(c, customer, &lists, c->reply->etag, err) < 0)
		return -1;
	w = api_object(c);
	api_customer_put_state(w, customer, &lists);
	put_doings(w, customer->stats);
	json_key(w, "links");
	json_array_begin(w);
	for (size_t i = 0; i < link_count; i++)
		api_put_link(w, &links[i]);
	json_array_end(w);
	put_history(w, history, history_count, limit);
	api_object_end(c);
	return 0;
}

int
api_customers_show(struct api_call *c, struct err *err)
{
	int64_t before, limit;

	if (slice_is_set(api_query(c, "at")))
		return show_as_of(c, api_query(c, "at"), err);
	if (api_query_i64(c, "before", 1, INT64_MAX, INT64_MAX, &before) < 0 ||
	    api_query_i64(c, "limit", 1, API_PAGE_MAX, HISTORY_DEFAULT, &limit) < 0)
		return -1;
	return show_now(c, c->params[0], before, (size_t)limit, err);
}
