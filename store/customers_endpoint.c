/*
 * customers_endpoint.c - ways to reach a customer: new, changed, gone to somebody else, out of use.
 */
#include "core/json.h"
#include "store/customers_internal.h"

struct endpoint_state {
	struct slice owner, extra;
	struct endpoint e;
};

/* 1, 0, -1 */
static int
state_load(
    struct store *st, struct slice id, struct arena *a, struct endpoint_state *s_r, struct err *err)
{
	struct endpoint_state s = {0};
	struct endpoint *e = &s.e;
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT customer_id, extra, channel, address, is_opted_out, is_inactive, timezone, "
		"locale, country, attributes, metrics, at_ms FROM endpoints WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0) {
		s.owner = query_text(&q, 0, a);
		s.extra = query_text(&q, 1, a);
		e->id = id;
		e->channel = query_text(&q, 2, a);
		e->address = query_text(&q, 3, a);
		e->is_opted_out = query_int(&q, 4) != 0;
		e->is_inactive = query_int(&q, 5) != 0;
		e->timezone = query_text(&q, 6, a);
		e->locale = query_text(&q, 7, a);
		e->country = query_text(&q, 8, a);
		e->at_ms = query_int(&q, 11);
		if (row_json_read_attributes(
			query_peek(&q, 9), a, &e->attributes, &e->attribute_count, err) < 0 ||
		    record_metrics_read(query_peek(&q, 10), a, &e->metrics, &e->metric_count, err) <
			0 ||
		    query_check(&q, err) < 0)
			rc = store_break(st, err);
	}
	query_close(&q);
	if (rc > 0)
		*s_r = s;
	return rc;
}

/* The JSON of the history, in the arena. */
static int
state_json(struct store *st, const struct endpoint *e, struct slice extra, struct arena *a,
    struct slice *json_r, struct err *err)
{
	struct json_writer w;

	buf_clear(&st->json_a);
	json_writer_init(&w, &st->json_a);
	record_endpoint_json(e, extra, &w);
	if (store_buf_check(st, &st->json_a, err) < 0)
		return -1;
	*json_r = arena_slice_dup(a, buf_slice(&st->json_a));
	return slice_is_set(*json_r) ? 0 : store_nomem(st, a, err);
}

static int
note(struct store *st, struct slice owner, struct slice id, struct slice old,
    struct slice new_value, int64_t now_ms, struct slice source, struct err *err)
{
	return history_note(st, owner, "endpoint:", id,
	    &(struct history_row){
		.at_ms = now_ms, .old_value = old, .new_value = new_value, .source = source},
	    err);
}

/* ---- going away ------------------------------------------------------- */

static int
leave(struct store *st, struct slice id, struct slice new_owner, int64_t now_ms,
    struct slice source, struct arena *a, struct err *err)
{
	struct endpoint_state s;
	struct slice json;
	int rc = state_load(st, id, a, &s, err);

	if (rc <= 0 || slice_eq(s.owner, new_owner))
		return rc < 0 ? -1 : 0;
	if (state_json(st, &s.e, s.extra, a, &json, err) < 0)
		return -1;
	return note(st, s.owner, id, json, SLICE_NONE, now_ms, source, err);
}

int
endpoint_leave(struct store *st, struct slice id, struct slice new_owner, int64_t now_ms,
    struct slice source, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	int rc;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = leave(st, id, new_owner, now_ms, source, a, err);
	arena_free(a);
	return rc;
}

/* Out of use: 1, 0 it was so, -1. */
static int
deactivate(struct store *st, struct slice id, int64_t now_ms, struct slice source, struct arena *a,
    struct err *err)
{
	struct endpoint_state s;
	struct slice before, after;
	int rc = state_load(st, id, a, &s, err);

