/*
 * pipeline_due.c - what happens because time has passed: rules that waited for what did not come.
 */
#include "daemon/pipeline_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/brand.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "people/events.h"
#include "people/people.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"
#include "store/timers.h"

#include "actions/sequences.h"
#include "daemon/snapshot.h"

/* One timer as it is judged. */
struct due {
	struct pipeline *p;
	struct timer_row *timer;
	struct stored_post *sp; /* what it began with: a post, */
	struct stored_event *event; /* or an event */
	struct slice occurrence_id;
	struct slice reason; /* why the rule waited */
	int64_t now_ms;
	struct err *err;
};

static int64_t
next_timer_or_watch(struct pipeline *p)
{
	int64_t watch_due_ms;

	if (!p->knows_timers) {
		if (store_timers_next_due(p->env.store, &p->timers_due_ms, NULL) < 0)
			return clock_now_ms(p->env.clock); /* the tick will say what is wrong */
		p->knows_timers = true;
	}
	watch_due_ms = pipeline_watch_due(p, clock_now_ms(p->env.clock));
	if (p->timers_due_ms == TIME_UNKNOWN || p->holds_timers)
		return watch_due_ms;
	return watch_due_ms != TIME_UNKNOWN && watch_due_ms < p->timers_due_ms ? watch_due_ms
									       : p->timers_due_ms;
}

int64_t
pipeline_next_due(struct pipeline *p)
{
	int64_t due_ms = next_timer_or_watch(p), segments_due_ms = pipeline_segments_due(p);

	return due_ms == TIME_UNKNOWN ||
		(segments_due_ms != TIME_UNKNOWN && segments_due_ms < due_ms)
	    ? segments_due_ms
	    : due_ms;
}

bool
pipeline_is_waiting(struct pipeline *p)
{
	int64_t due_ms = next_timer_or_watch(p);

	return due_ms != TIME_UNKNOWN &&
	    (p->timers_due_ms != TIME_UNKNOWN || pipeline_watch_is_busy(p));
}

void
pipeline_hold_timers(struct pipeline *p, bool is_held)
{
	p->holds_timers = is_held;
}

/* It came to nothing, and one row says why. */
static int
drop(struct due *d, const char *why)
{
	struct settled settled = {.count = 1, .held = 1};
	int rc;

	settled.rows = ARENA_NEW(d->p->arena, struct decision_row);
	if (settled.rows == NULL)
		return err_set(d->err, ERR_NOMEM, "no memory for a timer");
	rc = sequences_record_timer(d->p->env.store, d->timer, d->occurrence_id,
	    d->p->snapshot->version, d->reason, slice_of(why), d->now_ms, settled.rows, d->err);
	return rc <= 0 ? rc : pipeline_remember(d->p, NULL, NULL, &settled, d->err);
}

/* What the rule waited for is told in the row it left when it began. */
static int
find_reason(struct due *d)
{
	struct decision_row *rows;
	size_t count;

	if (store_decisions_of(
		d->p->env.store, d->occurrence_id, d->p->arena, &rows, &count, d->err) < 0)
		return -1;
	d->reason = SLICE_LIT("");
	for (size_t i = 0; i < count; i++)
		if ((rows[i].outcome == DECISION_WAITING || rows[i].outcome == DECISION_COUNTED) &&
		    slice_eq(rows[i].rule_id, d->timer->rule_id))
			d->reason = rows[i].reason;
	return 0;
}

static struct slice
brand_title(const struct pipeline *p, const struct stored_post *sp)
{
	const struct brand_set *brands = rule_set_brands(p->snapshot->rules);

	for (size_t i = 0; sp->brand_ids.count > 0 && i < brands->brand_count; i++)
		if (slice_eq(brands->brands[i].id, sp->brand_ids.items[0]))
			return brands->brands[i].title;
	return SLICE_NONE;
}

/* Settled as what it is about: told with the post or event where it is rehearsed. */
static int
settle_as(struct due *d, const struct settle_input *in, size_t *queued_r)
{
	bool is_real = d->p->mode == SETTLE_REAL;

	if (d->event != NULL)
		return pipeline_settle_event(d->p, in, is_real ? NULL : d->event, queued_r, d->err);
	return pipeline_settle(d->p, in, is_real ? NULL : d->sp, queued_r, d->err);
}

