#include "tests/rules/crowd_model.h"

#include "core/rng.h"
#include "core/utf8.h"

#define T0 INT64_C(1796126400000) /* 2026-12-01T12:00:00Z */
#define ARENA_MAX ((size_t)16 * 1024 * 1024)

static struct crowd *
new_crowd(struct rule_set *set)
{
	struct crowd *c = NULL;
	struct err err = {0};

	assert_int_equal(crowd_new(set, &c, &err), 0);
	return c;
}

static struct rule_set *
watch_set(const char *head, const char *lines)
{
	char text[2048];

	snprintf(text, sizeof text,
	    "watch w \"W\"\n %s\n over posts where sentiment is below 0\n when all of\n%s\n end\n"
	    " then pause promotions\n until quiet for 10 minutes\nend\n",
	    head, lines);
	return testing_compile(text);
}

static void
add(struct crowd *c, int64_t at_ms, uint64_t author)
{
	struct err err = {0};

	assert_int_equal(crowd_add(c, 0, FIRING_WATCHED, at_ms, author, &err), 0);
}

static void
add_base(struct crowd *c, int64_t at_ms)
{
	struct err err = {0};

	assert_int_equal(crowd_add(c, 0, FIRING_BASE, at_ms, 0, &err), 0);
}

/* What happened to watch 0: -1 nothing.  reason: of RULES_REASON_MAX bytes, or NULL. */
static int
judge(struct crowd *c, int64_t now_ms, struct crowd_change *change_r, char *reason)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct crowd_change *changes = NULL;
	struct err err = {0};
	size_t count = 0;
	int turn = -1;

	assert_int_equal(crowd_judge(c, now_ms, a, &changes, &count, &err), 0);
	assert_true(count <= 1);
	if (count == 1) {
		turn = (int)changes[0].turn;
		if (change_r != NULL)
			*change_r = changes[0];
		if (reason != NULL)
			snprintf(reason, RULES_REASON_MAX, "%.*s", SLICE_ARG(changes[0].reason));
	}
	arena_free(a);
	return turn;
}

/* When it asks to be judged, which is to be later than now. */
static int64_t
due_after(const struct crowd *c, int64_t now_ms)
{
	int64_t due = crowd_next_due(c);

	assert_true(due != TIME_UNKNOWN && due > now_ms);
	return due;
}

/* ---- against the slow model ---- */

/* Another crowd of the same set, filled from what a store would have kept. */
static struct crowd *
restarted(
    struct rule_set *set, struct crowd *c, const struct model *m, int64_t now_ms, struct rng *rng)
{
	struct crowd *again = new_crowd(set);
	int64_t oldest = now_ms - m->head->widest_ms;
	struct err err = {0};
	struct buf state;
	size_t from = m->count > 0 ? rng_below(rng, m->count) : 0;

	buf_init(&state, CROWD_STATE_MAX);
	assert_int_equal(crowd_state_write(c, 0, &state), 0);
	assert_false(crowd_is_changed(c, 0));
	if (rng_below(rng, 2) == 0)
		assert_true(crowd_state_read(again, 0, buf_slice(&state)));
	for (size_t i = 0; i < m->count; i++) { /* in another order */
		const struct model_post *p = &m->posts[(from + i) % m->count];

		if (p->is_base && p->at_ms >= model_minute(oldest))
			assert_int_equal(
			    crowd_add_base(again, 0, p->at_ms / TIME_MINUTE_MS, 1, &err), 0);
		else if (!p->is_base && p->at_ms > oldest)
			add(again, p->at_ms, p->author);
	}
	assert_true(crowd_state_read(again, 0, buf_slice(&state)));
	buf_fini(&state);
	return again;
}

/* Judged a little before it asks to be, it has nothing to say. */
static void
nothing_happens_before_it_is_due(
    struct rule_set *set, struct crowd *c, const struct model *m, int64_t now_ms, struct rng *rng)
{
	int64_t due = crowd_next_due(c);
	int64_t ahead = due == TIME_UNKNOWN ? 20 * TIME_MINUTE_MS : due - now_ms - 1001;
	struct crowd *other;

	if (ahead <= 0)
		return;
	other = restarted(set, c, m, now_ms, rng);
	assert_int_equal(judge(other, now_ms, NULL, NULL), -1);
	assert_int_equal(
	    judge(other, now_ms + 1 + (int64_t)rng_below(rng, (uint64_t)ahead), NULL, NULL), -1);
	crowd_free(other);
}

