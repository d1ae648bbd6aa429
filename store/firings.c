/*
 * firings.c - what was decided and queued until an instant, for counting it again.
 */
#include <string.h>

#include "store/store_internal.h"

#include "store/outbox.h"

/* Of the post a decision is about, asked for only where a thread counts: it stands in the post's JSON. */
#define THREAD_COLUMNS                                                                             \
	"p.post_json ->> '$.thread', p.post_json ->> '$.reply_to', "                               \
	"d.post_no IS NULL OR (p.post_json IS NOT NULL AND p.is_deleted = 0)"
#define THREAD_JOIN " LEFT JOIN posts p ON p.post_no = d.post_no"
#define NO_THREAD_COLUMNS "NULL, NULL, 0"
#define DONE_BEFORE                                                                                \
	" WHERE d.at_ms < ?1 AND d.outcome NOT IN (?2, ?3, ?4, ?5) AND NOT (d.outcome = ?6 AND "   \
	"coalesce(d.note, '') LIKE '" SHADOW_SUPPRESSED "%') ORDER BY d.decision_no"

static void
read_row(struct query *q, struct firing_row *row)
{
	*row = (struct firing_row){.rule_id = query_peek(q, 0),
	    .occurrence_id = query_peek(q, 1),
	    .subject = query_peek(q, 2),
	    .at_ms = query_int(q, 3),
	    .thread = query_peek(q, 4),
	    .reply_to = query_peek(q, 5),
	    .knows_thread = query_int(q, 6) != 0};
}

/* The rows of one firing stand side by side: the first of them tells. */
static bool
is_same_firing(const struct buf *last, struct slice rule_id, struct slice occurrence_id)
{
	struct slice seen = buf_slice(last);

	return seen.len == rule_id.len + 1 + occurrence_id.len &&
	    memcmp(seen.ptr, rule_id.ptr, rule_id.len) == 0 && seen.ptr[rule_id.len] == ' ' &&
	    memcmp(seen.ptr + rule_id.len + 1, occurrence_id.ptr, occurrence_id.len) == 0;
}

static int
remember_firing(struct store *st, const struct firing_row *row, struct err *err)
{
	buf_clear(&st->key);
	buf_add_slice(&st->key, row->rule_id);
	buf_add_char(&st->key, ' ');
	buf_add_slice(&st->key, row->occurrence_id);
	return store_buf_check(st, &st->key, err);
}

int
store_firings_before(struct store *st, int64_t before_ms, bool with_threads, store_firing_fn *take,
    void *cookie, struct err *err)
{
	struct firing_row row;
	struct query q;
	int rc;

	if (query_open(&q, st,
		with_threads
		    ? "SELECT d.rule_id, d.occurrence_id, d.subject, d.at_ms, " THREAD_COLUMNS
		      ", d.verb FROM decisions d" THREAD_JOIN DONE_BEFORE
		    : "SELECT d.rule_id, d.occurrence_id, d.subject, d.at_ms, " NO_THREAD_COLUMNS
		      ", d.verb FROM decisions d" DONE_BEFORE,
		err) < 0)
		return -1;
	query_bind_int(&q, before_ms);
	query_bind_int(&q, DECISION_HELD);
	query_bind_int(&q, DECISION_COUNTED);
	query_bind_int(&q, DECISION_WAITING);
	query_bind_int(&q, DECISION_SUPPRESSED);
	query_bind_int(&q, DECISION_SHADOW);
	buf_clear(&st->key);
	while ((rc = query_step(&q, err)) > 0) {
		read_row(&q, &row);
		if ((rc = query_check(&q, err)) < 0)
			break;
		row.verb = (enum action_verb)query_int(&q, 7);
		row.is_first = !is_same_firing(&st->key, row.rule_id, row.occurrence_id);
		if ((row.is_first && (rc = remember_firing(st, &row, err)) < 0) ||
		    (rc = take(cookie, &row, err)) < 0)
			break;
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

/* Budgets are of a rule, and a person's caps of all rules: no thread is asked for. */
int
store_messages_counted_before(
    struct store *st, int64_t before_ms, store_firing_fn *take, void *cookie, struct err *err)
{
	struct firing_row row;
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT d.rule_id, d.occurrence_id, d.subject, m.created_at_ms, " NO_THREAD_COLUMNS
		", m.counts_day, m.cost_milli FROM outbox m JOIN decisions d ON d.id = "
		"m.decision_id "
		"WHERE m.created_at_ms < ?1 AND (m.counts_day IS NOT NULL OR (m.cost_milli > 0 AND "
		"m.state <> ?2)) ORDER BY m.message_no",
		err) < 0)
		return -1;
	query_bind_int(&q, before_ms);
	query_bind_int(&q, MESSAGE_DROPPED);
	while ((rc = query_step(&q, err)) > 0) {
		read_row(&q, &row);
		row.counts_day = query_int(&q, 7);
		row.cost_milli = query_int(&q, 8);
		if ((rc = query_check(&q, err)) < 0 || (rc = take(cookie, &row, err)) < 0)
			break;
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}