/* The post as it was scored and its author as they were seen then; the customer as they are now. */
static int
settle(struct due *d, const struct rule_head *rule, const struct customer *customer,
    struct slice why, size_t *queued_r)
{
	struct occurrence occ = {.kind = OCCURRENCE_TIMER,
	    .id = d->occurrence_id,
	    .at_ms = d->timer->due_at_ms,
	    .now_ms = d->now_ms,
	    .customer = customer,
	    .subject = d->timer->subject};
	const char *reason = d->reason.len > 0
	    ? arena_printf(d->p->arena, "%.*s; %.*s", SLICE_ARG(d->reason), SLICE_ARG(why))
	    : arena_printf(d->p->arena, "%.*s", SLICE_ARG(why));
	struct firing firing = {.rule = rule, .reason = slice_of(reason), .part = FIRING_RULE};
	struct settle_input in = {.occ = &occ,
	    .post_no = d->timer->post_no,
	    .event_no = d->timer->event_no,
	    .inert = d->event != NULL ? d->event->inert : d->sp->inert,
	    .firings = &firing,
	    .firing_count = 1,
	    .is_sending_stopped = d->p->is_stopped,
	    .mode = d->p->mode};

	if (reason == NULL)
		return err_set(d->err, ERR_NOMEM, "no memory for a timer");
	if (d->event != NULL) {
		occ.event = &d->event->event;
	} else {
		occ.post = &d->sp->post;
		occ.score = &d->sp->score;
		occ.author = &d->sp->author;
		in.brand_name = brand_title(d->p, d->sp);
	}
	return settle_as(d, &in, queued_r);
}

/* Is the rule still one that waits?  NULL: it is. */
static const char *
rule_change(const struct rule_set *rules, int i)
{
	if (i < 0)
		return "the rule is no longer in force";
	if (rule_set_is_off(rules, (size_t)i))
		return "the rule is switched off";
	if (rule_set_head(rules, (size_t)i)->unless.kind == SEQUENCE_NONE &&
	    rule_set_head(rules, (size_t)i)->after.kind != SEQUENCE_POST)
		return "the rule was changed: it does not wait any more";
	return NULL;
}

/* Who it is now, and whom it counts for; a rehearsal knows them as they were stored. */
static int
find_customer(struct due *d, struct customer **customer_r)
{
	struct pipeline *p = d->p;
	const struct customer *then = d->event != NULL ? d->event->customer : d->sp->customer;
	const struct source_config *source =
	    d->event != NULL ? NULL : config_source(p->snapshot->config, d->sp->feed);

	*customer_r = NULL;
	if (p->mode != SETTLE_REAL) {
		*customer_r = (struct customer *)(uintptr_t)then;
		return 0;
	}
	if (d->event != NULL)
		return events_customer(p->env.store, d->event->customer_id, d->now_ms, p->arena,
			   customer_r, &d->timer->subject, d->err) < 0
		    ? -1
		    : 0;
	/* The source's terms are those of now, and hold for what it told before. */
	return people_find(p->env.store, &d->sp->post.author, source == NULL || source->may_match,
	    d->now_ms, p->arena, customer_r, &d->timer->subject, d->err);
}

static int
judge(struct due *d, size_t *queued_r)
{
	struct pipeline *p = d->p;
	const struct rule_set *rules = p->snapshot->rules;
	int i = rule_set_find(rules, d->timer->rule_id), rc;
	const char *change = rule_change(rules, i);
	struct customer *customer;
	struct slice why;

	if (find_reason(d) < 0)
		return -1;
	if (d->event != NULL ? d->event->is_expired : d->sp->is_expired || d->sp->post.is_deleted)
		change = d->event != NULL ? "the event is no longer known"
					  : "the post is no longer known";
	if (change != NULL)
		return drop(d, change);
	if (find_customer(d, &customer) < 0)
		return -1;
	rc = sequences_judge_timer(p->env.store, rule_set_head(rules, (size_t)i), d->timer,
	    d->occurrence_id, d->event != NULL ? NULL : &d->sp->post, d->timer->subject, p->arena,
	    &why, d->err);
	if (rc != 0)
		return rc < 0 ? -1 : drop(d, why.ptr);
	return settle(d, rule_set_head(rules, (size_t)i), customer, why, queued_r);
}