/* The next rule set has the same watch: its crowd goes on with what this one knows. */
static struct crowd *
taken_over(struct crowd *c, const char *lines)
{
	struct rule_set *set = watch_set("", lines);
	struct crowd *next = new_crowd(set);

	rule_set_unref(set);
	assert_true(crowd_take_over(next, 0, c));
	assert_false(crowd_is_changed(next, 0) && !crowd_is_changed(c, 0));
	crowd_free(c);
	return next;
}

struct run {
	const char *lines;
	struct rule_set *set;
	struct crowd *c;
	struct model m;
	struct rng rng;
	uint64_t seed;
	int64_t now_ms;
	size_t begins, ends, restarts;
};

static void
compare(struct run *r)
{
	struct crowd_change change = {0};
	int turn = judge(r->c, r->now_ms, &change, NULL), wanted = model_judge(&r->m, r->now_ms);
	int64_t since;

	if (turn != wanted)
		fail_msg("seed %llu, %lld s: %d instead of %d", (unsigned long long)r->seed,
		    (long long)(r->now_ms - T0) / 1000, turn, wanted);
	assert_int_equal(crowd_is_active(r->c, 0, &since), r->m.is_active);
	assert_int_equal(since, r->m.is_active ? r->m.since_ms : TIME_UNKNOWN);
	if (turn >= 0) {
		assert_int_equal(change.since_ms, r->m.since_ms);
		assert_int_equal(change.peak, r->m.peak);
	}
	r->begins += turn == CROWD_BEGINS;
	r->ends += turn == CROWD_ENDS;
}

static void
add_some(struct run *r, bool is_busy)
{
	for (uint64_t n = 1 + rng_below(&r->rng, is_busy ? 6 : 2); n > 0; n--) {
		bool is_late = rng_below(&r->rng, 6) == 0;
		int64_t at = r->now_ms -
		    (int64_t)rng_below(&r->rng, is_late ? 30 * TIME_MINUTE_MS : 3000) / 1000 * 1000;
		uint64_t author = rng_below(&r->rng, is_busy ? 30 : 4);

		if (rng_below(&r->rng, 3) == 0) {
			add_base(r->c, at);
			model_add(&r->m, at, 0, true);
		} else {
			add(r->c, at, author);
			model_add(&r->m, at, author, false);
		}
	}
}

/* Time goes on to the next posts; on the way it is judged whenever it asks for it. */
static void
go_on(struct run *r, int64_t until_ms)
{
	int64_t due;

	while ((due = crowd_next_due(r->c)) != TIME_UNKNOWN && due <= until_ms) {
		assert_true(due > r->now_ms || due == CROWD_NOW);
		r->now_ms = due > r->now_ms ? due : r->now_ms;
		compare(r);
	}
	r->now_ms = until_ms;
}

static void
run_stream(struct run *r, size_t steps)
{
	bool is_busy = false;

	for (size_t i = 0; i < steps; i++) {
		if (rng_below(&r->rng, 60) == 0)
			is_busy = !is_busy;
		go_on(r, r->now_ms + (int64_t)rng_below(&r->rng, is_busy ? 10000 : 90000));
		add_some(r, is_busy);
		compare(r);
		if (rng_below(&r->rng, 50) == 0) {
			struct crowd *again = restarted(r->set, r->c, &r->m, r->now_ms, &r->rng);

			crowd_free(r->c);
			r->c = again;
			compare(r);
			r->restarts++;
		}
		if (rng_below(&r->rng, 50) == 0) {
			r->c = taken_over(r->c, r->lines);
			compare(r);
		}
		if (rng_below(&r->rng, 40) == 0)
			nothing_happens_before_it_is_due(r->set, r->c, &r->m, r->now_ms, &r->rng);
		model_forget(&r->m, r->now_ms - r->m.head->widest_ms - 2 * TIME_MINUTE_MS);
	}
}

