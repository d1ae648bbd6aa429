/*
 * Quiet hours and send windows: what they say at an instant, and the first instant they allow, on the
 * days on which clocks change.
 */
#include "tests/actions/world.h"

#include "actions/actions_internal.h"
#include "platform/zone.h"

#define AT(hour, minute) ((hour)*60 + (minute))

static int64_t
utc(const char *text)
{
	int64_t at_ms;

	assert_true(time_parse_rfc3339(slice_of(text), &at_ms));
	return at_ms;
}

static struct rule_hours
not_between(int from, int until)
{
	return (struct rule_hours){.from_minute = from, .until_minute = until};
}

static struct rule_hours
only_between(int from, int until, unsigned weekdays)
{
	return (struct rule_hours){
	    .is_only = true, .from_minute = from, .until_minute = until, .weekdays = weekdays};
}

static struct hours_verdict
judge(const struct rule_hours *lines, size_t count, const char *zone, const char *now)
{
	struct hours_zones zones = {slice_of(zone), SLICE_LIT("UTC")};
	struct hours_verdict v;

	hours_judge(lines, count, &zones, utc(now), &v);
	return v;
}

static void
a_message_waits_for_the_first_instant_that_is_allowed(void **state)
{
	static const struct {
		const char *note;
		const char *zone;
		struct rule_hours line;
		const char *now, *next;
	} cases[] = {
	    {"by day", "Europe/Berlin", {.from_minute = AT(21, 0), .until_minute = AT(8, 0)},
		"2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"},
	    {"in the evening", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-11-21T20:00:00Z",
		"2026-11-22T07:00:00Z"},
	    {"a moment before", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-11-21T19:59:59.999Z",
		"2026-11-21T19:59:59.999Z"},
	    {"after midnight", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-11-22T02:30:17Z",
		"2026-11-22T07:00:00Z"},
	    {"the minute it ends", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-11-22T07:00:00Z",
		"2026-11-22T07:00:00Z"},
	    /* Berlin goes to summer time on 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC. */
	    {"the night is an hour shorter", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-03-28T20:30:00Z",
		"2026-03-29T06:00:00Z"},
	    {"it ends in the hole", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(2, 30)}, "2026-03-28T22:00:00Z",
		"2026-03-29T01:00:00Z"},
	    {"it begins in the hole: what is left of it", "Europe/Berlin",
		{.from_minute = AT(2, 30), .until_minute = AT(4, 0)}, "2026-03-29T01:00:00Z",
		"2026-03-29T02:00:00Z"},
	    {"all of it lies in the hole", "Europe/Berlin",
		{.from_minute = AT(2, 10), .until_minute = AT(2, 50)}, "2026-03-29T00:59:59Z",
		"2026-03-29T00:59:59Z"},
	    {"only in the hole: the next day", "Europe/Berlin",
		{.is_only = true, .from_minute = AT(2, 10), .until_minute = AT(2, 50)},
		"2026-03-29T00:00:00Z", "2026-03-30T00:10:00Z"},
	    /* and back on 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC */
	    {"the night is an hour longer", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-10-24T19:30:00Z",
		"2026-10-25T07:00:00Z"},
	    {"it ends in the repeated hour: its first half past two", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(2, 30)}, "2026-10-24T22:00:00Z",
		"2026-10-25T00:30:00Z"},
	    {"and is quiet again in the second two o'clock", "Europe/Berlin",
		{.from_minute = AT(21, 0), .until_minute = AT(2, 30)}, "2026-10-25T01:10:00Z",
		"2026-10-25T01:30:00Z"},
	    {"only until half past two, the second time", "Europe/Berlin",
		{.is_only = true, .from_minute = AT(2, 0), .until_minute = AT(2, 30)},
		"2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z"},
	    /* New York: forward on 2026-03-08 at 07:00 UTC, back on 2026-11-01 at 06:00 UTC */
	    {"New York, forward", "America/New_York",
		{.from_minute = AT(22, 0), .until_minute = AT(9, 0)}, "2026-03-08T04:00:00Z",
		"2026-03-08T13:00:00Z"},
	    {"New York, back", "America/New_York",
		{.from_minute = AT(22, 0), .until_minute = AT(9, 0)}, "2026-11-01T03:00:00Z",
		"2026-11-01T14:00:00Z"},
	    /* Lord Howe moves by half an hour: forward on 2026-10-03 at 15:30 UTC (02:00 becomes
	     * 02:30), back on 2026-04-04 at 15:00 UTC (02:00 becomes 01:30) */
	    {"Lord Howe, forward: it ends in the hole", "Australia/Lord_Howe",
		{.from_minute = AT(21, 0), .until_minute = AT(2, 15)}, "2026-10-03T12:00:00Z",
		"2026-10-03T15:30:00Z"},
	    {"Lord Howe, forward: the night is half an hour shorter", "Australia/Lord_Howe",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-10-03T12:00:00Z",
		"2026-10-03T21:00:00Z"},
	    {"Lord Howe, back: the half hour twice", "Australia/Lord_Howe",
		{.from_minute = AT(21, 0), .until_minute = AT(1, 45)}, "2026-04-04T15:05:00Z",
		"2026-04-04T15:15:00Z"},
	    {"Lord Howe, back", "Australia/Lord_Howe",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-04-04T12:00:00Z",
		"2026-04-04T21:30:00Z"},
	    /* three quarters of an hour: Kathmandu +05:45, Chatham +12:45 and +13:45 */
	    {"Kathmandu", "Asia/Kathmandu", {.from_minute = AT(21, 0), .until_minute = AT(8, 0)},
		"2026-11-21T15:15:00Z", "2026-11-22T02:15:00Z"},
	    {"Chatham, forward", "Pacific/Chatham",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-09-26T12:00:00Z",
		"2026-09-26T18:15:00Z"},
	    /* the daylight saving that begins at midnight: Beirut, 2026-03-29, 00:00 becomes 01:00 */
	    {"a day that begins at one", "Asia/Beirut",
		{.from_minute = AT(23, 0), .until_minute = AT(0, 30)}, "2026-03-28T21:30:00Z",
		"2026-03-28T22:00:00Z"},
	    /* weekdays: 2026-11-21 is a Saturday */
	    {"weekdays only", "UTC",
		{.is_only = true,
		    .from_minute = AT(9, 0),
		    .until_minute = AT(17, 0),
		    .weekdays = 0x1f},
		"2026-11-21T10:00:00Z", "2026-11-23T09:00:00Z"},
	    {"Friday evening is still Friday's", "UTC",
		{.is_only = true,
		    .from_minute = AT(20, 0),
		    .until_minute = AT(2, 0),
		    .weekdays = 0x10},
		"2026-11-21T01:59:00Z", "2026-11-21T01:59:00Z"},
	    {"Saturday evening is not", "UTC",
		{.is_only = true,
		    .from_minute = AT(20, 0),
		    .until_minute = AT(2, 0),
		    .weekdays = 0x10},
		"2026-11-21T21:00:00Z", "2026-11-27T20:00:00Z"},
	    {"never on Sundays", "UTC", {.weekdays = 0x40}, "2026-11-22T12:00:00Z",
		"2026-11-23T00:00:00Z"},
	    {"the rule's own zone", "America/New_York",
		{.from_minute = AT(21, 0),
		    .until_minute = AT(8, 0),
		    .zone = SLICE_INIT("Europe/Berlin")},
		"2026-11-21T21:00:00Z", "2026-11-22T07:00:00Z"},
	    {"an unknown zone is the brand's", "Not/AZone",
		{.from_minute = AT(21, 0), .until_minute = AT(8, 0)}, "2026-11-21T22:00:00Z",
		"2026-11-22T08:00:00Z"},
	    {"before 1970", "UTC", {.from_minute = AT(21, 0), .until_minute = AT(8, 0)},
		"1969-12-31T22:00:00Z", "1970-01-01T08:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hours_verdict v = judge(&cases[i].line, 1, cases[i].zone, cases[i].now);
		char got[TIME_TEXT_MAX];

		if (v.next_ms != utc(cases[i].next))
			fail_msg("%s: want %s, got %s", cases[i].note, cases[i].next,
			    v.next_ms == TIME_UNKNOWN ? "never"
						      : time_format_rfc3339(v.next_ms, got));
		assert_int_equal(v.line == NULL, v.next_ms == utc(cases[i].now));
	}
}