/* What the rule began to wait for: 1, 0 its row is gone, -1. */
static int
load_cause(struct due *d)
{
	struct store *st = d->p->env.store;
	int rc;

	if (d->timer->event_no == 0) {
		rc = store_post_load_no(st, d->timer->post_no, d->p->arena, &d->sp, d->err);
		if (rc == 1)
			d->occurrence_id = d->sp->post.id;
		return rc;
	}
	rc = store_event_load_no(st, d->timer->event_no, d->p->arena, &d->event, d->err);
	if (rc <= 0)
		return rc;
	d->occurrence_id = event_occurrence_id(d->p->arena, d->event->event.id);
	return slice_is_set(d->occurrence_id) ? 1
					      : err_set(d->err, ERR_NOMEM, "no memory for a timer");
}

/* Those due by now, at most limit; with is_dropped they are only taken off the table. */
static int
take_timers(struct pipeline *p, int64_t now_ms, size_t limit, bool is_dropped,
    struct tick_result *result, struct err *err)
{
	struct timer_row *rows = NULL;
	size_t count = 0;

	if (store_timers_take(p->env.store, now_ms, limit, p->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && !is_dropped; i++) {
		struct due d = {.p = p,
		    .timer = &rows[i],
		    .reason = SLICE_LIT(""),
		    .now_ms = now_ms,
		    .err = err};
		size_t queued = 0;
		int rc = load_cause(&d);

		/* 0: retention took the row, and with it all that could be said */
		if (rc < 0 || (rc > 0 && judge(&d, &queued) < 0))
			return -1;
		result->queued += queued;
	}
	result->more = count == limit;
	return 0;
}

static int
tick(struct pipeline *p, int64_t now_ms, size_t limit, bool is_dropped, struct tick_result *result,
    struct err *err)
{
	*result = (struct tick_result){0};
	if (pipeline_begin(p, err) < 0 ||
	    (!p->holds_timers && take_timers(p, now_ms, limit, is_dropped, result, err) < 0) ||
	    pipeline_commit(p, err) < 0) {
		pipeline_undo(p, err);
		*result = (struct tick_result){0};
		return -1;
	}
	p->knows_timers = false;
	result->queued += p->watch_queued;
	return 0;
}

bool
pipeline_is_passing(enum err_kind kind)
{
	return kind == ERR_STORE || kind == ERR_BUSY || kind == ERR_IO || kind == ERR_NOMEM;
}

static int
tick_timers(struct pipeline *p, struct tick_result *result, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock), due_ms = next_timer_or_watch(p);
	struct err bad = {ERR_NONE, ""};

	assert(!store_in_transaction(p->env.store));
	*result = (struct tick_result){0};
	if (due_ms == TIME_UNKNOWN || due_ms > now_ms)
		return 0;
	if (tick(p, now_ms, PIPELINE_TIMERS_MAX, false, result, &bad) == 0)
		return 0;
	/* One of them is bad: the first alone; when it is that one, it must not hold up the rest. */
	if (!pipeline_is_passing(bad.kind) && tick(p, now_ms, 1, false, result, &bad) == 0)
		return 0;
	if (!pipeline_is_passing(bad.kind)) {
		log_event(p->env.log, LOG_ERROR, "timer.dropped", "why", bad.text, NULL);
		if (tick(p, now_ms, 1, true, result, &bad) == 0)
			return 0;
	}
	*err = bad;
	return -1;
}

int
pipeline_tick(struct pipeline *p, struct tick_result *result, struct err *err)
{
	bool has_more_segments = false;

	if (tick_timers(p, result, err) < 0 ||
	    pipeline_segments_tick(p, &has_more_segments, err) < 0)
		return -1;
	result->more |= has_more_segments;
	return 0;
}