static void
crowds_begin_and_end_as_in_the_slow_model(void **state)
{
	static const char *const watches[] = {
	    "count within 5 minutes is at least 20",
	    "count within 2 minutes is above 8\n count within 10 minutes is above 25",
	    "authors within 5 minutes is at least 8\n authors within 1 minute is at least 4",
	    "share within 4 minutes is at least 80%\n count within 1 minute is at least 4",
	    "share within 3 minutes is below 50%\n count within 20 minutes is at most 100",
	    "count within 3 minutes is at most 2",
	    "count within 5 minutes is at least 3 times the usual",
	    "count within 10 minutes is below 0.5 times the usual\n count within 3 minutes is "
	    "below 10",
	    "authors within 5 minutes is above 2 times the usual\n share within 5 minutes is above "
	    "10%",
	    "authors within 12 minutes is at most 0.7 times the usual",
	};

	(void)state;
	for (size_t w = 0; w < sizeof watches / sizeof *watches; w++) {
		size_t begins = 0, ends = 0, restarts = 0;

		for (uint64_t seed = 1; seed <= 4; seed++) {
			struct run r = {.lines = watches[w], .seed = seed, .now_ms = T0};

			r.set = watch_set("", watches[w]);
			r.c = new_crowd(r.set);
			rng_init(&r.rng, seed);
			model_init(&r.m, r.set, 0);
			run_stream(&r, 1500);
			begins += r.begins;
			ends += r.ends;
			restarts += r.restarts;
			model_fini(&r.m);
			crowd_free(r.c);
			rule_set_unref(r.set);
		}
		if (begins < 2 || ends < 1 || restarts < 20)
			fail_msg(
			    "watch %zu: %zu begins, %zu ends: this tries nothing", w, begins, ends);
	}
}

/* ---- one by one ---- */

static void
windows_end_at_the_judgement_and_reach_back_over_the_posts_times(void **state)
{
	struct rule_set *set = watch_set("", "count within 1 minute is at least 3");
	struct crowd *c = new_crowd(set);

	(void)state;
	judge(c, T0, NULL, NULL);
	add(c, T0 - 59999, 1);
	add(c, T0 - 60000, 2); /* just outside */
	add(c, T0 - 10, 3);
	assert_int_equal(judge(c, T0, NULL, NULL), -1);
	add(c, T0 + 5000, 4); /* not yet */
	assert_int_equal(judge(c, T0, NULL, NULL), -1);
	add(c, T0 - 30000, 5); /* late, but in time */
	assert_int_equal(judge(c, T0, NULL, NULL), CROWD_BEGINS);
	crowd_free(c);
	rule_set_unref(set);
}

static void
a_change_says_what_was_seen(void **state)
{
	struct rule_set *set = watch_set("out of posts where language is en",
	    "count within 5 minutes is at least 3\n share within 5 minutes is at least 40%\n"
	    " authors within 10 minutes is above 1");
	struct crowd *c = new_crowd(set);
	char reason[RULES_REASON_MAX];
	struct crowd_change change;

	(void)state;
	for (int i = 0; i < 4; i++)
		add(c, T0 - i * 1000, (uint64_t)(i % 2) + 1);
	for (int i = 0; i < 8; i++)
		add_base(c, T0);
	assert_int_equal(judge(c, T0, &change, reason), CROWD_BEGINS);
	assert_string_equal(reason,
	    "count within 5 minutes 4 is at least 3; share within 5 minutes 50.0% (4 of 8) is at "
	    "least 40%; authors within 10 minutes 2 is above 1");
	assert_int_equal(change.since_ms, T0);
	assert_int_equal(change.peak, 4);
	/* quiet from the end of the 5 minutes on, for 10 */
	assert_int_equal(judge(c, T0 + 5 * TIME_MINUTE_MS, NULL, NULL), -1);
	for (int64_t due = T0; (due = due_after(c, due)) < T0 + 15 * TIME_MINUTE_MS;)
		assert_int_equal(judge(c, due, NULL, NULL), -1);
	assert_int_equal(crowd_next_due(c), T0 + 15 * TIME_MINUTE_MS);
	assert_int_equal(judge(c, T0 + 15 * TIME_MINUTE_MS, &change, reason), CROWD_ENDS);
	assert_string_equal(reason,
	    "count within 5 minutes 0; share within 5 minutes of no posts; authors within 10 "
	    "minutes 0");
	assert_int_equal(change.since_ms, T0);
	assert_int_equal(change.peak, 4);
	crowd_free(c);
	rule_set_unref(set);
}

