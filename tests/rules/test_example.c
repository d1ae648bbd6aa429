/*
 * test_example.c - a rule is tried on its examples, and told what each condition said when it does
 * not do what they say.
 */
#include "tests/rules/rules_testing.h"

#define HEAD                                                                                       \
	"brand acme \"Acme\"\n called \"acme\"\nend\nbrand beta \"Beta\"\n called \"beta\"\nend\n" \
	"list staff \"Staff\"\n \"@anna@example.social\"\nend\n"

/* What judging the only example says: 1, 0 with a finding, -1. */
static int
judge(const char *when, const char *example, struct diag_list *diags, struct err *err)
{
	struct arena *a = arena_new(4 * 1024 * 1024);
	uint16_t brands[1] = {0};
	struct score score = {.lang = "en",
	    .is_scored = true,
	    .score_milli = -600,
	    .label = SENTIMENT_NEGATIVE,
	    .intents = 1u << INTENT_COMPLAINT,
	    .brands = brands,
	    .brand_count = 1};
	struct rule_set *set;
	char rules[2048];
	int rc;

	snprintf(rules, sizeof rules,
	    HEAD "rule r \"R\"\n when %s\n then alert \"x\" as low\n %s\nend\n", when, example);
	set = testing_compile(rules);
	assert_int_equal(rule_set_example_count(set, 0), 1);
	assert_int_equal(testing_tokenise(NULL, rule_set_example_text(set, 0, 0), a, &score.tokens,
			     &score.token_count),
	    0);
	rc = rule_set_judge_example(set, 0, 0, &score, a, diags, err);
	rule_set_unref(set);
	arena_free(a);
	return rc;
}

static void
what_an_example_gives_stands_for_what_the_post_would_have(void **state)
{
	static const struct {
		const char *when, *example;
	} cases[] = {
	    /* the text itself */
	    {"text contains \"late\"", "fires on \"so late\""},
	    {"text contains \"late\"", "does not fire on \"so early\""},
	    {"brand is acme", "fires on \"x\""},
	    {"post.tag is \"launch\"", "fires on \"hey #launch\""},
	    {"post.mention is \"@acme\"", "fires on \"hey @acme\""},
	    {"text.length is 2", "fires on \"ab\""},
	    {"sentiment is below -0.5", "fires on \"x\""},
	    /* given, of every type */
	    {"brand is beta", "fires on \"x\" where brand is beta"},
	    {"brand is acme", "does not fire on \"x\" where brand is beta"},
	    {"sentiment is above 0.2", "fires on \"x\" where sentiment is 0.3"},
	    {"sentiment.label is positive", "fires on \"x\" where sentiment.label is positive"},
	    {"intent is one of churn, praise", "fires on \"x\" where intent is churn"},
	    {"all of\n intent is churn\n intent is praise\n end",
		"fires on \"x\" where intent is churn, intent is praise"},
	    {"intent is complaint", "does not fire on \"x\" where intent is churn"},
	    {"author.followers is at least 10k", "fires on \"x\" where author.followers is 10k"},
	    {"author.followers is at least 10k",
		"does not fire on \"x\" where author.followers is 9k"},
	    {"author.followers is at least 10k", "does not fire on \"x\""},
	    {"author.followers is unknown", "fires on \"x\""},
	    {"author.influence is at least 70", "fires on \"x\" where author.influence is 70"},
	    {"author.influence is at least 70",
		"does not fire on \"x\" where author.influence is 69"},
	    {"author.influence is unknown", "fires on \"x\""},
	    {"author.age is below 7 days", "fires on \"x\" where author.age is 3 days"},
	    {"author.age is unknown", "fires on \"x\" where author.age is unknown"},
	    {"language is de", "fires on \"x\" where language is de"},
	    {"language is unknown", "fires on \"x\" where language is unknown"},
	    {"post.tag is one of \"a\", \"b\"", "fires on \"x\" where post.tag is \"#B\""},
	    {"post.tag is \"launch\"", "does not fire on \"#launch\" where post.tag is \"other\""},
	    {"author.handle is \"anna\"", "fires on \"x\" where author.handle is \"@anna\""},
	    {"author.bio contains \"press\"",
		"fires on \"x\" where author.bio is \"Press officer\""},
	    {"author is verified", "fires on \"x\" where author is verified"},
	    {"author is verified", "does not fire on \"x\" where author is not verified"},
	    {"author is in list staff", "fires on \"x\" where author is in list staff"},
	    {"author is in list staff", "does not fire on \"x\" where author is not in list staff"},
	    {"customer allows email", "fires on \"x\" where customer allows email"},
	    {"customer allows email", "does not fire on \"x\" where customer allows push"},
	    {"customer.plan is \"gold\"", "fires on \"x\" where customer.plan is \"Gold\""},
	    {"customer.visits is above 5", "fires on \"x\" where customer.visits is 12.5"},
	    {"customer.visits is above 5",
		"does not fire on \"x\" where customer.visits is \"many\""},
	    {"customer.plan is unknown", "fires on \"x\" where customer.plan is unknown"},
	    {"time.weekday is saturday", "fires on \"x\" where time.weekday is saturday"},
	    {"link.age is above 2 days", "fires on \"x\" where link.age is 1 week"},
	    /* somebody: on no list, without tags, neither verified nor a bot, not a customer */
	    {"not author is in list staff", "fires on \"x\""},
	    {"author is not a bot", "fires on \"x\""},
	    {"author is not verified", "fires on \"x\""},
	    {"author is known", "fires on \"x\""},
	    {"author is new", "fires on \"x\""},
	    {"author.tag is none of \"vip\"", "fires on \"x\""},
	    {"customer is known", "does not fire on \"x\""},
	    {"customer is known", "fires on \"x\" where customer.plan is \"gold\""},
	    {"customer is known", "does not fire on \"x\" where customer is not known"},
	    {"post is not a reply", "fires on \"x\""},
	    {"post is a reply", "fires on \"x\" where post is a reply"},
	    {"post.age is unknown", "fires on \"x\""},
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag_list *diags = diag_list_new();
		struct err err = {0};

		if (judge(cases[i].when, cases[i].example, diags, &err) != 1) {
			buf_init(&out, 65536);
			diag_print(diags, &out);
			fail_msg("%s: %s\n%s%s", cases[i].when, cases[i].example, err.text,
			    buf_str(&out));
		}
		assert_int_equal(diag_kept(diags), 0);
		diag_list_free(diags);
	}
}

