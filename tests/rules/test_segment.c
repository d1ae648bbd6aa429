/*
 * test_segment.c - who is in which segment, in which order they ask one another, what time alone changes,
 * and what a hash of their conditions is made of.
 */
#include "rules/engine_internal.h"
#include "rules/segments.h"
#include "tests/rules/rules_testing.h"

#define VIP "segment vip \"Vip\" imported\nend\n"
#define GOLD "segment gold \"Gold\"\n when customer.plan is \"gold\"\nend\n"

static void
customer_init(struct testing_occurrence *t, const char *plan)
{
	testing_occurrence_init(t);
	t->occ.kind = OCCURRENCE_CUSTOMER;
	t->occ.post = NULL;
	t->occ.score = NULL;
	t->occ.author = NULL;
	t->texts[0] = slice_of(plan);
	t->attributes[0] = (struct attribute){SLICE_LIT("plan"), {t->texts, 1}};
	t->customer = (struct customer){.id = SLICE_LIT("c-1"),
	    .attributes = t->attributes,
	    .attribute_count = 1,
	    .has_segments = true,
	    .segments = {t->segments, 0}};
	t->occ.customer = &t->customer;
}

static enum tristate
judge(
    const struct rule_set *set, const struct testing_occurrence *t, const char *id, int64_t *due_ms)
{
	struct arena *a = arena_new(1024 * 1024);
	enum tristate truth[16];
	int64_t due;
	int i = rule_set_find_segment(set, slice_of(id));

	assert_true(i >= 0 && rule_set_segment_count(set) <= 16);
	assert_int_equal(rule_set_judge_segments(set, &t->occ, NULL, a, truth, &due, NULL), 0);
	if (due_ms != NULL)
		*due_ms = due;
	arena_free(a);
	return truth[i];
}

static void
a_segment_is_judged_behind_those_it_asks_for_wherever_they_stand(void **state)
{
	struct rule_set *set =
	    testing_compile("segment best \"Best\"\n when all of\n  customer is in segment gold\n"
			    "  customer is not in segment vip\n end\nend\n" GOLD VIP);
	struct testing_occurrence t;

	(void)state;
	customer_init(&t, "gold");
	assert_int_equal(judge(set, &t, "best", NULL), TRI_YES);
	t.segments[0] = SLICE_LIT("vip");
	t.customer.segments.count = 1;
	assert_int_equal(judge(set, &t, "best", NULL), TRI_NO);
	assert_int_equal(judge(set, &t, "vip", NULL), TRI_YES);
	t.texts[0] = SLICE_LIT("basic");
	assert_int_equal(judge(set, &t, "gold", NULL), TRI_NO);
	/* what the customer was in before does not make it so again */
	t.segments[0] = SLICE_LIT("gold");
	assert_int_equal(judge(set, &t, "gold", NULL), TRI_NO);
	t.customer.has_segments = false;
	assert_int_equal(judge(set, &t, "vip", NULL), TRI_UNKNOWN);
	rule_set_unref(set);
}

