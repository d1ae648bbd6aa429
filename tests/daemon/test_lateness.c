/*
 * What is late: behind its own stream's progress, not behind the clock.  Outages are caught up with in order,
 * and windows are as if there had been none.
 */
#include "tests/daemon/days.h"

#define WINDOW                                                                                     \
	BRAND                                                                                      \
	"rule often \"Often\"\n act within 7 days\n when text contains \"late\"\n happening 3 "    \
	"times within 2 hours per author\n then\n  alert \"support\" as low\n end\nend\n"

/* Somebody says it at at_ms, and we hear of it now. */
static void
hear(struct world *w, const char *feed, int64_t at_ms, const char *id, const char *who,
    const char *text)
{
	say(w,
	    &(struct saying){.id = id,
		.who = who,
		.text = text,
		.age_ms = w->clock.at_ms - at_ms,
		.feed = feed});
}

static void
an_outage_is_caught_up_with_as_if_there_had_been_none(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, WINDOW, restarts);
		hear(&w, NULL, NOW, "p1", "u1", "late");
		hear(&w, NULL, NOW, "x1", "u2", "nothing");
		until(&w, NOW + 5 * HOUR); /* we were down */
		hear(&w, NULL, NOW + 30 * MINUTE, "p2", "u1", "late");
		hear(&w, NULL, NOW + 110 * MINUTE, "p3", "u1", "late");
		hear(&w, NULL, NOW + 160 * MINUTE, "p4", "u1", "late");
		hear(&w, NULL, NOW + 290 * MINUTE, "x2", "u2", "nothing");
		assert_told(
		    &w, "often/p1=counted often/p2=counted often/p3=alerted often/p4=counted ");
		end_world(&w);
	}
}

static void
a_straggler_counts_for_statistics_only(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, WINDOW, true);
	hear(&w, NULL, NOW, "p1", "u1", "late");
	until(&w, NOW + 70 * MINUTE);
	hear(&w, NULL, NOW + 70 * MINUTE, "x1", "u2", "nothing");
	hear(&w, NULL, NOW + 9 * MINUTE, "p2", "u1", "late"); /* 61 minutes behind */
	assert_non_null(strstr(buf_str(&w.notes), "came 61 minutes behind its source"));
	hear(&w, NULL, NOW + 10 * MINUTE, "p3", "u1", "late"); /* an hour */
	hear(&w, NULL, NOW + 20 * MINUTE, "p4", "u1", "late");
	assert_told(&w, "often/p1=counted often/p2=held often/p3=counted often/p4=alerted ");
	assert_int_equal(rows_of(&w, "posts"), 5);
	end_world(&w);
}

static void
each_source_is_late_by_itself(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, WINDOW, true);
	hear(&w, "one", NOW, "a1", "u1", "late");
	hear(&w, "two", NOW, "b1", "u2", "nothing");
	until(&w, NOW + 3 * HOUR);
	/* one was heard all the time, two was down: what one brings does not forget for two */
	hear(&w, "one", NOW + 3 * HOUR, "a2", "u1", "late");
	hear(&w, "two", NOW + 1 * HOUR, "b2", "u1", "late");
	hear(&w, "two", NOW + 100 * MINUTE, "b3", "u1", "late");
	assert_told(&w, "often/a1=counted often/a2=counted often/b2=counted often/b3=alerted ");
	end_world(&w);
}

static void
a_clock_that_is_ahead_makes_nobody_late(void **state)
{
	struct world w;
	int64_t newest_ms;

	(void)state;
	begin_world(&w, WINDOW, false);
	hear(&w, NULL, NOW + 300 * DAY, "p1", "u1", "late");
	hear(&w, NULL, NOW - 50 * MINUTE, "p2", "u1", "late");
	hear(&w, NULL, NOW - 55 * MINUTE, "p3", "u1", "late");
	assert_told(&w, "often/p1=counted often/p2=counted often/p3=alerted ");
	assert_int_equal(store_stream_get(w.st, S("demo"), &newest_ms, &w.err), 0);
	assert_int_equal(newest_ms, NOW);
	end_world(&w);
}

