/*
 * A share of persons, approval of a rule's messages, one sender for a person, and pauses.
 */
#include "tests/actions/world.h"

#include "actions/pauses.h"
#include "store/pauses.h"

static const struct decision_row *
post(struct world *w, const struct rule_head *rule, int64_t now_ms)
{
	static int n;
	struct firing f = {.rule = rule, .reason = S("x")};

	world_next_post(w, arena_printf(w->arena, "p%d", ++n), now_ms);
	world_settle(w, &f, 1);
	return &w->settled.rows[0];
}

static size_t
claim_at(struct world *w, int64_t now_ms, struct message **list_r)
{
	size_t count;

	must(store_begin(w->st, &w->err), w);
	must(outbox_claim(
		 w->st, &w->config, now_ms, false, NULL, 0, 10, w->arena, list_r, &count, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
	return count;
}

static void
customer_world(struct world *w)
{
	world_init(w);
	world_add_customer(w, &(struct customer_spec){.id = "1", .has_marketing = true});
	world_link(w, "1");
}

/* --- canary --------------------------------------------------------------------------------------
 */

static bool
is_in_share(struct world *w, struct rule_head *rule, int person, int milli)
{
	rule->canary_milli = milli;
	w->occ.subject = S(arena_printf(w->arena, "a:%d", person));
	return post(w, rule, NOW)->outcome == DECISION_ALERTED;
}

static void
a_larger_share_contains_the_smaller_one(void **state)
{
	static const int shares[] = {5, 100, 250, 500, 1000};
	struct action action = alert_action("pr", SEVERITY_LOW);
	struct rule_head rule = make_rule("r", &action, 1), other = make_rule("other", &action, 1);
	struct world w;
	int in[5] = {0}, in_both = 0;

	(void)state;
	world_init(&w);
	for (int person = 0; person < 1000; person++) {
		bool was_in = false;

		for (int i = 0; i < 5; i++) {
			bool is_in = is_in_share(&w, &rule, person, shares[i]);

			assert_true(is_in || !was_in);
			assert_int_equal(is_in_share(&w, &rule, person, shares[i]), is_in);
			in[i] += is_in;
			was_in = is_in;
		}
		in_both +=
		    is_in_share(&w, &rule, person, 500) && is_in_share(&w, &other, person, 500);
		if (person % 100 == 0)
			arena_reset(w.arena);
	}
	assert_in_range(in[0], 1, 12);
	assert_in_range(in[1], 75, 125);
	assert_in_range(in[2], 210, 290);
	assert_in_range(in[3], 450, 550);
	assert_int_equal(in[4], 1000);
	assert_in_range(in_both, 200, 300); /* another rule draws others */
	world_fini(&w);
}

static void
who_is_not_in_the_share_is_told_so(void **state)
{
	struct action action = alert_action("pr", SEVERITY_LOW);
	struct rule_head rule = make_rule("r", &action, 1);
	struct world w;

	(void)state;
	world_init(&w);
	rule.canary_milli = 1;
	assert_slice(
	    post(&w, &rule, NOW)->note, "canary 0.1%: this person is not in the share it acts for");
	rule.canary_milli = 250;
	w.occ.subject = SLICE_NONE;
	assert_slice(
	    post(&w, &rule, NOW)->note, "canary 25%: the post is anonymous, and so in no share");
	/* It moves nothing. */
	assert_int_equal(world_count(&w, "rule_state"), 0);
	world_fini(&w);
}

/* --- approval ------------------------------------------------------------------------------------
 */

static void
messages_of_a_rule_may_need_approval(void **state)
{
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	struct rule_hours night = {.from_minute = 9 * 60, .until_minute = 11 * 60};
	const struct decision_row *row;
	struct message m, *list;
	struct world w;

	(void)state;
	customer_world(&w);
	rule.approval_team = S("social team");
	rule.hours = &night;
	rule.hours_count = 1;
	row = post(&w, &rule, NOW);
	assert_int_equal(row->outcome, DECISION_DRAFTED);
	assert_slice(row->note, "waits for approval by 'social team'");
	m = world_message(&w, row->id);
	assert_int_equal(m.state, MESSAGE_HELD);
	assert_int_equal(m.hold, HOLD_APPROVAL);
	assert_int_equal(m.kind, MESSAGE_SEND);
	assert_slice(m.team, "social team");
	assert_slice(m.address, "1@example.org");
	must(store_begin(w.st, &w.err), &w);
	must(outbox_act(w.st, &w.config, OUTBOX_APPROVE, slice_of(row->id), S("As approved"),
		 "jane", NULL, NOW + MINUTE, w.arena, &m, &w.err),
	    &w);
	must(store_commit(w.st, &w.err), &w);
	/* what else holds it is judged then */
	assert_int_equal(claim_at(&w, NOW + MINUTE, &list), 0);
	assert_slice(world_message(&w, row->id).reason,
	    "waits until 2026-11-21T11:00:00Z: not between 09:00 and 11:00 (UTC)");
	assert_int_equal(claim_at(&w, NOW + HOUR, &list), 1);
	assert_true(has_text(list[0].parts_json, "As approved"));
	world_fini(&w);
}

/* --- competition ---------------------------------------------------------------------------------
 */

static void
of_several_rules_the_first_that_may_send_does(void **state)
{
	struct action ad = send_action("ad", "email", NULL),
		      sorry = send_action("sorry", "email", NULL),
		      nowhere = send_action("sorry", "pigeon", NULL);
	struct action both[] = {send_action("sorry", "email", NULL),
	    send_action("sorry", "file", NULL), draft_action("thanks"),
	    alert_action("support", SEVERITY_LOW)};
	struct rule_head rules[] = {make_rule("late", &sorry, 1), make_rule("cannot", &nowhere, 1),
	    make_rule("tests", &ad, 1), make_rule("first", both, 4), make_rule("ad", &ad, 1)};
	struct firing firings[5];
	struct world w;

	(void)state;
	customer_world(&w);
	rules[0].priority = -5;
	rules[1].priority = 9; /* goes first, but may not send: it is in nobody's way */
	rules[2].priority = 8; /* nor is a rule that only tries out what it would do */
	rules[2].is_shadow = true;
	for (int i = 0; i < 5; i++)
		firings[i] = (struct firing){.rule = &rules[i], .reason = S("x")};
	world_settle(&w, firings, 5);
	assert_int_equal(w.settled.count, 8);
	assert_slice(w.settled.rows[0].note, "there is no channel 'pigeon' in the configuration");
	assert_slice(w.settled.rows[1].note, "shadow: it would be queued");
	/* one rule may send on two channels; drafts and alerts do not compete */
	assert_int_equal(w.settled.rows[2].outcome, DECISION_QUEUED);
	assert_int_equal(w.settled.rows[3].outcome, DECISION_QUEUED);
	assert_int_equal(w.settled.rows[4].outcome, DECISION_DRAFTED);
	assert_int_equal(w.settled.rows[5].outcome, DECISION_ALERTED);
	for (int i = 6; i < 8; i++) {
		assert_int_equal(w.settled.rows[i].outcome, DECISION_SUPPRESSED);
		assert_slice(w.settled.rows[i].note, "rule 'first' goes first for this person");
	}
	assert_slice(w.settled.rows[7].rule_id, "late");
	/* the next occurrence is another one */
	assert_int_equal(post(&w, &rules[0], NOW)->outcome, DECISION_QUEUED);
	world_fini(&w);
}

/* --- pauses --------------------------------------------------------------------------------------
 */

static void
set_pause(
    struct world *w, const char *name, const char *cause, const char *reason, int64_t until_ms)
{
	struct slice what;

	must(store_begin(w->st, &w->err), w);
	assert_true(pause_what(S(name), w->arena, &what));
	must(pauses_set(w->st, what, cause, reason, until_ms, NOW, &w->err), w);
	must(store_commit(w->st, &w->err), w);
}

static int64_t
lift_pause(struct world *w, const char *name, const char *cause, int64_t now_ms)
{
	struct slice what;
	int64_t lifted;

	must(store_begin(w->st, &w->err), w);
	assert_true(pause_what(S(name), w->arena, &what));
	must(pauses_lift(w->st, what, cause, "jane", now_ms, &lifted, &w->err), w);
	must(store_commit(w->st, &w->err), w);
	return lifted;
}

static void
while_promotions_are_paused_nothing_for_marketing_goes(void **state)
{
	struct action ad = send_action("ad", "email", NULL),
		      sorry = send_action("sorry", "email", NULL);
	struct rule_head marketing = make_rule("marketing", &ad, 1),
			 service = make_rule("service", &sorry, 1);
	const struct decision_row *row;
	char waiting[33];
	struct message m, *list;
	struct world w;

	(void)state;
	customer_world(&w);
	row = post(&w, &marketing, NOW);
	assert_int_equal(row->outcome, DECISION_QUEUED);
	memcpy(waiting, row->id, sizeof waiting);
	set_pause(&w, "promotions", "watch storm", "200 angry posts", TIME_UNKNOWN);
	set_pause(&w, "promotions", "jane", "wait", NOW + HOUR);
	row = post(&w, &marketing, NOW);
	assert_int_equal(row->outcome, DECISION_SUPPRESSED);
	assert_slice(row->note, "promotions are paused: 200 angry posts (watch storm)");
	assert_int_equal(post(&w, &service, NOW)->outcome, DECISION_QUEUED);
	assert_int_equal(claim_at(&w, NOW, &list), 1); /* the service message */
	assert_int_equal(list[0].purpose, PURPOSE_SERVICE);
	m = world_message(&w, waiting);
	assert_int_equal(m.state, MESSAGE_HELD);
	assert_int_equal(m.hold, HOLD_PAUSE);
	assert_slice(m.reason, "promotions are paused: 200 angry posts (watch storm)");
	/* a person cannot let it go past the pause */
	must(store_begin(w.st, &w.err), &w);
	assert_int_equal(outbox_act(w.st, &w.config, OUTBOX_RELEASE, slice_of(waiting), SLICE_NONE,
			     "jane", NULL, NOW, w.arena, &m, &w.err),
	    -1);
	assert_string_equal(strstr(w.err.text, "it is held; "),
	    "it is held; it waits for the end of a pause: resume that, or hold or drop it");
	store_rollback(w.st);
	/* one of two causes ends: it still waits, with the other's words */
	assert_int_equal(lift_pause(&w, "promotions", "watch storm", NOW + MINUTE), 1);
	assert_int_equal(claim_at(&w, NOW + MINUTE, &list), 0);
	assert_slice(world_message(&w, waiting).reason,
	    "promotions are paused until 2026-11-21T11:00:00Z: wait (jane)");
	/* the other is over: it goes */
	{
		int64_t ended;

		must(store_begin(w.st, &w.err), &w);
		must(pauses_tick(w.st, NOW + HOUR - 1, &ended, &w.err), &w);
		assert_int_equal(ended, 0);
		must(pauses_tick(w.st, NOW + HOUR, &ended, &w.err), &w);
		assert_int_equal(ended, 1);
		must(store_commit(w.st, &w.err), &w);
	}
	assert_int_equal(claim_at(&w, NOW + HOUR, &list), 1);
	assert_int_equal(post(&w, &marketing, NOW + HOUR)->outcome, DECISION_QUEUED);
	/* lifting nothing is no change, and leaves no audit line */
	assert_int_equal(world_count(&w, "audit"), 3);
	assert_int_equal(lift_pause(&w, "promotions", NULL, NOW + HOUR), 0);
	assert_int_equal(world_count(&w, "audit"), 3);
	world_fini(&w);
}

static void
a_paused_rule_is_held_and_its_messages_wait(void **state)
{
	struct action sorry = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &sorry, 1), other = make_rule("r2", &sorry, 1);
	const struct decision_row *row;
	struct message *list;
	struct world w;

	(void)state;
	customer_world(&w);
	rule.window = (struct rule_window){2, DAY, LIMIT_PER_SUBJECT};
	set_pause(&w, "r", "jane", "the template is wrong", TIME_UNKNOWN);
	row = post(&w, &rule, NOW);
	assert_int_equal(row->outcome, DECISION_HELD);
	assert_slice(row->note, "the rule is paused: the template is wrong (jane)");
	assert_int_equal(post(&w, &other, NOW)->outcome, DECISION_QUEUED);
	assert_int_equal(lift_pause(&w, "r", NULL, NOW), 1);
	/* what was said meanwhile was counted */
	row = post(&w, &rule, NOW);
	assert_int_equal(row->outcome, DECISION_QUEUED);
	set_pause(&w, "r", "jane", "again", TIME_UNKNOWN);
	assert_int_equal(claim_at(&w, NOW, &list), 1);
	assert_slice(list[0].rule_id, "r2");
	assert_slice(world_message(&w, row->id).reason, "the rule is paused: again (jane)");
	lift_pause(&w, "r", NULL, NOW);
	assert_int_equal(claim_at(&w, NOW, &list), 1);
	assert_slice(list[0].rule_id, "r");
	world_fini(&w);
}

static void
a_rule_may_be_called_promotions_without_harm(void **state)
{
	struct slice what;
	struct arena *a = arena_new(1 << 16);

	(void)state;
	assert_true(pause_what(S("promotions"), a, &what));
	assert_slice(what, "promotions");
	assert_true(pause_rule_what(S("promotions"), a, &what));
	assert_slice(what, "rule:promotions");
	arena_free(a);
}

/* --- without memory ------------------------------------------------------------------------------
 */

/* Everything that is remembered, with the nth allocation failing: all of it, or an error. */
static void
without_memory_a_firing_is_settled_wholly_or_not_at_all(void **state)
{
	struct action actions[] = {send_action("ad", "email", NULL)};
	struct rule_head rule = make_rule("r", actions, 1);
	struct rule_cap caps[] = {
	    {5, CAP_DAY, LIMIT_PER_SUBJECT, false}, {500, CAP_MONTH, LIMIT_PER_RULE, true}};
	struct rule_hours hours = {.from_minute = 9 * 60, .until_minute = 11 * 60};
	struct firing f = {.rule = &rule, .reason = S("x")};

	(void)state;
	rule.window = (struct rule_window){2, DAY, LIMIT_PER_SUBJECT};
	rule.caps = caps;
	rule.cap_count = 2;
	rule.hours = &hours;
	rule.hours_count = 1;
	rule.cooldown_ms = 1;
	for (unsigned nth = 1;; nth++) {
		struct channel costly[3];
		struct world w;
		int64_t rows;
		bool hit;
		int rc;

		customer_world(&w);
		memcpy(costly, channels, sizeof costly);
		costly[0].cost_milli = 100;
		w.config.channels = costly;
		set_pause(&w, "other", "jane", "x", TIME_UNKNOWN);
		assert_int_equal(post(&w, &rule, NOW)->outcome, DECISION_COUNTED);
		world_next_post(&w, "again", NOW + 1);
		w.in.firings = &f;
		w.in.firing_count = 1;
		rows = world_count(&w, "decisions");
		must(store_begin(w.st, &w.err), &w);
		mem_fault_arm(nth, 0);
		rc = actions_settle(
		    w.st, &w.config, w.templates, &w.in, w.arena, &w.settled, &w.err);
		if (rc == 0)
			rc = store_commit(w.st, &w.err);
		else
			store_rollback(w.st);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		assert_int_equal(world_count(&w, "decisions"), rc == 0 ? rows + 1 : rows);
		if (rc == 0)
			assert_int_equal(w.settled.rows[0].outcome, DECISION_QUEUED);
		world_fini(&w);
		if (!hit) {
			assert_int_equal(rc, 0);
			break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_larger_share_contains_the_smaller_one),
	    cmocka_unit_test(who_is_not_in_the_share_is_told_so),
	    cmocka_unit_test(messages_of_a_rule_may_need_approval),
	    cmocka_unit_test(of_several_rules_the_first_that_may_send_does),
	    cmocka_unit_test(while_promotions_are_paused_nothing_for_marketing_goes),
	    cmocka_unit_test(a_paused_rule_is_held_and_its_messages_wait),
	    cmocka_unit_test(a_rule_may_be_called_promotions_without_harm),
	    cmocka_unit_test(without_memory_a_firing_is_settled_wholly_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
