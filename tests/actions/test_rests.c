/*
 * A rest, and limits, count what a rule did: who got nothing can get it the next time.
 */
#include "tests/actions/world.h"

#define REST "at most once every 30 days per customer: last fired 2026-11-21T10:00:00Z"

static struct rule_head
resting(const char *id, const struct action *actions, size_t count)
{
	struct rule_head rule = make_rule(id, actions, count);

	rule.cooldown_ms = 30 * DAY;
	rule.cooldown_scope = LIMIT_PER_CUSTOMER;
	return rule;
}

/* What keeps a message from customer 1 now, and what lets it go an hour later. */
enum obstacle {
	ABOUT_PERSON,
	ABOUT_BUDGET,
	ABOUT_CODES,
	ABOUT_CONSENT,
	ABOUT_HOURS,
	ABOUT_NOTHING
};

static void
put_up(struct world *w, enum obstacle what, struct rule_head *rule, struct rule_hours *night)
{
	struct action other = send_action("sorry", "file", NULL);
	struct rule_head first = make_rule("first", &other, 1);
	static struct channel paid[sizeof channels / sizeof *channels];

	*night = (struct rule_hours){
	    .from_minute = 9 * 60, .until_minute = 10 * 60 + 30, .answer = HOURS_DROP};
	memcpy(paid, channels, sizeof paid);
	paid[0].cost_milli = 80;
	w->config.channels = paid;
	world_add_customer(
	    w, &(struct customer_spec){.id = "1", .has_no_service = what == ABOUT_CONSENT});
	world_link(w, "1");
	if (what == ABOUT_PERSON) {
		w->config.max_per_person_per_day = 1;
		assert_int_equal(world_settle_one(w, &first)->outcome, DECISION_QUEUED);
		world_next_post(w, "p1", NOW);
	}
	w->config.spend_per_day_milli = what == ABOUT_BUDGET ? 79 : 0;
	if (what != ABOUT_CODES)
		world_add_codes(w, "ten", 1);
	if (what == ABOUT_HOURS) {
		rule->hours = night;
		rule->hours_count = 1;
	}
}

static void
take_down(struct world *w, enum obstacle what)
{
	struct consent c = {.channel = S("email"), .purpose = PURPOSE_SERVICE, .is_given = true};

	w->config.max_per_person_per_day = 0;
	w->config.spend_per_day_milli = 0;
	if (what == ABOUT_CODES)
		world_add_codes(w, "ten", 1);
	must(store_begin(w->st, &w->err), w);
	must(store_consent_put(w->st, S("1"), &c, NOW, "test", &w->err), w);
	must(store_commit(w->st, &w->err), w);
	world_link(w, "1");
}

static const struct {
	const char *note;
	enum obstacle what;
	const char *why;
} obstacles[] = {
    {"the person's day is full", ABOUT_PERSON, "cap of 1 message per person per day reached"},
    {"the money is spent", ABOUT_BUDGET, "spend at most"},
    {"no code is left", ABOUT_CODES, "offer 'ten' has no code left"},
    {"they have not agreed", ABOUT_CONSENT, "the customer has not agreed to email for service"},
    {"the hour is wrong", ABOUT_HOURS, "not between 09:00 and 10:30"},
};

static void
who_got_nothing_gets_it_the_next_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles; i++) {
		struct world w;
		struct action action = send_action("sorry", "email", "ten");
		struct rule_cap once = {1, CAP_TOTAL, LIMIT_PER_RULE, false};
		struct rule_head rule = resting("r", &action, 1);
		struct rule_hours night;

		print_message("%s\n", obstacles[i].note);
		rule.caps = &once;
		rule.cap_count = 1;
		world_init(&w);
		put_up(&w, obstacles[i].what, &rule, &night);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SUPPRESSED);
		assert_true(has_text(w.settled.rows[0].note, obstacles[i].why));
		world_next_post(&w, "p2", NOW + HOUR);
		take_down(&w, obstacles[i].what);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_QUEUED);
		world_next_post(&w, "p3", NOW + 2 * HOUR);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
		world_fini(&w);
	}
}

