/*
 * pipeline_rehearse.c - stored posts through the same decisions, with nothing written that would
 * leave the house: what a backtest is made of.
 *
 * A post's author and customer are those stored with it.  Of posts only those are kept that a timer
 * will ask for.
 */
#include "daemon/pipeline_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "actions/sequences.h"
#include "daemon/snapshot.h"

/* Posts of one transaction. */
#define REHEARSE_BATCH 256

static bool
starts_timers(const struct rule_set *rules)
{
	for (size_t i = 0; i < rule_set_count(rules); i++)
		if (rule_set_head(rules, i)->unless.kind != SEQUENCE_NONE)
			return true;
	return false;
}

/* Events are few beside posts. */
static bool
keeps_events(const struct rule_set *rules)
{
	for (size_t i = 0; i < rule_set_count(rules); i++)
		if (rule_set_head(rules, i)->sees_events &&
		    (rule_set_head(rules, i)->unless.kind != SEQUENCE_NONE ||
			rule_set_head(rules, i)->after.kind == SEQUENCE_POST))
			return true;
	return false;
}

static int
take_post(struct pipeline *p, const struct stored_post *stored, bool keeps_posts, struct err *err)
{
	struct stored_post *sp = ARENA_NEW(p->arena, struct stored_post);
	int64_t now_ms = clock_now_ms(p->env.clock);
	size_t queued;
	bool is_own;

	if (sp == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a post");
	*sp = *stored;
	p->has_open = false;
	is_own = pipeline_author_is_own(p, &sp->post.author);
	if (sp->inert == NULL && is_own)
		sp->inert = INERT_OWN_ACCOUNT;
	if ((keeps_posts && store_post_insert(p->env.store, sp, err) < 0) ||
	    (is_own && sequences_note_answer(p->env.store, &sp->post, p->arena, err) < 0))
		return -1;
	if (pipeline_segments_rehearse(p, sp, err) < 0 ||
	    pipeline_decide(p, sp, now_ms, &queued, err) < 0)
		return -1;
	if (!keeps_posts && p->has_open && store_post_insert(p->env.store, sp, err) < 0)
		return -1;
	/* The daemon judges crowds when a batch ends, which is at once: here the batch is hours long. */
	return pipeline_watch_judge(p, now_ms, err);
}

/* What falls due before the next post. */
static int
run_due(struct pipeline *p, struct clock_virtual *clock, int64_t until_ms, struct err *err)
{
	struct tick_result result;
	int64_t due_ms;

	while ((due_ms = pipeline_next_due(p)) != TIME_UNKNOWN && due_ms <= until_ms) {
		if (due_ms > clock->at_ms)
			clock_virtual_set(clock, due_ms);
		if (pipeline_tick(p, &result, err) < 0)
			return -1;
	}
	return 0;
}

static int
take_batch(struct pipeline *p, struct clock_virtual *clock, struct stored_post *const *posts,
    size_t count, bool keeps_posts, size_t *taken_r, struct err *err)
{
	size_t i = 0;
	int64_t due_ms = pipeline_next_due(p);

	if (pipeline_begin(p, err) < 0)
		goto undo;
	while (i < count && i < REHEARSE_BATCH) {
		int64_t at_ms = posts[i]->post.fetched_at_ms;

		/* A timer comes first; one that was just started is seen after the commit. */
		if (i > 0 && ((due_ms != TIME_UNKNOWN && due_ms <= at_ms) || p->has_new_timers))
			break;
		if (at_ms > clock->at_ms)
			clock_virtual_set(clock, at_ms);
		if (take_post(p, posts[i++], keeps_posts, err) < 0)
			goto undo;
	}
	if (pipeline_commit(p, err) < 0)
		goto undo;
	*taken_r = i;
	return 0;
undo:
	pipeline_undo(p, err);
	return -1;
}

int
pipeline_rehearse(struct pipeline *p, struct clock_virtual *clock, struct stored_post *const *posts,
    size_t count, enum rehearsal what, struct err *err)
{
	bool keeps_posts = starts_timers(p->snapshot->rules);
	size_t done = 0;

	assert(p->env.clock == &clock->base && !store_in_transaction(p->env.store));
	p->mode = what == REHEARSE_REMEMBER ? SETTLE_REMEMBER : SETTLE_REHEARSE;
	if (count == 0)
		return run_due(p, clock, clock->at_ms, err);
	while (done < count) {
		size_t taken = 0;

		if (run_due(p, clock, posts[done]->post.fetched_at_ms, err) < 0 ||
		    take_batch(p, clock, posts + done, count - done, keeps_posts, &taken, err) < 0)
			return -1;
		done += taken;
	}
	return 0;
}

static int
take_event(struct pipeline *p, const struct stored_event *stored, struct err *err)
{
	struct stored_event *e;
	size_t queued;

	if (pipeline_begin(p, err) < 0)
		goto undo;
	e = ARENA_NEW(p->arena, struct stored_event);
	if (e == NULL) {
		err_set(err, ERR_NOMEM, "no memory for an event");
		goto undo;
	}
	*e = *stored;
	if ((keeps_events(p->snapshot->rules) && store_event_insert(p->env.store, e, err) < 0) ||
	    pipeline_decide_event(p, e, clock_now_ms(p->env.clock), &queued, err) < 0 ||
	    pipeline_commit(p, err) < 0)
		goto undo;
	return 0;
undo:
	pipeline_undo(p, err);
	return -1;
}

int
pipeline_rehearse_event(struct pipeline *p, struct clock_virtual *clock,
    const struct stored_event *e, enum rehearsal what, struct err *err)
{
	assert(p->env.clock == &clock->base && !store_in_transaction(p->env.store));
	p->mode = what == REHEARSE_REMEMBER ? SETTLE_REMEMBER : SETTLE_REHEARSE;
	if (run_due(p, clock, e->received_at_ms, err) < 0)
		return -1;
	if (e->received_at_ms > clock->at_ms)
		clock_virtual_set(clock, e->received_at_ms);
	return take_event(p, e, err);
}
