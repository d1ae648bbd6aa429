/* Why not: what a rule that remembers waited for or lacked, what held it, and what one that decided
 * nothing was short of. */
#include "tests/api/api_fixture.h"

#include "store/timers.h"

#include "actions/sequences.h"

#define FIRST "https%3A%2F%2Fsocial.example%2Fposts%2F1"
#define SECOND "https%3A%2F%2Fsocial.example%2Fposts%2F2"
#define BRAND "brand acme \"Acme\"\n  called \"acme\"\nend\n"
#define RULE(id, clauses, when)                                                                    \
	"rule " id " \"R\"\n" clauses "  when all of\n" when                                       \
	"  end\n  then\n    tag author \"x\"\n  end\nend\n"
/* Clauses that stand between `when` and `then`, or behind `then`. */
#define REMEMBERING(id, middle, last)                                                              \
	"rule " id " \"R\"\n  when brand is acme\n" middle                                         \
	"  then\n    tag author \"x\"\n    add author to list l\n  end\n" last "end\n"
#define LIST "list l \"L\"\n  \"@first@social.example\"\nend\n"

static const struct json *
rule_of(const struct json *why, const char *id)
{
	const struct json *rules = json_get(why, "rules");

	for (size_t i = 0; i < json_count(rules); i++)
		if (slice_eq_str(json_get_str(json_at(rules, i), "rule_id"), id))
			return json_at(rules, i);
	fail_msg("the rule %s is not told of", id);
	return NULL;
}

static void
say_text(struct fixture *f, const char *target)
{
	assert_int_equal(fixture_call_raw(f, "GET", target, SLICE_NONE), 200);
}

static void
every_guardrail_is_told_in_its_own_words(void **state)
{
	static const struct {
		const char *rules, *verdict, *words;
		int posts;
	} cases[] = {
	    {REMEMBERING("r", "  happening 2 times within 7 days per customer\n", ""), "counted",
		"counted: 1 of 2 within 7 days per customer", 1},
	    {REMEMBERING("r", "  happening 2 times within 7 days per customer\n", ""), "fired",
		"done: tag author \"x\" - tagged for good", 2},
	    {REMEMBERING("r", "  after a post within 3 days where text contains \"broken\"\n", ""),
		"counted", "counted: after a post within 3 days: there was no such post before", 1},
	    {REMEMBERING("r", "  unless answered within 2 hours\n", ""), "waiting",
		"waiting: waits until 2026-11-21T12:00:00Z for an answer", 1},
	    {REMEMBERING("r", "", "  at most once every 1 hour per author\n"), "held",
		"held: at most once every 1 hour per author: last fired 2026-11-21T10:00:00Z", 2},
	    {REMEMBERING("r", "", "  at most 1 per day\n"), "held", "held: at most 1 per day", 2},
	    {"rule r \"R\"\n  canary 0.1%\n  when brand is acme\n  then\n    tag author \"x\"\n  "
	     "end\nend\n",
		"held", "held: canary 0.1%: this person is not in the share it acts for", 1},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *post = cases[i].posts == 1 ? FIRST : SECOND;
		const struct json *rule;

		fixture_teardown(state); /* each with a memory of its own */
		fixture_setup(state);
		f = *state;
		fixture_import(f);
		fixture_live(f, arena_printf(f->a, BRAND LIST "%s", cases[i].rules));
		for (int n = 0; n < cases[i].posts; n++)
			fixture_say(f, "ann", n == 0 ? "acme is here" : "acme is here again");
		rule =
		    rule_of(fixture_get(f, arena_printf(f->a, "/api/v1/why?post=%s", post)), "r");
		assert_text(rule, "verdict", cases[i].verdict);
		assert_truth(rule, "decided", true);
		say_text(f, arena_printf(f->a, "/api/v1/why?format=text&post=%s", post));
		assert_says(f, cases[i].words);
	}
}

static void
what_held_all_actions_is_said_once(void **state)
{
	struct fixture *f = *state;
	const char *first;

	fixture_live(f, BRAND LIST REMEMBERING("r", "", "  at most 1 per day\n"));
	fixture_say(f, "ann", "acme");
	fixture_say(f, "ann", "acme again");
	say_text(f, "/api/v1/why?format=text&post=" SECOND);
	assert_says(f, "rule r \"R\": is held back\n");
	first = strstr(buf_str(&f->reply.body), "held: at most 1 per day");
	assert_non_null(first);
	assert_null(strstr(first + 1, "held: at most 1 per day"));
}

