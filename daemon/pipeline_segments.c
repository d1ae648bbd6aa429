/*
 * pipeline_segments.c - who is in which segment, kept true.
 *
 * Whoever was touched is judged again in the transaction that touched them: after each post, and before
 * any other transaction commits (store_judge_with()).  Three things are done in bounded parts between
 * posts: customers who are due because time has passed, those a large import has queued, and everybody
 * when the rules that went live say something else of a segment.
 *
 * Everybody: in the order of their ids; rows of `segments` say how far it has come.  Segments that are not
 * finished are unknown to rules for customers behind that place (store_customer_segments()).  All segments
 * are judged for a customer at once, so when other rules go live meanwhile it begins anew for all that
 * are unfinished, and one place is enough.
 *
 * Crashes: everything commits with what caused it; where judging everybody had come to, it goes on.
 */
#include "daemon/pipeline_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "people/people.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/segments.h"
#include "store/store.h"

#include "daemon/config.h"
#include "daemon/snapshot.h"

#define SOURCE_JUDGED "the segment's conditions"
/* One part of what is done between posts: so many customers, or so long. */
#define PART_CUSTOMERS 1000
#define PART_STEP 50
#define PART_MS 20
#define DROP_ROWS 5000

/* The customers of one call are judged with the same rules; changes of the counts are added up. */
struct judging {
	struct pipeline *p;
	const struct rule_set *rules;
	int64_t now_ms;
	size_t count; /* segments */
	enum tristate *truth;
	int64_t *deltas;
	struct err *err;
};

static bool
is_judging(const struct pipeline *p)
{
	return p->mode == SETTLE_REAL && rule_set_has_live_segments(p->snapshot->rules);
}

/* ---- one customer -------------------------------------------------------- */

static int64_t
sooner(int64_t a, int64_t b)
{
	return a == TIME_UNKNOWN || (b != TIME_UNKNOWN && b < a) ? b : a;
}

static bool
has_days(const struct customer *c)
{
	const struct customer_stats *s = c->stats;

	return s != NULL &&
	    (s->posts[STATS_90_DAYS] > 0 || s->complaints[STATS_90_DAYS] > 0 ||
		s->contacts[STATS_90_DAYS] > 0 || s->events[STATS_90_DAYS] > 0);
}

/* What no length of time says: tags end, and days are counted from midnight to midnight (UTC). */
static int
find_due(struct judging *j, const struct customer *c, int64_t *due_ms)
{
	struct segment_needs needs = rule_set_segment_needs(j->rules);
	int64_t end_ms = TIME_UNKNOWN;

	if (needs.tags && c->tags.count > 0) {
		if (store_tags_next_end(j->p->env.store, c->id, j->now_ms, &end_ms, j->err) < 0)
			return -1;
		*due_ms = sooner(*due_ms, end_ms);
	}
	if ((needs.days && has_days(c)) || (needs.influence && c->has_influence))
		*due_ms = sooner(*due_ms, (j->now_ms / TIME_DAY_MS + 1) * TIME_DAY_MS);
	return 0;
}

static bool
is_member(const struct segment_member *rows, size_t count, struct slice segment)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(rows[i].segment, segment))
			return true;
	return false;
}

/* Makes the rows of who (that of the customer, or of one merged into them) what truth says; NULL: in
 * none.  Imported memberships are nobody's business here. */
static int
settle_rows(struct judging *j, struct slice who, const enum tristate *truth)
{
	struct store *st = j->p->env.store;
	struct segment_member *rows;
	size_t count;

	if (store_segments_of(st, who, j->p->judging, &rows, &count, j->err) < 0)
		return -1;
	for (size_t i = 0; i < j->count; i++) {
		const struct segment_head *head = rule_set_segment(j->rules, i);
		bool is_in = truth != NULL && truth[i] == TRI_YES;
		int rc;

		if (head->is_imported || is_in == is_member(rows, count, head->id))
			continue;
		rc = is_in
		    ? store_segment_enter(st, head->id, who, j->now_ms, SOURCE_JUDGED, j->err)
		    : store_segment_leave(st, head->id, who, j->now_ms, SOURCE_JUDGED, j->err);
		if (rc < 0)
			return -1;
		j->deltas[i] += rc == 0 ? 0 : is_in ? 1 : -1;
	}
	return 0;
}

