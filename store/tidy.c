/*
 * tidy.c - what is over its time goes, a little in each call.
 *
 * Every step finds its rows through an index and takes at most what is left of the call's rows; a
 * step that used up its share asks to be called again.
 */
#include <assert.h>

#include "core/mem.h"
#include "store/items.h"
#include "store/day_sums.h"
#include "store/store_internal.h"

#define ANSWER_KEEP_MS TIME_DAY_MS
#define REJECTS_KEEP 10000
#define LINK_CODES_KEEP_MS (30 * TIME_DAY_MS) /* behind their expiry; links and history stay */
#define SUGGESTIONS_KEEP_MS (90 * TIME_DAY_MS) /* nobody decided; a rule may look again */
#define PERSON_DAY_KEEP_MS (3 * TIME_DAY_MS) /* a day's cap ends with the day, in whatever zone */
#define CAPS_KEEP_MS (33 * TIME_DAY_MS) /* any cap of a period, in what joined subjects shared */
#define ROWS_A_CALL_MAX 100000

struct tidying {
	struct store *st;
	int64_t rows_left;
	struct err *err;
};

/* A DELETE (or UPDATE) whose parameters are a limit and a time. */
static int
delete_older(struct tidying *t, const char *sql, int64_t bound)
{
	struct query q;

	if (t->rows_left <= 0)
		return 0;
	if (query_open(&q, t->st, sql, t->err) < 0)
		return -1;
	query_bind_int(&q, t->rows_left);
	query_bind_int(&q, bound);
	if (query_run(&q, t->err) < 0)
		return -1;
	t->rows_left -= sqlite3_changes(t->st->db);
	return 0;
}

/* The numbers are read first: a row that leaves an index while the index is walked would move the
 * walk. */
static int
old_posts(struct tidying *t, int64_t before_ms, int64_t *numbers, size_t *count_r)
{
	struct query q;
	size_t count = 0;
	int rc;

	if (query_open(&q, t->st,
		"SELECT post_no FROM posts WHERE is_expired = 0 AND event_at_ms < ?1 AND "
		"fetched_at_ms < ?1 ORDER BY event_at_ms LIMIT ?2",
		t->err) < 0)
		return -1;
	query_bind_int(&q, before_ms);
	query_bind_int(&q, t->rows_left);
	while ((rc = query_step(&q, t->err)) > 0)
		numbers[count++] = query_int(&q, 0);
	query_close(&q);
	*count_r = count;
	return rc;
}

static int
expire_posts(struct tidying *t, int64_t before_ms)
{
	int64_t *numbers;
	size_t count = 0;
	int rc;

	if (t->rows_left <= 0)
		return 0;
	numbers = mem_array((size_t)t->rows_left, sizeof *numbers);
	if (numbers == NULL)
		return store_nomem(t->st, NULL, t->err);
	rc = old_posts(t, before_ms, numbers, &count);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = post_row_empty(t->st, numbers[i], false, t->err);
	mem_free(numbers);
	t->rows_left -= (int64_t)count;
	return rc;
}

/* Caps of a time that is over, whatever the zone. */
static const struct {
	enum state_kind kind;
	int64_t keep_ms;
} caps[] = {
    {STATE_CAP_HOUR, 3 * TIME_HOUR_MS},
    {STATE_CAP_DAY, 3 * TIME_DAY_MS},
    {STATE_CAP_WEEK, 9 * TIME_DAY_MS},
    {STATE_CAP_MONTH, 33 * TIME_DAY_MS},
    {STATE_PERSON_WEEK, 9 * TIME_DAY_MS},
};

static int
drop_caps_of(struct tidying *t, enum state_kind kind, int64_t before_ms)
{
	struct query q;

	if (t->rows_left <= 0)
		return 0;
	/* The literal bound lets the partial index answer. */
	if (query_open(&q, t->st,
		"DELETE FROM rule_state WHERE (rule_id, kind, key) IN (SELECT rule_id, kind, key "
		"FROM rule_state WHERE kind >= 6 AND kind = ?1 AND last_at_ms < ?2 LIMIT ?3)",
		t->err) < 0)
		return -1;
	query_bind_int(&q, kind);
	query_bind_int(&q, before_ms);
	query_bind_int(&q, t->rows_left);
	if (query_run(&q, t->err) < 0)
		return -1;
	t->rows_left -= sqlite3_changes(t->st->db);
	return 0;
}

/* Counters are cached: gone from the table, they must go from memory too. */
static int
drop_caps(struct tidying *t, int64_t now_ms)
{
	struct store *st = t->st;
	int64_t left = t->rows_left;

	if (overlay_flush(st->caches[CACHE_COUNTERS], t->err) < 0 ||
	    delete_older(t,
		"DELETE FROM rule_state WHERE (rule_id, kind, key) IN (SELECT rule_id, kind, key "
		"FROM rule_state WHERE rule_id = '' AND kind = 3 AND last_at_ms < ?2 LIMIT ?1)",
		now_ms - PERSON_DAY_KEEP_MS) < 0)
		return -1;
	/* The first conditions are those of a partial index, word by word. */
	if (delete_older(t,
		"DELETE FROM spell_counts WHERE (spell_no, what, rule_id, kind, rest) IN (SELECT "
		"spell_no, what, rule_id, kind, rest FROM spell_counts WHERE what = 0 AND "
		"(kind = 3 OR kind >= 6) AND kind <= 10 AND last_at_ms < ?2 LIMIT ?1)",
		now_ms - CAPS_KEEP_MS) < 0)
		return -1;
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		if (drop_caps_of(t, caps[i].kind, now_ms - caps[i].keep_ms) < 0)
			return -1;
	if (t->rows_left != left)
		overlay_forget_all(st->caches[CACHE_COUNTERS]);
	return 0;
}
_Static_assert(STATE_PERSON_DAY == 3 && STATE_CAP_HOUR == 6 && STATE_PERSON_WEEK == 10,
    "kinds in the statements above");

