#include "daemon/pipeline_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "nlp/nlp.h"
#include "platform/blackbox.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/posts.h"
#include "store/store.h"

#include "actions/outbox.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"

int
pipeline_new(const struct pipeline_env *env, struct snapshot *snapshot, struct pipeline **p_r,
    struct err *err)
{
	struct pipeline *p;

	assert(env->store != NULL && env->clock != NULL);
	p = mem_zalloc(sizeof *p);
	if (p == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the pipeline");
	p->env = *env;
	p->scorer = scorer_new();
	p->arena = arena_new(PIPELINE_ARENA_BYTES);
	p->judging = arena_new(PIPELINE_ARENA_BYTES);
	p->zones = zone_clock_new();
	if (p->scorer == NULL || p->arena == NULL || p->judging == NULL || p->zones == NULL) {
		pipeline_free(p);
		return err_set(err, ERR_NOMEM, "no memory for the pipeline");
	}
	p->snapshot = snapshot_ref(snapshot);
	pipeline_segments_init(p);
	*p_r = p;
	return 0;
}

void
pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->account_count; i++)
		mem_free(p->accounts[i]);
	if (p->snapshot != NULL)
		pipeline_segments_fini(p);
	pipeline_watch_drop(p);
	snapshot_unref(p->snapshot);
	scorer_free(p->scorer);
	zone_clock_free(p->zones);
	arena_free(p->arena);
	arena_free(p->judging);
	mem_free(p);
}

void
pipeline_swap(struct pipeline *p, struct snapshot *snapshot)
{
	struct snapshot *old = p->snapshot;

	pipeline_watch_swap(p);
	pipeline_segments_drop(p);
	p->snapshot = snapshot_ref(snapshot);
	p->asks_influence = rule_set_asks_customer_influence(snapshot->rules);
	snapshot_unref(old);
}

struct snapshot *
pipeline_snapshot(struct pipeline *p)
{
	return p->snapshot;
}

void
pipeline_person_erased(struct pipeline *p)
{
	p->knows_timers = false;
	pipeline_watch_drop(p);
}

void
pipeline_set_brake_file(struct pipeline *p, bool is_there)
{
	p->is_brake_file_there = is_there;
}

int
pipeline_set_sender_accounts(struct pipeline *p, const char *const *accounts, size_t count)
{
	for (size_t i = 0; i < p->account_count; i++)
		mem_free(p->accounts[i]);
	p->account_count = 0;
	for (size_t i = 0; i < count && i < PIPELINE_ACCOUNTS_MAX; i++) {
		char *copy = mem_strdup(accounts[i]);

		if (copy == NULL)
			return -1;
		p->accounts[p->account_count++] = copy;
	}
	return 0;
}

static void
phase(struct pipeline *p, enum blackbox_phase which)
{
	if (p->env.blackbox != NULL)
		p->env.blackbox->phase = which;
}

/* ---- one batch ----------------------------------------------------------- */

static int
page_take(struct pipeline *p, struct page *page, struct page_result *result, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock);
	int64_t newest_ms = TIME_UNKNOWN;
	const struct source_config *source = config_source(p->snapshot->config, page->feed);

	if (pipeline_stream_begin(p, page, err) < 0)
		return -1;
	for (size_t i = 0; i < page->count; i++) {
		struct post *post = &page->posts[i];

		post->may_not_match = source != NULL && !source->may_match;
		if (pipeline_take_post(p, page, post, now_ms, result, err) < 0)
			return err_prefix(err, "post '%.200s'", post->id.ptr);
		if (!post->is_deleted && post_event_at_ms(post) > newest_ms)
			newest_ms = post_event_at_ms(post);
	}
	for (size_t i = 0; i < page->reject_count; i++) {
		if (store_reject(p->env.store, now_ms, page->feed, page->rejects[i].reason.ptr,
			page->rejects[i].excerpt, err) < 0)
			return -1;
		result->rejected++;
	}
	result->rejected += (int64_t)page->rejects_lost;
	result->repaired += (int64_t)page->repaired;
	if (page->telling_count > 0)
		return pipeline_take_tellings(p, page, result, err);
	if (pipeline_stream_end(p, page, newest_ms, err) < 0)
		return -1;
	return store_source_advance(p->env.store, page->feed, page->cursor, result->stored,
	    newest_ms, page->ends_first_fetch, err);
}

int
pipeline_begin(struct pipeline *p, struct err *err)
{
	struct slice why;
	int rc;

	arena_reset(p->arena);
	arena_reset(p->judging);
	p->tell = NULL;
	p->tell_tail = &p->tell;
	p->has_new_timers = false;
	p->fired = p->held = p->queued = p->alerted = p->decisions = 0;
	p->codes_used = p->codes_wrong = 0;
	if (store_begin(p->env.store, err) < 0)
		return -1;
	rc = outbox_is_stopped(p->env.store, p->arena, &why, err);
	if (rc < 0)
		return -1;
	p->is_stopped = rc == 1 || p->is_brake_file_there;
	if (pipeline_streams_begin(p, err) < 0)
		return -1;
	if (pipeline_segments_begin(p, clock_now_ms(p->env.clock), err) < 0)
		return -1;
	return pipeline_watch_begin(p, clock_now_ms(p->env.clock), err);
}