/* What does not say when it happened happens when we hear of it: also by a clock that is wrong. */
static void
a_clock_that_was_ahead_makes_nobody_late_once_it_is_right(void **state)
{
	struct world w;
	int64_t newest_ms;

	(void)state;
	begin_world(&w, WINDOW, false);
	until(&w, NOW + 300 * DAY);
	hear(&w, NULL, w.clock.at_ms, "x1", "u2", "nothing");
	w.clock.at_ms = NOW;
	hear(&w, NULL, NOW, "p1", "u1", "late");
	hear(&w, NULL, NOW - 5 * MINUTE, "p2", "u1", "late");
	hear(&w, NULL, NOW - 61 * MINUTE, "p3", "u1", "late"); /* a straggler again */
	until(&w, NOW + MINUTE);
	hear(&w, NULL, NOW + MINUTE, "p4", "u1", "late");
	assert_told(&w, "often/p1=counted often/p2=counted often/p3=held often/p4=alerted ");
	assert_int_equal(store_stream_get(w.st, S("demo"), &newest_ms, &w.err), 0);
	assert_int_equal(newest_ms, NOW + MINUTE);
	end_world(&w);
}

static void
a_failed_commit_leaves_the_stream_where_it_was(void **state)
{
	struct world w;
	struct page *page = page_new(S("demo")), *const pages[] = {page};
	struct post *post = page_add(page);
	struct page_result r;
	int64_t newest_ms;

	(void)state;
	begin_world(&w, WINDOW, false);
	hear(&w, NULL, NOW - DAY, "p1", "u1", "late");
	post->id = S("p9");
	post->source = S("replay");
	post->text = S("late");
	post->fetched_at_ms = post->created_at_ms = NOW;
	assert_int_equal(pipeline_batch(w.p, pages, 1, &r, refuse, NULL, &w.err), -1);
	assert_int_equal(store_stream_get(w.st, S("demo"), &newest_ms, &w.err), 0);
	assert_int_equal(newest_ms, NOW - DAY);
	hear(&w, NULL, NOW - DAY + MINUTE, "p2", "u1", "late");
	hear(&w, NULL, NOW - DAY + 2 * MINUTE, "p3", "u1", "late");
	assert_told(&w, "often/p1=counted often/p2=counted often/p3=alerted ");
	page_free(page);
	end_world(&w);
}

/* ---- a slow model ------------------------------------------------------------ */

#define HEARD_MAX 2000

struct model {
	int64_t counted[4][HEARD_MAX]; /* event times by author */
	size_t count[4];
	int64_t newest_ms[3]; /* of each source */
	struct buf want;
};

/* Does this one complete 3 within 2 hours? */
static bool
is_enough(const struct model *m, int who, int64_t at_ms)
{
	for (int64_t from_ms = at_ms - 2 * HOUR; from_ms <= at_ms; from_ms += MINUTE) {
		size_t n = 1;

		for (size_t i = 0; i < m->count[who]; i++)
			n += m->counted[who][i] >= from_ms &&
			    m->counted[who][i] <= from_ms + 2 * HOUR;
		if (n >= 3)
			return true;
	}
	return false;
}

static void
expect(struct model *m, int feed, int who, int64_t at_ms, const char *id)
{
	bool is_late = m->newest_ms[feed] - at_ms > HOUR;

	buf_addf(&m->want, "often/%s=%s ", id,
	    is_late                        ? "held"
		: is_enough(m, who, at_ms) ? "alerted"
					   : "counted");
	if (!is_late)
		m->counted[who][m->count[who]++] = at_ms;
	if (at_ms > m->newest_ms[feed])
		m->newest_ms[feed] = at_ms;
}