/* Event times that no window reaches: the ids of their posts are forgotten as well. */
static int
drop_times(struct tidying *t, int64_t before_ms)
{
	struct store *st = t->st;
	int64_t left = t->rows_left;

	if (times_flush(st, t->err) < 0 ||
	    delete_older(t,
		"DELETE FROM rule_times WHERE (rule_id, part, key) IN (SELECT rule_id, part, key "
		"FROM rule_times WHERE last_at_ms < ?2 LIMIT ?1)",
		before_ms) < 0)
		return -1;
	if (t->rows_left != left) {
		overlay_forget_all(st->caches[CACHE_TIMES]);
		overlay_forget_all(st->caches[CACHE_TIMES_MANY]);
	}
	return 0;
}

/* Only the id is left of an event; it goes as the posts' do. */
#define EXPIRE_EVENTS                                                                              \
	"UPDATE events SET is_expired = 1, customer_id = '', name = '', source = '', "             \
	"properties = NULL, customer_json = NULL WHERE event_no IN (SELECT event_no FROM events "  \
	"WHERE is_expired = 0 AND at_ms < ?2 AND received_at_ms < ?2 LIMIT ?1)"

int
store_tidy(struct store *st, int64_t now_ms, int64_t retention_ms, int64_t seen_ms, size_t max_rows,
    bool *more_r, struct err *err)
{
	struct tidying t = {
	    st, max_rows < ROWS_A_CALL_MAX ? (int64_t)max_rows : ROWS_A_CALL_MAX, err};
	/* An id is remembered at least as long as its text. */
	int64_t forget_before_ms = now_ms - (seen_ms > retention_ms ? seen_ms : retention_ms);
	bool more_rules;

	assert(st->is_in_transaction && st->mode != STORE_READER && max_rows > 0);
	if (store_rules_tidy(st, t.rows_left, &more_rules, err) < 0 ||
	    delete_older(&t,
		"DELETE FROM idempotency WHERE key IN "
		"(SELECT key FROM idempotency WHERE at_ms < ?2 LIMIT ?1)",
		now_ms - ANSWER_KEEP_MS) < 0 ||
	    delete_older(&t,
		"DELETE FROM tags WHERE (who, tag) IN (SELECT who, tag FROM tags "
		"WHERE expires_at_ms IS NOT NULL AND expires_at_ms <= ?2 LIMIT ?1)",
		now_ms) < 0 ||
	    delete_older(&t,
		"DELETE FROM rejects WHERE reject_no IN (SELECT reject_no FROM rejects "
		"WHERE reject_no <= (SELECT max(reject_no) FROM rejects) - ?2 LIMIT ?1)",
		REJECTS_KEEP) < 0 ||
	    delete_older(&t,
		"DELETE FROM incidents WHERE incident_no IN (SELECT incident_no FROM "
		"(SELECT incident_no, ended_at_ms FROM incidents ORDER BY incident_no LIMIT ?1) "
		"WHERE ended_at_ms < ?2 AND incident_no < (SELECT max(incident_no) FROM "
		"incidents))",
		forget_before_ms) < 0 ||
	    delete_older(&t,
		"DELETE FROM link_codes WHERE code_hash IN (SELECT code_hash FROM link_codes "
		"WHERE expires_at_ms < ?2 LIMIT ?1)",
		now_ms - LINK_CODES_KEEP_MS) < 0 ||
	    delete_older(&t,
		"DELETE FROM link_suggestions WHERE suggestion_no IN (SELECT suggestion_no FROM "
		"link_suggestions WHERE state = 0 AND at_ms < ?2 LIMIT ?1)",
		now_ms - SUGGESTIONS_KEEP_MS) < 0 ||
	    delete_older(&t,
		"DELETE FROM link_tries WHERE author_id IN (SELECT author_id FROM link_tries "
		"WHERE since_ms < ?2 LIMIT ?1)",
		now_ms - TIME_DAY_MS) < 0 ||
	    store_items_tidy(st, now_ms, t.rows_left, &t.rows_left, err) < 0 ||
	    delete_older(&t,
		"DELETE FROM customer_days WHERE (customer_id, day) IN (SELECT customer_id, day "
		"FROM customer_days WHERE day < ?2 LIMIT ?1)",
		now_ms / TIME_DAY_MS - STATS_DAYS_MAX - DAY_SUMS_BEHIND_MAX) < 0 ||
	    drop_caps(&t, now_ms) < 0 || drop_times(&t, forget_before_ms) < 0 ||
	    expire_posts(&t, now_ms - retention_ms) < 0 ||
	    delete_older(&t, EXPIRE_EVENTS, now_ms - retention_ms) < 0 ||
	    /* The newest row stays, so that no number is ever given twice. */
	    delete_older(&t,
		"DELETE FROM posts WHERE post_no IN (SELECT post_no FROM posts "
		"WHERE is_expired = 1 AND fetched_at_ms < ?2 AND "
		"post_no < (SELECT max(post_no) FROM posts) LIMIT ?1)",
		forget_before_ms) < 0 ||
	    delete_older(&t,
		"DELETE FROM events WHERE event_no IN (SELECT event_no FROM events "
		"WHERE is_expired = 1 AND received_at_ms < ?2 AND "
		"event_no < (SELECT max(event_no) FROM events) LIMIT ?1)",
		forget_before_ms) < 0)
		return -1;
	*more_r = t.rows_left <= 0 || more_rules;
	return 0;
}
