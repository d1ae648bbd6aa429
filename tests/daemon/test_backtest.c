/*
 * Backtests against what really happened: days of posts are decided on as the daemon does, and then
 * rehearsed from the middle on.
 */
#define DAYS_LIMITS                                                                                \
	"timezone: Europe/Berlin\n"                                                                \
	"limits: {currency: EUR, per_person_per_day: 1, per_person_per_week: 4, spend_per_day: "   \
	"1.5}\n"
#include "tests/daemon/days.h"

#include "core/json.h"

#include "daemon/backtest.h"

#define RULES                                                                                      \
	BRAND                                                                                      \
	"rule rest \"Rest\"\n when text contains \"broken\"\n then\n  alert \"support\" as "       \
	"high\n end\n at most once every 2 days per author\nend\n"                                 \
	"rule often \"Often\"\n when text contains \"late\"\n happening 3 times within 1 day "     \
	"per author\n then\n  alert \"support\" as low\n end\nend\n"                               \
	"rule few \"Few\"\n when text contains \"cold\"\n then\n  alert \"pr\" as low\n end\n"     \
	" at most 9 in total\nend\n"                                                               \
	"rule then \"Then\"\n when text contains \"refund\"\n after a post within 1 day "          \
	"where "                                                                                   \
	"text contains \"late\"\n then\n  alert \"pr\" as low\n end\nend\n"                        \
	"rule unheard \"Unheard\"\n when text contains \"help\"\n unless answered within 2 "       \
	"hours\n then\n  alert \"pr\" as high\n end\nend\n"                                        \
	"watch storm \"Storm\"\n over posts where text contains \"broken\"\n when count "          \
	"within 1 "                                                                                \
	"hour is at least 5\n then\n  alert \"pr\" as critical\n end\n until quiet for 1 "         \
	"hour\nend\n"

/* What is counted of a person, a day, a thread and of money, over rules that compete for it. */
#define LIMITS                                                                                     \
	"rule sorry \"Sorry\"\n when text contains \"broken\"\n then\n  send \"sorry\" by log to " \
	"customer\n end\nend\n"                                                                    \
	"rule dear \"Dear\"\n when text contains \"late\"\n then\n  send \"sorry\" by paid to "    \
	"customer\n end\n spend at most 5 per week\nend\n"                                         \
	"rule daily \"Daily\"\n when text contains \"refund\"\n then\n  alert \"pr\" as low\n "    \
	"end\n"                                                                                    \
	" at most 5 per day\n at most 2 per week per author\n"                                     \
	"end\n"                                                                                    \
	"rule talk \"Talk\"\n when text contains \"help\"\n then\n  alert \"pr\" as high\n end\n"  \
	" at most once every 12 hours per thread\n at most 2 per day per thread\nend\n"            \
	"rule once \"Once\"\n when text contains \"cold\"\n then\n  alert \"pr\" as low\n end\n"   \
	" at most 2 per month per customer\nend\n"                                                 \
	"rule both \"Both\"\n when text contains \"nothing\"\n then\n  alert \"pr\" as low\n  "    \
	"send "                                                                                    \
	"\"sorry\" by paid to customer\n end\n at most once every 3 days per customer\n at most "  \
	"9 per week\nend\n"                                                                        \
	"rule mild \"Mild\"\n when text contains \"cold\"\n then\n  send \"sorry\" by log to "     \
	"customer\n end\n at most once every 3 days per customer\nend\n"

/* Rule and outcome -> how often, as told from the middle on. */
static int64_t
told_times(const struct world *w, const char *rule, const char *outcome)
{
	int64_t n = 0;
	size_t len = strlen(rule);

	for (const char *p = buf_str(&w->told); *p != '\0'; p = strchr(p, ' ') + 1) {
		const char *end = strchr(p, ' '), *is = strchr(p, '=');

		n += strncmp(p, rule, len) == 0 && p[len] == '/' && is < end &&
		    (size_t)(end - is - 1) == strlen(outcome) &&
		    strncmp(is + 1, outcome, strlen(outcome)) == 0;
	}
	return n;
}

static int64_t
number(const struct json *obj, const char *key)
{
	int64_t n = -1;

	json_i64(json_get(obj, key), &n);
	return n;
}

static const struct json *
find(const struct json *list, const char *id)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (slice_eq_str(json_get_str(json_at(list, i), "id"), id))
			return json_at(list, i);
	fail_msg("no '%s' in the report", id);
	return NULL;
}

