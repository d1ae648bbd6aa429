/*
 * pipeline_watch.c - watches: what posts they count, and the incidents that begin and end.
 *
 * The crowd in memory is filled from rows and follows them; what it learns is written in the
 * transaction it learnt it in.  When that does not hold, the crowd is thrown away and filled anew.
 * When other rules come into force, a watch that counts the same goes on with what it knows, and the
 * others are filled from what rows there are under their ids.
 */
#include "daemon/pipeline_internal.h"

#include <string.h>

#include "api/watch_load.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/posts.h"
#include "store/watches.h"

#include "actions/incidents.h"
#include "daemon/snapshot.h"

#define WATCH_STATE_MAX 4096
#define WATCH_INCIDENTS_MAX 1000
/* What is known of a watch that is no longer in force is kept so long: it may come back. */
#define WATCH_KEEP_MS (7 * TIME_DAY_MS)
#define WATCH_STALE_ROWS 16

/* Posts of one minute that a share is of, counted in this batch. */
struct base_count {
	size_t watch;
	int64_t minute, n;
	struct base_count *next;
};

static const struct rule_head *
head_of(const struct pipeline *p, size_t i)
{
	return &rule_set_watch(p->snapshot->rules, i)->rule;
}

void
pipeline_watch_drop(struct pipeline *p)
{
	crowd_free(p->crowd);
	crowd_free(p->crowd_before);
	p->crowd = p->crowd_before = NULL;
	p->base_counts = NULL;
	p->is_watching = false;
}

void
pipeline_watch_swap(struct pipeline *p)
{
	/* What the rows do not say yet of the one before was dropped with it. */
	if (!p->is_watching || p->crowd == NULL) {
		pipeline_watch_drop(p);
		return;
	}
	crowd_free(p->crowd_before);
	p->crowd_before = p->crowd;
	p->crowd = NULL;
	p->base_counts = NULL;
	p->is_watching = false;
}

int64_t
pipeline_watch_due(const struct pipeline *p, int64_t now_ms)
{
	if (!p->is_watching)
		return now_ms;
	return p->crowd == NULL ? TIME_UNKNOWN : crowd_next_due(p->crowd);
}

bool
pipeline_watch_is_busy(const struct pipeline *p)
{
	size_t count = p->crowd == NULL ? 0 : rule_set_watch_count(p->snapshot->rules);
	int64_t since_ms;

	for (size_t i = 0; i < count; i++)
		if (crowd_is_active(p->crowd, i, &since_ms))
			return true;
	return false;
}

/* ---- incidents ------------------------------------------------------------- */

static int
end_incident(struct pipeline *p, struct slice watch_id, struct slice reason, int64_t peak,
    int64_t now_ms, size_t *queued_r, struct err *err)
{
	size_t told = 0;
	int rc = store_incident_end(p->env.store, watch_id, now_ms, reason, peak, err);

	if (rc > 0)
		rc = actions_end_incident(p->env.store, &p->snapshot->config->actions, watch_id,
		    reason, now_ms, p->arena, &told, err);
	if (rc < 0)
		return -1;
	*queued_r += told;
	return 0;
}

static int
begin_incident(struct pipeline *p, const struct crowd_change *c, int64_t now_ms, size_t *queued_r,
    struct err *err)
{
	const struct rule_head *watch = head_of(p, c->watch);
	struct incident in = {watch, c->since_ms, now_ms, c->reason};
	struct incident_row row = {.watch_id = watch->id,
	    .rules_version = watch->version,
	    .started_at_ms = c->since_ms,
	    .reason = c->reason};
	struct settled settled;
	int rc = store_incident_begin(p->env.store, &row, err);

	if (rc <= 0)
		return rc; /* 0: what is under way goes on */
	if (actions_settle_incident(
		p->env.store, &p->snapshot->config->actions, &in, p->arena, &settled, err) < 0)
		return -1;
	*queued_r += settled.alerted;
	return pipeline_remember(p, NULL, NULL, &settled, err);
}

static bool
has_incident(const struct incident_row *rows, size_t count, struct slice watch_id)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(rows[i].watch_id, watch_id))
			return true;
	return false;
}

/* A watch that was taken out while its crowd lasted comes back with the state of then, and the
 * incident has been ended. */
