/*
 * Happening N times within T: exact, whatever order posts come in.
 */
#include "tests/actions/world.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/files.h"

static const struct action alarm_action = {.verb = ACTION_ALERT,
    .text = SLICE_INIT("alert"),
    .queue = SLICE_INIT("pr"),
    .severity = SEVERITY_LOW};

static struct rule_head
window_rule(const char *id, int64_t times, int64_t within_ms, enum limit_scope scope)
{
	struct rule_head rule = make_rule(id, &alarm_action, 1);

	rule.act_within_ms = 0;
	rule.window = (struct rule_window){times, within_ms, scope};
	return rule;
}

static const struct decision_row *
post_at(
    struct world *w, const struct rule_head *rule, const char *id, int64_t at_ms, int64_t now_ms)
{
	struct firing f = {.rule = rule, .reason = S("sentiment is -0.62")};

	world_next_post(w, id, now_ms);
	w->occ.at_ms = at_ms;
	w->occ.behind_ms = now_ms - at_ms; /* of a stream that has come up to now */
	world_settle(w, &f, 1);
	return w->settled.count == 0 ? NULL : &w->settled.rows[0];
}

static void
a_post_that_is_not_enough_yet_is_counted_and_says_so(void **state)
{
	struct world w;
	struct action actions[2] = {alarm_action, send_action("sorry", "file", NULL)};
	struct rule_head rule = window_rule("make-it-right", 2, 7 * DAY, LIMIT_PER_CUSTOMER);
	const struct decision_row *row;

	(void)state;
	rule.actions = actions;
	rule.action_count = 2;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "17"});
	world_link(&w, "17");
	row = post_at(&w, &rule, "p1", NOW, NOW);
	assert_int_equal(w.settled.count, 1); /* one row, whatever the rule would do */
	assert_int_equal(w.settled.fired, 0);
	assert_int_equal(row->outcome, DECISION_COUNTED);
	assert_slice(row->note, "1 of 2 within 7 days per customer");
	assert_slice(row->reason, "sentiment is -0.62");
	row = post_at(&w, &rule, "p2", NOW + 7 * DAY, NOW + 7 * DAY);
	assert_int_equal(w.settled.count, 2);
	assert_int_equal(row->outcome, DECISION_ALERTED);
	assert_int_equal(w.settled.rows[1].outcome, DECISION_QUEUED);
	/* It does not begin anew: the next one finds the second. */
	row = post_at(&w, &rule, "p3", NOW + 8 * DAY, NOW + 8 * DAY);
	assert_int_equal(row->outcome, DECISION_ALERTED);
	row = post_at(&w, &rule, "p4", NOW + 16 * DAY, NOW + 16 * DAY);
	assert_slice(row->note, "1 of 2 within 7 days per customer");
	world_fini(&w);
}

static void
the_same_post_again_is_counted_once(void **state)
{
	struct world w;
	struct rule_head rule = window_rule("r", 2, DAY, LIMIT_PER_AUTHOR);

	(void)state;
	world_init(&w);
	assert_int_equal(post_at(&w, &rule, "p1", NOW, NOW)->outcome, DECISION_COUNTED);
	assert_null(post_at(&w, &rule, "p1", NOW, NOW + 5));
	/* another one of the same millisecond is another one */
	assert_int_equal(post_at(&w, &rule, "p2", NOW, NOW + 9)->outcome, DECISION_ALERTED);
	world_fini(&w);
}

