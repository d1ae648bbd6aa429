/* How far a rule was from firing, and by which condition. */
#include "tests/rules/rules_testing.h"

#define RULE(clauses, when)                                                                        \
	"rule r \"R\"\n" clauses " when " when "\n then\n  alert \"pr\" as low\n end\nend\n"

/* Of a post by somebody with 500 followers, who is verified; likes are not known. */
static const struct {
	const char *rule;
	enum rule_state state;
	size_t short_by, held;
	const char *condition, *seen; /* NULL: none is short */
	bool is_unknown;
} cases[] = {
    {RULE("", "author is verified"), RULE_STATE_ACTIVE, 0, 1, NULL, NULL, false},
    {RULE("", "author.followers is at least 1k"), RULE_STATE_ACTIVE, 1, 0,
	"author.followers is at least 1000", "500", false},
    {RULE("", "post.likes is at least 10"), RULE_STATE_ACTIVE, 1, 0, "post.likes is at least 10",
	"not known", true},
    {RULE("", "not author is verified"), RULE_STATE_ACTIVE, 1, 0, "not author is verified", "",
	false},
    {RULE("",
	 "all of\n  author is verified\n  author.followers is at least 1k\n  post.likes is at "
	 "least 10\n end"),
	RULE_STATE_ACTIVE, 2, 1, "author.followers is at least 1000", "500", false},
    /* of several ways the shortest */
    {RULE("",
	 "any of\n  all of\n   author.followers is at least 1k\n   post.likes is at least "
	 "10\n  end\n  all of\n   author is verified\n   author.followers is above 600\n  end\n "
	 "end"),
	RULE_STATE_ACTIVE, 1, 1, "author.followers is above 600", "500", false},
    {RULE("", "not any of\n  author is verified\n  author.followers is below 600\n end"),
	RULE_STATE_ACTIVE, 2, 0, "not author is verified", "", false},
    {RULE("", "not all of\n  author is verified\n  author.followers is below 600\n end"),
	RULE_STATE_ACTIVE, 1, 0, "not author is verified", "", false},
    {RULE(" off\n", "author is verified"), RULE_STATE_OFF, 0, 1, NULL, NULL, false},
    {RULE(" from 2030-01-01 00:00 in Europe/Berlin\n", "author is verified"), RULE_STATE_NOT_YET, 0,
	1, NULL, NULL, false},
    {RULE(" until 2001-01-01 00:00 in Europe/Berlin\n", "author is verified"), RULE_STATE_OVER, 0,
	1, NULL, NULL, false},
};

static void
fill(struct testing_occurrence *t)
{
	testing_occurrence_init(t);
	t->post.author.followers = 500;
	t->post.author.is_verified = TRI_YES;
	t->post.likes = COUNT_UNKNOWN;
}

static void
a_rule_tells_how_many_conditions_it_was_short_of_and_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule_set *set = testing_compile(cases[i].rule);
		struct arena *a = arena_new(1 << 20);
		struct rule_distance *d;
		struct rule_shortfall s;
		struct testing_occurrence t;
		struct err err;

		fill(&t);
		assert_int_equal(rule_set_measure(set, &t.occ, NULL, a, &d, &err), 0);
		assert_int_equal(d[0].state, cases[i].state);
		assert_int_equal(d[0].short_by, cases[i].short_by);
		assert_int_equal(d[0].held, cases[i].held);
		assert_int_equal(rule_set_shortfall(set, 0, &t.occ, NULL, a, &s, &err),
		    cases[i].condition != NULL);
		if (cases[i].condition != NULL) {
			assert_true(slice_eq_str(s.condition, cases[i].condition));
			assert_true(slice_eq_str(s.seen, cases[i].seen));
			assert_int_equal(s.is_unknown, cases[i].is_unknown);
		}
		arena_free(a);
		rule_set_unref(set);
	}
}

static void
what_was_not_kept_is_no_longer_known(void **state)
{
	static const struct rule_facts afterwards = {.counts_are_gone = true};
	struct rule_set *set = testing_compile(RULE("", "post.likes is at least 10"));
	struct arena *a = arena_new(1 << 20);
	struct rule_shortfall s;
	struct testing_occurrence t;
	struct err err;

	(void)state;
	fill(&t);
	assert_int_equal(rule_set_shortfall(set, 0, &t.occ, &afterwards, a, &s, &err), 1);
	assert_true(slice_eq_str(s.seen, "no longer known"));
	arena_free(a);
	rule_set_unref(set);
}

static void
without_memory_it_says_so(void **state)
{
	struct rule_set *set = testing_compile(RULE("", "author.followers is at least 1k"));
	struct testing_occurrence t;

	(void)state;
	fill(&t);
	for (unsigned nth = 1;; nth++) {
		struct arena *a;
		struct rule_distance *d;
		struct rule_shortfall s;
		struct err err = {ERR_NONE, ""};
		int rc = -1, hit;

		mem_fault_arm(nth, 0);
		a = arena_new(1 << 20);
		if (a != NULL)
			rc = rule_set_measure(set, &t.occ, NULL, a, &d, &err);
		if (rc == 0)
			rc = rule_set_shortfall(set, 0, &t.occ, NULL, a, &s, &err);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		arena_free(a);
		if (!hit) {
			assert_int_equal(rc, 1);
			break;
		}
		assert_int_equal(rc, -1);
	}
	rule_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_tells_how_many_conditions_it_was_short_of_and_the_first),
	    cmocka_unit_test(what_was_not_kept_is_no_longer_known),
	    cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