int
pipeline_segments_fill(struct pipeline *p, struct customer *c, int64_t now_ms, struct err *err)
{
	int64_t points = 0;

	if (c == NULL || !p->asks_influence)
		return 0;
	if (people_customer_influence(p->env.store, c->id, &p->snapshot->config->influence, now_ms,
		p->judging, &c->has_influence, &points, err) < 0)
		return -1;
	c->influence = (int32_t)points;
	return 0;
}

static int
judge_customer(struct judging *j, struct customer *c, int64_t *due_ms)
{
	struct list_question question = {j->p->env.store, j->p->judging};
	struct rule_facts facts = {.cookie = &question, .in_list = pipeline_in_list};
	struct occurrence occ = {.kind = OCCURRENCE_CUSTOMER,
	    .id = c->id,
	    .at_ms = j->now_ms,
	    .now_ms = j->now_ms,
	    .customer = c};

	if (pipeline_segments_fill(j->p, c, j->now_ms, j->err) < 0 ||
	    rule_set_judge_segments(
		j->rules, &occ, &facts, j->p->judging, j->truth, due_ms, j->err) < 0 ||
	    find_due(j, c, due_ms) < 0)
		return -1;
	return settle_rows(j, c->id, j->truth);
}

/* id: of anybody who is or was a customer, merged or not. */
static int
judge(struct judging *j, struct slice id)
{
	struct store *st = j->p->env.store;
	struct customer *c = NULL;
	int64_t due_ms = TIME_UNKNOWN;
	int rc = people_customer(st, id, j->now_ms, j->p->judging, &c, j->err);

	if (rc < 0 || (rc > 0 && judge_customer(j, c, &due_ms) < 0))
		return -1;
	if (rc == 0 || !slice_eq(c->id, id)) {
		if (settle_rows(j, id, NULL) < 0 ||
		    store_judging_set(st, id, TIME_UNKNOWN, j->err) < 0)
			return -1;
	}
	return rc == 0 ? 0 : store_judging_set(st, c->id, due_ms, j->err);
}

static int
judge_list(
    struct pipeline *p, const struct slice *ids, size_t count, int64_t now_ms, struct err *err)
{
	const struct rule_set *rules = p->snapshot->rules;
	size_t segments = rule_set_segment_count(rules);
	struct judging j = {p, rules, now_ms, segments,
	    arena_array(p->judging, segments + 1, sizeof *j.truth),
	    arena_array(p->judging, segments + 1, sizeof *j.deltas), err};

	if (j.truth == NULL || j.deltas == NULL)
		return err_set(err, ERR_NOMEM, "no memory to judge segments");
	for (size_t i = 0; i < count; i++)
		if (judge(&j, ids[i]) < 0)
			return -1;
	for (size_t i = 0; i < segments; i++)
		if (j.deltas[i] != 0 &&
		    store_segment_count_add(
			p->env.store, rule_set_segment(rules, i)->id, j.deltas[i], now_ms, err) < 0)
			return -1;
	p->knows_segments_due = false;
	return 0;
}

int
pipeline_segments_settle(struct pipeline *p, struct err *err)
{
	struct slice *ids;
	size_t count;

	if (!is_judging(p) || !p->are_segments_known || !store_has_touched(p->env.store))
		return 0;
	arena_reset(p->judging);
	return store_touched_take(p->env.store, p->judging, &ids, &count, err) < 0
	    ? -1
	    : judge_list(p, ids, count, clock_now_ms(p->env.clock), err);
}

/* The end of a transaction, whoever began it. */
static int
judge_touched(void *cookie, struct store *st, struct err *err)
{
	(void)st;
	return pipeline_segments_settle(cookie, err);
}

void
pipeline_segments_init(struct pipeline *p)
{
	store_judge_with(p->env.store, judge_touched, p);
	p->asks_influence = rule_set_asks_customer_influence(p->snapshot->rules);
}

void
pipeline_segments_fini(struct pipeline *p)
{
	store_judge_with(p->env.store, NULL, NULL);
}

/* ---- of the past ----------------------------------------------------------- */

/* The lists of what truth says: who is in, and of whom it cannot be told. */
static int
fill_lists(struct pipeline *p, const enum tristate *truth, size_t count, struct customer *c,
    struct err *err)
{
	struct slice *in = arena_array(p->arena, count + 1, sizeof *in);
	struct slice *unsure = arena_array(p->arena, count + 1, sizeof *unsure);