static void
what_counts_and_what_does_not(void **state)
{
	static const struct {
		const char *note;
		const char *inert;
		bool acts_on_reposts, is_anonymous;
		int64_t late_ms;
		enum limit_scope scope;
		const char *want; /* of the post; NULL: counted */
		bool counts; /* the next post finds it */
	} cases[] = {
	    {"a post", NULL, false, false, 0, LIMIT_PER_AUTHOR, NULL, true},
	    {"an hour late", NULL, false, false, HOUR, LIMIT_PER_AUTHOR, NULL, true},
	    {"later than that", NULL, false, false, HOUR + 1, LIMIT_PER_AUTHOR,
		"came 61 minutes behind its source, beyond the 1 hour a post may be late: not "
		"counted",
		false},
	    {"our own", INERT_OWN_ACCOUNT, false, false, 0, LIMIT_PER_AUTHOR, INERT_OWN_ACCOUNT,
		false},
	    {"a repost is nothing its reposter said", INERT_REPOST, false, false, 0,
		LIMIT_PER_AUTHOR, INERT_REPOST, false},
	    {"unless the rule says so", INERT_REPOST, true, false, 0, LIMIT_PER_AUTHOR, NULL, true},
	    {"a first fetch decides nothing, but was said", INERT_FIRST_FETCH, false, false, 0,
		LIMIT_PER_AUTHOR, INERT_FIRST_FETCH, true},
	    {"nobody", NULL, false, true, 0, LIMIT_PER_AUTHOR,
		"no author to count per: the post is anonymous", false},
	    {"nobody, but all count", NULL, false, true, 0, LIMIT_PER_RULE, NULL, true},
	    {"a stranger", NULL, false, false, 0, LIMIT_PER_CUSTOMER,
		"no customer to count per: the author is not linked to one", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct rule_head rule = window_rule("r", 2, DAY, cases[i].scope);
		const struct decision_row *row;
		struct slice subject;

		world_init(&w);
		subject = w.occ.subject;
		rule.acts_on_reposts = cases[i].acts_on_reposts;
		w.in.inert = cases[i].inert;
		if (cases[i].is_anonymous)
			w.occ.subject = SLICE_NONE;
		row = post_at(&w, &rule, "p1", NOW - cases[i].late_ms, NOW);
		assert_int_equal(
		    row->outcome, cases[i].want == NULL ? DECISION_COUNTED : DECISION_HELD);
		if (cases[i].want != NULL)
			assert_slice(row->note, cases[i].want);
		w.in.inert = NULL;
		w.occ.subject = subject;
		row = post_at(&w, &rule, "p2", NOW + 1, NOW + 1);
		if (cases[i].scope != LIMIT_PER_CUSTOMER &&
		    (row->outcome == DECISION_ALERTED) != cases[i].counts)
			fail_msg("%s", cases[i].note);
		world_fini(&w);
	}
}

static void
old_posts_and_shadows_count_too(void **state)
{
	struct world w;
	struct rule_head rule = window_rule("r", 2, DAY, LIMIT_PER_AUTHOR);

	(void)state;
	world_init(&w);
	rule.act_within_ms = 10 * MINUTE;
	assert_slice(
	    post_at(&w, &rule, "p1", NOW, NOW + 30 * MINUTE)->note, "older than 10 minutes");
	assert_int_equal(
	    post_at(&w, &rule, "p2", NOW + HOUR, NOW + HOUR)->outcome, DECISION_ALERTED);
	rule = window_rule("shadow", 2, DAY, LIMIT_PER_AUTHOR);
	rule.is_shadow = true;
	assert_int_equal(post_at(&w, &rule, "p3", NOW, NOW)->outcome, DECISION_COUNTED);
	assert_int_equal(post_at(&w, &rule, "p4", NOW, NOW)->outcome, DECISION_SHADOW);
	world_fini(&w);
}

/* --- against a slow model ------------------------------------------------------------------------
 */

#define STREAM 600
#define PEOPLE 5

struct said {
	int64_t at_ms, now_ms;
	int person;
	bool is_counted;
};

/* Every N of all that was counted so far, this one among them. */
static bool
model_is_enough(const struct said *all, size_t own, const struct rule_window *w)
{
	for (size_t from = 0; from <= own; from++) {
		int64_t n = 0;

		if (!all[from].is_counted || all[from].person != all[own].person ||
		    all[own].at_ms < all[from].at_ms ||
		    all[own].at_ms > all[from].at_ms + w->within_ms)
			continue;
		for (size_t i = 0; i <= own; i++)
			n += all[i].is_counted && all[i].person == all[own].person &&
			    all[i].at_ms >= all[from].at_ms &&
			    all[i].at_ms <= all[from].at_ms + w->within_ms;
		if (n >= w->times)
			return true;
	}
	return false;
}

static void
open_store(struct world *w, const char *path)
{
	struct store_options o = {
	    .path = path, .mode = STORE_WRITER, .now_ms = NOW, .cache_entries = 3};

	store_close(w->st);
	must(store_open(&o, &w->st, &w->err), w);
}

/* Out of order, late, in bursts; the daemon restarts, commits fail and are done again. */
static void
random_streams_fire_as_a_slow_count_says(void **state)
{
	char *dir = temp_dir_new(), *path = path_join(dir, "earshot.db");

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct said all[STREAM];
		struct rule_head rule;
		struct world w;
		int64_t now = NOW;
		size_t fired = 0;

		world_init(&w);
		rng_init(&w.rng, seed);
		rule = window_rule(arena_printf(w.arena, "r%d", (int)seed),
		    2 + (int64_t)rng_below(&w.rng, 6),
		    (int64_t)(1 + rng_below(&w.rng, 40)) * MINUTE, LIMIT_PER_AUTHOR);
		open_store(&w, path);
		for (size_t i = 0; i < STREAM; i++) {
			struct firing f = {.rule = &rule, .reason = S("x")};
			bool again = true;

			now += (int64_t)rng_below(&w.rng, 4) * MINUTE;
			all[i].now_ms = now;
			all[i].at_ms = now - (int64_t)rng_below(&w.rng, 75) * MINUTE;
			all[i].person = (int)rng_below(&w.rng, PEOPLE);
			all[i].is_counted = now - all[i].at_ms <= HOUR;
			world_next_post(&w, arena_printf(w.arena, "s%d-%zu", (int)seed, i), now);
			w.occ.at_ms = all[i].at_ms;
			w.occ.behind_ms = now - all[i].at_ms;
			w.occ.subject = S(arena_printf(w.arena, "a:%d", all[i].person));
			w.in.firings = &f;
			w.in.firing_count = 1;
			while (again) {
				must(store_begin(w.st, &w.err), &w);
				must(actions_settle(w.st, &w.config, w.templates, &w.in, w.arena,
					 &w.settled, &w.err),
				    &w);
				again = rng_below(&w.rng, 10) == 0;
				if (again)
					store_rollback(w.st);
				else
					must(store_commit(w.st, &w.err), &w);
			}
			if (all[i].is_counted)
				assert_int_equal(w.settled.rows[0].outcome,
				    model_is_enough(all, i, &rule.window) ? DECISION_ALERTED
									  : DECISION_COUNTED);
			else
				assert_int_equal(w.settled.rows[0].outcome, DECISION_HELD);
			fired += w.settled.fired;
			if (rng_below(&w.rng, 40) == 0)
				open_store(&w, path);
		}
		assert_true(fired > 0);
		world_fini(&w);
	}
	mem_free(path);
	temp_dir_free(dir);
}