static void
time_alone_is_due_when_a_length_of_time_passes_its_bound(void **state)
{
	static const struct {
		const char *condition;
		int64_t linked_days_ago;
		enum tristate now;
		int64_t due_days; /* from now; -1: never */
	} cases[] = {
	    {"link.age is at least 7 days", 2, TRI_NO, 5},
	    {"link.age is at least 7 days", 7, TRI_YES, -1},
	    {"link.age is below 7 days", 2, TRI_YES, 5},
	    {"link.age is below 7 days", 8, TRI_NO, -1},
	    {"link.age is between 7 days and 30 days", 2, TRI_NO, 5},
	    {"not link.age is at least 30 days", 20, TRI_YES, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testing_occurrence t;
		struct rule_set *set;
		int64_t due_ms, wanted_ms;
		char text[256];

		snprintf(text, sizeof text, "segment s \"S\"\n when %s\nend\n", cases[i].condition);
		set = testing_compile(text);
		customer_init(&t, "gold");
		t.customer.link = (struct link_facts){.proof = SLICE_LIT("code"),
		    .linked_at_ms = t.occ.now_ms - cases[i].linked_days_ago * TIME_DAY_MS};
		assert_int_equal(judge(set, &t, "s", &due_ms), cases[i].now);
		wanted_ms = cases[i].due_days < 0 ? TIME_UNKNOWN
						  : t.occ.now_ms + cases[i].due_days * TIME_DAY_MS;
		if (due_ms != wanted_ms)
			fail_msg("%s: due %lld, wanted %lld", cases[i].condition, (long long)due_ms,
			    (long long)wanted_ms);
		if (wanted_ms != TIME_UNKNOWN) {
			t.occ.now_ms = t.occ.at_ms = due_ms;
			assert_int_not_equal(judge(set, &t, "s", &due_ms), cases[i].now);
		}
		rule_set_unref(set);
	}
}

static uint64_t
hash_of(const char *text)
{
	struct rule_set *set = testing_compile(text);
	uint64_t hash = rule_set_segment(set, 0)->content_hash;

	rule_set_unref(set);
	return hash;
}

static void
the_hash_is_of_what_decides_and_of_nothing_else(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
	    {GOLD,
		"segment gold \"Other title\"\n description \"x\"\n when customer.plan is "
		"\"gold\"\nend\n",
		true},
	    {GOLD, "segment gold \"Gold\"\n # why\n when customer.plan is \"gold\" # so\nend\n",
		true},
	    {GOLD, "segment gold \"Gold\"\n when customer.plan is \"silver\"\nend\n", false},
	    {GOLD, "segment gold \"Gold\"\n when not customer.plan is \"gold\"\nend\n", false},
	    {"segment s \"S\"\n when customer is in list l\nend\nlist l \"L\"\n \"a\"\nend\n",
		"segment s \"S\"\n when customer is in list l\nend\nlist l \"L\"\n \"b\"\nend\n",
		false},
	    {"segment s \"S\"\n when customer.plan is one of list l\nend\nlist l \"L\"\n "
	     "\"a\"\nend\n",
		"segment s \"S\"\n when customer.plan is one of list l\nend\nlist l \"L\"\n \"a\", "
		"\"b\"\nend\n",
		false},
	    {"segment s \"S\"\n when customer is in segment gold\nend\n" GOLD,
		"segment s \"S\"\n when customer is in segment gold\nend\n"
		"segment gold \"Gold\"\n when customer.plan is \"gilt\"\nend\n",
		false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if ((hash_of(cases[i].a) == hash_of(cases[i].b)) != cases[i].is_same)
			fail_msg("case %zu", i);
	assert_int_equal(hash_of(VIP), 0);
}

static enum tristate
asked(const struct rule_set *set, const struct testing_occurrence *t)
{
	struct arena *a = arena_new(1024 * 1024);
	struct evaluation e;
	enum tristate r;

	assert_int_equal(evaluation_begin(&e, set, &t->occ, NULL, a), 0);
	r = evaluation_run(&e, &set->programs[0]);
	arena_free(a);
	return r;
}

static void
a_rule_takes_a_segment_that_is_being_judged_anew_as_unknown(void **state)
{
	struct rule_set *set = testing_compile(GOLD
	    "rule r \"R\"\n when not customer is in segment gold\n then alert \"x\" as low\nend\n");
	struct testing_occurrence t;

	(void)state;
	customer_init(&t, "basic");
	t.occ.kind = OCCURRENCE_POST;
	assert_int_equal(asked(set, &t), TRI_YES);
	t.unsure = SLICE_LIT("gold");
	t.customer.unsure_segments = (struct slice_list){&t.unsure, 1};
	assert_int_equal(asked(set, &t), TRI_UNKNOWN);
	t.unsure = SLICE_LIT("other");
	assert_int_equal(asked(set, &t), TRI_YES);
	t.customer.has_segments = false;
	assert_int_equal(asked(set, &t), TRI_UNKNOWN);
	t.occ.customer = NULL;
	assert_int_equal(asked(set, &t), TRI_UNKNOWN);
	rule_set_unref(set);
}

static void
its_attributes_are_named_once_each(void **state)
{
	struct rule_set *set =
	    testing_compile("segment s \"S\"\n when any of\n  customer.plan is \"gold\"\n  "
			    "customer.plan is \"silver\"\n"
			    "  not customer.tier is known\n  customer.country is DE\n end\nend\n");
	struct arena *a = arena_new(1024 * 1024);
	struct slice_list names;

	(void)state;
	assert_int_equal(rule_set_segment_attributes(set, 0, a, &names, NULL), 0);
	assert_int_equal(names.count, 2);
	assert_true(slice_eq_str(names.items[0], "plan"));
	assert_true(slice_eq_str(names.items[1], "tier"));
	arena_free(a);
	rule_set_unref(set);
}

static void
judging_survives_every_failing_allocation(void **state)
{
	struct rule_set *set =
	    testing_compile(GOLD "segment s \"S\"\n when customer is in segment gold\nend\n");

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct testing_occurrence t;
		struct arena *a;
		enum tristate truth[2] = {TRI_UNKNOWN, TRI_UNKNOWN};
		struct err err = {0};
		int64_t due_ms = 0;
		bool hit;
		int rc = -1;

		customer_init(&t, "gold");
		mem_fault_arm(nth, 0);
		a = arena_new(1024 * 1024);
		if (a != NULL)
			rc = rule_set_judge_segments(set, &t.occ, NULL, a, truth, &due_ms, &err);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		arena_free(a);
		if (!hit) {
			assert_int_equal(rc, 0);
			assert_int_equal(truth[1], TRI_YES);
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
	    cmocka_unit_test(a_segment_is_judged_behind_those_it_asks_for_wherever_they_stand),
	    cmocka_unit_test(time_alone_is_due_when_a_length_of_time_passes_its_bound),
	    cmocka_unit_test(the_hash_is_of_what_decides_and_of_nothing_else),
	    cmocka_unit_test(a_rule_takes_a_segment_that_is_being_judged_anew_as_unknown),
	    cmocka_unit_test(its_attributes_are_named_once_each),
	    cmocka_unit_test(judging_survives_every_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
