/*
 * events.c - rows of what customers did.
 */
#include "store/events.h"

#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

#define EVENT_COLUMNS                                                                              \
	"event_no, id, customer_id, name, source, at_ms, received_at_ms, properties, inert, "      \
	"rules_version, customer_json, is_expired, behind_ms"

struct slice
event_occurrence_id(struct arena *a, struct slice event_id)
{
	return slice_of(arena_printf(a, "e:%.*s", SLICE_ARG(event_id)));
}

bool
event_id_of_occurrence(struct slice occurrence_id, struct slice *event_id_r)
{
	if (!slice_starts_with(occurrence_id, "e:"))
		return false;
	*event_id_r = slice_make(occurrence_id.ptr + 2, occurrence_id.len - 2);
	return true;
}

/* ---- writing ---------------------------------------------------------- */

int
store_event_exists(struct store *st, struct slice id, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT 1 FROM events WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return query_has_row(&q, err);
}

static void
bind_event(
    struct query *q, const struct stored_event *e, struct slice properties, struct slice customer)
{
	struct slice nothing = SLICE_LIT("");

	query_bind_text(q, e->event.id);
	query_bind_text(q, e->is_expired ? nothing : e->customer_id);
	query_bind_text(q, e->is_expired ? nothing : e->event.name);
	query_bind_text(q, e->is_expired ? nothing : e->event.source);
	query_bind_int(q, e->at_ms);
	query_bind_int(q, e->received_at_ms);
	query_bind_text(q, properties);
	query_bind_text(q, slice_of(e->inert));
	query_bind_int(q, e->rules_version);
	query_bind_text(q, customer);
	query_bind_int(q, e->is_expired);
}

int
store_event_insert(struct store *st, struct stored_event *e, struct err *err)
{
	struct slice properties = SLICE_NONE, customer = SLICE_NONE;
	struct query q;
	int rc;

	assert(e->event.id.len > 0 && e->received_at_ms != TIME_UNKNOWN);
	if (!e->is_expired) {
		assert(e->customer != NULL && e->event.name.len > 0);
		row_json_attributes(e->event.properties, e->event.property_count, &st->json_a);
		row_json_customer(e->customer, &st->json_b);
		if (store_buf_check(st, &st->json_a, err) < 0 ||
		    store_buf_check(st, &st->json_b, err) < 0)
			return -1;
		properties = buf_slice(&st->json_a);
		customer = buf_slice(&st->json_b);
	}
	if (query_open(&q, st,
		"INSERT INTO events (id, customer_id, name, source, at_ms, received_at_ms, "
		"properties, inert, rules_version, customer_json, is_expired, behind_ms) VALUES "
		"(?1, ?2, ?3, "
		"?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO NOTHING",
		err) < 0)
		return -1;
	bind_event(&q, e, properties, customer);
	query_bind_time(&q, e->behind_ms > 0 ? e->behind_ms : TIME_UNKNOWN);
	rc = query_change(&q, err);
	if (rc > 0)
		e->event_no = sqlite3_last_insert_rowid(st->db);
	return rc;
}

/* ---- loading ---------------------------------------------------------- */

static int
read_json(struct query *q, struct arena *a, struct stored_event *e, struct err *err)
{
	struct slice properties = query_peek(q, 7), customer = query_peek(q, 10);
	struct customer *c = NULL;
	struct err own;

	if (query_check(q, err) < 0)
		return -1;
	if ((slice_is_set(properties) &&
		row_json_read_attributes(
		    properties, a, &e->event.properties, &e->event.property_count, &own) < 0) ||
	    (slice_is_set(customer) && row_json_read_customer(customer, a, &c, &own) < 0))
		return store_fail(q->st, own.kind, err, "event %lld of '%s': %s",
		    (long long)e->event_no, q->st->path, own.text);
	e->customer = c;
	e->subject =
	    slice_of(arena_printf(a, "c:%.*s", SLICE_ARG(c != NULL ? c->id : e->customer_id)));
	return slice_is_set(e->subject) ? 0 : store_nomem(q->st, a, err);
}

static int
read_event(struct query *q, struct arena *a, struct stored_event *e, struct err *err)
{
	e->event_no = query_int(q, 0);
	e->event.id = query_text(q, 1, a);
	e->customer_id = query_text(q, 2, a);
	e->event.name = query_text(q, 3, a);
	e->event.source = query_text(q, 4, a);
	e->at_ms = query_int(q, 5);
	e->received_at_ms = query_int(q, 6);
	e->inert = query_text(q, 8, a).ptr; /* the arena's copies end in NUL */
	e->rules_version = query_int(q, 9);
	e->is_expired = query_int(q, 11) != 0;
	e->behind_ms = query_int(q, 12);
	return read_json(q, a, e, err);
}

/* Takes the query over. */
static int
load_one(struct query *q, struct arena *a, struct stored_event **e_r, struct err *err)
{
	struct stored_event *e;
	int rc = query_step(q, err);

	if (rc > 0) {
		e = ARENA_NEW(a, struct stored_event);
		if (e == NULL)
			rc = store_nomem(q->st, a, err);
		else if (read_event(q, a, e, err) < 0)
			rc = -1;
		else
			*e_r = e;
	}
	query_close(q);
	return rc;
}

