/*
 * What a message counts as until it goes, or does not: caps hold on the day it goes, whatever made it wait;
 * what never goes gives back what it took.
 */
#include "tests/actions/world.h"

#include "actions/outbox.h"

static struct rule_head
sending(const char *id, const struct action *action, const char *team)
{
	struct rule_head rule = make_rule(id, action, 1);

	rule.approval_team = S(team);
	return rule;
}

static void
begin(struct world *w, int64_t per_day, int64_t per_week)
{
	world_init(w);
	w->config.max_per_person_per_day = per_day;
	w->config.max_per_person_per_week = per_week;
	world_add_customer(w, &(struct customer_spec){.id = "17"});
	world_link(w, "17");
}

/* The id of the message a post makes at that time; "" none. */
static const char *
queue(struct world *w, const struct rule_head *rule, int64_t now_ms)
{
	static int n;
	const struct decision_row *row;

	world_next_post(w, arena_printf(w->arena, "p%d", ++n), now_ms);
	row = world_settle_one(w, rule);
	return row->outcome == DECISION_SUPPRESSED ? "" : arena_printf(w->arena, "%s", row->id);
}

static void
act(struct world *w, enum outbox_verb verb, const char *id, int64_t now_ms)
{
	struct message m;

	must(store_begin(w->st, &w->err), w);
	must(outbox_act(w->st, &w->config, verb, S(id), SLICE_NONE, "anna", "", now_ms, w->arena,
		 &m, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
}

/* Whatever is due is claimed, and sent; how many went. */
static size_t
send_due(struct world *w, int64_t now_ms, enum send_result result)
{
	struct send_outcome outcome = {.result = result};
	struct message *list;
	enum message_state state;
	size_t count;

	must(store_begin(w->st, &w->err), w);
	must(outbox_claim(
		 w->st, &w->config, now_ms, false, NULL, 0, 100, w->arena, &list, &count, &w->err),
	    w);
	for (size_t i = 0; i < count; i++)
		must(outbox_record(w->st, &w->config, &w->rng, now_ms, S(list[i].id), &outcome,
			 &state, &w->err),
		    w);
	must(store_commit(w->st, &w->err), w);
	return count;
}

static void
what_is_let_go_later_counts_for_the_day_it_goes(void **state)
{
	struct world w;
	const struct action action = send_action("sorry", "file", NULL);
	struct rule_head held = sending("held", &action, "care");
	struct rule_head plain = sending("plain", &action, NULL);
	const char *first;

	(void)state;
	begin(&w, 1, 0);
	first = queue(&w, &held, NOW);
	assert_string_equal(queue(&w, &plain, NOW + HOUR), ""); /* it has today's place */
	assert_string_not_equal(queue(&w, &plain, NOW + 2 * DAY), "");
	assert_int_equal(send_due(&w, NOW + 2 * DAY, SEND_DONE), 1);
	act(&w, OUTBOX_APPROVE, first, NOW + 2 * DAY + HOUR);
	assert_int_equal(send_due(&w, NOW + 2 * DAY + HOUR, SEND_DONE), 0);
	assert_int_equal(world_message(&w, first).state, MESSAGE_SUPPRESSED);
	assert_slice(
	    world_message(&w, first).reason, "cap of 1 message per person per day reached");
	act(&w, OUTBOX_RETRY, first, NOW + 3 * DAY);
	assert_int_equal(send_due(&w, NOW + 3 * DAY, SEND_DONE), 1);
	assert_string_equal(queue(&w, &plain, NOW + 3 * DAY + 1), "");
	world_fini(&w);
}

static void
what_is_dropped_gives_back_what_it_took(void **state)
{
	static const struct {
		const char *note;
		struct rule_cap budget; /* of the rule; 0: none */
		int64_t house_day, house_month;
	} cases[] = {
	    {"in total", {20, CAP_TOTAL, LIMIT_PER_RULE, true}, 0, 0},
	    {"a day", {20, CAP_DAY, LIMIT_PER_RULE, true}, 0, 0},
	    {"a week", {20, CAP_WEEK, LIMIT_PER_RULE, true}, 0, 0},
	    {"a month", {20, CAP_MONTH, LIMIT_PER_RULE, true}, 0, 0},
	    {"the house's day", {0}, 20, 0},
	    {"the house's month", {0}, 0, 20},
	};
	const struct action action = send_action("sorry", "file", NULL);
	struct channel paid[sizeof channels / sizeof *channels];

	(void)state;
	memcpy(paid, channels, sizeof paid);
	for (size_t i = 0; i < sizeof paid / sizeof *paid; i++)
		paid[i].cost_milli = 20;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule_head held = sending("held", &action, "care");
		struct world w;
		const char *id;

		print_message("%s\n", cases[i].note);
		begin(&w, 1, 1);
		w.config.channels = paid;
		w.config.spend_per_day_milli = cases[i].house_day;
		w.config.spend_per_month_milli = cases[i].house_month;
		held.caps = &cases[i].budget;
		held.cap_count = cases[i].budget.max > 0;
		for (int k = 0; k < 3; k++) {
			id = queue(&w, &held, NOW + k);
			assert_string_not_equal(id, "");
			assert_string_equal(queue(&w, &held, NOW + k), "");
			act(&w, k == 1 ? OUTBOX_DROP : OUTBOX_REJECT, id, NOW + HOUR);
		}
		world_fini(&w);
	}
}

/* A channel that does not tell repeats apart: the message is unknown, also while it waits to be repeated. */
static void
what_may_have_arrived_keeps_what_it_took(void **state)
{
	const struct action action = send_action("sorry", "email", NULL);
	struct rule_head plain = sending("plain", &action, NULL);

	(void)state;
	for (int is_repeated = 0; is_repeated <= 1; is_repeated++) {
		struct world w;
		const char *id;

		begin(&w, 1, 0);
		id = queue(&w, &plain, NOW);
		assert_int_equal(send_due(&w, NOW, SEND_UNKNOWN), 1);
		assert_int_equal(world_message(&w, id).state, MESSAGE_UNKNOWN);
		if (is_repeated)
			act(&w, OUTBOX_RETRY, id, NOW + HOUR);
		act(&w, OUTBOX_DROP, id, NOW + 2 * HOUR);
		assert_int_equal(world_message(&w, id).state, MESSAGE_DROPPED);
		assert_string_equal(queue(&w, &plain, NOW + 3 * HOUR), "");
		world_fini(&w);
	}
}

static void
a_reply_takes_no_place_of_a_message(void **state)
{
	struct world w;
	const struct action draft = draft_action("thanks");
	const struct action action = send_action("sorry", "file", NULL);
	struct rule_head replies = sending("replies", &draft, "social team");
	struct rule_head plain = sending("plain", &action, NULL);

	(void)state;
	begin(&w, 1, 1);
	for (int i = 0; i < 2; i++) {
		const char *id = queue(&w, &replies, NOW + i);

		act(&w, OUTBOX_APPROVE, id, NOW + i);
		assert_int_equal(send_due(&w, NOW + i, SEND_DONE), 1);
	}
	assert_string_not_equal(queue(&w, &plain, NOW + 2), "");
	assert_int_equal(send_due(&w, NOW + 2, SEND_DONE), 1);
	world_fini(&w);
}

#define MESSAGES 120

/* Whatever people do with what waits, nobody gets more a day or a week than was said. */
static void
caps_hold_whatever_people_do(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		const struct action action = send_action("sorry", "file", NULL);
		struct rule_head rules[2] = {
		    sending("held", &action, "care"), sending("plain", &action, NULL)};
		const char *ids[MESSAGES];
		size_t count = 0, days[60] = {0}, weeks[12] = {0}, went = 0;
		int64_t now_ms = NOW;
		struct world w;

		begin(&w, 2, 5);
		rng_init(&w.rng, seed);
		while (count < MESSAGES) {
			static const enum outbox_verb verbs[] = {OUTBOX_APPROVE, OUTBOX_REJECT,
			    OUTBOX_HOLD, OUTBOX_RELEASE, OUTBOX_RETRY, OUTBOX_DROP};
			size_t sent, day;
			struct message m;

			now_ms += (int64_t)rng_below(&w.rng, 9) * HOUR;
			ids[count] = queue(&w, &rules[rng_below(&w.rng, 2)], now_ms);
			count += ids[count][0] != '\0';
			for (int i = 0; i < 3 && count > 0; i++) {
				must(store_begin(w.st, &w.err), &w);
				/* what the state does not allow is refused */
				(void)outbox_act(w.st, &w.config, verbs[rng_below(&w.rng, 6)],
				    S(ids[rng_below(&w.rng, count)]), SLICE_NONE, "anna", "",
				    now_ms, w.arena, &m, &w.err);
				must(store_commit(w.st, &w.err), &w);
			}
			if (rng_below(&w.rng, 2) == 0)
				continue;
			sent = send_due(&w, now_ms, SEND_DONE);
			day = (size_t)(now_ms / DAY - NOW / DAY);
			if (day >= 60)
				break;
			days[day] += sent;
			weeks[(now_ms / DAY + 3) / 7 - (NOW / DAY + 3) / 7] += sent;
			went += sent;
			if (days[day] > 2 ||
			    weeks[(now_ms / DAY + 3) / 7 - (NOW / DAY + 3) / 7] > 5)
				fail_msg("seed %d: too many on day %zu", (int)seed, day);
		}
		assert_true(went > 5);
		world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_let_go_later_counts_for_the_day_it_goes),
	    cmocka_unit_test(what_is_dropped_gives_back_what_it_took),
	    cmocka_unit_test(what_may_have_arrived_keeps_what_it_took),
	    cmocka_unit_test(a_reply_takes_no_place_of_a_message),
	    cmocka_unit_test(caps_hold_whatever_people_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