static void
a_paused_rule_says_who_paused_it_and_why(void **state)
{
	struct fixture *f = *state;

	fixture_live(f, BRAND RULE("r", "", "    brand is acme\n"));
	fixture_call(f, "POST", "/api/v1/pauses",
	    "{\"what\":\"r\",\"paused\":true,\"who\":\"mira\",\"reason\":\"a mistake in it\"}",
	    200);
	fixture_say(f, "ann", "acme");
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_says(f, "held: the rule is paused");
	assert_says(f, "a mistake in it (mira)");
}

static void
of_two_rules_that_write_the_second_says_which_goes_first(void **state)
{
	struct fixture *f = *state;
	const struct json *why;

	fixture_import(f);
	fixture_live(f,
	    BRAND "rule second \"S\"\n  when brand is acme\n  then\n    send \"we-are-on-it\" by "
		  "email to customer\n  end\nend\n"
		  "rule first \"F\"\n  priority 5\n  when brand is acme\n  then\n    send "
		  "\"we-are-on-it\" by email to customer\n  end\nend\n");
	fixture_say(f, "ann", "acme");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_text(json_at(json_get(rule_of(why, "second"), "decisions"), 0), "note",
	    "rule 'first' goes first for this person");
}

static void
a_rule_that_decided_nothing_says_what_it_was_short_of(void **state)
{
	static const struct {
		const char *rule, *verdict, *why;
	} cases[] = {
	    {RULE("r", "", "    brand is acme\n    text contains \"love\"\n"), "near",
		"text contains \"love\" was false (seen: none of them)"},
	    {RULE("r", "", "    brand is acme\n    not text contains \"help\"\n"), "near",
		"not text contains \"help\" was false (seen: \"help\")"},
	    {RULE("r", "", "    brand is acme\n    author.followers is at least 10k\n"), "near",
		"author.followers is at least 10k was false (seen: 120)"},
	    {RULE("r", "", "    brand is acme\n    customer.plan is \"gold\"\n"), "near",
		"customer.plan is \"gold\" was unknown (the author is not linked to a customer we "
		"know)"},
	    {RULE("r", "",
		 "    brand is acme\n    any of\n      text contains \"love\"\n      "
		 "author.followers is at least 10k\n    end\n"),
		"near", "text contains \"love\" was false (seen: none of them)"},
	    {RULE("r", "", "    text contains \"love\"\n    author.followers is at least 10k\n"),
		"no",
		"2 of its conditions would have to be different, the first: text contains "
		"\"love\" was false (seen: none of them)"},
	    {RULE("r", "  off\n", "    brand is acme\n"), "near", "it was switched off"},
	    {RULE("r", "  from 2026-12-01 09:00 in Europe/Berlin\n", "    brand is acme\n"), "near",
		"its period had not begun when the post was written"},
	    {RULE("r", "  until 2026-11-01 09:00 in Europe/Berlin\n", "    brand is acme\n"),
		"near", "its period was over when the post was written"},
	    {RULE("r", "  off\n", "    text contains \"love\"\n"), "no",
		"it was switched off; text contains \"love\" was false (seen: none of them)"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct json *rule;

		fixture_teardown(state);
		fixture_setup(state);
		f = *state;
		fixture_live(f, arena_printf(f->a, BRAND "%s", cases[i].rule));
		fixture_say(f, "ann", "acme please help");
		rule = rule_of(fixture_get(f, "/api/v1/why?rule=r&post=" FIRST), "r");
		assert_truth(rule, "decided", false);
		assert_text(rule, "why_not", cases[i].why);
		assert_text(rule, "verdict", cases[i].verdict);
		say_text(f, "/api/v1/why?format=text&rule=r&post=" FIRST);
		assert_says(f, arena_printf(f->a, "does not fire\n  because %s\n", cases[i].why));
	}
}

static void
those_that_fired_come_first_then_the_held_then_the_nearest(void **state)
{
	static const char *const order[] = {"fires", "counts", "off", "near", "alone"};
	struct fixture *f = *state;
	const struct json *why;

	fixture_live(f,
	    BRAND LIST RULE("far", "", "    text contains \"love\"\n    author is verified\n")
		RULE("alone", "", "    text contains \"love\"\n")
		    RULE("near", "", "    brand is acme\n    text contains \"love\"\n")
			RULE("off", "  off\n", "    brand is acme\n")
			    REMEMBERING("counts", "  happening 3 times within 1 hour\n", "")
				RULE("fires", "", "    brand is acme\n"));
	fixture_say(f, "ann", "acme please help");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_int_equal(json_count(json_get(why, "rules")), 5);
	for (size_t i = 0; i < 5; i++)
		assert_text(json_at(json_get(why, "rules"), i), "rule_id", order[i]);
	assert_number(why, "rules_left_out", 1);
	assert_number(json_get(why, "left_out"), "not_true", 1);
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_says(f, "\nnearest of those that decided nothing:\n");
	assert_says(f, "\n1 more rule decided nothing on it (0 switched off, 0 outside of their");
}

static void
what_stands_behind_after_and_unless_is_shown_with_its_truth(void **state)
{
	struct fixture *f = *state;
	const struct json *rule;

	fixture_live(f,
	    BRAND LIST REMEMBERING("r",
		"  after a post within 3 days where text contains \"broken\"\n"
		"  unless a post within 2 days where text contains \"works\"\n",
		""));
	fixture_say(f, "ann", "it is broken");
	fixture_say(f, "ann", "acme works");
	rule = rule_of(fixture_get(f, "/api/v1/why?rule=r&post=" SECOND), "r");
	assert_text(rule, "verdict", "waiting");
	assert_text(json_get(rule, "after"), "part", "after");
	assert_truth(json_get(rule, "after"), "counts", false);
	assert_truth(json_get(rule, "unless"), "counts", true);
	say_text(f, "/api/v1/why?format=text&rule=r&post=" SECOND);
	assert_says(f, "rule r \"R\", unless: counts\n");
	/* The post before did not fire it, and is what it came after. */
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_says(f, "rule 'r' remembers it for its author: a post such as its `after` asks for");
	assert_says(f, "brand is acme was false");
}

static void
a_rule_waits_no_more_for_a_post_that_is_gone(void **state)
{
	struct fixture *f = *state;
	int64_t cancelled;

	fixture_live(f, BRAND LIST REMEMBERING("r", "  unless answered within 2 hours\n", ""));
	fixture_say(f, "ann", "acme");
	OK(store_begin(f->st, ERR));
	OK(store_post_delete(f->st, 1, ERR));
	OK(store_timers_cancel_for_post(f->st, 1, &cancelled, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(cancelled, 1);
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_says(f, "it no longer waits: the post is no longer known");
	assert_text(rule_of(fixture_get(f, "/api/v1/why?post=" FIRST), "r"), "verdict", "held");
}

/* What its timer decided when it fell due. */
static void
act_unanswered(struct fixture *f, int64_t due_at_ms)
{
	struct decision_row row = {.id = "0123456789abcdef0123456789abcdef",
	    .rule_id = SLICE_LIT("r"),
	    .occurrence_kind = OCCURRENCE_TIMER,
	    .occurrence_id = SLICE_LIT("https://social.example/posts/1"),
	    .post_no = 1,
	    .action = SLICE_LIT("tag author \"x\""),
	    .verb = ACTION_TAG,
	    .outcome = DECISION_DONE,
	    .reason = SLICE_LIT("brand is acme; not answered within 2 hours"),
	    .note = SLICE_LIT("tagged for good"),
	    .at_ms = due_at_ms,
	    .event_at_ms = due_at_ms};

	OK(store_decision_insert(f->st, &row, ERR) - 1);
}

static void
an_answer_that_came_after_the_rule_had_acted_is_shown(void **state)
{
	struct fixture *f = *state;
	struct post own;

	fixture_live(f, BRAND LIST REMEMBERING("r", "  unless answered within 2 hours\n", ""));
	fixture_say(f, "ann", "acme");
	OK(store_begin(f->st, ERR));
	act_unanswered(f, FIXTURE_NOW_MS + 2 * TIME_HOUR_MS);
	OK(store_commit(f->st, ERR));
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_null(strstr(buf_str(&f->reply.body), "reached us after"));
	own = fixture_post(f, "acme", "we are on it");
	own.reply_to = SLICE_LIT("https://social.example/posts/1");
	own.created_at_ms = FIXTURE_NOW_MS + TIME_HOUR_MS;
	own.fetched_at_ms = FIXTURE_NOW_MS + 5 * TIME_HOUR_MS;
	OK(store_begin(f->st, ERR));
	OK(sequences_note_answer(f->st, &own, f->a, ERR));
	OK(store_commit(f->st, ERR));
	say_text(f, "/api/v1/why?format=text&post=" FIRST);
	assert_says(f, "answered at ");
	assert_says(f, "which reached us after rule 'r' had acted");
}

static void
likes_of_then_are_no_longer_known(void **state)
{
	struct fixture *f = *state;
	struct post p;

	fixture_live(f, BRAND RULE("r", "", "    brand is acme\n    post.likes is at least 50\n"));
	p = fixture_post(f, "ann", "acme");
	p.likes = 3;
	fixture_take(f, &p);
	OK(store_begin(f->st, ERR));
	OK(store_post_counts(f->st, 1, 90, COUNT_UNKNOWN, COUNT_UNKNOWN, ERR));
	OK(store_commit(f->st, ERR));
	assert_text(rule_of(fixture_get(f, "/api/v1/why?rule=r&post=" FIRST), "r"), "why_not",
	    "post.likes is at least 50 was unknown (no longer known)");
	/* What was never told was not known then either. */
	fixture_say(f, "ann", "acme again");
	assert_text(rule_of(fixture_get(f, "/api/v1/why?rule=r&post=" SECOND), "r"), "why_not",
	    "post.likes is at least 50 was unknown (not known)");
}

static void
a_rule_that_came_later_or_went_before_says_with_which_version(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ann", "acme");
	OK(store_begin(f->st, ERR));
	OK(store_rule_id_begin(f->st, 0, SLICE_LIT("late"), 2, ERR));
	OK(store_commit(f->st, ERR));
	fixture_live(f, BRAND RULE("late", "", "    brand is acme\n"));
	say_text(f, "/api/v1/why?format=text&rule=late&post=" FIRST);
	assert_says(f, "it came with version 2, on 2026-11-21T10:00:00Z by test");
	fixture_live(f, BRAND RULE("other", "", "    brand is acme\n"));
	OK(store_begin(f->st, ERR));
	OK(store_rule_id_end(f->st, 0, SLICE_LIT("late"), 2, ERR));
	OK(store_commit(f->st, ERR));
	fixture_say(f, "ann", "acme again");
	say_text(f, "/api/v1/why?format=text&rule=late&post=" SECOND);
	assert_says(f, "it had gone with version 3, on 2026-11-21T10:00:00Z by test");
}

static void
an_id_alone_finds_a_post_a_message_or_a_watch(void **state)
{
	struct fixture *f = *state;
	const struct json *why;
	struct slice id;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	assert_text(json_get(fixture_get(f, "/api/v1/why?about=" FIRST), "post"), "text",
	    "acme please help");
	id = json_get_str(
	    json_at(json_get(fixture_get(f, "/api/v1/outbox?channel=email"), "items"), 0), "id");
	why = fixture_get(f, arena_printf(f->a, "/api/v1/why?about=%.8s", id.ptr));
	assert_text(json_get(why, "message"), "rule_id", "support-issue");
	fixture_refused(f, "GET", "/api/v1/why?about=nothing-such", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/why?about=x&post=y", NULL, 400, "bad-parameter");
	fixture_refused(f, "GET", "/api/v1/why?watch=nothing-such", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/why?incident=7", NULL, 404, "not-found");
}

static void
a_message_is_followed_from_its_rule_to_its_state(void **state)
{
	struct fixture *f = *state;
	const struct json *why, *chain, *steps;
	struct slice id;
	const char *target;

	fixture_import(f);
	fixture_say(f, "zoe", "I love acme");
	id = json_get_str(
	    json_at(json_get(fixture_get(f, "/api/v1/outbox?channel=social"), "items"), 0), "id");
	id = arena_slice_dup(f->a, id);
	f->clock.at_ms += 60000;
	fixture_call(f, "POST", arena_printf(f->a, "/api/v1/outbox/%.*s/approve", SLICE_ARG(id)),
	    "{\"who\":\"mira\"}", 200);
	target = arena_printf(f->a, "/api/v1/why?message=%.*s", SLICE_ARG(id));
	why = fixture_get(f, target);
	chain = json_get(why, "chain");
	assert_text(json_get(chain, "decision"), "rule_id", "thanks");
	assert_number(json_get(chain, "rules"), "version", 1);
	assert_text(json_get(chain, "rules"), "author", "test");
	steps = json_get(chain, "steps");
	assert_int_equal(json_count(steps), 3);
	assert_text(json_at(steps, 0), "what", "drafted, waits for approval by \"social team\"");
	assert_text(json_at(steps, 0), "at", "2026-11-21T10:00:00Z");
	assert_text(json_at(steps, 1), "what", "approve by mira");
	assert_text(json_at(steps, 2), "at", "2026-11-21T10:01:00Z");
	say_text(f, arena_printf(f->a, "%s&format=text", target));
	assert_says(f, "decided 2026-11-21T10:00:00Z by rule thanks of rules version 1, applied ");
	assert_says(f, "went    2026-11-21T10:00:00Z  drafted");
	assert_says(f, "ready: approved by mira");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static void
an_id_that_is_no_post_says_what_it_is_or_was_meant_to_be(void **state)
{
	static const struct {
		const char *target, *detail;
	} cases[] = {
	    {"/api/v1/why?rule=lat&post=" FIRST, "there is no rule 'lat'; did you mean 'late'?"},
	    {"/api/v1/why?rule=nobody&post=" FIRST, "there is no rule 'nobody'"},
	    {"/api/v1/why?about=late",
		"'late' is a rule: 'earshot rules show late' says what it does, 'earshot why POST "
		"late' what it made of a post"},
	    {"/api/v1/why?about=gold",
		"'gold' is a segment: 'earshot segments show gold' says who is in it, 'earshot "
		"people show CUSTOMER' since when somebody is"},
	};
	struct fixture *f = *state;

	fixture_live(f,
	    BRAND RULE("late", "", "    brand is acme\n") "segment gold \"Gold\"\n  when "
							  "customer.plan is \"gold\"\nend\n");
	fixture_say(f, "ann", "acme");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_text(
		    fixture_call(f, "GET", cases[i].target, NULL, 404), "detail", cases[i].detail);
}

static void
a_rule_about_events_says_so_of_a_post(void **state)
{
	struct fixture *f = *state;

	fixture_live(f,
	    "rule bought \"R\"\n  when event is \"order placed\"\n  then tag customer "
	    "\"x\"\nend\n");
	fixture_say(f, "ann", "acme");
	say_text(f, "/api/v1/why?format=text&rule=bought&post=" FIRST);
	assert_says(f, "  because it is about events, and this is a post\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_guardrail_is_told_in_its_own_words),
	    T(what_held_all_actions_is_said_once),
	    T(a_paused_rule_says_who_paused_it_and_why),
	    T(of_two_rules_that_write_the_second_says_which_goes_first),
	    T(a_rule_that_decided_nothing_says_what_it_was_short_of),
	    T(those_that_fired_come_first_then_the_held_then_the_nearest),
	    T(what_stands_behind_after_and_unless_is_shown_with_its_truth),
	    T(a_rule_waits_no_more_for_a_post_that_is_gone),
	    T(an_answer_that_came_after_the_rule_had_acted_is_shown),
	    T(likes_of_then_are_no_longer_known),
	    T(a_rule_that_came_later_or_went_before_says_with_which_version),
	    T(an_id_alone_finds_a_post_a_message_or_a_watch),
	    T(an_id_that_is_no_post_says_what_it_is_or_was_meant_to_be),
	    T(a_rule_about_events_says_so_of_a_post),
	    T(a_message_is_followed_from_its_rule_to_its_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
