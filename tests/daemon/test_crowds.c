/* Watches over days: crowds that begin, hold and end; and all that is remembered together. */
#include "tests/daemon/days.h"

/* ---- crowds ---- */

#define STORM_HEAD                                                                                 \
	"watch storm \"A crowd, not a post\"\n"                                                    \
	"  over posts where text contains \"awful\"\n"                                             \
	"  out of posts where brand is acme\n"                                                     \
	"  when all of\n"                                                                          \
	"    count within 10 minutes is at least 5\n"                                              \
	"    authors within 10 minutes is at least 3\n"                                            \
	"    share within 1 hour is at least 20%\n"                                                \
	"  end\n"                                                                                  \
	"  then\n"                                                                                 \
	"    alert \"pr\" as critical\n"

static const char storm[] = BRAND STORM_HEAD "    pause promotions\n"
					     "  end\n"
					     "  until quiet for 30 minutes\n"
					     "end\n";

static bool
is_paused(struct world *w)
{
	struct pause_row row;
	int rc = store_pause_get(w->st, S(PAUSE_PROMOTIONS), w->clock.at_ms, w->a, &row, &w->err);

	assert_true(rc >= 0);
	return rc == 1;
}

/* n posts, one a minute, by so many authors. */
static void
crowd(struct world *w, int64_t from_ms, int n, int authors, const char *text)
{
	for (int i = 0; i < n; i++) {
		char id[24], who[16];

		snprintf(id, sizeof id, "c%lld", (long long)w->next_post++);
		snprintf(who, sizeof who, "u%d", i % authors);
		post(w, from_ms + i * MINUTE, id, who, text);
	}
}

static struct incident_row
last_incident(struct world *w)
{
	struct incident_row *rows;
	size_t count;

	assert_int_equal(
	    store_incidents_list(w->st, SLICE_NONE, 0, 1, w->a, &rows, &count, &w->err), 0);
	assert_int_equal(count, 1);
	return rows[0];
}

static void
a_storm_begins_holds_and_ends(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, storm, restarts);
		crowd(&w, NOW, 4, 4, "acme is awful");
		assert_told(&w, "");
		crowd(&w, NOW + 4 * MINUTE, 1, 1, "acme is awful");
		assert_told(
		    &w, "storm/w:storm:1795255440000=alerted storm/w:storm:1795255440000=done ");
		assert_true(is_paused(&w));
		crowd(&w, NOW + 5 * MINUTE, 10, 5, "acme is awful");
		assert_told(&w, "");
		assert_true(last_incident(&w).ended_at_ms == TIME_UNKNOWN);
		/* the last of them is said at 14; fewer than 5 in 10 minutes from 20 on */
		until(&w, NOW + 40 * MINUTE);
		assert_true(is_paused(&w));
		until(&w, NOW + 60 * MINUTE);
		assert_false(is_paused(&w));
		assert_int_equal(last_incident(&w).started_at_ms, NOW + 4 * MINUTE);
		assert_in_range(
		    last_incident(&w).ended_at_ms, NOW + 50 * MINUTE, NOW + 52 * MINUTE);
		assert_int_equal(last_incident(&w).peak, 15);
		assert_int_equal(rows_of(&w, "alerts"), 1);
		assert_int_equal(rows_of(&w, "outbox"), 2); /* its beginning and its end */
		assert_told(&w, "");
		/* a second one is an incident of its own */
		crowd(&w, NOW + 5 * HOUR, 5, 5, "acme is awful");
		assert_told(
		    &w, "storm/w:storm:1795273440000=alerted storm/w:storm:1795273440000=done ");
		assert_int_equal(rows_of(&w, "incidents"), 2);
		end_world(&w);
	}
}

