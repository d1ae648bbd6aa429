/*
 * Caps on the clock of the brand's zone, money, and what one person may get.
 */
#include "tests/actions/world.h"
#include "store/joins.h"

static const struct action alarm_action = {.verb = ACTION_ALERT,
    .text = SLICE_INIT("alert"),
    .queue = SLICE_INIT("pr"),
    .severity = SEVERITY_LOW};

static int64_t
utc(const char *text)
{
	int64_t at_ms;

	assert_true(time_parse_rfc3339(slice_of(text), &at_ms));
	return at_ms;
}

static struct rule_head
capped_rule(const struct rule_cap *caps, size_t count)
{
	struct rule_head rule = make_rule("r", &alarm_action, 1);

	rule.caps = caps;
	rule.cap_count = (uint32_t)count;
	return rule;
}

static const struct decision_row *
post_at(struct world *w, const struct rule_head *rule, int64_t now_ms)
{
	static int n;
	struct firing f = {.rule = rule, .reason = S("x")};

	world_next_post(w, arena_printf(w->arena, "p%d", ++n), now_ms);
	world_settle(w, &f, 1);
	return &w->settled.rows[0];
}

static void
a_period_is_over_when_the_brands_clock_says_so(void **state)
{
	static const struct {
		const char *note;
		enum cap_period period;
		const char *zone;
		const char *first, *last,
		    *next; /* the last instant of first's period, and the next */
	} cases[] = {
	    {"an hour", CAP_HOUR, "Europe/Berlin", "2026-11-21T10:00:00Z",
		"2026-11-21T10:59:59.999Z", "2026-11-21T11:00:00Z"},
	    {"an hour in Kathmandu", CAP_HOUR, "Asia/Kathmandu", "2026-11-21T10:15:00Z",
		"2026-11-21T11:14:59Z", "2026-11-21T11:15:00Z"},
	    {"the hour that comes twice, once", CAP_HOUR, "Europe/Berlin", "2026-10-25T00:00:00Z",
		"2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z"},
	    {"and its second time", CAP_HOUR, "Europe/Berlin", "2026-10-25T01:00:00Z",
		"2026-10-25T01:59:59Z", "2026-10-25T02:00:00Z"},
	    {"half an hour that comes twice", CAP_HOUR, "Australia/Lord_Howe",
		"2026-04-04T15:00:00Z", "2026-04-04T15:29:59Z", "2026-04-04T15:30:00Z"},
	    {"a day", CAP_DAY, "Europe/Berlin", "2026-11-20T23:00:00Z", "2026-11-21T22:59:59.999Z",
		"2026-11-21T23:00:00Z"},
	    {"a day of 23 hours", CAP_DAY, "Europe/Berlin", "2026-03-28T23:00:00Z",
		"2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"},
	    {"a day of 25 hours", CAP_DAY, "Europe/Berlin", "2026-10-24T22:00:00Z",
		"2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"},
	    {"a day in New York of 25 hours", CAP_DAY, "America/New_York", "2026-11-01T04:00:00Z",
		"2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z"},
	    {"a day of 23 and a half", CAP_DAY, "Australia/Lord_Howe", "2026-10-03T13:30:00Z",
		"2026-10-04T12:59:59Z", "2026-10-04T13:00:00Z"},
	    {"a week from Monday", CAP_WEEK, "Europe/Berlin", "2026-11-15T23:00:00Z",
		"2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"},
	    {"a month", CAP_MONTH, "Europe/Berlin", "2026-10-31T23:00:00Z", "2026-11-30T22:59:59Z",
		"2026-11-30T23:00:00Z"},
	    {"over the year", CAP_MONTH, "UTC", "2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z",
		"2027-01-01T00:00:00Z"},
	    {"before 1970", CAP_DAY, "UTC", "1969-12-30T00:00:00Z", "1969-12-30T23:59:59Z",
		"1969-12-31T00:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct rule_cap cap = {2, cases[i].period, LIMIT_PER_RULE, false};
		struct rule_head rule = capped_rule(&cap, 1);
		bool first, last, full, next;

		world_init(&w);
		w.config.brand_timezone = cases[i].zone;
		first = post_at(&w, &rule, utc(cases[i].first))->outcome == DECISION_ALERTED;
		last = post_at(&w, &rule, utc(cases[i].last))->outcome == DECISION_ALERTED;
		full = post_at(&w, &rule, utc(cases[i].last))->outcome == DECISION_HELD;
		next = post_at(&w, &rule, utc(cases[i].next))->outcome == DECISION_ALERTED;
		if (!first || !last || !full || !next)
			fail_msg("%s: %d %d %d %d", cases[i].note, first, last, full, next);
		world_fini(&w);
	}
}

static void
a_full_cap_says_what_and_when(void **state)
{
	struct world w;
	struct rule_cap caps[] = {{3, CAP_TOTAL, LIMIT_PER_RULE, false},
	    {1, CAP_DAY, LIMIT_PER_AUTHOR, false}, {2, CAP_TOTAL, LIMIT_PER_AUTHOR, false}};
	struct rule_head rule = capped_rule(caps, 3);

	(void)state;
	world_init(&w);
	w.config.brand_timezone = "Europe/Berlin";
	assert_int_equal(post_at(&w, &rule, NOW)->outcome, DECISION_ALERTED);
	assert_slice(post_at(&w, &rule, NOW)->note,
	    "at most 1 per day per author: it has fired 1 time this day (Europe/Berlin)");
	assert_int_equal(post_at(&w, &rule, NOW + DAY)->outcome, DECISION_ALERTED);
	assert_slice(post_at(&w, &rule, NOW + 2 * DAY)->note,
	    "at most 2 in total per author: it has fired 2 times");
	w.occ.subject = S("a:other");
	assert_int_equal(post_at(&w, &rule, NOW + 2 * DAY)->outcome, DECISION_ALERTED);
	assert_slice(
	    post_at(&w, &rule, NOW + 3 * DAY)->note, "at most 3 in total: it has fired 3 times");
	world_fini(&w);
}

/* "per author", "per customer" and "per person" are one key: a firing counts once there. */
static void
two_caps_of_one_place_count_a_firing_once(void **state)
{
	struct world w;
	struct rule_cap caps[] = {{4, CAP_DAY, LIMIT_PER_AUTHOR, false},
	    {3, CAP_DAY, LIMIT_PER_SUBJECT, false}, {9, CAP_DAY, LIMIT_PER_THREAD, false}};
	struct rule_head rule = capped_rule(caps, 3);

	(void)state;
	world_init(&w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(post_at(&w, &rule, NOW)->outcome, DECISION_ALERTED);
	assert_slice(post_at(&w, &rule, NOW)->note,
	    "at most 3 per day per person: it has fired 3 times this day (UTC)");
	world_fini(&w);
}

static void
a_linked_author_takes_along_what_was_counted(void **state)
{
	struct world w;
	struct rule_cap cap = {2, CAP_DAY, LIMIT_PER_SUBJECT, false};
	struct rule_head rule = capped_rule(&cap, 1);
	int64_t join_no;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	assert_int_equal(post_at(&w, &rule, NOW)->outcome, DECISION_ALERTED);
	must(store_begin(w.st, &w.err), &w);
	must(store_subjects_join(w.st, w.occ.subject, S("c:1"), S("link 1"), S("test"), SLICE_NONE,
		 NOW, &join_no, &w.err),
	    &w);
	must(store_commit(w.st, &w.err), &w);
	world_link(&w, "1");
	assert_int_equal(post_at(&w, &rule, NOW)->outcome, DECISION_ALERTED);
	assert_int_equal(post_at(&w, &rule, NOW)->outcome, DECISION_HELD);
	world_fini(&w);
}

/* --- money ---------------------------------------------------------------------------------------
 */

static struct channel paid[3];
static const int64_t offer_costs[] = {2500};

static void
money_world(struct world *w, int64_t email_cost)
{
	world_init(w);
	memcpy(paid, channels, sizeof paid);
	paid[0].cost_milli = email_cost;
	w->config.channels = paid;
	w->config.currency = "EUR";
	w->config.offer_costs_milli = offer_costs;
	world_add_codes(w, "ten", 20);
	for (int i = 0; i < 6; i++)
		world_add_customer(w,
		    &(struct customer_spec){
			.id = arena_printf(w->arena, "%d", i), .has_marketing = true});
}

static const struct decision_row *
send_to(struct world *w, const struct rule_head *rule, const char *customer, int64_t now_ms)
{
	world_link(w, customer);
	return post_at(w, rule, now_ms);
}

static void
a_budget_is_kept_to_the_last_thousandth(void **state)
{
	struct world w;
	struct rule_cap cap = {8000, CAP_MONTH, LIMIT_PER_RULE, true};
	struct action action = send_action("sorry", "email", "ten");
	struct rule_head rule = make_rule("r", &action, 1);

	(void)state;
	money_world(&w, 75); /* 2.575 with the offer */
	rule.caps = &cap;
	rule.cap_count = 1;
	assert_int_equal(send_to(&w, &rule, "0", NOW)->outcome, DECISION_QUEUED);
	assert_int_equal(send_to(&w, &rule, "1", NOW)->outcome, DECISION_QUEUED);
	assert_int_equal(send_to(&w, &rule, "2", NOW)->outcome, DECISION_QUEUED);
	/* the rule fires, its message is suppressed, and no code is used */
	assert_int_equal(send_to(&w, &rule, "3", NOW)->outcome, DECISION_SUPPRESSED);
	assert_int_equal(w.settled.fired, 1);
	assert_slice(w.settled.rows[0].note,
	    "spend at most 8 EUR per month: 7.725 EUR spent this month (UTC), this message costs "
	    "2.575 EUR");
	cap.max = 10300;
	assert_int_equal(send_to(&w, &rule, "3", NOW)->outcome, DECISION_QUEUED);
	assert_int_equal(send_to(&w, &rule, "4", NOW)->outcome, DECISION_SUPPRESSED);
	assert_int_equal(
	    send_to(&w, &rule, "4", utc("2026-12-01T00:00:00Z"))->outcome, DECISION_QUEUED);
	world_fini(&w);
}

static void
the_budget_of_the_house_is_over_all_rules(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head one = make_rule("one", &action, 1), two = make_rule("two", &action, 1);
	struct rule_head shadow = make_rule("shadow", &action, 1);
	struct rule_cap own = {800, CAP_DAY, LIMIT_PER_RULE, true};

	(void)state;
	money_world(&w, 800);
	shadow.is_shadow = true;
	shadow.caps = &own;
	shadow.cap_count = 1;
	assert_int_equal(send_to(&w, &one, "0", NOW)->outcome, DECISION_QUEUED);
	w.config.spend_per_day_milli = 1600; /* written later, and knows what the day has cost */
	assert_slice(send_to(&w, &shadow, "0", NOW)->note, "shadow: it would be queued");
	assert_slice(send_to(&w, &shadow, "0", NOW)->note,
	    "shadow: it would be suppressed: spend at most 0.80 EUR per day: 0.80 EUR spent this "
	    "day (UTC), this message costs 0.80 EUR");
	assert_int_equal(send_to(&w, &two, "1", NOW)->outcome, DECISION_QUEUED);
	assert_slice(send_to(&w, &two, "2", NOW)->note,
	    "spend at most 1.60 EUR per day over all rules: 1.60 EUR spent this day (UTC), this "
	    "message costs 0.80 EUR");
	w.config.spend_per_month_milli = 2400;
	assert_int_equal(send_to(&w, &one, "2", NOW + DAY)->outcome, DECISION_QUEUED);
	assert_slice(send_to(&w, &one, "3", NOW + DAY)->note,
	    "spend at most 2.40 EUR per month over all rules: 2.40 EUR spent this month (UTC), "
	    "this message costs 0.80 EUR");
	/* what costs nothing goes */
	paid[0].cost_milli = 0;
	assert_int_equal(send_to(&w, &one, "3", NOW + DAY)->outcome, DECISION_QUEUED);
	world_fini(&w);
}

/* --- a person ------------------------------------------------------------------------------------
 */

static void
a_person_has_a_day_and_a_week(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	int64_t friday = utc("2026-11-20T10:00:00Z");

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1", .timezone = "Pacific/Auckland"});
	world_link(&w, "1");
	w.config.max_per_person_per_week = 2;
	assert_int_equal(post_at(&w, &rule, friday)->outcome, DECISION_QUEUED);
	assert_int_equal(post_at(&w, &rule, friday + DAY)->outcome, DECISION_QUEUED);
	assert_slice(post_at(&w, &rule, friday + DAY)->note,
	    "cap of 2 messages per person per week reached");
	/* Monday begins in Auckland on Sunday at 11:00 UTC */
	assert_int_equal(
	    post_at(&w, &rule, utc("2026-11-22T10:59:59Z"))->outcome, DECISION_SUPPRESSED);
	assert_int_equal(post_at(&w, &rule, utc("2026-11-22T11:00:00Z"))->outcome, DECISION_QUEUED);
	world_fini(&w);
}

/* Random posts of random people against plain counting, with days and hours going by. */
static void
random_caps_are_exact(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct world w;
		struct rule_cap caps[] = {{3, CAP_HOUR, LIMIT_PER_SUBJECT, false},
		    {12, CAP_DAY, LIMIT_PER_RULE, false}, {40, CAP_WEEK, LIMIT_PER_RULE, false}};
		struct rule_head rule = capped_rule(caps, 3);
		struct {
			int64_t at_ms;
			uint64_t who;
		} fired[600];
		size_t count = 0;
		int64_t now = utc("2026-10-24T12:00:00Z"), zone_ms = 2 * HOUR;

		world_init(&w);
		w.config.brand_timezone = "Etc/GMT-2"; /* which is +02:00, always */
		rng_init(&w.rng, seed);
		for (int i = 0; i < 600; i++) {
			uint64_t who = rng_below(&w.rng, 3);
			int64_t hour = 0, day = 0, week = 0;
			bool may;

			now += (int64_t)rng_below(&w.rng, 30 * MINUTE);
			w.occ.subject = S(arena_printf(w.arena, "a:%d", (int)who));
			for (size_t k = 0; k < count; k++) {
				int64_t then = fired[k].at_ms + zone_ms, at = now + zone_ms;

				hour += fired[k].who == who && then / HOUR == at / HOUR;
				day += then / DAY == at / DAY;
				week += (then / DAY + 3) / 7 == (at / DAY + 3) / 7;
			}
			may = hour < 3 && day < 12 && week < 40;
			assert_int_equal(post_at(&w, &rule, now)->outcome,
			    may ? DECISION_ALERTED : DECISION_HELD);
			if (may) {
				fired[count].at_ms = now;
				fired[count++].who = who;
			}
		}
		assert_true(count > 40 && count < 600);
		world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_period_is_over_when_the_brands_clock_says_so),
	    cmocka_unit_test(a_full_cap_says_what_and_when),
	    cmocka_unit_test(two_caps_of_one_place_count_a_firing_once),
	    cmocka_unit_test(a_linked_author_takes_along_what_was_counted),
	    cmocka_unit_test(a_budget_is_kept_to_the_last_thousandth),
	    cmocka_unit_test(the_budget_of_the_house_is_over_all_rules),
	    cmocka_unit_test(a_person_has_a_day_and_a_week),
	    cmocka_unit_test(random_caps_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
