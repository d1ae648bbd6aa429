/*
 * backtest_report.c - counting what a rule set did, comparing two, and telling it.
 *
 * What is counted per rule and post is told apart by the rows' outcomes: rows of one firing come one
 * after another.  Whether both sides did the same is judged at the end over sorted hashes of (rule,
 * occurrence, action): eight bytes and two numbers a deed, so that a million posts stay small.
 */
#include "daemon/backtest_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/events.h"
#include "store/posts.h"

#include "daemon/snapshot.h"

#define SIDE_ARENA_BYTES (256u * 1024 * 1024)
#define SIDE_PEOPLE_MAX 20000000u
#define DEEDS_MAX 50000000u

/* ---- one side ----------------------------------------------------------- */

int
backtest_side_init(
    struct backtest_side *s, const struct snapshot *snapshot, uint64_t hash_seed, struct err *err)
{
	*s = (struct backtest_side){.snapshot = snapshot};
	s->rule_count = rule_set_count(snapshot->rules);
	s->arena = arena_new(SIDE_ARENA_BYTES);
	s->rules = mem_zalloc((s->rule_count + 1) * sizeof *s->rules);
	s->watch_count = rule_set_watch_count(snapshot->rules);
	s->watches = mem_zalloc((s->watch_count + 1) * sizeof *s->watches);
	s->people = map_new(hash_seed, SIDE_PEOPLE_MAX, NULL);
	if (s->arena == NULL || s->rules == NULL || s->watches == NULL || s->people == NULL) {
		backtest_side_fini(s);
		return err_set(
		    err, ERR_NOMEM, "no memory for a backtest of %zu rules", s->rule_count);
	}
	return 0;
}

void
backtest_side_fini(struct backtest_side *s)
{
	arena_free(s->arena);
	map_free(s->people);
	mem_free(s->rules);
	mem_free(s->watches);
	mem_free(s->deeds);
	*s = (struct backtest_side){0};
}

static struct slice
keep(struct backtest_side *s, struct slice text)
{
	struct slice copy;

	if (!slice_is_set(text))
		return SLICE_NONE;
	copy = arena_slice_dup(s->arena, text);
	s->has_no_memory |= !slice_is_set(copy);
	return copy;
}

static void
keep_sample(struct backtest_side *s, struct backtest_sample *to, const struct decision_row *row,
    const struct stored_post *sp, const struct stored_event *e)
{
	to->post_id = keep(s, row->occurrence_id);
	to->author = keep(s, e != NULL ? e->subject : sp->post.author.handle);
	to->text =
	    keep(s, utf8_prefix(e != NULL ? e->event.name : sp->post.text, BACKTEST_EXCERPT));
	to->action = keep(s, row->action);
	to->outcome = slice_of(decision_outcome_name(row->outcome));
	to->note = keep(s, row->note);
	to->at_ms = row->at_ms;
}

/* Has this pair not been seen before? Subjects and rule ids hold no line ends. */
static bool
is_new_person(struct backtest_side *s, struct slice rule_id, struct slice subject)
{
	static char mark; /* what stands for "seen" */
	char room[512];
	struct slice key;
	int n = snprintf(room, sizeof room, "%.*s\n%.*s", SLICE_ARG(rule_id), SLICE_ARG(subject));

	if (n < 0)
		return false;
	key = slice_make(room, (size_t)n < sizeof room ? (size_t)n : sizeof room - 1);
	if (map_get(s->people, key) != NULL)
		return false;
	s->has_no_memory |= map_put(s->people, key, &mark) < 0;
	return true;
}

static void
add_deed(struct backtest_side *s, uint32_t rule, const struct decision_row *row)
{
	struct slice parts[3] = {row->rule_id, row->occurrence_id, row->action};
	uint64_t key = 0;

	if (s->deed_count == s->deed_cap) {
		size_t cap = s->deed_cap == 0 ? 1024 : s->deed_cap * 2;
		struct backtest_deed *more =
		    cap > DEEDS_MAX ? NULL : mem_realloc(s->deeds, cap * sizeof *more);

		if (more == NULL) {
			s->has_no_memory = true;
			return;
		}
		s->deeds = more;
		s->deed_cap = cap;
	}
	for (size_t i = 0; i < 3; i++)
		key = hash_bytes(key + i, parts[i]);
	s->deeds[s->deed_count++] = (struct backtest_deed){key, row->post_no, rule};
}

static bool
is_done(enum decision_outcome o)
{
	return o == DECISION_DONE || o == DECISION_QUEUED || o == DECISION_DRAFTED ||
	    o == DECISION_ALERTED;
}

/* The first row of a firing tells what became of the firing. */
static void
count_firing(struct backtest_side *s, struct backtest_rule *r, const struct decision_row *row)
{
	r->matched++;
	switch (row->outcome) {
	case DECISION_HELD: r->held++; return;
	case DECISION_COUNTED: r->counted++; return;
	case DECISION_WAITING: r->waiting++; return;
	case DECISION_DONE:
	case DECISION_QUEUED:
	case DECISION_DRAFTED:
	case DECISION_ALERTED:
	case DECISION_SUPPRESSED:
	case DECISION_SHADOW: break;
	}
	r->fired++;
	if (!slice_is_set(row->subject))
		return;
	if (is_new_person(s, row->rule_id, row->subject)) {
		r->people++;
		s->people_total += is_new_person(s, SLICE_LIT(""), row->subject);
	}
}