static void
a_share_rises_when_the_others_leave_its_window(void **state)
{
	struct rule_set *set = watch_set("out of posts where language is en",
	    "share within 5 minutes is at least 60%\n count within 20 minutes is at least 3");
	struct crowd *c = new_crowd(set);
	int64_t now = T0 + 3 * TIME_MINUTE_MS;
	int turn = -1;

	(void)state;
	for (int i = 0; i < 11; i++)
		add_base(c, i < 8 ? T0 : now);
	for (int i = 0; i < 3; i++)
		add(c, now, 1);
	assert_int_equal(judge(c, now, NULL, NULL), -1);
	while (turn < 0 && now < T0 + 10 * TIME_MINUTE_MS) {
		now = due_after(c, now);
		turn = judge(c, now, NULL, NULL);
	}
	assert_int_equal(turn, CROWD_BEGINS);
	assert_int_equal(now, T0 + 6 * TIME_MINUTE_MS);
	crowd_free(c);
	rule_set_unref(set);
}

static void
a_crowd_ends_while_nobody_speaks(void **state)
{
	struct rule_set *set = watch_set("", "count within 5 minutes is at least 2");
	struct crowd *c = new_crowd(set);
	int64_t now = T0;
	int turn = -1;

	(void)state;
	add(c, T0 - 1000, 1);
	add(c, T0, 1);
	assert_int_equal(judge(c, T0, NULL, NULL), CROWD_BEGINS);
	while (turn < 0 && now < T0 + TIME_HOUR_MS) {
		now = due_after(c, now);
		turn = judge(c, now, NULL, NULL);
	}
	assert_int_equal(turn, CROWD_ENDS);
	assert_int_equal(now, T0 - 1000 + 15 * TIME_MINUTE_MS);
	assert_int_equal(crowd_next_due(c), TIME_UNKNOWN);
	crowd_free(c);
	rule_set_unref(set);
}

static void
one_author_is_no_crowd_and_nobody_is_no_author(void **state)
{
	struct rule_set *set = watch_set("", "authors within 5 minutes is at least 2");
	struct crowd *c = new_crowd(set);

	(void)state;
	for (int i = 0; i < 100; i++) {
		add(c, T0 + i, 7);
		add(c, T0 + i, 0);
	}
	assert_int_equal(judge(c, T0 + 1000, NULL, NULL), -1);
	add(c, T0 + 1000, 8);
	assert_int_equal(judge(c, T0 + 1000, NULL, NULL), CROWD_BEGINS);
	crowd_free(c);
	rule_set_unref(set);
}

/* The usual of a steady stream, and then five times as much. */
static void
more_than_usual_needs_a_usual_first(void **state)
{
	struct rule_set *set =
	    watch_set("", "count within 10 minutes is at least 4 times the usual");
	struct crowd *c = new_crowd(set);
	char reason[RULES_REASON_MAX];
	int64_t now = T0;
	int turn = -1;

	(void)state;
	for (; now < T0 + 20 * TIME_MINUTE_MS; now += 2000) { /* a flood, but what is usual? */
		add(c, now, (uint64_t)now);
		assert_int_equal(judge(c, now, NULL, NULL), -1);
	}
	crowd_free(c);
	c = new_crowd(set);
	for (; now < T0 + 2 * TIME_DAY_MS; now += 60000) {
		add(c, now, (uint64_t)now);
		assert_int_equal(judge(c, now, NULL, NULL), -1);
	}
	for (int64_t until = now + 10 * TIME_MINUTE_MS; now < until && turn < 0; now += 6000) {
		add(c, now, (uint64_t)now);
		turn = judge(c, now, NULL, reason);
	}
	assert_int_equal(turn, CROWD_BEGINS);
	assert_non_null(strstr(reason, "(usual "));
	crowd_free(c);
	rule_set_unref(set);
}