/* Minute by minute, the slow way. */
static int64_t
first_allowed_slowly(const struct rule_hours *lines, size_t count, const char *zone, int64_t now_ms)
{
	struct hours_zones zones = {slice_of(zone), SLICE_LIT("UTC")};
	struct hours_verdict v;

	hours_judge(lines, count, &zones, now_ms, &v);
	while (v.line != NULL) {
		now_ms = (now_ms / MINUTE + 1) * MINUTE;
		hours_judge(lines, count, &zones, now_ms, &v);
	}
	return now_ms;
}

static void
any_lines_together_give_what_trying_each_minute_gives(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York",
	    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "Asia/Beirut"};
	static const char *const changes[] = {"2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z",
	    "2026-03-08T03:00:00Z", "2026-11-01T02:00:00Z", "2026-10-03T12:00:00Z",
	    "2026-04-04T10:00:00Z", "2026-09-26T10:00:00Z", "2026-03-28T18:00:00Z"};
	struct rng r;

	(void)state;
	rng_init(&r, 5);
	for (int round = 0; round < 40; round++) {
		struct rule_hours lines[2];
		const char *zone = zones[rng_below(&r, 6)];
		int64_t now_ms = utc(changes[rng_below(&r, 8)]) +
		    (int64_t)rng_below(&r, 10 * HOUR / 1000) * 1000;
		size_t count = 1 + rng_below(&r, 2);
		struct hours_zones z = {slice_of(zone), SLICE_LIT("UTC")};
		struct hours_verdict v;

		/* short quiet times, so that the slow way ends soon */
		for (size_t i = 0; i < count; i++) {
			int from = (int)rng_below(&r, 1440);

			lines[i] = not_between(from, (from + 30 + (int)rng_below(&r, 200)) % 1440);
			if (rng_below(&r, 3) == 0)
				lines[i].weekdays = 1u + (unsigned)rng_below(&r, 127);
		}
		hours_judge(lines, count, &z, now_ms, &v);
		assert_int_equal(v.next_ms, first_allowed_slowly(lines, count, zone, now_ms));
	}
}