static void
one_person_is_no_crowd_and_a_small_share_is_none_either(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, storm, true);
	crowd(&w, NOW, 9, 2, "acme is awful");
	assert_told(&w, "");
	crowd(&w, NOW + 2 * HOUR, 30, 30, "acme is fine");
	crowd(&w, NOW + 2 * HOUR + 30 * MINUTE, 6, 6, "acme is awful");
	assert_told(&w, "");
	assert_int_equal(rows_of(&w, "incidents"), 0);
	end_world(&w);
}

static void
what_stands_outside_of_the_whole_is_no_part_of_it(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, storm, true);
	crowd(&w, NOW, 12, 12, "the weather is awful");
	crowd(&w, NOW + 20 * MINUTE, 4, 4, "acme is awful");
	assert_told(&w, "");
	assert_int_equal(rows_of(&w, "watch_hits"), 4);
	end_world(&w);
}

static void
what_is_no_part_of_a_crowd(void **state)
{
	static const struct {
		const char *note;
		bool is_first_fetch, is_own, is_old;
	} cases[] = {
	    {"a first fetch", true, false, false},
	    {"our own account", false, true, false},
	    {"posts older than the windows", false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;

		begin_world(&w, storm, false);
		for (int n = 0; n < 8; n++) {
			char id[16], who[16];

			snprintf(id, sizeof id, "p%d", n);
			snprintf(who, sizeof who, "u%d", n);
			until(&w, NOW + n);
			say(&w,
			    &(struct saying){.id = id,
				.who = cases[i].is_own ? "acme" : who,
				.text = "acme is awful",
				.is_first_fetch = cases[i].is_first_fetch,
				.age_ms = cases[i].is_old ? 3 * HOUR : 0});
		}
		if (rows_of(&w, "incidents") != 0 || rows_of(&w, "watch_hits") != 0)
			fail_msg("%s made a crowd", cases[i].note);
		end_world(&w);
	}
}

static void
swap(struct world *w, const char *rules, int64_t version)
{
	snapshot_unref(w->snapshot);
	w->snapshot = make_snapshot(w, rules, version);
	pipeline_swap(w->p, w->snapshot);
}

static void
a_watch_goes_on_under_new_rules_and_ends_when_it_is_taken_out(void **state)
{
	static const char quieter[] = BRAND STORM_HEAD "  end\n"
						       "  until quiet for 60 minutes\n"
						       "end\n";
	static const char none[] = BRAND;
	struct world w;

	(void)state;
	begin_world(&w, storm, false);
	crowd(&w, NOW, 4, 4, "acme is awful");
	swap(&w, quieter, 2);
	/* the four of before count */
	crowd(&w, NOW + 4 * MINUTE, 1, 1, "acme is awful");
	assert_told(&w, "storm/w:storm:1795255440000=alerted ");
	swap(&w, storm, 3);
	until(&w, NOW + 6 * MINUTE);
	assert_int_equal(rows_of(&w, "incidents"), 1);
	assert_true(last_incident(&w).ended_at_ms == TIME_UNKNOWN);
	swap(&w, none, 4);
	until(&w, NOW + 7 * MINUTE);
	assert_true(last_incident(&w).ended_at_ms != TIME_UNKNOWN);
	assert_true(slice_eq_str(last_incident(&w).end_reason, "the watch is no longer in force"));
	assert_false(is_paused(&w));
	/* it comes back while the posts still make a crowd: people are told anew */
	swap(&w, storm, 5);
	until(&w, NOW + 8 * MINUTE);
	assert_int_equal(rows_of(&w, "incidents"), 2);
	assert_true(last_incident(&w).ended_at_ms == TIME_UNKNOWN);
	assert_true(is_paused(&w));
	end_world(&w);
}

static void
a_batch_that_did_not_commit_is_not_counted(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, storm, false);
	crowd(&w, NOW, 4, 4, "acme is awful");
	for (int i = 0; i < 3; i++) {
		struct page *page = page_new(S("demo")), *const pages[] = {page};
		struct page_result r;
		struct post *one = page_add(page);

		one->id = S("again");
		one->source = S("replay");
		one->text = S("acme is awful");
		one->created_at_ms = one->fetched_at_ms = w.clock.at_ms;
		one->author.id = S("somebody");
		assert_int_equal(pipeline_batch(w.p, pages, 1, &r, refuse, NULL, &w.err), -1);
		page_free(page);
	}
	assert_told(&w, "");
	assert_int_equal(rows_of(&w, "watch_hits"), 4);
	crowd(&w, NOW + 5 * MINUTE, 1, 1, "acme is awful");
	assert_true(w.told.len > 0);
	end_world(&w);
}