static void
fewer_than_is_known_once_it_has_been_watched_for_so_long(void **state)
{
	struct rule_set *set = watch_set("", "count within 30 minutes is below 1");
	struct crowd *c = new_crowd(set), *again;
	int64_t now = T0;
	struct buf b;

	(void)state;
	assert_int_equal(crowd_next_due(c), CROWD_NOW);
	for (; now < T0 + 30 * TIME_MINUTE_MS; now = due_after(c, now))
		assert_int_equal(judge(c, now, NULL, NULL), -1);
	assert_int_equal(judge(c, T0 + 30 * TIME_MINUTE_MS, NULL, NULL), CROWD_BEGINS);
	/* five hours without us are not five hours without posts */
	buf_init(&b, CROWD_STATE_MAX);
	assert_int_equal(crowd_state_write(c, 0, &b), 0);
	again = new_crowd(set);
	assert_true(crowd_state_read(again, 0, buf_slice(&b)));
	now += 5 * TIME_HOUR_MS;
	assert_int_equal(judge(again, now, NULL, NULL), -1);
	assert_int_equal(judge(again, now + 10 * TIME_MINUTE_MS, NULL, NULL), CROWD_ENDS);
	buf_fini(&b);
	crowd_free(again);
	crowd_free(c);
	rule_set_unref(set);
}

static void
beyond_the_limit_the_oldest_go_and_the_count_says_at_least(void **state)
{
	struct rule_set *set = watch_set("",
	    "count within 1 hour is at least 60000\n"
	    " authors within 1 hour is at least 3");
	struct crowd *c = new_crowd(set);
	char reason[RULES_REASON_MAX];
	struct crowd_change change;

	(void)state;
	judge(c, T0, NULL, NULL);
	for (int i = 0; i < CROWD_HITS_MAX + 1000; i++)
		add(c, T0 + i, i < 1000 ? 9 : (uint64_t)i % 3 + 1);
	add(c, T0 + 10, 8); /* older than all that are kept */
	assert_int_equal(judge(c, T0 + 100000, &change, reason), CROWD_BEGINS);
	assert_string_equal(reason,
	    "count within 1 hour at least 65536 is at least 60k; authors within 1 hour at least 3 "
	    "is at least 3");
	assert_int_equal(change.peak, CROWD_HITS_MAX);
	/* an hour after the last that was lost, the count is whole again */
	judge(c, T0 + 1500 + TIME_HOUR_MS, NULL, NULL);
	struct arena *a = arena_new(ARENA_MAX);
	struct buf text;

	buf_init(&text, 65536);
	assert_int_equal(crowd_explain(c, 0, T0 + 1500 + TIME_HOUR_MS, a, &text, NULL, NULL), 0);
	assert_non_null(strstr(buf_str(&text), "(seen: 65035)"));
	buf_fini(&text);
	arena_free(a);
	crowd_free(c);
	rule_set_unref(set);
}

static void
a_watch_that_is_off_ends_what_had_begun(void **state)
{
	static const char *const lines = "count within 5 minutes is at least 1";
	struct rule_set *on = watch_set("", lines), *off = watch_set("off", lines);
	struct crowd *c = new_crowd(on), *again = new_crowd(off);
	char reason[RULES_REASON_MAX];
	struct buf state_bytes;

	(void)state;
	add(c, T0, 1);
	assert_int_equal(judge(c, T0, NULL, NULL), CROWD_BEGINS);
	buf_init(&state_bytes, CROWD_STATE_MAX);
	assert_int_equal(crowd_state_write(c, 0, &state_bytes), 0);
	assert_true(crowd_state_read(again, 0, buf_slice(&state_bytes)));
	assert_int_equal(crowd_next_due(again), CROWD_NOW);
	assert_int_equal(judge(again, T0 + 1000, NULL, reason), CROWD_ENDS);
	assert_string_equal(reason, "the watch is off");
	assert_int_equal(crowd_next_due(again), TIME_UNKNOWN);
	buf_fini(&state_bytes);
	crowd_free(c);
	crowd_free(again);
	rule_set_unref(on);
	rule_set_unref(off);
}

/* ---- state ---- */

