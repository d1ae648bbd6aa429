/*
 * test_events.c - rules that see events, and those that see posts.
 */
#include "tests/rules/rules_testing.h"

#include "core/json.h"

#define RULE(id, when, rest)                                                                       \
	"rule " id " \"R\"\n  when all of\n    " when                                              \
	"\n  end\n  then\n    alert \"support\" as low\n  end\n" rest "end\n"

static void
event_init(struct testing_occurrence *o, const char *name)
{
	static const struct slice totals[] = {{"24.50", 5}};

	testing_occurrence_init(o);
	o->properties[0] = (struct attribute){SLICE_LIT("total"), {totals, 1}};
	o->event = (struct event){.id = SLICE_LIT("o1"),
	    .name = slice_of(name),
	    .source = SLICE_LIT("shop"),
	    .properties = o->properties,
	    .property_count = 1};
	o->occ = (struct occurrence){.kind = OCCURRENCE_EVENT,
	    .id = SLICE_LIT("e:o1"),
	    .at_ms = o->occ.at_ms,
	    .now_ms = o->occ.at_ms + 5 * TIME_MINUTE_MS,
	    .event = &o->event,
	    .customer = &o->customer,
	    .subject = SLICE_LIT("c:7")};
}

/* The ids of the rules that fire, each with a blank behind it. */
static const char *
fired(const struct rule_set *set, const struct occurrence *occ, struct arena *a)
{
	struct firing *firings = NULL;
	const char *out = "";
	size_t count = 0;

	assert_int_equal(rule_set_evaluate(set, occ, NULL, a, &firings, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		out = arena_printf(a, "%s%.*s ", out, SLICE_ARG(firings[i].rule->id));
	return out;
}

static void
a_rule_sees_events_or_posts_and_never_both(void **state)
{
	struct rule_set *set = testing_compile(RULE("e1", "event is \"Order cancelled\"", "")
		RULE("e2", "not event is \"app opened\"", "") RULE("both", "customer is known", "")
		    RULE("p", "not author is verified", "")
			RULE("e3", "any of\n event.total is above 24\n event is \"x\"\n end", ""));
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence o;

	(void)state;
	event_init(&o, "ORDER cancelled");
	assert_string_equal(fired(set, &o.occ, a), "e1 e2 e3 ");
	testing_occurrence_init(&o);
	testing_text(&o, "order cancelled", a);
	o.post.author.is_verified = TRI_NO;
	o.occ.customer = &o.customer;
	assert_string_equal(fired(set, &o.occ, a), "both p ");
	rule_set_unref(set);
	arena_free(a);
}

static const struct {
	const char *when, *truth;
} conditions[] = {
    {"event is one of \"a\", \"order cancelled\"", "true"},
    {"event.name contains \"cancelled\"", "true"},
    {"event.name starts with \"cancel\"", "false"},
    {"event.source is \"shop\"", "true"},
    {"event.age is below 5 minutes", "false"},
    {"event.age is at least 5 minutes", "true"},
    {"event.total is 24.5", "true"},
    {"event.TOTAL is above 24.5", "false"},
    {"event.coupon is unknown", "true"},
    {"event.coupon is \"x\"", "unknown"},
    {"event.coupon is \"x\"", "the event has no such property"},
    {"customer is known", "true"},
};

static void
fields_of_events_say_what_was_done(void **state)
{
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence o;

	(void)state;
	event_init(&o, "order cancelled");
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		const char *text =
		    arena_printf(a, RULE("r", "%s\n    event is \"x\"", ""), conditions[i].when);
		struct rule_set *set = testing_compile(text);
		struct buf out;

		buf_init(&out, 10000);
		assert_int_equal(
		    rule_set_explain(set, 0, FIRING_RULE, &o.occ, NULL, a, &out, NULL, NULL), 0);
		*strstr(buf_str(&out), "event is \"x\"") = '\0';
		if (strstr(strstr(buf_str(&out), "all of") + 6, conditions[i].truth) == NULL)
			fail_msg("%s: %s", conditions[i].when, buf_str(&out));
		buf_fini(&out);
		rule_set_unref(set);
	}
	arena_free(a);
}

static void
a_rule_that_sees_the_other_kind_is_said_to(void **state)
{
	struct rule_set *set = testing_compile(RULE("p", "text contains \"late\"", ""));
	struct arena *a = arena_new(1024 * 1024);
	struct rule_distance *list;
	struct testing_occurrence o;

	(void)state;
	event_init(&o, "late");
	assert_int_equal(rule_set_measure(set, &o.occ, NULL, a, &list, NULL), 0);
	assert_int_equal(list[0].state, RULE_STATE_OTHER);
	assert_string_equal(rule_state_name(list[0].state), "other");
	assert_false(rule_set_head(set, 0)->sees_events);
	rule_set_unref(set);
	arena_free(a);
}

static const struct {
	const char *line;
	int rc;
} examples[] = {
    {"fires on event \"order cancelled\" where event.total is 20", 1},
    {"fires on event \"Order Cancelled\" where event.total is 19", 0},
    {"does not fire on event \"order placed\" where event.total is 20", 1},
    {"does not fire on event \"order cancelled\"", 1},
    {"fires on event \"order cancelled\" where event.total is 20, customer.country is DE", 1},
    {"fires on event \"order cancelled\" where event.total is 20, customer.country is AT", 0},
};

static void
examples_of_events_are_tried_and_kept_by_text_and_json(void **state)
{
	struct arena *a = arena_new(4 * 1024 * 1024);

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		bool asks_country = strstr(examples[i].line, "country") != NULL;
		const char *text = arena_printf(a,
		    RULE("r", "event is \"order cancelled\"\n    event.total is at least 20%s",
			"  %s\n"),
		    asks_country ? "\n    customer.country is DE" : "", examples[i].line);
		struct rule_source source = {"x.rules", SLICE_NONE};
		struct diag_list *diags = diag_list_new();
		struct buf json, again;
		struct score score = {0};
		struct rule_set *set;

		set = testing_compile(text);
		assert_int_equal(
		    rule_set_judge_example(set, 0, 0, &score, a, diags, NULL), examples[i].rc);
		buf_init(&json, 100000);
		buf_init(&again, 100000);
		source.text = slice_of(text);
		assert_int_equal(rules_to_json(&source, diags, &json, NULL), 0);
		assert_int_equal(rules_from_json(buf_slice(&json), &again, NULL), 0);
		assert_non_null(strstr(buf_str(&again), examples[i].line));
		buf_fini(&json);
		buf_fini(&again);
		rule_set_unref(set);
		diag_list_free(diags);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_sees_events_or_posts_and_never_both),
	    cmocka_unit_test(fields_of_events_say_what_was_done),
	    cmocka_unit_test(a_rule_that_sees_the_other_kind_is_said_to),
	    cmocka_unit_test(examples_of_events_are_tried_and_kept_by_text_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