/* Three sources, each down now and then; what was said meanwhile comes in order, with a little disorder. */
static void
windows_agree_with_a_slow_model_over_outages(void **state)
{
	static const char *const feeds[] = {"one", "two", "three"},
				 *const people[] = {"u0", "u1", "u2", "u3"};

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct model *m = mem_zalloc(sizeof *m);
		struct world w;
		int64_t reached_ms[3] = {NOW, NOW, NOW}, up_ms[3] = {0};
		struct rng rng;

		rng_init(&rng, seed);
		buf_init(&m->want, 1 << 20);
		begin_world(&w, WINDOW, seed % 4 == 0);
		for (int i = 0; i < 300; i++) {
			int feed = (int)rng_below(&rng, 3), who = (int)rng_below(&rng, 4);
			int64_t at_ms;
			char id[16];

			until(&w, w.clock.at_ms + (int64_t)rng_below(&rng, 12) * MINUTE);
			if (rng_below(&rng, 40) == 0)
				up_ms[feed] = w.clock.at_ms + (int64_t)rng_below(&rng, 8) * HOUR;
			if (w.clock.at_ms < up_ms[feed])
				continue;
			/* on by half an hour at most: what was missed is caught up with */
			reached_ms[feed] += (int64_t)rng_below(&rng, 40) * MINUTE;
			if (reached_ms[feed] > w.clock.at_ms)
				reached_ms[feed] = w.clock.at_ms;
			at_ms = reached_ms[feed] -
			    (rng_below(&rng, 3) == 0 ? (int64_t)rng_below(&rng, 90) * MINUTE : 0);
			snprintf(id, sizeof id, "p%d", i);
			expect(m, feed, who, at_ms, id);
			hear(&w, feeds[feed], at_ms, id, people[who], "late");
		}
		assert_string_equal(buf_str(&w.told), buf_str(&m->want));
		assert_non_null(strstr(buf_str(&w.told), "=held "));
		assert_non_null(strstr(buf_str(&w.told), "=alerted "));
		buf_fini(&m->want);
		mem_free(m);
		end_world(&w);
	}
}

/* ---- what comes before, and later -------------------------------------------- */

#define SEQUENCE                                                                                   \
	BRAND                                                                                      \
	"rule then \"Then\"\n act within 7 days\n when text contains \"refund\"\n after a post "   \
	"within 1 day where text contains \"late\"\n then\n  alert \"pr\" as low\n end\nend\n"     \
	"rule quiet \"Quiet\"\n act within 7 days\n when text contains \"help\"\n after a post "   \
	"within 1 day where text contains \"late\"\n unless answered within 3 hours\n then\n  "    \
	"alert "                                                                                   \
	"\"pr\" as low\n end\nend\n"

static void
what_comes_before_may_come_later(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, SEQUENCE, restarts);
		hear(&w, NULL, NOW, "b1", "u1", "refund");
		hear(&w, NULL, NOW, "c1", "u1", "help");
		hear(&w, NULL, NOW, "b2", "u2", "refund"); /* somebody else */
		hear(&w, NULL, NOW - 30 * MINUTE, "a1", "u1", "late");
		hear(&w, NULL, NOW - 40 * MINUTE, "a2", "u1", "late"); /* once is enough */
		until(&w, NOW + MINUTE);
		assert_told(
		    &w, "then/b1=counted quiet/c1=counted then/b2=counted then/b1=alerted ");
		assert_non_null(
		    strstr(buf_str(&w.notes), "reached us after it, written 2026-11-21T09:30:00Z"));
		until(&w, NOW + 3 * HOUR);
		assert_told(&w, "quiet/c1=alerted ");
		/* it was there in time for the next, and is too late for this one */
		hear(&w, NULL, NOW + 3 * HOUR, "b3", "u1", "refund");
		hear(&w, NULL, NOW + 90 * MINUTE, "a3", "u2", "late");
		until(&w, NOW + 2 * DAY);
		assert_told(&w, "then/b3=alerted ");
		end_world(&w);
	}
}

struct told_of {
	int64_t at_ms;
	int who;
	bool is_first, is_second, is_late;
	char id[16];
};

/* Does something of the same person come before it, by its own time? */
static bool
has_before(const struct told_of *all, size_t count, size_t own)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].is_first && !all[i].is_late && all[i].who == all[own].who &&
		    (all[i].at_ms < all[own].at_ms ||
			(all[i].at_ms == all[own].at_ms && i < own)) &&
		    all[own].at_ms - all[i].at_ms <= DAY)
			return true;
	return false;
}

static size_t
count_told(const struct world *w, const char *id)
{
	char want[40];
	size_t n = 0;

	snprintf(want, sizeof want, "then/%s=alerted ", id);
	for (const char *p = buf_str(&w->told); (p = strstr(p, want)) != NULL; p++)
		n++;
	return n;
}