static void
a_changed_watch_keeps_its_crowd_and_learns_the_usual_anew(void **state)
{
	static const struct {
		const char *lines;
		bool knows_usual;
	} cases[] = {
	    {"over posts where sentiment is below 0 # said otherwise\n", true},
	    {"over posts where sentiment is below 0.1\n", false},
	    {"over posts where not sentiment is below 0\n", false},
	    {"over posts where sentiment is below 0\n out of posts where language is en\n", false},
	};
	struct rule_set *set =
	    watch_set("", "count within 10 minutes is at most 2 times the usual");
	struct crowd *c = new_crowd(set);
	int64_t now = T0, since;
	struct buf bytes;

	(void)state;
	for (; now < T0 + 4 * TIME_HOUR_MS; now += 30000) {
		add(c, now, (uint64_t)now);
		judge(c, now, NULL, NULL);
	}
	assert_true(crowd_is_active(c, 0, &since));
	buf_init(&bytes, CROWD_STATE_MAX);
	assert_int_equal(crowd_state_write(c, 0, &bytes), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1024];
		struct rule_set *other;
		struct crowd *again;
		int64_t still;

		snprintf(text, sizeof text,
		    "watch w \"Other\"\n %s when all of\n  count within 20 minutes is at least 3 "
		    "times "
		    "the usual\n  share within 5 minutes is at least 5%%\n end\n"
		    " then pause promotions\nend\n",
		    cases[i].lines);
		other = testing_compile(text);
		again = new_crowd(other);
		assert_true(crowd_state_read(again, 0, buf_slice(&bytes)));
		assert_true(crowd_is_active(again, 0, &still));
		assert_int_equal(since, still);
		assert_int_equal(spike_usual(&again->runs[0].detectors[0].spike, now, 3600000) >= 0,
		    cases[i].knows_usual);
		crowd_free(again);
		rule_set_unref(other);
	}
	buf_fini(&bytes);
	crowd_free(c);
	rule_set_unref(set);
}