/* Beyond the times that are kept the newest count. */
static void
a_crowd_of_times_keeps_the_newest(void **state)
{
	struct world w;
	struct rule_head rule = window_rule("r", RULE_TIMES_MAX, HOUR, LIMIT_PER_RULE);
	const struct decision_row *row = NULL;

	(void)state;
	world_init(&w);
	for (int i = 0; i < 3 * RULE_TIMES_MAX; i++) {
		row = post_at(
		    &w, &rule, arena_printf(w.arena, "p%d", i), NOW + i * MINUTE, NOW + i * MINUTE);
		assert_int_equal(row->outcome, DECISION_COUNTED);
	}
	assert_slice(row->note, "61 of 64 within 1 hour in all");
	for (int i = 0; i < RULE_TIMES_MAX; i++)
		row = post_at(&w, &rule, arena_printf(w.arena, "q%d", i), NOW + 400 * MINUTE + i,
		    NOW + 400 * MINUTE + i);
	assert_int_equal(row->outcome, DECISION_ALERTED);
	/* the oldest of all, and yet one of 64 within the hour */
	row = post_at(&w, &rule, "late", NOW + 399 * MINUTE, NOW + 401 * MINUTE);
	assert_int_equal(row->outcome, DECISION_ALERTED);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_post_that_is_not_enough_yet_is_counted_and_says_so),
	    cmocka_unit_test(the_same_post_again_is_counted_once),
	    cmocka_unit_test(what_counts_and_what_does_not),
	    cmocka_unit_test(old_posts_and_shadows_count_too),
	    cmocka_unit_test(random_streams_fire_as_a_slow_count_says),
	    cmocka_unit_test(a_crowd_of_times_keeps_the_newest),
	};

	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
