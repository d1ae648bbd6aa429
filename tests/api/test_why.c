/* Why it fired, why it did not, and what is no longer known. */
#include "tests/api/api_fixture.h"

#define FIRST "https%3A%2F%2Fsocial.example%2Fposts%2F1"
#define SECOND "https%3A%2F%2Fsocial.example%2Fposts%2F2"

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

/* The truth of the condition whose words begin so, anywhere below. */
static const char *
truth_of(const struct json *node, const char *condition)
{
	static const char *const branches[] = {"all", "any"};
	struct slice truth = json_get_str(node, "truth");
	const char *found = NULL;

	if (slice_starts_with(json_get_str(node, "condition"), condition))
		return slice_eq_str(truth, "true") ? "true"
		    : slice_eq_str(truth, "false") ? "false"
						   : "unknown";
	for (size_t b = 0; b < 2 && found == NULL; b++)
		for (size_t i = 0; i < json_count(json_get(node, branches[b])) && found == NULL;
		     i++)
			found = truth_of(json_at(json_get(node, branches[b]), i), condition);
	return found != NULL || json_get(node, "not") == NULL
	    ? found
	    : truth_of(json_get(node, "not"), condition);
}

static void
assert_condition(const struct json *rule, const char *condition, const char *want)
{
	const char *got = truth_of(json_get(json_get(rule, "conditions"), "when"), condition);

	if (got == NULL || strcmp(got, want) != 0)
		fail_msg("'%s' is %s, expected %s", condition, got, want);
}

static void
a_firing_is_explained_from_what_was_stored(void **state)
{
	struct fixture *f = *state;
	const struct json *why, *rule, *d;

	fixture_import(f);
	fixture_say(f, "ann", "acme, please help! This is terrible.");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_int_equal(json_type(json_get(why, "no_longer_known")), JSON_NULL);
	assert_true(json_count(json_get(json_get(why, "post"), "reasons")) > 0);
	assert_text(json_get(json_get(why, "who"), "customer"), "id", "u-1");
	assert_number(json_get(why, "who"), "posts_seen", 1);
	rule = rule_of(why, "support-issue");
	assert_truth(rule, "decided", true);
	assert_truth(json_get(rule, "conditions"), "fires", true);
	assert_condition(rule, "brand is acme", "true");
	assert_condition(rule, "text contains", "true");
	assert_condition(rule, "author is in list staff", "false");
	assert_int_equal(json_count(json_get(rule, "decisions")), 2);
	d = json_at(json_get(rule, "decisions"), 0);
	assert_text(d, "outcome", "alerted");
	assert_true(json_get_str(d, "reason").len > 0);
	d = json_at(json_get(rule, "decisions"), 1);
	assert_text(d, "outcome", "queued");
	assert_text(json_get(d, "message"), "state", "ready");
}

static void
a_rule_that_did_not_fire_shows_which_condition_was_false(void **state)
{
	struct fixture *f = *state;
	const struct json *why, *rule;

	fixture_say(f, "ann", "acme, please help!");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	rule = rule_of(why, "thanks");
	assert_truth(rule, "decided", false);
	assert_truth(json_get(rule, "conditions"), "fires", false);
	assert_condition(rule, "brand is acme", "true");
	assert_condition(rule, "text contains", "false");
	assert_text(rule, "verdict", "near");
	/* Off, and its condition unknown as well: counted among the others unless asked for. */
	assert_number(json_get(why, "left_out"), "off", 1);
	rule = rule_of(fixture_get(f, "/api/v1/why?rule=quiet&post=" FIRST), "quiet");
	assert_text(json_get(rule, "conditions"), "state", "off");
	assert_text(rule, "verdict", "no");
	why = fixture_get(f, "/api/v1/why?rule=thanks&post=" FIRST);
	assert_int_equal(json_count(json_get(why, "rules")), 1);
}

static void
what_a_guardrail_held_is_said_with_the_guardrail(void **state)
{
	struct fixture *f = *state;
	const struct json *rule;

	fixture_say(f, "zoe", "I love acme");
	fixture_say(f, "zoe", "really, I love acme");
	rule = rule_of(fixture_get(f, "/api/v1/why?post=" SECOND), "thanks");
	assert_truth(rule, "decided", true);
	assert_text(json_at(json_get(rule, "decisions"), 0), "outcome", "held");
	assert_true(json_get_str(json_at(json_get(rule, "decisions"), 0), "note").len > 0);
	assert_int_equal(
	    json_type(json_get(json_at(json_get(rule, "decisions"), 0), "message")), JSON_NULL);
}