static void
a_crowd_without_memory_begins_with_the_next_try(void **state)
{
	struct world w;
	struct page *page = page_new(S("demo")), *const pages[] = {page};
	struct post *last = page_add(page);
	unsigned failed = 0;

	(void)state;
	begin_world(&w, storm, false);
	crowd(&w, NOW, 4, 4, "acme is awful");
	last->id = S("last");
	last->source = S("replay");
	last->text = S("acme is awful");
	last->created_at_ms = last->fetched_at_ms = w.clock.at_ms;
	last->author.id = S("somebody");
	restart(&w); /* so that the crowd is filled anew */
	for (unsigned nth = 1;; nth++) {
		struct page_result r;
		int rc;

		assert_true(nth < 2000);
		mem_fault_arm(nth, false);
		rc = pipeline_batch(w.p, pages, 1, &r, NULL, NULL, &w.err);
		mem_fault_arm(0, false);
		if (rc == 0)
			break;
		failed++;
		assert_int_equal(w.err.kind, ERR_NOMEM);
		assert_int_equal(rows_of(&w, "incidents"), 0);
		assert_int_equal(rows_of(&w, "watch_hits"), 4);
		assert_false(is_paused(&w));
	}
	assert_true(failed > 0);
	assert_int_equal(rows_of(&w, "incidents"), 1);
	assert_true(is_paused(&w));
	page_free(page);
	end_world(&w);
}

static void
what_no_watch_reaches_is_tidied(void **state)
{
	struct world w;
	bool more = true;

	(void)state;
	begin_world(&w, storm, false);
	crowd(&w, NOW, 30, 30, "acme is awful");
	until(&w, NOW + 20 * DAY);
	for (int calls = 0; more; calls++) {
		assert_in_range(calls, 0, 20);
		assert_int_equal(store_begin(w.st, &w.err), 0);
		assert_int_equal(pipeline_tidy(w.p, w.clock.at_ms, 10, &more, &w.err), 0);
		assert_int_equal(store_commit(w.st, &w.err), 0);
	}
	assert_int_equal(rows_of(&w, "watch_hits"), 0);
	assert_int_equal(rows_of(&w, "watch_base"), 0);
	assert_int_equal(rows_of(&w, "watch_state"), 1); /* the watch is in force */
	swap(&w, BRAND, 2);
	until(&w, NOW + 28 * DAY);
	assert_int_equal(store_begin(w.st, &w.err), 0);
	assert_int_equal(pipeline_tidy(w.p, w.clock.at_ms, 10, &more, &w.err), 0);
	assert_int_equal(store_commit(w.st, &w.err), 0);
	assert_int_equal(rows_of(&w, "watch_state"), 0);
	end_world(&w);
}

/* ---- all together ---- */

static const char everything[] =
    BRAND "rule care \"Care\"\n"
	  "  when all of\n"
	  "    brand is acme\n"
	  "    text contains \"broken\"\n"
	  "  end\n"
	  "  unless answered within 2 hours\n"
	  "  then\n"
	  "    alert \"support\" as high\n"
	  "  end\n"
	  "end\n"
	  "rule seq \"First A, then B\"\n"
	  "  when text contains \"buy\"\n"
	  "  after a post within 3 hours where text contains \"hello\"\n"
	  "  then\n"
	  "    tag author \"keen\"\n"
	  "  end\n"
	  "end\n"
	  "watch storm \"A crowd\"\n"
	  "  over posts where text contains \"awful\"\n"
	  "  when all of\n"
	  "    count within 10 minutes is at least 4\n"
	  "    count within 10 minutes is at least 2 times the usual\n"
	  "  end\n"
	  "  then\n"
	  "    alert \"pr\" as critical\n"
	  "    pause promotions\n"
	  "  end\n"
	  "  until quiet for 20 minutes\n"
	  "end\n";