static void
the_strictest_line_decides_and_all_must_allow(void **state)
{
	struct rule_hours lines[] = {not_between(AT(21, 0), AT(8, 0)),
	    only_between(AT(7, 0), AT(12, 0), 0x1f), not_between(AT(7, 30), AT(9, 15))};
	struct hours_verdict v = judge(lines, 3, "UTC", "2026-11-20T22:00:00Z"); /* a Friday */

	(void)state;
	assert_true(v.line == &lines[0] && v.answer == HOURS_DEFER);
	assert_string_equal(v.words, "not between 21:00 and 08:00 (UTC)");
	assert_int_equal(v.next_ms, utc("2026-11-23T09:15:00Z"));
	lines[1].answer = HOURS_ALERT;
	v = judge(lines, 3, "UTC", "2026-11-20T22:00:00Z");
	assert_true(v.line == &lines[1] && v.answer == HOURS_ALERT);
	assert_string_equal(v.words, "only between 07:00 and 12:00 on weekdays (UTC)");
	lines[0].answer = HOURS_DROP;
	v = judge(lines, 3, "UTC", "2026-11-20T22:00:00Z");
	assert_true(v.line == &lines[0] && v.answer == HOURS_DROP);
	lines[1].weekdays = 0x41;
	v = judge(&lines[1], 1, "UTC", "2026-11-20T22:00:00Z");
	assert_string_equal(v.words, "only between 07:00 and 12:00 on monday, sunday (UTC)");
	/* what nothing can fulfil is given up */
	lines[0] = only_between(AT(8, 0), AT(9, 0), 0);
	lines[1] = only_between(AT(10, 0), AT(11, 0), 0);
	v = judge(lines, 2, "UTC", "2026-11-20T22:00:00Z");
	assert_true(v.line != NULL && v.next_ms == TIME_UNKNOWN);
}