	if (in == NULL || unsure == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the segments of a post");
	c->segments = (struct slice_list){in, 0};
	c->segments_since_ms = NULL;
	c->unsure_segments = (struct slice_list){unsure, 0};
	for (size_t i = 0; i < count; i++) {
		if (truth[i] == TRI_YES)
			in[c->segments.count++] = rule_set_segment(p->snapshot->rules, i)->id;
		else if (truth[i] == TRI_UNKNOWN)
			unsure[c->unsure_segments.count++] =
			    rule_set_segment(p->snapshot->rules, i)->id;
	}
	c->has_segments = true;
	return 0;
}

int
pipeline_segments_rehearse(struct pipeline *p, struct stored_post *sp, struct err *err)
{
	const struct rule_set *rules = p->snapshot->rules;
	size_t count = rule_set_segment_count(rules);
	struct occurrence occ = {.kind = OCCURRENCE_CUSTOMER,
	    .at_ms = sp->post.fetched_at_ms,
	    .now_ms = sp->post.fetched_at_ms};
	struct customer *c;
	enum tristate *truth;
	int64_t due_ms;

	if (count == 0 || sp->customer == NULL || sp->rules_version == p->snapshot->version)
		return 0;
	c = ARENA_NEW(p->arena, struct customer);
	truth = arena_array(p->arena, count, sizeof *truth);
	if (c == NULL || truth == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the segments of a post");
	*c = *sp->customer;
	occ.customer = c;
	if (rule_set_judge_segments(rules, &occ, NULL, p->arena, truth, &due_ms, err) < 0 ||
	    fill_lists(p, truth, count, c, err) < 0)
		return -1;
	sp->customer = c;
	return 0;
}

/* ---- the rows of the segments follow the rules ----------------------------- */

static const struct segment_row *
find_row(const struct segment_row *rows, size_t count, struct slice id)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(rows[i].id, id))
			return &rows[i];
	return NULL;
}

struct hash_text {
	char text[24];
};

static struct hash_text
hash_of(const struct segment_head *head)
{
	struct hash_text h = {""};

	if (!head->is_imported)
		snprintf(h.text, sizeof h.text, "%016" PRIx64, head->content_hash);
	return h;
}

static bool
is_same(const struct segment_head *head, const struct segment_row *was)
{
	return was != NULL && !was->is_gone && was->is_imported == head->is_imported &&
	    slice_eq_str(was->content_hash, hash_of(head).text);
}

static int
sync_segment(struct pipeline *p, const struct segment_head *head, const struct segment_row *was,
    int64_t now_ms, bool *begins_r, struct err *err)
{
	struct segment_row row = {.id = head->id, .is_imported = head->is_imported};
	struct hash_text hash = hash_of(head);

	if (is_same(head, was))
		return 0;
	if (was != NULL)
		row.members = was->members;
	row.content_hash = slice_of(hash.text);
	row.live_at_ms = row.updated_at_ms = now_ms;
	row.judged_to = head->is_imported ? SLICE_NONE : SLICE_LIT("");
	*begins_r |= !head->is_imported;
	return store_segment_put(p->env.store, &row, err);
}

/* Those no rule speaks of any more. */
static int
sync_gone(struct pipeline *p, const struct segment_row *was, int64_t now_ms, struct err *err)
{
	struct segment_row row = *was;

	if (was->is_gone || rule_set_find_segment(p->snapshot->rules, was->id) >= 0)
		return 0;
	row.is_gone = true;
	row.judged_to = SLICE_NONE;
	row.updated_at_ms = now_ms;
	return store_segment_put(p->env.store, &row, err);
}

/* Everybody is judged from the beginning, for all segments that are not finished. */
static int
sweep_begin(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct segment_row *rows;
	size_t count;
	int64_t customers = 0;

	if (store_count(p->env.store, "customers", &customers, err) < 0 ||
	    store_segments_list(p->env.store, p->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!slice_is_set(rows[i].judged_to))
			continue;
		rows[i].judged_to = customers > 0 ? SLICE_LIT("") : SLICE_NONE;
		rows[i].judged = 0;
		rows[i].to_judge = customers;
		rows[i].updated_at_ms = now_ms;
		if (store_segment_put(p->env.store, &rows[i], err) < 0)
			return -1;
	}
	return 0;
}

