/*
 * messages.c - rows of the outbox.
 *
 * What is due is asked for by channel: a channel that is down may have a hundred thousand rows
 * waiting, and they must not be walked to find the ten of another.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_internal.h"

/* The numbers stand in the schema's partial index. */
_Static_assert(MESSAGE_READY == 1 && MESSAGE_LATER == 4, "states in outbox_due");

#define WAITING "state IN (1, 4)"
#define CHANNELS_MAX 256

const char *
message_state_name(enum message_state s)
{
	static const char *const names[MESSAGE_STATE_COUNT] = {"held", "ready", "sending", "sent",
	    "later", "rejected", "unknown", "suppressed", "expired", "dropped"};

	assert((unsigned)s < MESSAGE_STATE_COUNT);
	return names[s];
}

const char *
message_kind_name(enum message_kind k)
{
	static const char *const names[] = {"send", "reply", "notice"};

	assert((unsigned)k < 3);
	return names[k];
}

const char *
message_hold_name(enum message_hold h)
{
	static const char *const names[] = {"none", "approval", "brake", "operator", "pause"};

	assert((unsigned)h < 5);
	return names[h];
}

/* ---- changes ---------------------------------------------------------- */

int
store_message_insert(struct store *st, struct message *m, struct err *err)
{
	struct query q;
	int rc;

	assert(strlen(m->id) == 32);
	if (query_open(&q, st,
		"INSERT INTO outbox (id, kind, decision_id, alert_no, channel, address, purpose, "
		"customer_id, endpoint_id, template, parts, reply_handle, offer, offer_code, team, "
		"state, "
		"hold, reason, attempts, next_at_ms, claimed_at_ms, expires_at_ms, provider_id, "
		"is_repeat, created_at_ms, updated_at_ms, hours, not_before_ms, counts_day, "
		"cost_milli) VALUES (?1, ?2, "
		"?3, ?4, ?5, ?6, ?7, ?8, "
		"?9, "
		"?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, "
		"?26, ?27, ?28, ?29, ?30) "
		"ON CONFLICT (id) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, slice_of(m->id));
	query_bind_int(&q, m->kind);
	query_bind_text(&q, m->decision_id);
	query_bind_time(&q, m->alert_no > 0 ? m->alert_no : TIME_UNKNOWN);
	query_bind_text(&q, m->channel);
	query_bind_text(&q, slice_is_set(m->address) ? m->address : SLICE_LIT(""));
	query_bind_int(&q, m->purpose);
	query_bind_text(&q, m->customer_id);
	query_bind_text(&q, m->endpoint_id);
	query_bind_text(&q, m->template_id);
	query_bind_text(&q, slice_is_set(m->parts_json) ? m->parts_json : SLICE_LIT("{}"));
	query_bind_text(&q, m->reply_handle);
	query_bind_text(&q, m->offer);
	query_bind_text(&q, m->offer_code);
	query_bind_text(&q, m->team);
	query_bind_int(&q, m->state);
	query_bind_int(&q, m->hold);
	query_bind_text(&q, m->reason);
	query_bind_int(&q, m->attempts);
	query_bind_int(&q, m->next_at_ms);
	query_bind_time(&q, m->claimed_at_ms);
	query_bind_time(&q, m->expires_at_ms);
	query_bind_text(&q, m->provider_id);
	query_bind_int(&q, m->is_repeat);
	query_bind_int(&q, m->created_at_ms);
	query_bind_int(&q, m->updated_at_ms);
	query_bind_text(&q, m->hours_json);
	query_bind_time(&q, m->not_before_ms > 0 ? m->not_before_ms : TIME_UNKNOWN);
	query_bind_time(&q, m->counts_day > 0 ? m->counts_day : TIME_UNKNOWN);
	query_bind_int(&q, m->cost_milli);
	rc = query_change(&q, err);
	if (rc > 0)
		m->message_no = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int
store_message_update(struct store *st, const struct message *m, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"UPDATE outbox SET state = ?2, hold = ?3, reason = ?4, attempts = ?5, next_at_ms = "
		"?6, "
		"claimed_at_ms = ?7, provider_id = ?8, parts = ?9, is_repeat = ?10, updated_at_ms "
		"= ?11, not_before_ms = ?12, counts_day = ?13 "
		"WHERE message_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, m->message_no);
	query_bind_int(&q, m->state);
	query_bind_int(&q, m->hold);
	query_bind_text(&q, m->reason);
	query_bind_int(&q, m->attempts);
	query_bind_int(&q, m->next_at_ms);
	query_bind_time(&q, m->claimed_at_ms);
	query_bind_text(&q, m->provider_id);
	query_bind_text(&q, slice_is_set(m->parts_json) ? m->parts_json : SLICE_LIT("{}"));
	query_bind_int(&q, m->is_repeat);
	query_bind_int(&q, m->updated_at_ms);
	query_bind_time(&q, m->not_before_ms > 0 ? m->not_before_ms : TIME_UNKNOWN);
	query_bind_time(&q, m->counts_day > 0 ? m->counts_day : TIME_UNKNOWN);
	rc = query_change(&q, err);
	if (rc == 0)
		return store_fail(st, ERR_NOT_FOUND, err, "there is no message number %lld",
		    (long long)m->message_no);
	return rc < 0 ? -1 : 0;
}

/* Notices to our own people stay: that somebody wrote it is still true, and a missed escalation is
 * worse. */
int
store_messages_cancel_for_post(struct store *st, int64_t post_no, int64_t now_ms,
    const char *reason, int64_t *count_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE outbox SET state = ?2, hold = ?3, reason = ?4, updated_at_ms = ?5 "
		"WHERE state IN (?6, ?7, ?8) AND kind <> ?9 AND decision_id IN "
		"(SELECT d.id FROM posts AS p JOIN decisions AS d ON d.occurrence_id = p.id "
		"WHERE p.post_no = ?1 AND d.occurrence_kind IN (?10, ?11))",
		err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	query_bind_int(&q, MESSAGE_DROPPED);
	query_bind_int(&q, HOLD_NONE);
	query_bind_text(&q, slice_of(reason));
	query_bind_int(&q, now_ms);
	query_bind_int(&q, MESSAGE_HELD);
	query_bind_int(&q, MESSAGE_READY);
	query_bind_int(&q, MESSAGE_LATER);
	query_bind_int(&q, MESSAGE_NOTICE);
	query_bind_int(&q, OCCURRENCE_POST);
	query_bind_int(&q, OCCURRENCE_TIMER);
	if (query_run(&q, err) < 0)
		return -1;
	*count_r = sqlite3_changes(st->db);
	return 0;
}

/* ---- reading ---------------------------------------------------------- */

#define MESSAGE_COLUMNS                                                                            \
	"message_no, id, kind, decision_id, alert_no, channel, address, purpose, customer_id, "    \
	"endpoint_id, template, parts, reply_handle, offer, offer_code, team, state, hold, "       \
	"reason, "                                                                                 \
	"attempts, next_at_ms, claimed_at_ms, expires_at_ms, provider_id, is_repeat, "             \
	"created_at_ms, "                                                                          \
	"updated_at_ms, hours, not_before_ms, counts_day, cost_milli"

static int
read_message(struct query *q, struct arena *a, struct message *m, struct err *err)
{
	struct slice id = query_peek(q, 1);

	memset(m, 0, sizeof *m);
	m->message_no = query_int(q, 0);
	if (id.len < sizeof m->id && id.ptr != NULL)
		memcpy(m->id, id.ptr, id.len);
	m->kind = (enum message_kind)query_int(q, 2);
	m->decision_id = query_text(q, 3, a);
	m->alert_no = query_int(q, 4);
	m->channel = query_text(q, 5, a);
	m->address = query_text(q, 6, a);
	m->purpose = (enum purpose)query_int(q, 7);
	m->customer_id = query_text(q, 8, a);
	m->endpoint_id = query_text(q, 9, a);
	m->template_id = query_text(q, 10, a);
	m->parts_json = query_text(q, 11, a);
	m->reply_handle = query_text(q, 12, a);
	m->offer = query_text(q, 13, a);
	m->offer_code = query_text(q, 14, a);
	m->team = query_text(q, 15, a);
	m->state = (enum message_state)query_int(q, 16);
	m->hold = (enum message_hold)query_int(q, 17);
	m->reason = query_text(q, 18, a);
	m->attempts = query_int(q, 19);
	m->next_at_ms = query_int(q, 20);
	m->claimed_at_ms = query_time(q, 21);
	m->expires_at_ms = query_time(q, 22);
	m->provider_id = query_text(q, 23, a);
	m->is_repeat = query_int(q, 24) != 0;
	m->created_at_ms = query_int(q, 25);
	m->updated_at_ms = query_int(q, 26);
	m->hours_json = query_text(q, 27, a);
	m->not_before_ms = query_time(q, 28);
	m->counts_day = query_int(q, 29);
	m->cost_milli = query_int(q, 30);
	return query_check(q, err);
}

/* A list that grows while several queries add to it. */
struct message_list {
	struct message **items;
	size_t count, cap;
};

/* Takes the query over. */
static int
add_messages(struct query *q, struct arena *a, struct message_list *l, struct err *err)
{
	struct store *st = q->st;
	int rc;

	while ((rc = query_step(q, err)) > 0) {
		struct message *m;

		if ((rc = ROWS_GROW(st, a, &l->items, l->count, &l->cap, err)) < 0)
			break;
		m = ARENA_NEW(a, struct message);
		if (m == NULL) {
			rc = store_nomem(st, a, err);
			break;
		}
		l->items[l->count++] = m;
		if ((rc = read_message(q, a, m, err)) < 0)
			break;
	}
	query_close(q);
	return rc;
}

/* Callers get plain arrays. */
static int
give_messages(struct store *st, const struct message_list *l, size_t limit, struct arena *a,
    struct message **list_r, size_t *count_r, struct err *err)
{
	size_t count = l->count < limit ? l->count : limit;
	struct message *list = NULL;

	if (count > 0 && (list = arena_array(a, count, sizeof *list)) == NULL)
		return store_nomem(st, a, err);
	for (size_t i = 0; i < count; i++)
		list[i] = *l->items[i];
	*list_r = list;
	*count_r = count;
	return 0;
}

int
store_messages_in_state(struct store *st, enum message_state s, size_t limit, struct arena *a,
    struct message **list_r, size_t *count_r, struct err *err)
{
	struct query q;
	struct message_list l = {0};

	if (query_open(&q, st,
		"SELECT " MESSAGE_COLUMNS
		" FROM outbox WHERE state = ?1 ORDER BY message_no LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, s);
	query_bind_int(&q, (int64_t)limit);
	if (add_messages(&q, a, &l, err) < 0)
		return -1;
	return give_messages(st, &l, limit, a, list_r, count_r, err);
}

int
store_message_load(
    struct store *st, struct slice id, struct arena *a, struct message *m_r, struct err *err)
{
	struct query q;
	struct message_list l = {0};

	if (id.len < 6)
		return 0;
	if (query_open(&q, st,
		"SELECT " MESSAGE_COLUMNS " FROM outbox WHERE id >= ?1 AND id < ?2 LIMIT 2",
		err) < 0)
		return -1;
	if (query_bind_prefix(&q, id, a) < 0) {
		query_close(&q);
		return store_nomem(st, a, err);
	}
	if (add_messages(&q, a, &l, err) < 0)
		return -1;
	if (l.count > 1)
		return err_set(
		    err, ERR_CONFLICT, "several messages begin with '%.*s'", SLICE_ARG(id));
	if (l.count == 1)
		*m_r = *l.items[0];
	return (int)l.count;
}

/* A state has an index of its own; the rest is walked from the newest. */
int
store_messages_list(struct store *st, const struct message_filter *f, struct arena *a,
    struct message **list_r, size_t *count_r, struct err *err)
{
	struct query q;
	struct message_list l = {0};
	bool by_state = f->state >= 0;

	if (query_open(&q, st,
		by_state ? "SELECT " MESSAGE_COLUMNS " FROM outbox INDEXED BY outbox_by_state "
			   "WHERE message_no < ?1 AND (?2 < 0 OR hold = ?2) AND "
			   "(?3 IS NULL OR channel = ?3) AND state = ?5 "
			   "ORDER BY message_no DESC LIMIT ?4"
			 : "SELECT " MESSAGE_COLUMNS " FROM outbox "
			   "WHERE message_no < ?1 AND (?2 < 0 OR hold = ?2) AND "
			   "(?3 IS NULL OR channel = ?3) "
			   "ORDER BY message_no DESC LIMIT ?4",
		err) < 0)
		return -1;
	query_bind_int(&q, f->before_no > 0 ? f->before_no : INT64_MAX);
	query_bind_int(&q, f->hold);
	query_bind_text(&q, f->channel);
	query_bind_int(&q, (int64_t)f->limit);
	if (by_state)
		query_bind_int(&q, f->state);
	if (add_messages(&q, a, &l, err) < 0)
		return -1;
	return give_messages(st, &l, f->limit, a, list_r, count_r, err);
}

int
store_messages_count(struct store *st, int64_t counts_r[MESSAGE_STATE_COUNT], struct err *err)
{
	struct query q;
	int64_t counts[MESSAGE_STATE_COUNT] = {0};
	int rc;

	if (query_open(&q, st, "SELECT state, count(*) FROM outbox GROUP BY state", err) < 0)
		return -1;
	while ((rc = query_step(&q, err)) > 0) {
		int64_t s = query_int(&q, 0);

		if (s >= 0 && s < MESSAGE_STATE_COUNT)
			counts[s] = query_int(&q, 1);
	}
	query_close(&q);
	if (rc < 0)
		return -1;
	memcpy(counts_r, counts, sizeof counts);
	return 0;
}

/* ---- what is due ------------------------------------------------------ */

/* The next channel behind `after` that something waits for: one step in the index, not a walk. 1,
 * 0, -1. */
static int
next_channel(
    struct store *st, struct slice after, struct arena *a, struct slice *channel_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT channel FROM outbox INDEXED BY outbox_due WHERE " WAITING
		" AND channel > ?1 ORDER BY channel LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, after);
	rc = query_step(&q, err);
	if (rc > 0) {
		*channel_r = query_text(&q, 0, a);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

static bool
is_among(struct slice s, const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(s, list[i]))
			return true;
	return false;
}

static int
add_due(struct store *st, struct slice channel, int64_t now_ms, size_t limit, struct arena *a,
    struct message_list *l, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT " MESSAGE_COLUMNS " FROM outbox INDEXED BY outbox_due WHERE " WAITING
		" AND channel = ?1 AND next_at_ms <= ?2 ORDER BY next_at_ms, message_no LIMIT ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, channel);
	query_bind_int(&q, now_ms);
	query_bind_int(&q, (int64_t)limit);
	return add_messages(&q, a, l, err);
}

static int
compare_due(const void *left, const void *right)
{
	const struct message *a = *(struct message *const *)left,
			     *b = *(struct message *const *)right;

	if (a->next_at_ms != b->next_at_ms)
		return a->next_at_ms < b->next_at_ms ? -1 : 1;
	return a->message_no < b->message_no ? -1 : a->message_no > b->message_no;
}

int
store_messages_due(struct store *st, int64_t now_ms, const struct slice *skip, size_t skip_count,
    size_t limit, struct arena *a, struct message **list_r, size_t *count_r, struct err *err)
{
	struct message_list l = {0};
	struct slice channel = SLICE_LIT("");
	int rc = 0;

	for (int n = 0; n < CHANNELS_MAX; n++) {
		rc = next_channel(st, channel, a, &channel, err);
		if (rc <= 0)
			break;
		if (is_among(channel, skip, skip_count))
			continue;
		if (add_due(st, channel, now_ms, limit, a, &l, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	if (l.count > 1)
		qsort(l.items, l.count, sizeof(struct message *), compare_due);
	return give_messages(st, &l, limit, a, list_r, count_r, err);
}

static int
earliest(struct store *st, struct slice channel, int64_t *at_ms_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT next_at_ms FROM outbox INDEXED BY outbox_due WHERE " WAITING
		" AND channel = ?1 ORDER BY next_at_ms LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, channel);
	return query_number(&q, at_ms_r, err);
}

int
store_messages_next_due(struct store *st, int64_t *at_ms_r, struct err *err)
{
	struct arena *a = arena_new(STORE_KEY_MAX * 2);
	struct slice channel = SLICE_LIT("");
	int64_t first_ms = TIME_UNKNOWN;
	int rc = 0;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	for (int n = 0; n < CHANNELS_MAX; n++) {
		int64_t at_ms;

		rc = next_channel(st, channel, a, &channel, err);
		if (rc > 0)
			rc = earliest(st, channel, &at_ms, err);
		if (rc <= 0)
			break;
		if (first_ms == TIME_UNKNOWN || at_ms < first_ms)
			first_ms = at_ms;
	}
	arena_free(a);
	if (rc < 0)
		return -1;
	*at_ms_r = first_ms;
	return 0;
}