static void
stand_down(struct pipeline *p, const struct incident_row *rows, size_t count)
{
	size_t watches = p->crowd == NULL ? 0 : rule_set_watch_count(p->snapshot->rules);
	int64_t since_ms;

	if (count >= WATCH_INCIDENTS_MAX)
		return; /* there may be more that are under way */
	for (size_t i = 0; i < watches; i++)
		if (crowd_is_active(p->crowd, i, &since_ms) &&
		    !has_incident(rows, count, head_of(p, i)->id))
			crowd_stand_down(p->crowd, i);
}

/* An incident whose watch is gone, or does not know of it any more, is over. */
static int
reconcile(struct pipeline *p, int64_t now_ms, size_t *queued_r, struct err *err)
{
	struct incident_row *rows;
	int64_t since_ms;
	size_t count;

	if (store_incidents_open(p->env.store, WATCH_INCIDENTS_MAX, p->arena, &rows, &count, err) <
	    0)
		return -1;
	stand_down(p, rows, count);
	for (size_t i = 0; i < count; i++) {
		int w = rule_set_find_watch(p->snapshot->rules, rows[i].watch_id);
		const char *why = NULL;

		if (w < 0)
			why = "the watch is no longer in force";
		else if (rule_set_watch_is_off(p->snapshot->rules, (size_t)w))
			why = "the watch is switched off";
		else if (!crowd_is_active(p->crowd, (size_t)w, &since_ms))
			why = "the watch was changed";
		if (why != NULL &&
		    end_incident(p, rows[i].watch_id, slice_of(why), rows[i].peak, now_ms, queued_r,
			err) < 0)
			return -1;
	}
	return 0;
}

/* ---- posts ------------------------------------------------------------------- */

int
pipeline_watch_begin(struct pipeline *p, int64_t now_ms, struct err *err)
{
	p->base_counts = NULL;
	p->watch_queued = 0;
	if (p->is_watching)
		return 0;
	if (rule_set_watch_count(p->snapshot->rules) > 0 &&
	    watch_load(p->env.store, p->snapshot->rules, now_ms, p->crowd_before, &p->crowd, err) <
		0)
		return -1;
	crowd_free(p->crowd_before);
	p->crowd_before = NULL;
	if (reconcile(p, now_ms, &p->watch_queued, err) < 0)
		return -1;
	p->is_watching = true;
	return 0;
}

static int
count_base(struct pipeline *p, size_t watch, int64_t minute, struct err *err)
{
	struct base_count *b = p->base_counts;

	while (b != NULL && (b->watch != watch || b->minute != minute))
		b = b->next;
	if (b == NULL) {
		b = ARENA_NEW(p->arena, struct base_count);
		if (b == NULL)
			return err_set(err, ERR_NOMEM, "no memory to count posts");
		*b = (struct base_count){watch, minute, 0, p->base_counts};
		p->base_counts = b;
	}
	b->n++;
	return 0;
}

static int
count_post(struct pipeline *p, const struct stored_post *sp, size_t watch, enum firing_part part,
    int64_t now_ms, struct err *err)
{
	const struct watch_head *w = rule_set_watch(p->snapshot->rules, watch);
	int64_t at_ms = post_event_at_ms(&sp->post);
	struct watch_hit hit = {w->rule.id, at_ms, sp->post_no, 0};

	if (at_ms <= now_ms - w->widest_ms)
		return 0; /* too late for every window */
	if (part == FIRING_BASE) {
		if (count_base(p, watch, at_ms / TIME_MINUTE_MS, err) < 0)
			return -1;
		return crowd_add(p->crowd, watch, part, at_ms, 0, err);
	}
	/* The hash is stored: its key never changes. */
	if (slice_is_set(sp->post.author.id) && sp->post.author.id.len > 0)
		hit.author = hash_siphash(0, 0, sp->post.author.id) | 1;
	if (store_watch_hit_put(p->env.store, &hit, err) < 0)
		return -1;
	return crowd_add(p->crowd, watch, part, at_ms, hit.author, err);
}

/* A watch that asks for a share counts among the posts of its `out of` only. */
static bool
is_counted(const struct pipeline *p, size_t watch, const struct firing *f,
    const struct firing *firings, size_t count)
{
	if (f->part != FIRING_WATCHED || !rule_set_watch(p->snapshot->rules, watch)->has_base)
		return f->part == FIRING_WATCHED || f->part == FIRING_BASE;
	for (size_t i = 0; i < count; i++)
		if (firings[i].part == FIRING_BASE && firings[i].rule == f->rule)
			return true;
	return false;
}