static void
count_action(struct backtest_rule *r, const struct decision_row *row)
{
	switch (row->outcome) {
	case DECISION_QUEUED:
		r->messages++;
		r->cost_milli += row->cost_milli;
		return;
	case DECISION_DRAFTED: r->drafts++; return;
	case DECISION_ALERTED: r->alerts++; return;
	case DECISION_DONE: r->changes++; return;
	case DECISION_SUPPRESSED: r->suppressed++; return;
	case DECISION_HELD:
	case DECISION_SHADOW:
	case DECISION_COUNTED:
	case DECISION_WAITING: return;
	}
}

static void
take_incident(struct backtest_side *s, const struct decision_row *row)
{
	uint64_t which = hash_bytes(0, row->occurrence_id);

	for (size_t i = 0; i < s->watch_count; i++) {
		struct backtest_watch *w = &s->watches[i];

		if (!slice_eq(rule_set_watch(s->snapshot->rules, i)->rule.id, row->rule_id))
			continue;
		w->incidents += w->last != which;
		w->last = which;
		w->alerts += row->outcome == DECISION_ALERTED;
		return;
	}
}

void
backtest_side_take(struct backtest_side *s, const struct decision_row *row,
    const struct stored_post *sp, const struct stored_event *e)
{
	uint64_t occurrence = hash_bytes(0, row->occurrence_id);
	int at = rule_set_find(s->snapshot->rules, row->rule_id);
	struct backtest_rule *r;

	if (at < 0 || (sp == NULL && e == NULL)) {
		take_incident(s, row);
		return;
	}
	r = &s->rules[at];
	if (r->last_occurrence != occurrence || r->last_kind != (int)row->occurrence_kind)
		count_firing(s, r, row);
	r->last_occurrence = occurrence;
	r->last_kind = (int)row->occurrence_kind;
	count_action(r, row);
	if (!is_done(row->outcome))
		return;
	if (r->sample_count < BACKTEST_SAMPLES)
		keep_sample(s, &r->samples[r->sample_count++], row, sp, e);
	add_deed(s, (uint32_t)at, row);
}

/* ---- both sides ---------------------------------------------------------- */