	if (rc <= 0 || s.e.is_inactive)
		return rc < 0 ? -1 : 0;
	if (state_json(st, &s.e, s.extra, a, &before, err) < 0)
		return -1;
	s.e.is_inactive = true;
	if (state_json(st, &s.e, s.extra, a, &after, err) < 0 ||
	    record_endpoint_write(st, s.owner, &s.e, s.extra, now_ms, err) < 0 ||
	    note(st, s.owner, id, before, after, now_ms, source, err) < 0)
		return -1;
	return 1;
}

int
store_endpoint_deactivate(
    struct store *st, struct slice id, int64_t now_ms, const char *why, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	int rc;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = deactivate(st, id, now_ms, slice_of(why), a, err);
	arena_free(a);
	return rc;
}

/* ---- room for one more ------------------------------------------------ */

static int
count_in_use(struct store *st, struct slice customer_id, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT count(*) FROM endpoints WHERE customer_id = ?1 AND is_inactive = 0",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	return query_number(&q, count_r, err) < 0 ? -1 : 0;
}

/* Amazon Pinpoint's channels of push messages, and ours (User Guide, "Importing endpoints"). */
static int
oldest_push(struct store *st, struct slice customer_id, struct arena *a, struct slice *id_r,
    struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT id FROM endpoints WHERE customer_id = ?1 AND is_inactive = 0 AND channel "
		"IN "
		"('push', 'gcm', 'apns', 'apns_sandbox', 'apns_voip', 'apns_voip_sandbox', 'adm', "
		"'baidu') ORDER BY at_ms, id LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	rc = query_step(&q, err);
	if (rc > 0) {
		*id_r = query_text(&q, 0, a);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

static int
make_room(
    struct store *st, struct slice customer_id, int64_t now_ms, struct arena *a, struct err *err)
{
	struct slice oldest;
	int64_t count = 0;
	int rc;

	if (count_in_use(st, customer_id, &count, err) < 0)
		return -1;
	if (count < ENDPOINTS_MAX)
		return 0;
	rc = oldest_push(st, customer_id, a, &oldest, err);
	if (rc == 0)
		return err_set(err, ERR_LIMIT,
		    "customer '%.*s' has %d endpoints in use already, and none for push that could "
		    "make room",
		    SLICE_ARG(customer_id), ENDPOINTS_MAX);
	if (rc < 0)
		return -1;
	return deactivate(st, oldest, now_ms,
		   SLICE_LIT("retired: the customer has a newer endpoint and 15 are the most"), a,
		   err) < 0
	    ? -1
	    : 0;
}

/* ---- putting ---------------------------------------------------------- */

static int
put(struct store *st, struct slice customer_id, const struct endpoint *e, struct slice extra,
    int64_t now_ms, struct slice source, struct arena *a, struct err *err)
{
	struct endpoint_state was = {0};
	struct slice before = SLICE_NONE, after;
	int rc = state_load(st, e->id, a, &was, err);
	bool is_own = rc > 0 && slice_eq(was.owner, customer_id);

	if (rc < 0)
		return -1;
	if (!slice_is_set(extra))
		extra = rc > 0 ? was.extra : SLICE_LIT("{}");
	if ((is_own && state_json(st, &was.e, was.extra, a, &before, err) < 0) ||
	    state_json(st, e, extra, a, &after, err) < 0)
		return -1;
	if (is_own && slice_eq(before, after))
		return 0;
	if (!e->is_inactive && (!is_own || was.e.is_inactive) &&
	    make_room(st, customer_id, now_ms, a, err) < 0)
		return -1;
	if (rc > 0 && leave(st, e->id, customer_id, now_ms, source, a, err) < 0)
		return -1;
	if (record_endpoint_write(st, customer_id, e, extra, now_ms, err) < 0 ||
	    note(st, customer_id, e->id, before, after, now_ms, source, err) < 0)
		return -1;
	return 1;
}

int
store_endpoint_put(struct store *st, struct slice customer_id, const struct endpoint *e,
    struct slice extra_json, int64_t now_ms, const char *source, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	int rc;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = put(st, customer_id, e, extra_json, now_ms, slice_of(source), a, err);
	arena_free(a);
	return rc;
}