static void
a_message_leads_to_its_post_and_rule(void **state)
{
	struct fixture *f = *state;
	const struct json *why;
	struct slice id;
	const char *target;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	id = json_get_str(
	    json_at(json_get(fixture_get(f, "/api/v1/outbox?channel=email"), "items"), 0), "id");
	target = arena_printf(f->a, "/api/v1/why?message=%.8s", id.ptr);
	why = fixture_get(f, target);
	assert_text(json_get(why, "post"), "text", "acme please help");
	assert_int_equal(json_count(json_get(why, "rules")), 1);
	assert_text(json_get(why, "message"), "rule_id", "support-issue");
	/* A notice has no decision, but an alert. */
	id = json_get_str(
	    json_at(json_get(fixture_get(f, "/api/v1/outbox?channel=social"), "items"), 0), "id");
	target = arena_printf(f->a, "/api/v1/why?message=%.32s", id.ptr);
	why = fixture_get(f, target);
	assert_number(json_get(why, "alert"), "id", 1);
	assert_text(json_get(why, "post"), "text", "acme please help");
	fixture_refused(f, "GET", "/api/v1/why?message=ffffffff", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/why?message=ff", NULL, 404, "not-found");
}

static void
the_rules_of_then_are_asked_and_not_todays(void **state)
{
	struct fixture *f = *state;
	const struct json *why;

	fixture_say(f, "ann", "acme please help");
	fixture_live(f,
	    "brand acme \"Acme\"\n  called \"acme\"\nend\n"
	    "rule other \"Other\"\n  when all of\n    brand is acme\n  end\n  then\n    tag author "
	    "\"x\"\n  end\nend\n");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_true(json_get_str(rule_of(why, "support-issue"), "title").len > 0);
	assert_truth(json_get(rule_of(why, "support-issue"), "conditions"), "fires", true);
	assert_text(rule_of(why, "thanks"), "verdict", "near");
	/* A rule of today was not asked then, and says so. */
	why = fixture_get(f, "/api/v1/why?rule=other&post=" FIRST);
	assert_int_equal(json_count(json_get(why, "rules")), 0);
	assert_says(f, "was not among the rules that were live");
	fixture_refused(f, "GET", "/api/v1/why?rule=nobody&post=" FIRST, NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/why?post=never-seen", NULL, 404, "not-found");
}

static void
rules_that_are_gone_are_no_longer_known(void **state)
{
	struct fixture *f = *state;
	const struct json *why;

	fixture_say(f, "ann", "acme please help");
	rule_set_unref(f->sets[1]);
	f->sets[1] = NULL;
	f->version = 0;
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_text(why, "no_longer_known", "the rules of that version are no longer known");
	assert_int_equal(json_count(json_get(why, "rules")), 1);
	assert_truth(json_at(json_get(why, "rules"), 0), "decided", true);
	assert_int_equal(
	    json_type(json_get(json_at(json_get(why, "rules"), 0), "conditions")), JSON_NULL);
}

static void
a_deleted_post_keeps_its_decisions_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	const struct json *why;

	fixture_say(f, "ann", "acme please help");
	OK(store_begin(f->st, ERR));
	OK(store_post_delete(f->st, 1, ERR));
	OK(store_commit(f->st, ERR));
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_true(slice_is_set(json_get_str(why, "no_longer_known")));
	assert_int_equal(json_type(json_get(json_get(why, "post"), "text")), JSON_NULL);
	assert_int_equal(json_count(json_get(rule_of(why, "support-issue"), "decisions")), 2);
	assert_int_equal(
	    json_type(json_get(rule_of(why, "support-issue"), "conditions")), JSON_NULL);
	assert_says_not(f, "please");
	assert_int_equal(
	    fixture_call_raw(f, "GET", "/api/v1/why?format=text&post=" FIRST, SLICE_NONE), 200);
	assert_says(f, "no longer known");
	assert_says_not(f, "please");
}

static void
an_edited_post_is_not_explained_with_its_new_words(void **state)
{
	struct fixture *f = *state;
	struct stored_post *sp;

	fixture_say(f, "ann", "acme please help");
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_post_load_no(f->st, 1, f->a, &sp, ERR), 1);
	sp->post.text = SLICE_LIT("never mind");
	sp->score.reason_count = 0;
	OK(store_post_revise(f->st, 1, sp, ERR));
	OK(store_commit(f->st, ERR));
	assert_true(slice_is_set(
	    json_get_str(fixture_get(f, "/api/v1/why?post=" FIRST), "no_longer_known")));
	assert_int_equal(
	    json_type(json_get(rule_of(json_root(f->doc), "support-issue"), "conditions")),
	    JSON_NULL);
	assert_truth(rule_of(json_root(f->doc), "support-issue"), "decided", true);
}