static void
an_example_that_fails_is_an_error_at_its_text_with_every_condition(void **state)
{
	struct diag_list *diags = diag_list_new();
	struct err err = {0};
	struct buf out;

	(void)state;
	assert_int_equal(
	    judge("all of\n brand is acme\n sentiment is above 0\n"
		  " author.followers is at least 10k\n end",
		"fires on \"acme is late\" where author.followers is 500", diags, &err),
	    0);
	assert_int_equal(
	    judge("author.followers is at least 10k", "fires on \"hm\"", diags, &err), 0);
	assert_int_equal(judge("brand is acme", "does not fire on \"acme\"", diags, &err), 0);
	buf_init(&out, 65536);
	diag_print(diags, &out);
	assert_string_equal(buf_str(&out),
	    "test.rules:13:11: error[R121]: rule 'r' does not fire on this, and its example says "
	    "it "
	    "does\n"
	    "   13 |  fires on \"hm\"\n"
	    "      |           ^^^^\n"
	    "      = help: this is what each condition said:\n"
	    "              unknown  author.followers is at least 10k  (not known)\n"
	    "              what is not known can be given: fires on \"...\" where author.followers "
	    "is "
	    "20k\n"
	    "test.rules:13:19: error[R121]: rule 'r' fires on this, and its example says it does "
	    "not\n"
	    "   13 |  does not fire on \"acme\"\n"
	    "      |                   ^^^^^^\n"
	    "      = help: this is what each condition said:\n"
	    "              true     brand is acme  (seen: acme)\n"
	    "              change the rule, or what its example says\n"
	    "test.rules:17:11: error[R121]: rule 'r' does not fire on this, and its example says "
	    "it "
	    "does\n"
	    "   17 |  fires on \"acme is late\" where author.followers is 500\n"
	    "      |           ^^^^^^^^^^^^^^\n"
	    "      = help: this is what each condition said:\n"
	    "              false    all of\n"
	    "                true     brand is acme  (seen: acme)\n"
	    "                false    sentiment is above 0  (seen: -0.6)\n"
	    "                false    author.followers is at least 10k  (seen: 500)\n"
	    "              change the rule, or what its example says\n");
	buf_fini(&out);
	diag_list_free(diags);
}

static void
without_memory_nothing_is_judged(void **state)
{
	struct arena *a = arena_new(4 * 1024 * 1024);
	struct rule_set *set = testing_compile(
	    HEAD "rule r \"R\"\n when author.bio contains \"x\"\n then alert \"x\" as low\n"
		 " fires on \"nothing\" where author.bio is \"y\"\nend\n");
	int rc = -1;

	(void)state;
	for (unsigned nth = 1; rc < 0; nth++) {
		struct diag_list *diags = diag_list_new();
		struct score score = {.lang = "en"};
		struct err err = {0};

		assert_true(nth < 100);
		arena_free(a);
		a = arena_new(4 * 1024 * 1024);
		mem_fault_arm(nth, false);
		rc = rule_set_judge_example(set, 0, 0, &score, a, diags, &err);
		mem_fault_arm(0, false);
		if (rc < 0)
			assert_int_equal(err.kind, ERR_NOMEM);
		diag_list_free(diags);
	}
	assert_int_equal(rc, 0);
	rule_set_unref(set);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_an_example_gives_stands_for_what_the_post_would_have),
	    cmocka_unit_test(an_example_that_fails_is_an_error_at_its_text_with_every_condition),
	    cmocka_unit_test(without_memory_nothing_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
