#include "daemon/worker_internal.h"

#include "core/arena.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/timefmt.h"
#include "platform/loop.h"
#include "platform/thread.h"
#include "store/pauses.h"
#include "store/store.h"

#include "actions/alerts.h"
#include "actions/pauses.h"
#include "daemon/snapshot.h"

/* What the transaction did is committed, and the outbox looked at; nothing done, nothing committed. */
static void
end_tick(struct worker *w, bool has_changed)
{
	struct err err = {ERR_NONE, ""};

	if (!has_changed) {
		store_rollback(w->env.store);
	} else if (store_commit(w->env.store, &err) < 0) {
		store_rollback(w->env.store);
		worker_pause(w, &err);
	} else {
		loop_post(w->env.loop, worker_answer_outbox, w);
	}
}

static void
tick_alerts(struct worker *w, int64_t now_ms)
{
	struct store *st = w->env.store;
	const struct actions_config *config = &pipeline_snapshot(w->pipeline)->config->actions;
	size_t repeated = 0;
	struct err err = {ERR_NONE, ""};

	arena_reset(w->scratch);
	if (store_begin(st, &err) < 0 ||
	    alerts_tick(st, config, now_ms, w->scratch, &repeated, &w->alerts_at_ms, &err) < 0)
		goto failed;
	end_tick(w, repeated > 0);
	return;
failed:
	store_rollback(st);
	worker_pause(w, &err);
}

/* Pauses whose time is over: what they held goes on. */
static void
tick_pauses(struct worker *w, int64_t now_ms)
{
	struct store *st = w->env.store;
	struct err err = {ERR_NONE, ""};
	int64_t ended = 0;
	int rc = store_pauses_any(st, &err);

	if (rc == 0)
		return;
	if (rc < 0 || store_begin(st, &err) < 0 || pauses_tick(st, now_ms, &ended, &err) < 0)
		goto failed;
	end_tick(w, ended > 0);
	return;
failed:
	store_rollback(st);
	worker_pause(w, &err);
}

/* By the terms of each source that has some. */
static int
tidy_sources(
    struct worker *w, const struct config *config, int64_t now_ms, bool *more_r, struct err *err)
{
	*more_r = false;
	for (size_t i = 0; i < config->source_count; i++) {
		const struct source_config *source = &config->sources[i];
		bool more = false;

		if (source->keep_ms == 0 || source->keep_ms >= config->retention_ms)
			continue;
		if (store_tidy_feed(w->env.store, slice_of(source->name), now_ms - source->keep_ms,
			now_ms, WORKER_TIDY_ROWS, &more, err) < 0)
			return -1;
		*more_r |= more;
	}
	return 0;
}

static void
tick_tidy(struct worker *w, int64_t now_ms)
{
	const struct config *config = pipeline_snapshot(w->pipeline)->config;
	struct err err = {ERR_NONE, ""};
	bool more = false, more_watched = false, more_terms = false;

	if (store_begin(w->env.store, &err) < 0 ||
	    store_tidy(w->env.store, now_ms, config->retention_ms, config->seen_ms,
		WORKER_TIDY_ROWS, &more, &err) < 0 ||
	    tidy_sources(w, config, now_ms, &more_terms, &err) < 0 ||
	    pipeline_tidy(w->pipeline, now_ms, WORKER_TIDY_ROWS, &more_watched, &err) < 0 ||
	    store_commit(w->env.store, &err) < 0) {
		store_rollback(w->env.store);
		worker_pause(w, &err);
	}
	w->tidy_at_ms =
	    now_ms + (more || more_watched || more_terms ? WORKER_TICK_MS : WORKER_TIDY_MS);
}

static void
tick_gauges(struct worker *w, int64_t now_ms)
{
	int64_t counts[MESSAGE_STATE_COUNT];

	struct alert_row *alerts;
	size_t open = 0;

	w->gauges_at_ms = now_ms + WORKER_GAUGES_MS;
	arena_reset(w->scratch);
	if (store_alerts_list(w->env.store, -1, SLICE_NONE, 0, WORKER_ALERTS_MAX, w->scratch,
		&alerts, &open, NULL) == 0)
		metrics_set(w->env.metrics, METRIC_ALERTS_OPEN, (int64_t)open);
	if (store_messages_count(w->env.store, counts, NULL) == 0)
		metrics_set(w->env.metrics, METRIC_OUTBOX_READY,
		    counts[MESSAGE_READY] + counts[MESSAGE_LATER] + counts[MESSAGE_SENDING]);
}

/* What fell due: a bounded part, so that pages have their turn; the rest follows at once. */
static void
tick_due(struct worker *w)
{
	struct tick_result result;
	struct err err = {ERR_NONE, ""};

	w->has_more_due = false;
	pipeline_hold_timers(w->pipeline, w->holds_timers);
	if (pipeline_tick(w->pipeline, &result, &err) < 0) {
		worker_pause(w, &err);
		return;
	}
	w->has_more_due = result.more;
	if (result.queued > 0)
		loop_post(w->env.loop, worker_answer_outbox, w);
}

void
worker_tick(struct worker *w)
{
	int64_t now_ms = clock_now_ms(w->env.clock);

	if (w->has_more_due)
		tick_due(w);
	if (now_ms < w->tick_at_ms && w->tick_at_ms - now_ms <= WORKER_TICK_MS)
		return;
	w->tick_at_ms = now_ms + WORKER_TICK_MS;
	worker_brake_file(w);
	tick_alerts(w, now_ms);
	tick_pauses(w, now_ms);
	tick_due(w);
	if (now_ms >= w->tidy_at_ms)
		tick_tidy(w, now_ms);
	if (now_ms >= w->gauges_at_ms)
		tick_gauges(w, now_ms);
	metrics_set(w->env.metrics, METRIC_PIPELINE_QUEUE, (int64_t)queue_count(w->queue));
}