static void
sequences_agree_with_a_model_that_sorts_by_event_time(void **state)
{
	size_t late = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct told_of all[250];
		struct world w;
		size_t fired = 0, count = 0;
		int64_t newest_ms = 0;
		struct rng rng;

		rng_init(&rng, seed);
		begin_world(&w, SEQUENCE, seed % 4 == 0);
		while (count < 250) {
			struct told_of *t = &all[count];
			int what = (int)rng_below(&rng, 9);
			char who[16];

			until(&w, w.clock.at_ms + (int64_t)rng_below(&rng, 10) * MINUTE);
			*t = (struct told_of){
			    .at_ms = w.clock.at_ms - (int64_t)rng_below(&rng, 80) * MINUTE,
			    .who = (int)rng_below(&rng, 20),
			    .is_first = what == 0 || what == 4,
			    .is_second = what > 0 && what < 7};
			t->is_late = newest_ms - t->at_ms > HOUR;
			newest_ms = t->at_ms > newest_ms ? t->at_ms : newest_ms;
			snprintf(t->id, sizeof t->id, "p%zu", count++);
			snprintf(who, sizeof who, "u%d", t->who);
			hear(&w, NULL, t->at_ms, t->id, who,
			    what == 4          ? "late refund"
				: t->is_first  ? "late"
				: t->is_second ? "refund"
					       : "nothing");
		}
		until(&w, w.clock.at_ms + MINUTE);
		for (size_t i = 0; i < count; i++) {
			bool is_due = all[i].is_second && has_before(all, count, i);

			if (count_told(&w, all[i].id) != is_due)
				fail_msg("seed %d: %s fired %zu times", (int)seed, all[i].id,
				    count_told(&w, all[i].id));
			fired += is_due;
			for (size_t k = i + 1; is_due && k < count; k++)
				late += all[k].is_first && all[k].who == all[i].who &&
				    all[k].at_ms < all[i].at_ms && !has_before(all, i, i);
		}
		assert_true(fired > 20 && fired < count);
		end_world(&w);
	}
	if (late < 10)
		fail_msg("only %zu came late", late);
}

static void
an_answer_of_meanwhile_holds_a_wait_back(void **state)
{
	static const char rules[] =
	    BRAND "rule care \"Care\"\n act within 1 day\n when text contains \"help\"\n unless "
		  "answered within 2 hours\n then\n  alert \"pr\" as low\n end\nend\n";

	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, rules, restarts);
		hear(&w, NULL, NOW, "p1", "u1", "help");
		hear(&w, NULL, NOW, "p2", "u2", "help");
		clock_virtual_set(&w.clock, NOW + 5 * HOUR); /* we were down, nothing was judged */
		say(&w,
		    &(struct saying){.id = "a1",
			.who = "acme",
			.text = "we are on it",
			.reply_to = "p1",
			.age_ms = 4 * HOUR});
		say(&w,
		    &(struct saying){.id = "a2",
			.who = "acme",
			.text = "too late",
			.reply_to = "p2",
			.age_ms = 2 * HOUR});
		until(&w, NOW + 5 * HOUR + MINUTE);
		assert_told(&w, "care/p1=waiting care/p2=waiting care/p1=held care/p2=alerted ");
		assert_non_null(strstr(buf_str(&w.notes), "answered at 2026-11-21T11:00:00Z"));
		end_world(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_outage_is_caught_up_with_as_if_there_had_been_none),
	    cmocka_unit_test(a_straggler_counts_for_statistics_only),
	    cmocka_unit_test(each_source_is_late_by_itself),
	    cmocka_unit_test(a_clock_that_is_ahead_makes_nobody_late),
	    cmocka_unit_test(a_clock_that_was_ahead_makes_nobody_late_once_it_is_right),
	    cmocka_unit_test(a_failed_commit_leaves_the_stream_where_it_was),
	    cmocka_unit_test(windows_agree_with_a_slow_model_over_outages),
	    cmocka_unit_test(what_comes_before_may_come_later),
	    cmocka_unit_test(an_answer_of_meanwhile_holds_a_wait_back),
	    cmocka_unit_test(sequences_agree_with_a_model_that_sorts_by_event_time),
	};

	return cmocka_run_group_tests(tests, load_lexicon, free_lexicon);
}
