/*
 * alerts.c - when an alert opens, joins, rises, is repeated, acknowledged, resolved.
 *
 * Which open alert takes a post?  Alerts have one group key for people to read, but a post can
 * belong by thread or by person.  So each post registers its thread, itself (answers to it carry
 * its id) and its author under the queue as counters of kind STATE_ALERT_GROUP, whose count is the
 * alert's number; they live in the store's cache like all counters, and linking an author to a
 * customer joins them. The repeats of an alert are counted beside them under "r:<number>".
 */
#include "actions/alerts.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "actions/alerts_internal.h"

#define ALERT_TICK_ROWS 100

struct group_keys {
	struct slice keys[3]; /* thread, the post itself, the person: the first two are 't:' keys */
	size_t count;
	struct slice
	    name; /* for the row: the thread when there is one, else the person, else the post */
};

static int
make_keys(const struct occurrence *occ, struct arena *a, struct group_keys *g, struct err *err)
{
	const struct post *post = occ->post;
	struct slice root = SLICE_NONE;
	const char *thread, *own;

	if (post != NULL && slice_is_set(post->reply_to))
		root = post->reply_to;
	if (post != NULL && slice_is_set(post->thread))
		root = post->thread;
	thread = slice_is_set(root) ? arena_printf(a, "t:%.*s", SLICE_ARG(root)) : "";
	own = arena_printf(a, "t:%.*s", SLICE_ARG(occ->id));
	if (thread == NULL || own == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an alert");
	*g = (struct group_keys){.count = 0};
	if (slice_is_set(root))
		g->keys[g->count++] = slice_of(thread);
	g->keys[g->count++] = slice_of(own);
	if (slice_is_set(occ->subject))
		g->keys[g->count++] = occ->subject;
	if (slice_is_set(root))
		g->name = slice_of(thread);
	else if (slice_is_set(occ->subject))
		g->name = occ->subject;
	else
		g->name = slice_of(arena_printf(a, "p:%.*s", SLICE_ARG(occ->id)));
	if (!slice_is_set(g->name))
		return err_set(err, ERR_NOMEM, "no memory for an alert");
	return 0;
}

/* The open or acknowledged alert that takes this post: 1, 0, -1. */
static int
find_open(struct store *st, struct slice queue, const struct group_keys *g, struct arena *a,
    struct alert_row *row_r, struct err *err)
{
	for (size_t i = 0; i < g->count; i++) {
		struct rule_counter c;
		int rc = store_counter_get(st, queue, STATE_ALERT_GROUP, g->keys[i], &c, err);

		if (rc > 0)
			rc = store_alert_load(st, c.count, a, row_r, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && row_r->state != ALERT_RESOLVED)
			return 1;
	}
	return 0;
}

static int
register_keys(struct store *st, struct slice queue, const struct group_keys *g, int64_t alert_no,
    int64_t now_ms, struct err *err)
{
	struct rule_counter c = {.last_at_ms = now_ms, .count = alert_no};

	for (size_t i = 0; i < g->count; i++)
		if (store_counter_put(st, queue, STATE_ALERT_GROUP, g->keys[i], &c, err) < 0)
			return -1;
	return 0;
}

static int64_t
escalate_after_ms(const struct alert_queue *queue)
{
	return queue->escalate_after_ms > 0 ? queue->escalate_after_ms : ALERT_ESCALATE_DEFAULT_MS;
}

/* One more post (or finding) for an alert that is there; a second rule about the same post is no
 * second post.  Returns 1 when people must be told again. */
static int
join(
    struct alert_row *row, enum severity severity, struct slice reason, bool is_new, int64_t now_ms)
{
	bool rises = severity > row->severity;

	row->count += is_new;
	row->last_at_ms = now_ms;
	if (!rises)
		return 0;
	row->severity = severity;
	row->state = ALERT_OPEN;
	row->reason = reason;
	return 1;
}

static const char *
repeats_key(const struct alert_row *row, char out[32])
{
	snprintf(out, 32, "r:%lld", (long long)row->alert_no);
	return out;
}

int
alert_tell(struct store *st, const struct actions_config *config, struct alert_row *row,
    const struct alert_story *story, struct arena *a, struct err *err)
{
	const struct alert_queue *queue = actions_queue(config, row->queue);
	struct rule_counter none = {.last_at_ms = TIME_UNKNOWN, .count = 0};
	char key[32];

	row->notices++;
	row->repeat_at_ms = TIME_UNKNOWN;
	if (queue == NULL)
		return 0; /* taken out of the configuration: the alert is in the list, nobody is
			     called */
	row->repeat_at_ms = story->now_ms + escalate_after_ms(queue);
	if (row->notices > 1 &&
	    store_counter_put(
		st, row->queue, STATE_ALERT_GROUP, slice_of(repeats_key(row, key)), &none, err) < 0)
		return -1;
	return alert_notify(st, queue, queue->notify, queue->notify_count, row, story, a, err);
}

int
alert_raise(struct store *st, const struct actions_config *config, const struct occurrence *occ,
    const struct rule_head *rule, const struct action *action, struct slice reason,
    struct slice decision_id, struct arena *a, int64_t *alert_no_r, struct err *err)
{
	struct alert_story story = {
	    .post = occ->post,
	    .event = occ->event,
	    .score = occ->score,
	    .customer_id = occ->customer != NULL ? occ->customer->id : SLICE_NONE,
	    .decision_id = decision_id,
	    .now_ms = occ->now_ms,
	};
	struct alert_row row;
	struct group_keys g;
	int found, tell = 1;

	if (make_keys(occ, a, &g, err) < 0)
		return -1;
	found = find_open(st, action->queue, &g, a, &row, err);
	if (found < 0)
		return -1;
	if (found == 1) {
		tell = join(
		    &row, action->severity, reason, !slice_eq(row.post_id, occ->id), occ->now_ms);
		row.post_id = occ->id;
	} else {
		row = (struct alert_row){
		    .queue = action->queue,
		    .group_key = g.name,
		    .severity = action->severity,
		    .state = ALERT_OPEN,
		    .title = rule->title,
		    .rule_id = rule->id,
		    .reason = reason,
		    .post_id = occ->id,
		    .count = 1,
		    .opened_at_ms = occ->now_ms,
		    .last_at_ms = occ->now_ms,
		    .repeat_at_ms = TIME_UNKNOWN,
		    .changed_at_ms = TIME_UNKNOWN,
		};
		if (store_alert_insert(st, &row, err) < 0)
			return -1;
	}
	if (tell && alert_tell(st, config, &row, &story, a, err) < 0)
		return -1;
	if (store_alert_update(st, &row, err) < 0 ||
	    register_keys(st, action->queue, &g, row.alert_no, occ->now_ms, err) < 0 ||
	    store_alert_add_post(st, row.alert_no, decision_id, occ->id, occ->now_ms, err) < 0)
		return -1;
	*alert_no_r = row.alert_no;
	return 0;
}

int
alert_raise_own(struct store *st, const struct actions_config *config, struct slice queue,
    struct slice group_key, enum severity severity, const char *title, const char *text,
    int64_t now_ms, struct arena *a, int64_t *alert_no_r, struct err *err)
{
	struct alert_story story = {.now_ms = now_ms};
	struct alert_row row;
	int tell = 1, found = store_alert_find_open(st, queue, group_key, a, &row, err);

	if (found < 0)
		return -1;
	if (found == 1) {
		tell = join(&row, severity, slice_of(text), true, now_ms);
	} else {
		row = (struct alert_row){
		    .queue = queue,
		    .group_key = group_key,
		    .severity = severity,
		    .state = ALERT_OPEN,
		    .title = slice_of(title),
		    .rule_id = SLICE_LIT(""),
		    .reason = slice_of(text),
		    .post_id = SLICE_LIT(""),
		    .count = 1,
		    .opened_at_ms = now_ms,
		    .last_at_ms = now_ms,
		    .repeat_at_ms = TIME_UNKNOWN,
		    .changed_at_ms = TIME_UNKNOWN,
		};
		if (store_alert_insert(st, &row, err) < 0)
			return -1;
	}
	if ((tell && alert_tell(st, config, &row, &story, a, err) < 0) ||
	    store_alert_update(st, &row, err) < 0)
		return -1;
	*alert_no_r = row.alert_no;
	return 0;
}

/* --- what a person does --------------------------------------------------------------------------
 */

static int
load_for_change(
    struct store *st, int64_t alert_no, struct arena *a, struct alert_row *row, struct err *err)
{
	int rc = store_alert_load(st, alert_no, a, row, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert %lld", (long long)alert_no);
	return rc < 0 ? -1 : 0;
}

static int
change(struct store *st, struct alert_row *row, enum alert_state state, const char *verb,
    const char *who, const char *note, int64_t now_ms, struct err *err)
{
	char what[96];

	row->state = state;
	row->repeat_at_ms = TIME_UNKNOWN;
	row->changed_by = slice_of(who);
	row->change_note = slice_of(note);
	row->changed_at_ms = now_ms;
	snprintf(what, sizeof what, "alerts.%s alert=%lld", verb, (long long)row->alert_no);
	if (store_alert_update(st, row, err) < 0 || store_audit(st, now_ms, who, what, err) < 0)
		return -1;
	return 0;
}

int
alert_ack(struct store *st, int64_t alert_no, const char *who, const char *note, int64_t now_ms,
    struct arena *a, struct alert_row *row_r, struct err *err)
{
	struct alert_row row;

	assert(who != NULL);
	if (load_for_change(st, alert_no, a, &row, err) < 0)
		return -1;
	if (row.state == ALERT_RESOLVED)
		return err_set(err, ERR_CONFLICT,
		    "alert %lld is resolved; a new post opens a new one", (long long)alert_no);
	if (change(st, &row, ALERT_ACKED, "ack", who, note, now_ms, err) < 0)
		return -1;
	*row_r = row;
	return 0;
}

int
alert_resolve(struct store *st, int64_t alert_no, const char *who, const char *note, int64_t now_ms,
    struct arena *a, struct alert_row *row_r, struct err *err)
{
	struct alert_row row;

	assert(who != NULL);
	if (load_for_change(st, alert_no, a, &row, err) < 0)
		return -1;
	if (row.state == ALERT_RESOLVED)
		return err_set(err, ERR_CONFLICT, "alert %lld is resolved already, by %.*s",
		    (long long)alert_no, SLICE_ARG(row.changed_by));
	if (change(st, &row, ALERT_RESOLVED, "resolve", who, note, now_ms, err) < 0)
		return -1;
	*row_r = row;
	return 0;
}

/* --- repeats -------------------------------------------------------------------------------------
 */

/* 1 it is one, whatever is left of it; 0 it is not; -1 */
static int
load_event(
    struct store *st, struct slice id, struct arena *a, struct alert_story *story, struct err *err)
{
	struct stored_event *e;
	int rc = store_event_load(st, id, a, &e, err);

	if (rc > 0 && !e->is_expired) {
		story->event = &e->event;
		story->customer_id = e->customer != NULL ? e->customer->id : e->customer_id;
	}
	return rc;
}

/* What is still stored of the newest post or event. */
static int
load_story(struct store *st, const struct alert_row *row, struct arena *a,
    struct alert_story *story, struct err *err)
{
	struct stored_post *sp;
	struct slice event_id;
	int rc = 0;

	if (event_id_of_occurrence(row->post_id, &event_id)) {
		rc = load_event(st, event_id, a, story, err);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	if (row->post_id.len > 0)
		rc = store_post_load(st, row->post_id, a, &sp, err);
	if (rc <= 0 || sp->is_expired || sp->post.is_deleted)
		return rc < 0 ? -1 : 0;
	story->post = &sp->post;
	story->score = &sp->score;
	if (sp->customer != NULL)
		story->customer_id = sp->customer->id;
	return 0;
}

/* Repeated; or, when its queue is gone from the configuration, not asked about again. */
static int
repeat(struct store *st, const struct actions_config *config, struct alert_row *row, int64_t now_ms,
    struct arena *a, struct err *err)
{
	const struct alert_queue *queue = actions_queue(config, row->queue);
	struct alert_story story = {.now_ms = now_ms};
	struct rule_counter c;
	char key[32];

	repeats_key(row, key);
	if (store_counter_get(st, row->queue, STATE_ALERT_GROUP, slice_of(key), &c, err) < 0)
		return -1;
	row->repeat_at_ms = TIME_UNKNOWN;
	if (queue != NULL && c.count < ALERT_REPEATS_MAX) {
		bool has_second = queue->escalate_count > 0;

		story.repeat = ++c.count;
		c.last_at_ms = now_ms;
		row->notices++;
		if (load_story(st, row, a, &story, err) < 0 ||
		    alert_notify(st, queue, has_second ? queue->escalate : queue->notify,
			has_second ? queue->escalate_count : queue->notify_count, row, &story, a,
			err) < 0 ||
		    store_counter_put(st, row->queue, STATE_ALERT_GROUP, slice_of(key), &c, err) <
			0)
			return -1;
		if (c.count < ALERT_REPEATS_MAX)
			row->repeat_at_ms = now_ms + escalate_after_ms(queue);
	}
	return store_alert_update(st, row, err);
}

/* When the next one is due: of the open alerts, which people keep short, the least. */
static int
next_repeat(struct store *st, struct arena *a, int64_t *next_at_ms_r, struct err *err)
{
	struct alert_row *rows;
	size_t count;

	*next_at_ms_r = TIME_UNKNOWN;
	if (store_alerts_due(st, INT64_MAX, 1, a, &rows, &count, err) < 0)
		return -1;
	if (count > 0)
		*next_at_ms_r = rows[0].repeat_at_ms;
	return 0;
}

int
alerts_tick(struct store *st, const struct actions_config *config, int64_t now_ms, struct arena *a,
    size_t *repeated_r, int64_t *next_at_ms_r, struct err *err)
{
	struct alert_row *rows = NULL;
	size_t count = 0, repeated = 0;

	/* One page a call: the next call is due at once when there are more. */
	if (store_alerts_due(st, now_ms, ALERT_TICK_ROWS, a, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (repeat(st, config, &rows[i], now_ms, a, err) < 0)
			return -1;
		repeated++;
	}
	if (next_repeat(st, a, next_at_ms_r, err) < 0)
		return -1;
	*repeated_r = repeated;
	return 0;
}