static int
compare_deeds(const void *a, const void *b)
{
	const struct backtest_deed *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void
sort_deeds(struct backtest_side *s)
{
	if (s->deed_count > 1)
		qsort(s->deeds, s->deed_count, sizeof *s->deeds, compare_deeds);
}

/* The post as one of the rule's samples has it; the number is told when it is none of them. */
static void
keep_only(struct backtest_side *s, const struct backtest_deed *d)
{
	struct backtest_rule *r = &s->rules[d->rule];

	r->only_here++;
	if (d->post_no > 0 && r->only_count < BACKTEST_SAMPLES)
		r->only_posts[r->only_count++] = d->post_no;
}

void
backtest_compare(struct backtest_side *draft, struct backtest_side *live)
{
	size_t i = 0, k = 0;

	sort_deeds(draft);
	sort_deeds(live);
	while (i < draft->deed_count || k < live->deed_count) {
		const struct backtest_deed *d = &draft->deeds[i], *l = &live->deeds[k];

		if (k == live->deed_count || (i < draft->deed_count && d->key < l->key)) {
			keep_only(draft, d);
			i++;
		} else if (i == draft->deed_count || l->key < d->key) {
			keep_only(live, l);
			k++;
		} else {
			i++;
			k++;
		}
	}
}

/* ---- the report ----------------------------------------------------------- */

static void
put_sample(struct json_writer *w, const struct backtest_sample *s)
{
	json_object_begin(w);
	json_kv_str(w, "post_id", s->post_id);
	json_kv_time(w, "at", s->at_ms);
	json_kv_str(w, "author", s->author);
	json_kv_str(w, "text", s->text);
	json_kv_str(w, "action", s->action);
	json_kv_str(w, "outcome", s->outcome);
	json_kv_str(w, "note", s->note);
	json_object_end(w);
}

static void
put_counts(struct json_writer *w, const struct backtest_rule *r)
{
	json_kv_i64(w, "matched", r->matched);
	json_kv_i64(w, "fired", r->fired);
	json_kv_i64(w, "held", r->held);
	json_kv_i64(w, "counted", r->counted);
	json_kv_i64(w, "waiting", r->waiting);
	json_kv_i64(w, "people", r->people);
	json_kv_i64(w, "messages", r->messages);
	json_kv_i64(w, "drafts", r->drafts);
	json_kv_i64(w, "alerts", r->alerts);
	json_kv_i64(w, "profile_changes", r->changes);
	json_kv_i64(w, "suppressed", r->suppressed);
	json_kv_milli(w, "cost", r->cost_milli);
}

static void
put_only(struct json_writer *w, const char *count, const char *posts, const struct backtest_rule *r)
{
	json_kv_i64(w, count, r->only_here);
	json_key(w, posts);
	json_array_begin(w);
	for (size_t i = 0; i < r->only_count; i++)
		json_put_i64(w, r->only_posts[i]);
	json_array_end(w);
}

static void
put_rule(struct json_writer *w, const struct rule_head *head, const struct backtest_rule *draft,
    const struct backtest_rule *live)
{
	static const struct backtest_rule none = {0};

	json_object_begin(w);
	json_kv_str(w, "id", head->id);
	json_kv_str(w, "title", head->title);
	json_kv_bool(w, "is_draft", draft != NULL);
	json_kv_bool(w, "is_live", live != NULL);
	put_counts(w, draft != NULL ? draft : &none);
	json_key(w, "live");
	json_object_begin(w);
	put_counts(w, live != NULL ? live : &none);
	json_object_end(w);
	put_only(w, "only_draft", "only_draft_posts", draft != NULL ? draft : &none);
	put_only(w, "only_live", "only_live_posts", live != NULL ? live : &none);
	json_key(w, "samples");
	json_array_begin(w);
	for (size_t i = 0; draft != NULL && i < draft->sample_count; i++)
		put_sample(w, &draft->samples[i]);
	json_array_end(w);
	json_object_end(w);
}

/* Incidents of a watch of that id in a set; -1: it has none of the kind. */
static int64_t
incidents_of(const struct backtest_side *s, struct slice id)
{
	for (size_t i = 0; s != NULL && i < s->watch_count; i++)
		if (slice_eq(rule_set_watch(s->snapshot->rules, i)->rule.id, id))
			return s->watches[i].incidents;
	return -1;
}

static void
put_watches(
    struct json_writer *w, const struct backtest_side *draft, const struct backtest_side *live)
{
	json_key(w, "watches");
	json_array_begin(w);
	for (size_t i = 0; i < draft->watch_count; i++) {
		const struct rule_head *head = &rule_set_watch(draft->snapshot->rules, i)->rule;
		int64_t before = incidents_of(live, head->id);

		json_object_begin(w);
		json_kv_str(w, "id", head->id);
		json_kv_str(w, "title", head->title);
		json_kv_i64(w, "incidents", draft->watches[i].incidents);
		json_kv_i64(w, "alerts", draft->watches[i].alerts);
		json_key(w, "live_incidents"); /* null: it is new */
		if (before < 0)
			json_put_null(w);
		else
			json_put_i64(w, before);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
add_counts(struct backtest_rule *sum, const struct backtest_side *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		const struct backtest_rule *r = &s->rules[i];

		sum->matched += r->matched;
		sum->fired += r->fired;
		sum->held += r->held;
		sum->counted += r->counted;
		sum->waiting += r->waiting;
		sum->messages += r->messages;
		sum->drafts += r->drafts;
		sum->alerts += r->alerts;
		sum->changes += r->changes;
		sum->suppressed += r->suppressed;
		sum->cost_milli += r->cost_milli;
		sum->only_here += r->only_here;
	}
	sum->people = s->people_total;
}

static void
put_totals(struct json_writer *w, const char *key, const struct backtest_side *s)
{
	struct backtest_rule sum = {0};

	json_key(w, key);
	if (s == NULL) {
		json_put_null(w);
		return;
	}
	add_counts(&sum, s);
	json_object_begin(w);
	put_counts(w, &sum);
	json_kv_i64(w, "only_here", sum.only_here);
	json_object_end(w);
}

void
backtest_report(const struct backtest_facts *f, const struct backtest_side *draft,
    const struct backtest_side *live, struct json_writer *w)
{
	json_object_begin(w);
	json_kv_time(w, "since", f->since_ms);
	json_kv_time(w, "until", f->until_ms);
	json_kv_i64(w, "posts", f->posts);
	json_kv_i64(w, "events", f->events);
	json_kv_i64(w, "posts_no_longer_known", f->gone);
	put_totals(w, "draft", draft);
	put_totals(w, "live", live);
	json_key(w, "rules");
	json_array_begin(w);
	for (size_t i = 0; i < draft->rule_count; i++) {
		const struct rule_head *head = rule_set_head(draft->snapshot->rules, i);
		int other = live == NULL ? -1 : rule_set_find(live->snapshot->rules, head->id);

		put_rule(w, head, &draft->rules[i], other < 0 ? NULL : &live->rules[other]);
	}
	for (size_t i = 0; live != NULL && i < live->rule_count; i++) {
		const struct rule_head *head = rule_set_head(live->snapshot->rules, i);

		if (rule_set_find(draft->snapshot->rules, head->id) < 0)
			put_rule(w, head, NULL, &live->rules[i]);
	}
	json_array_end(w);
	put_watches(w, draft, live);
	json_key(w, "could_not_know");
	json_array_begin(w);
	for (size_t i = 0; i < f->note_count; i++)
		json_put_cstr(w, f->notes[i]);
	json_array_end(w);
	json_object_end(w);
}
