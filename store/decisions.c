/*
 * decisions.c - what was decided, once by (rule, occurrence, action, subject): the id is a hash of
 * these.
 */
#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

const char *
decision_outcome_name(enum decision_outcome o)
{
	switch (o) {
	case DECISION_DONE: return "done";
	case DECISION_QUEUED: return "queued";
	case DECISION_DRAFTED: return "drafted";
	case DECISION_ALERTED: return "alerted";
	case DECISION_SUPPRESSED: return "suppressed";
	case DECISION_HELD: return "held";
	case DECISION_SHADOW: return "shadow";
	case DECISION_COUNTED: return "counted";
	case DECISION_WAITING: return "waiting";
	}
	return "unknown";
}

int
store_decision_insert(struct store *st, const struct decision_row *d, struct err *err)
{
	struct query q;

	assert(strlen(d->id) == 32);
	if (query_open(&q, st,
		"INSERT INTO decisions (id, rule_id, rules_version, occurrence_kind, "
		"occurrence_id, "
		"post_no, subject, action, verb, outcome, reason, note, at_ms, event_at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) "
		"ON CONFLICT (id) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_of(d->id));
	query_bind_text(&q, d->rule_id);
	query_bind_int(&q, d->rules_version);
	query_bind_int(&q, d->occurrence_kind);
	query_bind_text(&q, d->occurrence_id);
	query_bind_time(&q, d->post_no > 0 ? d->post_no : TIME_UNKNOWN);
	query_bind_text(&q, d->subject);
	query_bind_text(&q, d->action);
	query_bind_int(&q, d->verb);
	query_bind_int(&q, d->outcome);
	query_bind_text(&q, slice_is_set(d->reason) ? d->reason : SLICE_LIT(""));
	query_bind_text(&q, d->note);
	query_bind_int(&q, d->at_ms);
	query_bind_int(&q, d->event_at_ms);
	return query_change(&q, err);
}

int
store_decision_exists(struct store *st, enum occurrence_kind kind, struct slice occurrence_id,
    struct slice rule_id, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT 1 FROM decisions WHERE occurrence_id = ?1 AND (?2 IS NULL OR rule_id = ?2) "
		"AND occurrence_kind = ?3 LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, occurrence_id);
	query_bind_text(&q, rule_id);
	query_bind_int(&q, kind);
	return query_has_row(&q, err);
}

/* ---- reading ---------------------------------------------------------- */

#define DECISION_COLUMNS                                                                           \
	"decision_no, id, rule_id, rules_version, occurrence_kind, occurrence_id, post_no, "       \
	"subject, "                                                                                \
	"action, verb, outcome, reason, note, at_ms, event_at_ms"

static int
read_decision(struct query *q, struct arena *a, struct decision_row *d, struct err *err)
{
	struct slice id = query_peek(q, 1);

	memset(d, 0, sizeof *d);
	if (id.len < sizeof d->id && id.ptr != NULL)
		memcpy(d->id, id.ptr, id.len);
	d->rule_id = query_text(q, 2, a);
	d->rules_version = query_int(q, 3);
	d->occurrence_kind = (enum occurrence_kind)query_int(q, 4);
	d->occurrence_id = query_text(q, 5, a);
	d->post_no = query_int(q, 6);
	d->subject = query_text(q, 7, a);
	d->action = query_text(q, 8, a);
	d->verb = (enum action_verb)query_int(q, 9);
	d->outcome = (enum decision_outcome)query_int(q, 10);
	d->reason = query_text(q, 11, a);
	d->note = query_text(q, 12, a);
	d->at_ms = query_int(q, 13);
	d->event_at_ms = query_int(q, 14);
	return query_check(q, err);
}

/* Takes the query over.  *last_no_r (may be NULL): the number of the last row. */
static int
read_decisions(struct query *q, struct arena *a, struct decision_row **rows_r, size_t *count_r,
    int64_t *last_no_r, struct err *err)
{
	struct store *st = q->st;
	struct decision_row *rows = NULL;
	size_t count = 0, cap = 0;
	int64_t last_no = 0;
	int rc;

	while ((rc = query_step(q, err)) > 0) {
		if ((rc = ROWS_GROW(st, a, &rows, count, &cap, err)) < 0)
			break;
		last_no = query_int(q, 0);
		if ((rc = read_decision(q, a, &rows[count++], err)) < 0)
			break;
	}
	query_close(q);
	if (rc < 0)
		return -1;
	*rows_r = rows;
	*count_r = count;
	if (last_no_r != NULL)
		*last_no_r = last_no;
	return 0;
}

int
store_decisions_of(struct store *st, struct slice occurrence_id, struct arena *a,
    struct decision_row **rows_r, size_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " DECISION_COLUMNS
		" FROM decisions WHERE occurrence_id = ?1 ORDER BY decision_no",
		err) < 0)
		return -1;
	query_bind_text(&q, occurrence_id);
	return read_decisions(&q, a, rows_r, count_r, NULL, err);
}

int
store_decisions_list(struct store *st, struct slice rule_id, int64_t before_no, size_t limit,
    struct arena *a, struct decision_row **rows_r, size_t *count_r, int64_t *next_r,
    struct err *err)
{
	struct query q;
	int64_t last_no;

	if (slice_is_set(rule_id)) {
		if (query_open(&q, st,
			"SELECT " DECISION_COLUMNS " FROM decisions WHERE rule_id = ?3 AND "
			"decision_no < ?1 ORDER BY decision_no DESC LIMIT ?2",
			err) < 0)
			return -1;
	} else if (query_open(&q, st,
		       "SELECT " DECISION_COLUMNS " FROM decisions WHERE decision_no < ?1 "
		       "ORDER BY decision_no DESC LIMIT ?2",
		       err) < 0) {
		return -1;
	}
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	if (slice_is_set(rule_id))
		query_bind_text(&q, rule_id);
	if (read_decisions(&q, a, rows_r, count_r, &last_no, err) < 0)
		return -1;
	/* Full pages may have a next one; the last of all has number 1. */
	*next_r = *count_r == limit && limit > 0 && last_no > 1 ? last_no : 0;
	return 0;
}

/* The end of the range of texts that begin with prefix: '~' is behind all hexadecimal digits. */
int
query_bind_prefix(struct query *q, struct slice prefix, struct arena *a)
{
	const char *end = arena_printf(a, "%.*s~", SLICE_ARG(prefix));

	query_bind_text(q, prefix);
	query_bind_text(q, slice_of(end));
	return end == NULL ? -1 : 0;
}

int
store_decision_load(
    struct store *st, struct slice id, struct arena *a, struct decision_row *row_r, struct err *err)
{
	struct query q;
	struct decision_row *rows = NULL;
	size_t count = 0;

	if (id.len < 6)
		return 0;
	if (query_open(&q, st,
		"SELECT " DECISION_COLUMNS " FROM decisions WHERE id >= ?1 AND id < ?2 LIMIT 2",
		err) < 0)
		return -1;
	if (query_bind_prefix(&q, id, a) < 0) {
		query_close(&q);
		return store_nomem(st, a, err);
	}
	if (read_decisions(&q, a, &rows, &count, NULL, err) < 0)
		return -1;
	if (count > 1)
		return err_set(
		    err, ERR_CONFLICT, "several decisions begin with '%.*s'", SLICE_ARG(id));
	if (count == 1)
		*row_r = rows[0];
	return (int)count;
}