static void
lines_are_kept_as_they_are(void **state)
{
	struct rule_hours lines[] = {not_between(AT(21, 0), AT(8, 0)), only_between(0, 1439, 0x7f)};
	struct rule_hours back[HOURS_LINES_MAX];
	struct arena *a = arena_new(1 << 20);
	struct slice json;
	struct err err;
	size_t count;
	static const char *const broken[] = {"", "{}", "[1]", "[{}]",
	    "[{\"only\":true,\"from\":1440,\"until\":0,\"weekdays\":0,\"else\":\"defer\"}]",
	    "[{\"only\":true,\"from\":0,\"until\":0,\"weekdays\":128,\"else\":\"defer\"}]",
	    "[{\"only\":true,\"from\":0,\"until\":0,\"weekdays\":1,\"else\":\"what\"}]"};

	(void)state;
	lines[0].answer = HOURS_ALERT;
	lines[0].queue = SLICE_LIT("support \"x\"");
	lines[1].zone = SLICE_LIT("Europe/Berlin");
	assert_int_equal(hours_write(lines, 0, a, &json, &err), 0);
	assert_false(slice_is_set(json));
	assert_int_equal(hours_write(lines, 2, a, &json, &err), 0);
	assert_int_equal(hours_read(json, a, back, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(back[0].answer, HOURS_ALERT);
	assert_slice(back[0].queue, "support \"x\"");
	assert_false(slice_is_set(back[0].zone));
	assert_int_equal(back[0].from_minute, AT(21, 0));
	assert_true(back[1].is_only && back[1].until_minute == 1439 && back[1].weekdays == 0x7f);
	assert_slice(back[1].zone, "Europe/Berlin");
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		assert_int_equal(hours_read(S(broken[i]), a, back, &count, &err), -1);
	arena_free(a);
}

/* --- messages ------------------------------------------------------------------------------------
 */

/* How many messages to people go then. */
static size_t
claim_at(struct world *w, int64_t now_ms)
{
	struct message *list;
	size_t count, sends = 0;

	must(store_begin(w->st, &w->err), w);
	must(outbox_claim(
		 w->st, &w->config, now_ms, false, NULL, 0, 10, w->arena, &list, &count, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
	for (size_t i = 0; i < count; i++)
		sends += list[i].kind == MESSAGE_SEND;
	return sends;
}

static void
a_message_of_the_night_goes_in_the_morning(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	struct rule_hours line = not_between(AT(21, 0), AT(8, 0));
	const struct decision_row *row;
	struct message m;

	(void)state;
	rule.hours = &line;
	rule.hours_count = 1;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1", .timezone = "Pacific/Auckland"});
	world_link(&w, "1"); /* NOW is 23:00 there */
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_QUEUED);
	assert_slice(row->note,
	    "queued for email; waits until 2026-11-21T19:00:00Z: not between 21:00 and 08:00 "
	    "(Pacific/Auckland)");
	m = world_message(&w, row->id);
	assert_int_equal(m.state, MESSAGE_READY);
	assert_int_equal(m.next_at_ms, utc("2026-11-21T19:00:00Z"));
	assert_int_equal(claim_at(&w, NOW + HOUR), 0);
	/* A retry in the next night waits again: in the sending itself the hour is judged, too. */
	assert_int_equal(claim_at(&w, utc("2026-11-22T09:00:00Z")), 0);
	m = world_message(&w, row->id);
	assert_int_equal(m.state, MESSAGE_READY);
	assert_slice(m.reason,
	    "waits until 2026-11-22T19:00:00Z: not between 21:00 and 08:00 (Pacific/Auckland)");
	assert_int_equal(m.next_at_ms, utc("2026-11-22T19:00:00Z"));
	assert_int_equal(claim_at(&w, utc("2026-11-22T19:00:00Z")), 1);
	world_fini(&w);
}

/* The channel's time to give up is not used up by waiting for our own hours. */
static void
waiting_for_the_week_to_begin_does_not_expire_it(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	struct rule_hours line = only_between(AT(9, 0), AT(10, 0), 0x08); /* Thursdays */
	const struct decision_row *row;

	(void)state;
	rule.hours = &line;
	rule.hours_count = 1;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	row = world_settle_one(&w, &rule);
	assert_int_equal(world_message(&w, row->id).next_at_ms, utc("2026-11-26T09:00:00Z"));
	assert_int_equal(claim_at(&w, utc("2026-11-26T09:30:00Z")), 1);
	world_fini(&w);
}

static void
what_may_not_wait_is_dropped_or_told_to_people(void **state)
{
	static const struct {
		const char *note;
		enum hours_answer answer;
		enum decision_outcome outcome;
		const char *want;
		enum message_state later; /* of one that was queued by day and is late */
	} cases[] = {
	    {"dropped", HOURS_DROP, DECISION_SUPPRESSED, "not between 09:00 and 11:00 (UTC)",
		MESSAGE_SUPPRESSED},
	    {"an alert", HOURS_ALERT, DECISION_ALERTED,
		"not between 09:00 and 11:00 (UTC): alert 1 in 'support' instead",
		MESSAGE_SUPPRESSED},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world w;
		struct action action = send_action("sorry", "email", NULL);
		struct rule_head rule = make_rule("r", &action, 1);
		struct rule_hours line = not_between(AT(9, 0), AT(11, 0));
		const struct decision_row *row;
		struct message m;

		line.answer = cases[i].answer;
		line.queue = S("support");
		rule.hours = &line;
		rule.hours_count = 1;
		world_init(&w);
		world_add_customer(&w, &(struct customer_spec){.id = "1"});
		world_link(&w, "1");
		row = world_settle_one(&w, &rule);
		assert_int_equal(row->outcome, cases[i].outcome);
		assert_slice(row->note, cases[i].want);
		assert_int_equal(world_count(&w, "alerts"), i);
		/* a person's day and the like are not used up by what was not sent */
		world_next_post(&w, "p2", NOW + 2 * HOUR);
		w.config.max_per_person_per_day = 1;
		row = world_settle_one(&w, &rule);
		assert_int_equal(row->outcome, DECISION_QUEUED);
		assert_int_equal(claim_at(&w, NOW + DAY), 0);
		m = world_message(&w, row->id);
		assert_int_equal(m.state, cases[i].later);
		assert_slice(m.reason, "not between 09:00 and 11:00 (UTC)");
		assert_int_equal(world_count(&w, "alerts"), 2 * i);
		world_fini(&w);
	}
}

/* Friday evening's message and that of the night would both come on Saturday morning. */
static void
a_message_that_waits_counts_on_the_day_it_goes_out(void **state)
{
	struct world w;
	struct action send = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("one", &send, 1);
	struct rule_hours line = not_between(AT(9, 0), AT(8, 0));
	static const struct {
		int64_t after_ms;
		enum decision_outcome outcome;
	} posts[] = {
	    {0, DECISION_QUEUED}, /* waits until 08:00 of the 22nd */
	    {2 * HOUR, DECISION_SUPPRESSED}, /* would be the second of the 22nd */
	    {22 * HOUR + HOUR / 2,
		DECISION_SUPPRESSED}, /* goes at once on the 22nd, again the second */
	    {23 * HOUR + HOUR / 2, DECISION_QUEUED}, /* waits until the 23rd */
	};

	(void)state;
	rule.hours = &line;
	rule.hours_count = 1;
	world_init(&w);
	w.config.max_per_person_per_day = 1;
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	for (size_t i = 0; i < sizeof posts / sizeof posts[0]; i++) {
		char id[16];

		snprintf(id, sizeof id, "w%zu", i);
		world_next_post(&w, id, NOW + posts[i].after_ms);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, posts[i].outcome);
	}
	world_fini(&w);
}

static void
marketing_keeps_the_quiet_hours_of_the_house(void **state)
{
	struct world w;
	struct action service = send_action("sorry", "email", NULL);
	struct action marketing = send_action("ad", "email", NULL);
	struct rule_head one = make_rule("one", &service, 1), two = make_rule("two", &marketing, 1);
	struct rule_hours quiet = not_between(AT(9, 0), AT(11, 0));
	const struct decision_row *row;

	(void)state;
	world_init(&w);
	w.config.quiet_hours = &quiet;
	world_add_customer(&w, &(struct customer_spec){.id = "1", .has_marketing = true});
	world_link(&w, "1");
	row = world_settle_one(&w, &one);
	assert_int_equal(world_message(&w, row->id).next_at_ms, NOW);
	assert_int_equal(claim_at(&w, NOW), 1);
	world_next_post(&w, "p2", NOW);
	row = world_settle_one(&w, &two);
	assert_slice(row->note,
	    "queued for email; waits until 2026-11-21T11:00:00Z: not between 09:00 and 11:00 "
	    "(UTC)");
	assert_false(slice_is_set(world_message(&w, row->id).hours_json));
	assert_int_equal(claim_at(&w, NOW + DAY), 0); /* as the configuration is then */
	w.config.quiet_hours = NULL;
	assert_int_equal(claim_at(&w, NOW + DAY + HOUR), 1);
	world_fini(&w);
}

static void
hours_that_never_come_suppress_or_expire(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	struct rule_hours lines[] = {
	    only_between(AT(10, 0), AT(11, 0), 0), only_between(AT(9, 0), AT(10, 30), 0)};
	const struct decision_row *row;
	struct message m;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	rule.hours = lines;
	rule.hours_count = 2;
	row = world_settle_one(&w, &rule); /* 10:00 is in both */
	assert_slice(row->note, "queued for email");
	lines[1] = only_between(AT(8, 0), AT(9, 0), 0);
	world_next_post(&w, "p2", NOW);
	m = world_message(&w, row->id);
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_SUPPRESSED);
	assert_slice(row->note,
	    "only between 08:00 and 09:00 (UTC): no hour of the next 35 days is allowed");
	assert_int_equal(claim_at(&w, NOW + MINUTE), 1);
	(void)m;
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_waits_for_the_first_instant_that_is_allowed),
	    cmocka_unit_test(any_lines_together_give_what_trying_each_minute_gives),
	    cmocka_unit_test(the_strictest_line_decides_and_all_must_allow),
	    cmocka_unit_test(lines_are_kept_as_they_are),
	    cmocka_unit_test(a_message_of_the_night_goes_in_the_morning),
	    cmocka_unit_test(waiting_for_the_week_to_begin_does_not_expire_it),
	    cmocka_unit_test(what_may_not_wait_is_dropped_or_told_to_people),
	    cmocka_unit_test(a_message_that_waits_counts_on_the_day_it_goes_out),
	    cmocka_unit_test(marketing_keeps_the_quiet_hours_of_the_house),
	    cmocka_unit_test(hours_that_never_come_suppress_or_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