static void
a_watch_that_counts_other_things_is_not_taken_over(void **state)
{
	static const struct {
		const char *head, *lines;
		bool is_taken_over;
	} cases[] = {
	    {"", "count within 10 minutes is at least 20\n authors within 2 minutes is at least 3",
		true},
	    {"", "count within 10 minutes is at least 4\n authors within 2 minutes is above 9",
		true},
	    {"", "count within 11 minutes is at least 20\n authors within 2 minutes is at least 3",
		false},
	    {"", "count within 10 minutes is at least 20\n count within 2 minutes is at least 3",
		false},
	    {"", "count within 10 minutes is at least 20", false},
	    {"",
		"count within 10 minutes is at least 2 times the usual\n authors within 2 minutes "
		"is at least 3",
		false},
	    {"", "share within 10 minutes is at least 5%\n authors within 2 minutes is at least 3",
		false},
	    {"off",
		"count within 10 minutes is at least 20\n authors within 2 minutes is at least 3",
		true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule_set *set = watch_set("", cases[0].lines),
				*next_set = watch_set(cases[i].head, cases[i].lines);
		struct crowd *c = new_crowd(set), *next = new_crowd(next_set);

		for (int64_t n = 0; n < 30; n++)
			add(c, T0 + n * 1000, (uint64_t)n + 1);
		assert_int_equal(judge(c, T0 + 30000, NULL, NULL), CROWD_BEGINS);
		if (crowd_take_over(next, 0, c) != cases[i].is_taken_over)
			fail_msg("case %zu", i);
		if (cases[i].is_taken_over)
			assert_int_equal(judge(next, T0 + 40000, NULL, NULL),
			    strcmp(cases[i].head, "off") == 0 ? (int)CROWD_ENDS : -1);
		crowd_free(c);
		crowd_free(next);
		rule_set_unref(set);
		rule_set_unref(next_set);
	}
}

static void
a_state_that_is_not_ours_leaves_the_watch_as_new(void **state)
{
	struct rule_set *set = watch_set("",
	    "count within 5 minutes is at least 2 times the usual\n"
	    " authors within 5 minutes is at least 1 times the usual\n"
	    " authors within 1 day is at least 1 times the usual");
	struct crowd *c = new_crowd(set), *again = new_crowd(set);
	struct buf b;
	int64_t since;

	(void)state;
	c->runs[0].is_active = true;
	buf_init(&b, CROWD_STATE_MAX);
	assert_int_equal(crowd_state_write(c, 0, &b), 0);
	assert_true(b.len <= CROWD_STATE_MAX);
	for (size_t len = 0; len < b.len; len++)
		assert_false(crowd_state_read(again, 0, slice_make(b.ptr, len)));
	for (size_t i = 0; i < b.len; i++) {
		b.ptr[i] ^= 0x10;
		assert_false(crowd_state_read(again, 0, buf_slice(&b)));
		b.ptr[i] ^= 0x10;
	}
	assert_false(crowd_is_active(again, 0, &since));
	assert_int_equal(since, TIME_UNKNOWN);
	assert_true(crowd_state_read(again, 0, buf_slice(&b)));
	assert_true(crowd_is_active(again, 0, &since));
	buf_fini(&b);
	crowd_free(c);
	crowd_free(again);
	rule_set_unref(set);
}

static void
only_what_changed_is_to_be_written(void **state)
{
	struct rule_set *set = watch_set("", "count within 5 minutes is at least 2");
	struct crowd *c = new_crowd(set);
	struct buf b;

	(void)state;
	buf_init(&b, CROWD_STATE_MAX);
	assert_int_equal(judge(c, T0, NULL, NULL), -1);
	add(c, T0, 1);
	judge(c, T0, NULL, NULL);
	assert_int_equal(crowd_state_write(c, 0, &b), 0);
	add(c, T0 - TIME_HOUR_MS, 1);
	judge(c, T0 + 1000, NULL, NULL);
	assert_false(crowd_is_changed(c, 0));
	add(c, T0, 1);
	assert_int_equal(judge(c, T0 + 1000, NULL, NULL), CROWD_BEGINS);
	assert_true(crowd_is_changed(c, 0));
	buf_fini(&b);
	crowd_free(c);
	rule_set_unref(set);
}

/* ---- explaining ---- */

static void
every_line_is_explained_with_the_values_seen(void **state)
{
	struct rule_set *set = watch_set("",
	    "count within 5 minutes is at least 2\n count within 5 minutes is above 3 times the "
	    "usual\n share within 5 minutes is at least 40%\n authors within 1 hour is at most 5");
	struct crowd *c = new_crowd(set);
	struct arena *a = arena_new(ARENA_MAX);
	struct buf text, json;

	(void)state;
	judge(c, T0 - 1000, NULL, NULL);
	add(c, T0, 1);
	add(c, T0, 1);
	add(c, T0, 0);
	judge(c, T0, NULL, NULL);
	buf_init(&text, 65536);
	buf_init(&json, 65536);
	assert_int_equal(crowd_explain(c, 0, T0, a, &text, &json, NULL), 0);
	assert_string_equal(buf_str(&text),
	    "watch w \"W\": no crowd\n"
	    "  true     count within 5 minutes is at least 2  (seen: 3)\n"
	    "  unknown  count within 5 minutes is above 3 times the usual  (seen: 3; what is usual "
	    "is not known yet)\n"
	    "  unknown  share within 5 minutes is at least 40%  (seen: of no posts; there are no "
	    "posts it could be a share of)\n"
	    "  unknown  authors within 1 hour is at most 5  (seen: 1; it has not been watched for "
	    "so "
	    "long)\n");
	assert_string_equal(buf_str(&json),
	    "{\"watch\":\"w\",\"version\":7,\"active\":false,\"off\":false,\"silent\":false,"
	    "\"when\":[{\"condition\":\"count within 5 minutes is at least 2\",\"seen\":\"3\","
	    "\"value\":3,\"truth\":\"true\"},"
	    "{\"condition\":\"count within 5 minutes is above 3 times the usual\",\"seen\":\"3\","
	    "\"value\":3,\"why\":\"what is usual is not known yet\",\"truth\":\"unknown\"},"
	    "{\"condition\":\"share within 5 minutes is at least 40%\",\"seen\":\"of no posts\","
	    "\"value\":3,\"of\":0,\"why\":\"there are no posts it could be a share of\","
	    "\"truth\":\"unknown\"},"
	    "{\"condition\":\"authors within 1 hour is at most 5\",\"seen\":\"1\",\"value\":1,"
	    "\"why\":\"it has not been watched for so long\",\"truth\":\"unknown\"}]}");
	buf_fini(&text);
	buf_fini(&json);
	arena_free(a);
	crowd_free(c);
	rule_set_unref(set);
}

static void
silence_is_told_apart_from_calm(void **state)
{
	struct rule_set *set =
	    watch_set("", "count within 10 minutes is at least 4 times the usual");
	struct crowd *c = new_crowd(set);
	struct arena *a = arena_new(ARENA_MAX);
	int64_t now = T0;
	struct buf text;

	(void)state;
	for (; now < T0 + 2 * TIME_DAY_MS; now += 20000) {
		add(c, now, (uint64_t)now);
		judge(c, now, NULL, NULL);
	}
	for (int64_t due = now - 20000; (due = due_after(c, due)) < now + 6 * TIME_HOUR_MS;)
		judge(c, due, NULL, NULL);
	buf_init(&text, 65536);
	assert_int_equal(crowd_explain(c, 0, now, a, &text, NULL, NULL), 0);
	assert_true(slice_starts_with(buf_slice(&text),
	    "watch w \"W\": no crowd; what it usually counts has fallen silent\n"));
	buf_fini(&text);
	arena_free(a);
	crowd_free(c);
	rule_set_unref(set);
}

/* ---- without memory ---- */

/* A post that could not be counted is counted when it is tried again, and once. */
static void
adding_survives_every_failed_allocation(void **state)
{
	struct rule_set *set = watch_set("",
	    "count within 1 hour is at least 1\n authors within 1 hour "
	    "is at least 1\n authors within 2 hours is at least 1 times the usual");
	size_t failures = 0;

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct crowd *c = NULL;
		struct err err = {0};
		size_t before = failures;

		mem_fault_arm(nth, false);
		while (crowd_new(set, &c, &err) < 0)
			failures++;
		for (int i = 0; i < 100; i++)
			while (
			    crowd_add(c, 0, FIRING_WATCHED, T0 + i, (uint64_t)i % 50 + 1, &err) < 0)
				failures++;
		mem_fault_arm(0, false);
		judge(c, T0 + 1000, NULL, NULL);
		assert_int_equal(c->runs[0].hits.count, 100);
		assert_int_equal(c->runs[0].windows[0].authors.count, 50);
		crowd_free(c);
		if (failures == before)
			break;
	}
	assert_true(failures > 10);
	rule_set_unref(set);
}