int
store_event_load(
    struct store *st, struct slice id, struct arena *a, struct stored_event **e_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " EVENT_COLUMNS " FROM events WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return load_one(&q, a, e_r, err);
}

int
store_event_load_no(
    struct store *st, int64_t event_no, struct arena *a, struct stored_event **e_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " EVENT_COLUMNS " FROM events WHERE event_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, event_no);
	return load_one(&q, a, e_r, err);
}

/* Takes the query over. */
static int
load_many(struct query *q, struct arena *a, struct stored_event ***list_r, size_t *count_r,
    struct err *err)
{
	struct stored_event **list = NULL;
	size_t count = 0, cap = 0;
	int rc;

	while ((rc = query_step(q, err)) > 0) {
		if ((rc = ROWS_GROW(q->st, a, &list, count, &cap, err)) < 0)
			break;
		list[count] = ARENA_NEW(a, struct stored_event);
		if (list[count] == NULL)
			rc = store_nomem(q->st, a, err);
		else
			rc = read_event(q, a, list[count++], err);
		if (rc < 0)
			break;
	}
	query_close(q);
	if (rc < 0)
		return -1;
	*list_r = list;
	*count_r = count;
	return 0;
}

int
store_events_list(struct store *st, struct slice customer_id, int64_t before_no, size_t limit,
    struct arena *a, struct stored_event ***list_r, size_t *count_r, struct err *err)
{
	struct query q;
	int rc;

	if (!slice_is_set(customer_id))
		rc = query_open(&q, st,
		    "SELECT " EVENT_COLUMNS " FROM events WHERE event_no < ?1 AND is_expired = 0 "
		    "ORDER BY event_no DESC LIMIT ?2",
		    err);
	else
		rc = query_open(&q, st,
		    "WITH RECURSIVE one (id) AS (SELECT ?3 UNION SELECT c.id FROM customers c "
		    "JOIN one ON c.merged_into = one.id) "
		    "SELECT " EVENT_COLUMNS " FROM events WHERE event_no < ?1 AND is_expired = 0 "
		    "AND customer_id IN (SELECT id FROM one) ORDER BY event_no DESC LIMIT ?2",
		    err);
	if (rc < 0)
		return -1;
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	if (slice_is_set(customer_id))
		query_bind_text(&q, customer_id);
	return load_many(&q, a, list_r, count_r, err);
}

int
store_events_scan(struct store *st, int64_t after_no, int64_t until_ms, size_t limit,
    struct arena *a, struct stored_event ***list_r, size_t *count_r, int64_t *last_no_r,
    struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " EVENT_COLUMNS " FROM events WHERE event_no > ?1 AND is_expired = 0 AND "
		"received_at_ms < ?2 ORDER BY event_no LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_int(&q, after_no);
	query_bind_int(&q, until_ms);
	query_bind_int(&q, (int64_t)limit);
	if (load_many(&q, a, list_r, count_r, err) < 0)
		return -1;
	*last_no_r = *count_r > 0 ? (*list_r)[*count_r - 1]->event_no : after_no;
	return 0;
}

/* Numbers rise with the time of receipt, as clocks allow: found by halving, which looks at some tens of
 * rows whatever there are. */
int
store_events_scan_begin(struct store *st, int64_t since_ms, int64_t *after_no_r, struct err *err)
{
	int64_t low = 0, high = 0;
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT coalesce(max(event_no), 0) FROM events", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0)
		high = query_int(&q, 0);
	query_close(&q);
	while (rc >= 0 && low < high) {
		int64_t mid = low + (high - low) / 2, at_ms = INT64_MAX, no = high;

		if (query_open(&q, st,
			"SELECT event_no, received_at_ms FROM events WHERE event_no > ?1 "
			"ORDER BY event_no LIMIT 1",
			err) < 0)
			return -1;
		query_bind_int(&q, mid);
		rc = query_step(&q, err);
		if (rc > 0) {
			no = query_int(&q, 0);
			at_ms = query_int(&q, 1);
		}
		query_close(&q);
		if (rc > 0 && at_ms < since_ms)
			low = no;
		else
			high = mid;
	}
	if (rc < 0)
		return -1;
	*after_no_r = low;
	return 0;
}

int
store_address_owner(struct store *st, struct slice channel, struct slice address, struct arena *a,
    struct slice *customer_id_r, struct err *err)
{
	struct slice *ids;
	size_t count;
	struct query q;

	if (query_open(&q, st,
		"SELECT DISTINCT customer_id FROM endpoints WHERE channel = ?1 AND address = ?2 "
		"LIMIT 2",
		err) < 0)
		return -1;
	query_bind_text(&q, channel);
	query_bind_text(&q, address);
	if (query_rows(&q, a, sizeof *ids, query_read_text, &ids, &count, err) < 0)
		return -1;
	if (count == 1)
		*customer_id_r = ids[0];
	return (int)count;
}