int
pipeline_segments_begin(struct pipeline *p, int64_t now_ms, struct err *err)
{
	const struct rule_set *rules = p->snapshot->rules;
	struct segment_row *rows;
	size_t count;
	bool begins = false;

	if (p->are_segments_known || p->mode != SETTLE_REAL)
		return 0;
	if (store_segments_list(p->env.store, p->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < rule_set_segment_count(rules); i++) {
		const struct segment_head *head = rule_set_segment(rules, i);

		if (sync_segment(p, head, find_row(rows, count, head->id), now_ms, &begins, err) <
		    0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (sync_gone(p, &rows[i], now_ms, err) < 0)
			return -1;
	if (begins && sweep_begin(p, now_ms, err) < 0)
		return -1;
	p->are_segments_known = true;
	p->knows_segments_due = false;
	return 0;
}

void
pipeline_segments_drop(struct pipeline *p)
{
	p->are_segments_known = false;
	p->knows_segments_due = false;
}

/* ---- between posts ------------------------------------------------------- */

static const struct segment_row *
find_unfinished(const struct segment_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is_set(rows[i].judged_to))
			return &rows[i];
	return NULL;
}

static const struct segment_row *
find_dropped(const struct segment_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].is_gone && !rows[i].is_imported)
			return &rows[i];
	return NULL;
}

/* Nothing to write: then there is nothing to do at once, either. */
static bool
are_all_same(const struct pipeline *p, const struct segment_row *rows, size_t count)
{
	const struct rule_set *rules = p->snapshot->rules;

	for (size_t i = 0; i < rule_set_segment_count(rules); i++) {
		const struct segment_head *head = rule_set_segment(rules, i);

		if (!is_same(head, find_row(rows, count, head->id)))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!rows[i].is_gone && rule_set_find_segment(rules, rows[i].id) < 0)
			return false;
	return true;
}

static int64_t
find_segments_due(struct pipeline *p)
{
	int64_t now_ms = clock_now_ms(p->env.clock), due_ms = TIME_UNKNOWN;
	struct segment_row *rows;
	size_t count;

	arena_reset(p->judging);
	if (store_segments_list(p->env.store, p->judging, &rows, &count, NULL) < 0)
		return now_ms; /* the tick will say what is wrong */
	p->are_segments_known = p->are_segments_known || are_all_same(p, rows, count);
	if (!p->are_segments_known || find_unfinished(rows, count) != NULL ||
	    find_dropped(rows, count) != NULL ||
	    (is_judging(p) && store_judging_next(p->env.store, &due_ms, NULL) < 0))
		return now_ms;
	return due_ms;
}

int64_t
pipeline_segments_due(struct pipeline *p)
{
	if (p->mode != SETTLE_REAL)
		return TIME_UNKNOWN;
	if (!p->knows_segments_due) {
		p->segments_due_ms = find_segments_due(p);
		p->knows_segments_due = p->are_segments_known;
	}
	return p->segments_due_ms;
}

/* As many as there is time for, in steps; *done_r of them were judged. */
static int
judge_part(struct pipeline *p, const struct slice *ids, size_t count, int64_t now_ms,
    size_t *done_r, struct err *err)
{
	size_t done = 0;

	while (done < count) {
		size_t n = count - done < PART_STEP ? count - done : PART_STEP;

		arena_reset(p->judging);
		if (judge_list(p, ids + done, n, now_ms, err) < 0)
			return -1;
		done += n;
		if (clock_now_ms(p->env.clock) - now_ms >= PART_MS)
			break;
	}
	*done_r = done;
	return 0;
}

static int
part_of_queue(struct pipeline *p, int64_t now_ms, size_t limit, bool *more_r, struct err *err)
{
	struct slice *ids;
	size_t count, done;

	if (store_judging_due(p->env.store, now_ms, limit, p->arena, &ids, &count, err) < 0 ||
	    judge_part(p, ids, count, now_ms, &done, err) < 0)
		return -1;
	*more_r |= done < count || count == limit;
	return 0;
}

static int
sweep_end(struct pipeline *p, const struct segment_row *rows, size_t count, struct slice judged_to,
    size_t done, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct segment_row row;

		if (!slice_is_set(rows[i].judged_to))
			continue;
		/* its count has changed since */
		if (store_segment_load(p->env.store, rows[i].id, p->arena, &row, err) < 0)
			return -1;
		row.judged_to = judged_to;
		row.judged += (int64_t)done;
		row.updated_at_ms = now_ms;
		if (store_segment_put(p->env.store, &row, err) < 0)
			return -1;
		if (!slice_is_set(judged_to))
			log_event(
			    p->env.log, LOG_INFO, "segment.judged", "segment", row.id.ptr, NULL);
	}
	return 0;
}