/* Days of people saying things; the same seed says the same. */
static void
speak(struct world *w, uint64_t seed, int64_t from_ms, int64_t until_ms)
{
	static const char *const words[] = {"acme is broken", "late again, acme", "cold coffee",
	    "refund please", "help me acme", "nothing to see"};
	static const char *const threads[] = {"t1", "t2", "t3"};
	struct rng rng;

	rng_init(&rng, seed);
	for (int64_t at_ms = from_ms; at_ms < until_ms;
	     at_ms += (int64_t)rng_below(&rng, 60) * MINUTE) {
		char id[32], who[16];

		snprintf(id, sizeof id, "p%lld", (long long)++w->next_post);
		snprintf(who, sizeof who, "u%d", (int)rng_below(&rng, 6));
		until(w, at_ms);
		say(w,
		    &(struct saying){.id = id,
			.who = who,
			.text = words[rng_below(&rng, 6)],
			.age_ms =
			    rng_below(&rng, 8) == 0 ? (int64_t)rng_below(&rng, 200) * MINUTE : 0,
			.reply_to = rng_below(&rng, 2) == 0 ? NULL : threads[rng_below(&rng, 3)]});
		if (rng_below(&rng, 8) == 0) {
			char answer[32];

			snprintf(answer, sizeof answer, "a%lld", (long long)w->next_post);
			reply(w, at_ms + MINUTE, answer, "acme", id);
		}
	}
	until(w, until_ms);
}

static struct json_doc *
rehearse(struct world *w, struct snapshot *draft, int64_t since_ms)
{
	struct backtest b = {.store = w->st,
	    .draft = draft,
	    .live = w->snapshot,
	    .since_ms = since_ms,
	    .until_ms = w->clock.at_ms};
	struct json_doc *doc;
	struct buf out;

	buf_init(&out, 16 << 20);
	if (backtest_run(&b, &out, &w->err) != 0)
		fail_msg("%s", w->err.text);
	assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, &w->err), 0);
	buf_fini(&out);
	return doc;
}

static void
the_live_rules_would_do_again_what_they_did(void **state)
{
	static const struct {
		const char *rule, *count, *outcome;
	} same[] = {{"rest", "alerts", "alerted"}, {"rest", "held", "held"},
	    {"often", "alerts", "alerted"}, {"often", "counted", "counted"},
	    {"few", "alerts", "alerted"}, {"few", "held", "held"}, {"then", "alerts", "alerted"},
	    {"then", "counted", "counted"}, {"unheard", "alerts", "alerted"},
	    {"unheard", "waiting", "waiting"}};

	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct world w;
		struct json_doc *doc;
		int64_t middle_ms = NOW + 4 * DAY;

		begin_world(&w, RULES, false);
		speak(&w, seed, NOW, middle_ms);
		buf_clear(&w.told);
		speak(&w, seed + 100, middle_ms, NOW + 8 * DAY);
		doc = rehearse(&w, w.snapshot, middle_ms);
		for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
			const struct json *r =
			    find(json_get(json_root(doc), "rules"), same[i].rule);

			if (number(r, same[i].count) !=
			    told_times(&w, same[i].rule, same[i].outcome))
				fail_msg("seed %d: rule %s: %s %lld in the backtest, %lld in truth",
				    (int)seed, same[i].rule, same[i].count,
				    (long long)number(r, same[i].count),
				    (long long)told_times(&w, same[i].rule, same[i].outcome));
			assert_int_equal(number(r, "only_draft") + number(r, "only_live"), 0);
		}
		assert_int_equal(
		    number(find(json_get(json_root(doc), "watches"), "storm"), "alerts"),
		    told_times(&w, "storm", "alerted"));
		assert_true(
		    told_times(&w, "rest", "alerted") > 0 && told_times(&w, "few", "held") > 0);
		assert_true(told_times(&w, "then", "alerted") > 0 &&
		    told_times(&w, "unheard", "alerted") > 0);
		json_doc_free(doc);
		end_world(&w);
	}
}

static void
link_customer(struct world *w, const char *id, const char *handle)
{
	struct link_row link = {.customer_id = S(id),
	    .handle_key = S(handle),
	    .proof = S("imported handle"),
	    .linked_at_ms = w->clock.at_ms,
	    .unlinked_at_ms = TIME_UNKNOWN};
	bool created;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(store_customer_put(w->st, S(id), SLICE_NONE, SLICE_NONE, SLICE_NONE,
			     w->clock.at_ms, "test", &created, &w->err),
	    0);
	assert_true(store_link_add(w->st, &link, &w->err) >= 0);
	assert_int_equal(store_commit(w->st, &w->err), 0);
}