enum disturbance {
	UNDISTURBED,
	RESTARTS, /* before each post, perhaps */
	NEW_RULES /* which say the same */
};

/* Three days of a small town; what was told, to be freed with mem_free(). */
static char *
live(uint64_t seed, enum disturbance by)
{
	static const char *const texts[] = {"acme is broken", "hello", "buy it", "acme is awful",
	    "nothing to see here", "acme is awful, and broken"};
	struct world w;
	char *told;

	begin_world(&w, everything, false);
	rng_init(&w.rng, seed);
	for (int n = 0; n < 250; n++) {
		bool is_storm = n % 80 >= 60, is_now;
		int64_t step = is_storm ? MINUTE : (int64_t)rng_below(&w.rng, 40) * MINUTE;
		char id[16], to[16], who[16];

		snprintf(id, sizeof id, "p%d", n);
		snprintf(to, sizeof to, "p%d", n > 3 ? n - 1 - (int)rng_below(&w.rng, 3) : 0);
		snprintf(who, sizeof who, "u%d", (int)rng_below(&w.rng, 12));
		is_now = rng_below(&w.rng, 4) == 0;
		w.restarts = by == RESTARTS && is_now;
		if (by == NEW_RULES && is_now)
			swap(&w, everything, 1);
		if (rng_below(&w.rng, 8) == 0)
			reply(&w, w.clock.at_ms + step, id, "acme", to);
		else
			post(&w, w.clock.at_ms + step, id, who,
			    is_storm ? "acme is awful" : texts[rng_below(&w.rng, 6)]);
	}
	until(&w, w.clock.at_ms + DAY);
	assert_int_equal(rows_of(&w, "timers"), 0);
	assert_true(rows_of(&w, "incidents") > 0);
	assert_false(is_paused(&w));
	told = buf_detach(&w.told, NULL);
	end_world(&w);
	return told;
}

static void
restarts_and_the_same_rules_anew_change_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		char *undisturbed = live(seed, UNDISTURBED), *again = live(seed, UNDISTURBED);
		char *restarted = live(seed, RESTARTS), *anew = live(seed, NEW_RULES);

		assert_non_null(strstr(undisturbed, "care/"));
		assert_non_null(strstr(undisturbed, "seq/"));
		assert_non_null(strstr(undisturbed, "storm/"));
		assert_string_equal(undisturbed, again);
		assert_string_equal(undisturbed, restarted);
		assert_string_equal(undisturbed, anew);
		mem_free(undisturbed);
		mem_free(again);
		mem_free(restarted);
		mem_free(anew);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_storm_begins_holds_and_ends),
	    cmocka_unit_test(one_person_is_no_crowd_and_a_small_share_is_none_either),
	    cmocka_unit_test(what_stands_outside_of_the_whole_is_no_part_of_it),
	    cmocka_unit_test(what_is_no_part_of_a_crowd),
	    cmocka_unit_test(a_watch_goes_on_under_new_rules_and_ends_when_it_is_taken_out),
	    cmocka_unit_test(a_batch_that_did_not_commit_is_not_counted),
	    cmocka_unit_test(a_crowd_without_memory_begins_with_the_next_try),
	    cmocka_unit_test(what_no_watch_reaches_is_tidied),
	    cmocka_unit_test(restarts_and_the_same_rules_anew_change_nothing),
	};

	return cmocka_run_group_tests(tests, load_lexicon, free_lexicon);
}