int
pipeline_watch_post(struct pipeline *p, const struct stored_post *sp, const struct firing *firings,
    size_t count, int64_t now_ms, struct err *err)
{
	/* The crowd is made of others, and of what happens now; reposts are part of it. */
	if (sp->inert != NULL && strcmp(sp->inert, INERT_REPOST) != 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		enum firing_part part = firings[i].part;
		size_t watch;

		if (part != FIRING_WATCHED && part != FIRING_BASE)
			continue;
		watch = rule_set_watch_of(p->snapshot->rules, firings[i].rule);
		if (is_counted(p, watch, &firings[i], firings, count) &&
		    count_post(p, sp, watch, part, now_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- judging ------------------------------------------------------------------ */

static int
write_bases(struct pipeline *p, struct err *err)
{
	for (const struct base_count *b = p->base_counts; b != NULL; b = b->next)
		if (store_watch_base_add(
			p->env.store, head_of(p, b->watch)->id, b->minute, b->n, err) < 0)
			return -1;
	p->base_counts = NULL;
	return 0;
}

static int
write_states(struct pipeline *p, int64_t now_ms, struct err *err)
{
	size_t count = rule_set_watch_count(p->snapshot->rules);
	struct buf state;
	int rc = 0;

	buf_init(&state, WATCH_STATE_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!crowd_is_changed(p->crowd, i))
			continue;
		buf_clear(&state);
		rc = crowd_state_write(p->crowd, i, &state);
		if (rc < 0 || buf_failed(&state))
			rc = err_set(err, ERR_NOMEM, "no memory for the state of a watch");
		else
			rc = store_watch_state_put(
			    p->env.store, head_of(p, i)->id, buf_slice(&state), now_ms, err);
	}
	buf_fini(&state);
	return rc;
}

int
pipeline_watch_judge(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct crowd_change *changes = NULL;
	size_t count = 0;

	if (p->crowd == NULL)
		return 0;
	if (write_bases(p, err) < 0 ||
	    crowd_judge(p->crowd, now_ms, p->arena, &changes, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct crowd_change *c = &changes[i];
		struct slice id = arena_slice_dup(p->arena, head_of(p, c->watch)->id);
		int rc = !slice_is_set(id) ? err_set(err, ERR_NOMEM, "no memory for the watches")
		    : c->turn == CROWD_BEGINS
		    ? begin_incident(p, c, now_ms, &p->watch_queued, err)
		    : end_incident(p, id, c->reason, c->peak, now_ms, &p->watch_queued, err);

		if (rc < 0)
			return -1;
		log_event(p->env.log, LOG_WARN,
		    c->turn == CROWD_BEGINS ? "incident.begins" : "incident.ends", "watch", id.ptr,
		    "why", c->reason.ptr, NULL);
	}
	return write_states(p, now_ms, err);
}

/* ---- tidying ------------------------------------------------------------------- */

/* What watches knew that have not been in force for a while. */
static int
forget_gone(struct pipeline *p, int64_t now_ms, size_t max_rows, bool *more_r, struct err *err)
{
	struct slice *ids;
	size_t count;

	arena_reset(p->arena);
	if (store_watches_stale(p->env.store, now_ms - WATCH_KEEP_MS, WATCH_STALE_ROWS, p->arena,
		&ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool more = false;

		if (rule_set_find_watch(p->snapshot->rules, ids[i]) >= 0)
			continue; /* quiet since */
		if (store_watch_forget(p->env.store, ids[i], max_rows, &more, err) < 0)
			return -1;
		*more_r |= more;
	}
	return 0;
}

int
pipeline_tidy(struct pipeline *p, int64_t now_ms, size_t max_rows, bool *more_r, struct err *err)
{
	size_t count = rule_set_watch_count(p->snapshot->rules);

	*more_r = false;
	for (size_t i = 0; i < count; i++) {
		const struct watch_head *w = rule_set_watch(p->snapshot->rules, i);
		bool more;

		if (store_watch_tidy(
			p->env.store, w->rule.id, now_ms - w->widest_ms, max_rows, &more, err) < 0)
			return -1;
		*more_r |= more;
	}
	return forget_gone(p, now_ms, max_rows, more_r, err);
}