static void
what_was_used_up_of_limits_before_is_used_up(void **state)
{
	static const struct {
		const char *rule, *count, *outcome;
	} same[] = {{"sorry", "messages", "queued"}, {"sorry", "suppressed", "suppressed"},
	    {"dear", "messages", "queued"}, {"dear", "suppressed", "suppressed"},
	    {"daily", "alerts", "alerted"}, {"daily", "held", "held"},
	    {"talk", "alerts", "alerted"}, {"talk", "held", "held"}, {"both", "alerts", "alerted"},
	    {"both", "messages", "queued"}, {"both", "suppressed", "suppressed"},
	    {"mild", "messages", "queued"}, {"mild", "suppressed", "suppressed"},
	    {"mild", "held", "held"}};
	int64_t differing[14] = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct world w;
		struct json_doc *doc;
		/* within a day, a week and a month of the brand's */
		int64_t middle_ms = NOW + 2 * DAY + (int64_t)seed * 5 * HOUR + 7 * MINUTE;

		begin_world(&w, BRAND LIMITS, false);
		link_customer(&w, "c0", "@u0@example.org");
		link_customer(&w, "c1", "@u1@example.org");
		link_customer(&w, "c2", "@u2@example.org");
		speak(&w, seed, NOW, middle_ms - 6 * HOUR);
		link_customer(&w, "c3", "@u3@example.org"); /* a stranger until now */
		speak(&w, seed + 50, middle_ms - 6 * HOUR, middle_ms);
		buf_clear(&w.told);
		speak(&w, seed + 100, middle_ms, middle_ms + 3 * DAY);
		doc = rehearse(&w, w.snapshot, middle_ms);
		for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
			int64_t is = number(
			    find(json_get(json_root(doc), "rules"), same[i].rule), same[i].count);
			int64_t was = told_times(&w, same[i].rule, same[i].outcome);

			if (is != was)
				fail_msg("seed %d: rule %s: %s %lld in the backtest, %lld in truth",
				    (int)seed, same[i].rule, same[i].count, (long long)is,
				    (long long)was);
			differing[i] += was;
		}
		json_doc_free(doc);
		end_world(&w);
	}
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_true(differing[i] > 0);
}

static bool
says_threads_are_lost(struct world *w)
{
	struct json_doc *doc = rehearse(w, w->snapshot, w->clock.at_ms);
	const struct json *notes = json_get(json_root(doc), "could_not_know");
	bool is_said = false;

	for (size_t i = 0; i < json_count(notes); i++)
		is_said |=
		    slice_starts_with(json_str(json_at(notes, i)), "rests and limits per thread");
	json_doc_free(doc);
	return is_said;
}

static void
a_deleted_post_is_missed_only_where_its_thread_counts(void **state)
{
	static const char rules[] = BRAND
	    "rule talk \"Talk\"\n when text contains \"late\"\n then\n  alert \"pr\" as low\n end\n"
	    " at most once every 12 hours per thread\nend\n"
	    "rule plain \"Plain\"\n when text contains \"cold\"\n then\n  alert \"pr\" as low\n"
	    " end\nend\n";
	static const char *const texts[] = {"cold coffee", "late again"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world w;

		begin_world(&w, rules, false);
		until(&w, NOW + HOUR);
		say(&w, &(struct saying){.id = "p1", .who = "u1", .text = texts[i]});
		until(&w, NOW + 2 * HOUR);
		assert_false(says_threads_are_lost(&w));
		say(&w, &(struct saying){.id = "p1", .who = "u1", .text = "", .is_deleted = true});
		until(&w, NOW + 3 * HOUR);
		assert_int_equal(says_threads_are_lost(&w), i == 1);
		end_world(&w);
	}
}

static void
nothing_of_it_is_written(void **state)
{
	static const char *const tables[] = {
	    "posts", "decisions", "outbox", "alerts", "rule_state", "rule_times", "timers"};
	struct world w;
	int64_t before[7];

	(void)state;
	begin_world(&w, RULES, false);
	speak(&w, 9, NOW, NOW + 2 * DAY);
	for (size_t i = 0; i < 7; i++)
		before[i] = rows_of(&w, tables[i]);
	json_doc_free(rehearse(&w, w.snapshot, NOW + DAY));
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(rows_of(&w, tables[i]), before[i]);
	end_world(&w);
}

static bool
stop_at_once(void *cookie, int64_t done, int64_t total)
{
	*(int64_t *)cookie = total;
	assert_true(done <= total);
	return false;
}

static void
it_can_be_stopped_and_says_how_far_it_is(void **state)
{
	struct world w;
	int64_t total = 0;
	struct backtest b = {.since_ms = NOW, .progress = stop_at_once, .cookie = &total};
	struct buf out;

	(void)state;
	begin_world(&w, RULES, false);
	speak(&w, 9, NOW, NOW + DAY);
	b.store = w.st;
	b.draft = w.snapshot;
	b.until_ms = w.clock.at_ms;
	buf_init(&out, 1 << 20);
	assert_int_equal(backtest_run(&b, &out, &w.err), 1);
	assert_int_equal(total, rows_of(&w, "posts"));
	buf_fini(&out);
	end_world(&w);
}