static void
batch_count(struct pipeline *p, const struct page_result *results, size_t count)
{
	struct metrics *m = p->env.metrics;

	for (size_t i = 0; i < count; i++) {
		metrics_add(m, METRIC_POSTS_STORED, results[i].stored);
		metrics_add(m, METRIC_POSTS_DUPLICATE, results[i].duplicates);
		metrics_add(m, METRIC_POSTS_REVISED, results[i].revised);
		metrics_add(m, METRIC_POSTS_DELETED, results[i].deleted);
		metrics_add(m, METRIC_POSTS_REJECTED, results[i].rejected);
		metrics_add(m, METRIC_POSTS_ERASED, results[i].erased);
		metrics_add(m, METRIC_TEXT_REPAIRED, results[i].repaired);
		metrics_add(m, METRIC_EVENTS_STORED, results[i].events_stored);
		metrics_add(m, METRIC_EVENTS_DUPLICATE, results[i].events_duplicate);
		metrics_add(m, METRIC_EVENTS_REFUSED, results[i].events_refused);
	}
	metrics_add(m, METRIC_BATCHES, 1);
}

static void
decisions_count(struct pipeline *p)
{
	struct metrics *m = p->env.metrics;

	metrics_add(m, METRIC_DECISIONS, (int64_t)p->decisions);
	metrics_add(m, METRIC_DECISIONS_HELD, (int64_t)p->held);
	metrics_add(m, METRIC_RULES_FIRED, (int64_t)p->fired);
	metrics_add(m, METRIC_MESSAGES_QUEUED, (int64_t)p->queued);
	metrics_add(m, METRIC_ALERTS_OPENED, (int64_t)p->alerted);
	metrics_add(m, METRIC_LINK_CODES_USED, (int64_t)p->codes_used);
	metrics_add(m, METRIC_LINK_CODES_WRONG, (int64_t)p->codes_wrong);
}

static void
batch_tell(struct pipeline *p)
{
	for (const struct tell *t = p->tell; t != NULL; t = t->next) {
		if (t->post != NULL && p->env.stored != NULL)
			p->env.stored(p->env.cookie, t->post);
		for (size_t i = 0; i < t->settled.count && p->env.decided != NULL; i++)
			p->env.decided(p->env.cookie, &t->settled.rows[i]);
		for (size_t i = 0; i < t->settled.count && p->env.rehearsed != NULL; i++)
			p->env.rehearsed(p->env.cookie, t->post, t->event, &t->settled.rows[i]);
	}
}

int
pipeline_commit(struct pipeline *p, struct err *err)
{
	if (pipeline_watch_judge(p, clock_now_ms(p->env.clock), err) < 0 ||
	    store_flush(p->env.store, err) < 0)
		return -1;
	phase(p, PHASE_IN_COMMIT);
	if (store_commit(p->env.store, err) < 0)
		return -1;
	phase(p, PHASE_AFTER_COMMIT);
	if (p->has_new_timers)
		p->knows_timers = false;
	decisions_count(p);
	batch_tell(p);
	return 0;
}

void
pipeline_undo(struct pipeline *p, struct err *err)
{
	/* Trying the very same again would fail again: a smaller batch may do. */
	if (err != NULL && arena_is_full(p->arena))
		err->kind = ERR_LIMIT;
	store_rollback(p->env.store);
	pipeline_watch_drop(p);
	pipeline_segments_drop(p);
	metrics_add(p->env.metrics, METRIC_COMMIT_FAILURES, 1);
}

int
pipeline_batch(struct pipeline *p, struct page *const *pages, size_t count,
    struct page_result *results, pipeline_commit_fn *before_commit, void *cookie, struct err *err)
{
	int rc = -1;

	assert(!store_in_transaction(p->env.store));
	memset(results, 0, count * sizeof *results);
	phase(p, PHASE_PARSING);
	if (pipeline_begin(p, err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (page_take(p, pages[i], &results[i], err) < 0)
			goto out;
	phase(p, PHASE_BEFORE_COMMIT);
	if (before_commit != NULL && before_commit(cookie, p->env.store, results, err) < 0)
		goto out;
	if (pipeline_commit(p, err) < 0)
		goto out;
	if (count > 0)
		results[0].queued += (int64_t)p->watch_queued;
	batch_count(p, results, count);
	rc = 0;
out:
	if (rc < 0) {
		pipeline_undo(p, err);
		memset(results, 0, count * sizeof *results);
	}
	phase(p, PHASE_IDLE);
	return rc;
}