static void
judging_and_explaining_survive_every_failed_allocation(void **state)
{
	struct rule_set *set = watch_set("out of posts where language is en",
	    "count within 1 hour is at least 1\n share within 1 hour is at least 1%");
	bool is_done = false;

	(void)state;
	for (unsigned nth = 1; !is_done; nth++) {
		struct crowd *c = new_crowd(set);
		struct crowd_change *changes;
		struct buf text, json, bytes;
		struct err err = {0};
		struct arena *a;
		size_t count;

		add(c, T0, 1);
		add_base(c, T0);
		buf_init(&text, 65536);
		buf_init(&json, 65536);
		buf_init(&bytes, CROWD_STATE_MAX);
		mem_fault_arm(nth, false);
		a = arena_new(ARENA_MAX);
		is_done = a != NULL && crowd_judge(c, T0, a, &changes, &count, &err) == 0 &&
		    crowd_explain(c, 0, T0, a, &text, &json, &err) == 0 &&
		    crowd_state_write(c, 0, &bytes) == 0;
		mem_fault_arm(0, false);
		buf_fini(&text);
		buf_fini(&json);
		buf_fini(&bytes);
		arena_free(a);
		crowd_free(c);
		assert_true(nth < 100);
	}
	rule_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crowds_begin_and_end_as_in_the_slow_model),
	    cmocka_unit_test(windows_end_at_the_judgement_and_reach_back_over_the_posts_times),
	    cmocka_unit_test(a_change_says_what_was_seen),
	    cmocka_unit_test(a_share_rises_when_the_others_leave_its_window),
	    cmocka_unit_test(a_crowd_ends_while_nobody_speaks),
	    cmocka_unit_test(one_author_is_no_crowd_and_nobody_is_no_author),
	    cmocka_unit_test(more_than_usual_needs_a_usual_first),
	    cmocka_unit_test(fewer_than_is_known_once_it_has_been_watched_for_so_long),
	    cmocka_unit_test(beyond_the_limit_the_oldest_go_and_the_count_says_at_least),
	    cmocka_unit_test(a_watch_that_is_off_ends_what_had_begun),
	    cmocka_unit_test(a_changed_watch_keeps_its_crowd_and_learns_the_usual_anew),
	    cmocka_unit_test(a_watch_that_counts_other_things_is_not_taken_over),
	    cmocka_unit_test(a_state_that_is_not_ours_leaves_the_watch_as_new),
	    cmocka_unit_test(only_what_changed_is_to_be_written),
	    cmocka_unit_test(every_line_is_explained_with_the_values_seen),
	    cmocka_unit_test(silence_is_told_apart_from_calm),
	    cmocka_unit_test(adding_survives_every_failed_allocation),
	    cmocka_unit_test(judging_and_explaining_survive_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