static void
without_posts_the_report_is_empty(void **state)
{
	struct world w;
	struct json_doc *doc;

	(void)state;
	begin_world(&w, RULES, false);
	clock_virtual_set(&w.clock, NOW + DAY);
	doc = rehearse(&w, w.snapshot, NOW);
	assert_int_equal(number(json_root(doc), "posts"), 0);
	assert_int_equal(number(find(json_get(json_root(doc), "rules"), "rest"), "matched"), 0);
	json_doc_free(doc);
	end_world(&w);
}

/* ---- two at a time ------------------------------------------------------------- */

#define OTHER_BRAND "brand acme \"Acme\"\n called \"coffee\", \"help\"\nend\n"
#define OF_BRAND "rule of \"Of\"\n when brand is acme\n then\n  alert \"pr\" as low\n end\nend\n"

/* What a set would do is the same alone, and beside one that finds the same or other brands. */
static void
neither_of_both_changes_what_the_other_does(void **state)
{
	static const char *const counts[] = {"matched", "fired", "held", "counted", "alerts"};
	struct world w;
	struct snapshot *sets[2];

	(void)state;
	begin_world(&w, BRAND OF_BRAND, false);
	speak(&w, 3, NOW, NOW + 2 * DAY);
	sets[0] = w.snapshot;
	sets[1] = make_snapshot(&w, OTHER_BRAND OF_BRAND, 2);
	for (size_t i = 0; i < 4; i++) {
		struct snapshot *draft = sets[i & 1], *live = sets[i >> 1];
		struct json_doc *both, *alone[2];
		const struct json *rule;

		w.snapshot = live;
		both = rehearse(&w, draft, NOW);
		w.snapshot = NULL;
		alone[0] = rehearse(&w, draft, NOW);
		alone[1] = rehearse(&w, live, NOW);
		rule = find(json_get(json_root(both), "rules"), "of");
		for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
			const struct json *a = find(json_get(json_root(alone[0]), "rules"), "of");
			const struct json *b = find(json_get(json_root(alone[1]), "rules"), "of");

			assert_int_equal(number(rule, counts[k]), number(a, counts[k]));
			assert_int_equal(
			    number(json_get(rule, "live"), counts[k]), number(b, counts[k]));
		}
		assert_true(
		    number(rule, "fired") > 0 && number(json_get(rule, "live"), "fired") > 0);
		assert_int_equal(number(rule, "only_draft") > 0, draft != live);
		json_doc_free(both);
		json_doc_free(alone[0]);
		json_doc_free(alone[1]);
	}
	w.snapshot = sets[0];
	snapshot_unref(sets[1]);
	end_world(&w);
}

/* Whatever allocation fails, on whichever thread: it ends, says so, or did without. */
static void
it_survives_failed_allocations(void **state)
{
	struct world w;
	struct buf whole, out;
	struct backtest b = {.since_ms = NOW + DAY / 2};
	bool has_hit = true;
	unsigned failures = 0;

	(void)state;
	begin_world(&w, RULES, false);
	speak(&w, 9, NOW, NOW + DAY);
	b.store = w.st;
	b.draft = b.live = w.snapshot;
	b.until_ms = w.clock.at_ms;
	buf_init(&whole, 1 << 20);
	assert_int_equal(backtest_run(&b, &whole, &w.err), 0);
	for (unsigned nth = 1; has_hit; nth += 1 + nth / 12) {
		int rc;

		buf_init(&out, 1 << 20);
		w.err = (struct err){ERR_NONE, ""};
		mem_fault_arm(nth, nth % 2 == 0);
		rc = backtest_run(&b, &out, &w.err);
		has_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		failures += rc < 0;
		assert_true(rc == 0 || (has_hit && rc == -1 && w.err.kind != ERR_NONE));
		if (rc == 0)
			assert_string_equal(buf_str(&out), buf_str(&whole));
		buf_fini(&out);
	}
	assert_true(failures > 20);
	buf_fini(&whole);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_live_rules_would_do_again_what_they_did),
	    cmocka_unit_test(what_was_used_up_of_limits_before_is_used_up),
	    cmocka_unit_test(a_deleted_post_is_missed_only_where_its_thread_counts),
	    cmocka_unit_test(nothing_of_it_is_written),
	    cmocka_unit_test(it_can_be_stopped_and_says_how_far_it_is),
	    cmocka_unit_test(without_posts_the_report_is_empty),
	    cmocka_unit_test(neither_of_both_changes_what_the_other_does),
	    cmocka_unit_test(it_survives_failed_allocations),
	};

	return cmocka_run_group_tests(tests, load_lexicon, free_lexicon);
}
