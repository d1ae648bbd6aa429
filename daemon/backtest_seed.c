/*
 * backtest_seed.c - the counters a backtest begins with: every firing and every message of before is
 * counted again as the rules of the lane count, by whoever its person was when the time looked at begins.
 */
#include "daemon/backtest_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "store/as_of.h"
#include "store/outbox.h"
#include "store/store.h"

#include "actions/actions.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"

#define SEED_ARENA_BYTES (256u * 1024 * 1024)
#define SUBJECTS_MAX (1u << 20) /* more are looked up each time */

struct seed {
	struct backtest_lane *lane;
	struct store *past;
	int64_t since_ms;
	struct zone_clock *zones;
	struct arena *arena; /* of one row */
	struct arena *names; /* of the subjects */
	struct map *subjects; /* of then -> a slice of names: as of since */
};

static void
seed_fini(struct seed *s)
{
	zone_clock_free(s->zones);
	map_free(s->subjects);
	arena_free(s->arena);
	arena_free(s->names);
}

static int
seed_init(struct seed *s, struct backtest_lane *l, const struct backtest *b, struct err *err)
{
	*s = (struct seed){.lane = l, .past = b->store, .since_ms = b->since_ms};
	s->zones = zone_clock_new();
	s->subjects = map_new(b->hash_seed, SUBJECTS_MAX, NULL);
	s->arena = arena_new(SEED_ARENA_BYTES);
	s->names = arena_new(SEED_ARENA_BYTES);
	if (s->zones != NULL && s->subjects != NULL && s->arena != NULL && s->names != NULL)
		return 0;
	seed_fini(s);
	return err_set(err, ERR_NOMEM, "no memory for a backtest");
}

/* Linked and merged since, somebody counts as who they are. */
static int
find_subject(struct seed *s, struct slice subject, struct slice *subject_r, struct err *err)
{
	struct slice *known;

	*subject_r = subject;
	if (!slice_is_set(subject))
		return 0;
	known = map_get(s->subjects, subject);
	if (known == NULL && map_count(s->subjects) < SUBJECTS_MAX) {
		known = ARENA_NEW(s->names, struct slice);
		if (known == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a backtest");
		if (store_subject_as_of(s->past, subject, s->since_ms, s->names, known, err) < 0)
			return -1;
		*known = arena_slice_dup(s->names, *known);
		if (!slice_is_set(*known) || map_put(s->subjects, subject, known) < 0)
			return err_set(err, ERR_NOMEM, "no memory for a backtest");
	}
	if (known == NULL)
		return store_subject_as_of(s->past, subject, s->since_ms, s->arena, subject_r, err);
	*subject_r = *known;
	return 0;
}

static bool
counts_threads(const struct rule_head *h)
{
	if (h->cooldown_ms > 0 && h->cooldown_scope == LIMIT_PER_THREAD)
		return true;
	for (size_t k = 0; k < h->cap_count; k++)
		if (h->caps[k].scope == LIMIT_PER_THREAD)
			return true;
	return false;
}

static bool
asks_threads(const struct rule_set *set)
{
	for (size_t i = 0; i < rule_set_count(set); i++)
		if (counts_threads(rule_set_head(set, i)))
			return true;
	return false;
}

/* As guardrails count a thread: by its name, by what the post answers, by the post. */
static struct slice
thread_of(const struct firing_row *row)
{
	if (!row->knows_thread)
		return SLICE_NONE;
	if (slice_is_set(row->thread))
		return row->thread;
	return slice_is_set(row->reply_to) ? row->reply_to : row->occurrence_id;
}

static int
read_past(struct seed *s, const struct firing_row *row, struct past *past_r, struct err *err)
{
	const struct rule_set *rules = s->lane->side.snapshot->rules;
	int at = rule_set_find(rules, row->rule_id);

	arena_reset(s->arena);
	*past_r = (struct past){.at_ms = row->at_ms,
	    .then_ms = s->since_ms,
	    .rule = at < 0 ? NULL : rule_set_head(rules, (size_t)at),
	    .is_message = row->verb == ACTION_SEND || row->verb == ACTION_DRAFT_REPLY,
	    .is_first = row->is_first,
	    .thread = thread_of(row),
	    .counts_day = row->counts_day,
	    .cost_milli = row->cost_milli,
	    .zones = s->zones};
	return find_subject(s, row->subject, &past_r->subject, err);
}

static int
seed_firing(void *cookie, const struct firing_row *row, struct err *err)
{
	struct seed *s = cookie;
	struct past past;

	if (rule_set_find(s->lane->side.snapshot->rules, row->rule_id) < 0)
		return 0;
	if (read_past(s, row, &past, err) < 0)
		return -1;
	s->lane->has_lost_threads |= !row->knows_thread && counts_threads(past.rule);
	return actions_past_firing(
	    s->lane->store, &s->lane->side.snapshot->config->actions, &past, s->arena, err);
}

static int
seed_message(void *cookie, const struct firing_row *row, struct err *err)
{
	struct seed *s = cookie;
	struct past past;

	if (read_past(s, row, &past, err) < 0)
		return -1;
	return actions_past_message(
	    s->lane->store, &s->lane->side.snapshot->config->actions, &past, s->arena, err);
}

static int
read_all(struct seed *s, struct err *err)
{
	bool with_threads = asks_threads(s->lane->side.snapshot->rules);
	int rc;

	if (store_begin(s->past, err) < 0)
		return -1;
	rc = store_firings_before(s->past, s->since_ms, with_threads, seed_firing, s, err);
	if (rc == 0)
		rc = store_messages_counted_before(s->past, s->since_ms, seed_message, s, err);
	store_rollback(s->past);
	return rc;
}

int
backtest_seed(struct backtest_lane *l, const struct backtest *b, struct err *err)
{
	struct seed s;
	int rc;

	if (seed_init(&s, l, b, err) < 0)
		return -1;
	rc = store_begin(l->store, err);
	if (rc == 0) {
		rc = read_all(&s, err);
		if (rc == 0)
			rc = store_commit(l->store, err);
		if (rc < 0)
			store_rollback(l->store);
	}
	seed_fini(&s);
	return rc;
}