static void
counters_and_lists_of_today_are_not_shown_as_those_of_then(void **state)
{
	static const char rules[] =
	    "brand acme \"Acme\"\n  called \"acme\"\nend\n"
	    "list friends \"Friends\"\n  \"@first@social.example\"\nend\n"
	    "rule liked \"Liked\"\n  when all of\n    author is in list friends\n  end\n"
	    "  then\n    tag author \"x\"\n  end\nend\n";
	struct fixture *f = *state;
	const struct json *why;

	fixture_live(f, rules);
	fixture_say(f, "ann", "acme");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_condition(rule_of(why, "liked"), "author is in list friends", "false");
	OK(store_begin(f->st, ERR));
	OK(store_list_add(f->st, SLICE_LIT("friends"),
	    SLICE_LIT("a:https://social.example/users/ann"), FIXTURE_NOW_MS, ERR));
	OK(store_commit(f->st, ERR));
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_condition(rule_of(why, "liked"), "author is in list friends", "unknown");
	assert_says(f, "no longer known");
}

static void
the_text_form_reads_as_lines_and_is_harmless_to_a_terminal(void **state)
{
	struct fixture *f = *state;
	struct post p;

	fixture_import(f);
	p = fixture_post(f, "ann",
	    "acme \x1b]0;owned\x07 please help, this is terrible\nrule fake \"x\": fires\xc2\x9b"
	    "31m");
	p.author.name = SLICE_LIT("Ann\x1b[2J\nEve");
	fixture_take(f, &p);
	assert_int_equal(
	    fixture_call_raw(f, "GET", "/api/v1/why?format=text&post=" FIRST, SLICE_NONE), 200);
	assert_string_equal(f->reply.content_type, "text/plain; charset=utf-8");
	for (const char *s = buf_str(&f->reply.body); *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f)
			fail_msg("a control character: %s", buf_str(&f->reply.body));
	assert_says_not(f, "\xc2\x9b");
	assert_says_not(f, "\nrule fake");
	assert_says(f, "\nscore   ");
	assert_says(f, "  how long the post is  (shape length, weight ");
	assert_says(f, "\nintents support: ");
	assert_says(f, "@ann@social.example");
	assert_says(f, "of 100: reach ");
	assert_says(f, "customer u-1");
	assert_says(f, "rule support-issue \"Help before they ask\": fires\n");
	assert_says(f, "  because ");
	assert_says(f, "  queued: send \"we-are-on-it\" by email to customer");
	assert_says(f, ": ready since 2026-11-21T10:00:00Z");
	assert_says(f, "rule thanks \"Say thank you\": does not fire\n");
}

static void
many_rules_are_cut_and_counted(void **state)
{
	struct fixture *f = *state;
	struct buf rules;
	const struct json *why;

	buf_init(&rules, 1 << 20);
	buf_add_str(&rules, "brand acme \"Acme\"\n  called \"acme\"\nend\n");
	for (int i = 0; i < 150; i++)
		buf_addf(&rules,
		    "rule r%d \"R\"\n  when all of\n    text contains \"%s\"\n  end\n  then\n    "
		    "tag author \"x\"\n  end\nend\n",
		    i, i == 149 ? "acme" : "zebra");
	fixture_live(f, buf_str(&rules));
	buf_fini(&rules);
	fixture_say(f, "ann", "acme");
	why = fixture_get(f, "/api/v1/why?post=" FIRST);
	assert_int_equal(json_count(json_get(why, "rules")), 21);
	assert_text(
	    json_at(json_get(why, "rules"), 0), "rule_id", "r149"); /* what decided comes first */
	assert_number(why, "rules_left_out", 129);
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/why?rule=r120&post=" FIRST), "rules")), 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(a_firing_is_explained_from_what_was_stored),
	    T(a_rule_that_did_not_fire_shows_which_condition_was_false),
	    T(what_a_guardrail_held_is_said_with_the_guardrail),
	    T(a_message_leads_to_its_post_and_rule),
	    T(the_rules_of_then_are_asked_and_not_todays),
	    T(rules_that_are_gone_are_no_longer_known),
	    T(a_deleted_post_keeps_its_decisions_and_nothing_else),
	    T(an_edited_post_is_not_explained_with_its_new_words),
	    T(counters_and_lists_of_today_are_not_shown_as_those_of_then),
	    T(the_text_form_reads_as_lines_and_is_harmless_to_a_terminal),
	    T(many_rules_are_cut_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