static int
part_of_sweep(struct pipeline *p, const struct segment_row *rows, size_t count, size_t limit,
    int64_t now_ms, bool *more_r, struct err *err)
{
	const struct segment_row *first = find_unfinished(rows, count);
	struct slice *ids, judged_to;
	size_t found, done;

	if (first == NULL)
		return 0;
	if (store_customer_ids(p->env.store, first->judged_to, limit, p->arena, &ids, &found, err) <
		0 ||
	    judge_part(p, ids, found, now_ms, &done, err) < 0)
		return -1;
	judged_to = done == found && found < limit ? SLICE_NONE : ids[done - 1];
	*more_r |= slice_is_set(judged_to);
	return sweep_end(p, rows, count, judged_to, done, now_ms, err);
}

static int
run_part(struct pipeline *p, int64_t now_ms, size_t limit, bool *more_r, struct err *err)
{
	const struct segment_row *dropped;
	struct segment_row *rows;
	size_t count;
	int rc = 0;

	if (store_segments_list(p->env.store, p->arena, &rows, &count, err) < 0)
		return -1;
	dropped = find_dropped(rows, count);
	if (dropped != NULL)
		rc = store_segment_drop(p->env.store, dropped->id, DROP_ROWS, err);
	if (rc < 0)
		return -1;
	*more_r |= rc > 0;
	return is_judging(p) &&
		(part_of_queue(p, now_ms, limit, more_r, err) < 0 ||
		    part_of_sweep(p, rows, count, limit, now_ms, more_r, err) < 0)
	    ? -1
	    : 0;
}

static int
tick(struct pipeline *p, size_t limit, bool *more_r, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock);

	*more_r = false;
	if (pipeline_begin(p, err) < 0 || run_part(p, now_ms, limit, more_r, err) < 0 ||
	    pipeline_commit(p, err) < 0) {
		pipeline_undo(p, err);
		return -1;
	}
	p->knows_segments_due = false;
	return 0;
}

/* What cannot be judged must not hold up the others: in the queue it waits for a day, and the sweep goes
 * on behind it. */
static int
skip_first(struct pipeline *p, int64_t now_ms, struct err *err)
{
	const struct segment_row *first;
	struct segment_row *rows;
	struct slice *ids;
	size_t count, found;

	if (store_judging_due(p->env.store, now_ms, 1, p->arena, &ids, &found, err) < 0)
		return -1;
	if (found > 0)
		return store_judging_set(p->env.store, ids[0], now_ms + TIME_DAY_MS, err);
	if (store_segments_list(p->env.store, p->arena, &rows, &count, err) < 0)
		return -1;
	first = find_unfinished(rows, count);
	if (first == NULL)
		return 0;
	if (store_customer_ids(p->env.store, first->judged_to, 1, p->arena, &ids, &found, err) < 0)
		return -1;
	return sweep_end(p, rows, count, found > 0 ? ids[0] : SLICE_NONE, found, now_ms, err);
}

static int
skip(struct pipeline *p, const struct err *why, struct err *err)
{
	log_event(p->env.log, LOG_ERROR, "segment.skipped", "why", why->text, NULL);
	if (pipeline_begin(p, err) < 0 || skip_first(p, clock_now_ms(p->env.clock), err) < 0 ||
	    pipeline_commit(p, err) < 0) {
		pipeline_undo(p, err);
		return -1;
	}
	p->knows_segments_due = false;
	return 0;
}

int
pipeline_segments_tick(struct pipeline *p, bool *more_r, struct err *err)
{
	int64_t due_ms = pipeline_segments_due(p);
	struct err bad = {ERR_NONE, ""};

	*more_r = false;
	if (due_ms == TIME_UNKNOWN || due_ms > clock_now_ms(p->env.clock))
		return 0;
	if (tick(p, PART_CUSTOMERS, more_r, &bad) == 0)
		return 0;
	/* One of them is bad: one at a time, until it is that one's turn. */
	if (!pipeline_is_passing(bad.kind) && tick(p, 1, more_r, &bad) == 0)
		return 0;
	if (!pipeline_is_passing(bad.kind) && skip(p, &bad, &bad) == 0) {
		*more_r = true;
		return 0;
	}
	*err = bad;
	return -1;
}