static void
what_was_done_beside_is_not_done_again_before_its_rest_is_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles; i++) {
		struct world w;
		struct action actions[] = {alert_action("support", SEVERITY_HIGH),
		    send_action("sorry", "email", "ten"),
		    profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad")};
		struct rule_head rule = resting("r", actions, 3);
		struct rule_hours night;
		const struct decision_row *rows = NULL;

		print_message("%s\n", obstacles[i].note);
		world_init(&w);
		put_up(&w, obstacles[i].what, &rule, &night);
		rows = world_settle_one(&w, &rule);
		assert_int_equal(rows[0].outcome, DECISION_ALERTED);
		assert_int_equal(rows[1].outcome, DECISION_SUPPRESSED);
		assert_int_equal(rows[2].outcome, DECISION_DONE);
		/* still nothing: nor is anything told twice */
		world_next_post(&w, "p2", NOW + MINUTE);
		rows = world_settle_one(&w, &rule);
		assert_int_equal(w.settled.fired, 1);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(rows[k].outcome, DECISION_SUPPRESSED);
		assert_slice(rows[0].note, REST);
		assert_true(has_text(rows[1].note, obstacles[i].why));
		assert_slice(rows[2].note, REST);
		/* the message alone */
		world_next_post(&w, "p3", NOW + HOUR);
		take_down(&w, obstacles[i].what);
		rows = world_settle_one(&w, &rule);
		assert_int_equal(rows[0].outcome, DECISION_SUPPRESSED);
		assert_int_equal(rows[1].outcome, DECISION_QUEUED);
		assert_int_equal(rows[2].outcome, DECISION_SUPPRESSED);
		world_next_post(&w, "p4", NOW + 30 * DAY);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
		assert_int_equal(world_count(&w, "alerts"), 1);
		/* all of it, when the message's rest is over */
		world_next_post(&w, "p5", NOW + 30 * DAY + HOUR);
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_ALERTED);
		world_fini(&w);
	}
}

static void
a_rule_whose_deeds_are_all_suppressed_does_not_rest(void **state)
{
	struct world w;
	struct action action = profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad");
	struct rule_head rule = make_rule("r", &action, 1);

	(void)state;
	world_init(&w);
	rule.cooldown_ms = DAY;
	rule.cooldown_scope = LIMIT_PER_RULE;
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SUPPRESSED);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	world_next_post(&w, "p2", NOW + HOUR);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_DONE);
	world_fini(&w);
}

static void
a_shadow_rule_rests_when_it_would_have_done_something(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = resting("r", &action, 1);
	struct rule_hours night;

	(void)state;
	world_init(&w);
	rule.is_shadow = true;
	put_up(&w, ABOUT_CONSENT, &rule, &night);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SHADOW);
	world_next_post(&w, "p2", NOW + MINUTE);
	take_down(&w, ABOUT_CONSENT);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SHADOW);
	assert_slice(w.settled.rows[0].note, "shadow: it would be queued");
	world_next_post(&w, "p3", NOW + HOUR);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	world_fini(&w);
}

/* As without shadow, where it is suppressed. */
static void
a_shadow_rule_does_not_rest_when_it_would_have_suggested_nothing(void **state)
{
	struct world w;
	struct action action = {.verb = ACTION_SUGGEST_LINK, .text = SLICE_LIT("suggest link")};
	struct rule_head rule = make_rule("r", &action, 1);

	(void)state;
	world_init(&w);
	rule.is_shadow = true;
	rule.cooldown_ms = DAY;
	rule.cooldown_scope = LIMIT_PER_RULE;
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SHADOW);
	assert_slice(w.settled.rows[0].note,
	    "shadow: it would be suppressed: the author is linked to a customer already");
	world_next_post(&w, "p2", NOW + HOUR);
	w.occ.customer = NULL;
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_SHADOW);
	assert_slice(w.settled.rows[0].note, "shadow: it would be looked for");
	world_next_post(&w, "p3", NOW + 2 * HOUR);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_got_nothing_gets_it_the_next_time),
	    cmocka_unit_test(what_was_done_beside_is_not_done_again_before_its_rest_is_over),
	    cmocka_unit_test(a_rule_whose_deeds_are_all_suppressed_does_not_rest),
	    cmocka_unit_test(a_shadow_rule_rests_when_it_would_have_done_something),
	    cmocka_unit_test(a_shadow_rule_does_not_rest_when_it_would_have_suggested_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
