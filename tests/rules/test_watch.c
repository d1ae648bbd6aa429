/*
 * test_watch.c - what `after`, `unless` and watches become: heads, programs, explanations, JSON.
 */
#include "rules/crowd_internal.h"
#include "tests/rules/rules_testing.h"

static const char *const two_rules =
    "brand acme \"Acme\"\n called \"acme\"\nend\n"
    "rule first \"First\"\n when text contains \"late\"\n"
    " after a post within 3 days where sentiment is above 0.3\n"
    " unless a post within 1 hour\n then alert \"a\" as low\nend\n"
    "rule second \"Second\"\n when text contains \"late\"\n after \"sorry\" was sent within 1 "
    "week\n"
    " unless answered within 2 hours\n then alert \"a\" as low\nend\n"
    "rule third \"Third\"\n off\n when text contains \"late\"\n"
    " after a post within 3 days\n then alert \"a\" as low\nend\n"
    "watch storm \"A crowd\"\n shadow\n over posts where text contains \"late\"\n"
    " when all of\n  count within 10 minutes is at least 4 times the usual\n"
    "  share within 2 hours is at least 40%\n end\n"
    " then\n  alert \"pr\" as critical\n  pause promotions\n end\n until quiet for 45 "
    "minutes\nend\n"
    "watch calm \"Calm\"\n over posts where sentiment is above 0.3\n"
    " when count within 3 minutes is below 5\n then alert \"pr\" as low\nend\n"
    "watch over \"Over\"\n until 2026-01-01 00:00 in UTC\n over posts where text contains "
    "\"late\"\n"
    " out of posts where text contains \"late\"\n when share within 1 hour is at least 5%\n"
    " then alert \"pr\" as low\nend\n";

static void
sequences_stand_in_the_head_of_their_rule(void **state)
{
	struct rule_set *set = testing_compile(two_rules);
	const struct rule_head *h = rule_set_head(set, 0);

	(void)state;
	assert_int_equal(h->after.kind, SEQUENCE_POST);
	assert_int_equal(h->after.within_ms, 3 * TIME_DAY_MS);
	assert_int_equal(h->unless.kind, SEQUENCE_POST);
	assert_int_equal(h->unless.within_ms, TIME_HOUR_MS);
	h = rule_set_head(set, 1);
	assert_int_equal(h->after.kind, SEQUENCE_SENT);
	assert_true(slice_eq_str(h->after.template_id, "sorry"));
	assert_int_equal(h->unless.kind, SEQUENCE_ANSWERED);
	assert_int_equal(h->unless.within_ms, 2 * TIME_HOUR_MS);
	rule_set_unref(set);
}

static void
a_watch_has_a_head_of_its_own(void **state)
{
	struct rule_set *set = testing_compile(two_rules);
	const struct watch_head *w = rule_set_watch(set, 0);

	(void)state;
	assert_int_equal(rule_set_count(set), 3);
	assert_int_equal(rule_set_watch_count(set), 3);
	assert_int_equal(rule_set_find(set, SLICE_LIT("storm")), -1);
	assert_int_equal(rule_set_find_watch(set, SLICE_LIT("calm")), 1);
	assert_int_equal(rule_set_find_watch(set, SLICE_LIT("first")), -1);
	assert_int_equal(rule_set_watch_of(set, &rule_set_watch(set, 2)->rule), 2);
	assert_true(slice_eq_str(w->rule.id, "storm") && w->rule.is_shadow);
	assert_int_equal(w->rule.version, 7);
	assert_int_equal(w->quiet_ms, 45 * TIME_MINUTE_MS);
	assert_int_equal(w->widest_ms, 2 * TIME_HOUR_MS + CROWD_SPARE_MS);
	assert_true(w->has_base);
	assert_int_equal(w->rule.action_count, 2);
	assert_int_equal(w->rule.actions[1].verb, ACTION_PAUSE_PROMOTIONS);
	assert_true(slice_eq_str(w->rule.actions[1].text, "pause promotions"));
	w = rule_set_watch(set, 1);
	assert_int_equal(w->quiet_ms, 30 * TIME_MINUTE_MS);
	assert_int_equal(w->widest_ms, 3 * TIME_MINUTE_MS);
	assert_false(w->has_base);
	rule_set_unref(set);
}

/* Rules first, then parts; what is off or over says nothing. */
static void
every_part_that_is_true_fires_with_its_name(void **state)
{
	static const struct {
		const char *id;
		enum firing_part part;
	} wanted[] = {{"first", FIRING_RULE}, {"second", FIRING_RULE}, {"first", FIRING_AFTER},
	    {"first", FIRING_UNLESS}, {"storm", FIRING_WATCHED}, {"storm", FIRING_BASE},
	    {"calm", FIRING_WATCHED}};
	struct rule_set *set = testing_compile(two_rules);
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence t;
	struct firing *firings;
	struct err err;
	size_t count;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "late again", a);
	t.score.score_milli = 500;
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, &err), 0);
	assert_int_equal(count, sizeof wanted / sizeof *wanted);
	for (size_t i = 0; i < count; i++) {
		assert_true(slice_eq_str(firings[i].rule->id, wanted[i].id));
		assert_int_equal(firings[i].part, wanted[i].part);
	}
	assert_true(slice_eq_str(firing_reason(&firings[3]), "any post"));
	arena_free(a);
	rule_set_unref(set);
}

static void
each_part_is_explained_with_the_values_seen(void **state)
{
	static const struct {
		size_t i;
		enum firing_part part;
		const char *text, *json;
	} cases[] = {
	    {0, FIRING_AFTER,
		"rule first \"First\", after: does not count\n"
		"  false    sentiment is above 0.3  (seen: 0)\n",
		"{\"rule\":\"first\",\"version\":7,\"part\":\"after\",\"counts\":false,"
		"\"state\":\"active\",\"where\":{\"field\":\"sentiment\",\"op\":\"above\","
		"\"value\":0.3,\"condition\":\"sentiment is above 0.3\",\"seen\":\"0\","
		"\"truth\":\"false\"}}"},
	    {0, FIRING_UNLESS, "rule first \"First\", unless: counts\n",
		"{\"rule\":\"first\",\"version\":7,\"part\":\"unless\",\"counts\":true,"
		"\"state\":\"active\"}"},
	    {1, FIRING_AFTER, "", ""}, /* it asks for no post */
	    {2, FIRING_AFTER, "rule third \"Third\", after: does not count: it is off\n",
		"{\"rule\":\"third\",\"version\":7,\"part\":\"after\",\"counts\":false,"
		"\"state\":\"off\"}"},
	    {0, FIRING_BASE, "watch storm \"A crowd\", out of posts: counts\n",
		"{\"watch\":\"storm\",\"version\":7,\"part\":\"out of posts\",\"counts\":true,"
		"\"state\":\"active\"}"},
	    {1, FIRING_WATCHED,
		"watch calm \"Calm\", over posts: does not count\n"
		"  false    sentiment is above 0.3  (seen: 0)\n",
		NULL},
	    {2, FIRING_WATCHED,
		"watch over \"Over\", over posts: does not count: its period was over\n"
		"  true     text contains \"late\"  (seen: \"late\")\n",
		NULL},
	};
	struct rule_set *set = testing_compile(two_rules);
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "late again", a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text, json;

		buf_init(&text, 65536);
		buf_init(&json, 65536);
		assert_int_equal(rule_set_explain(set, cases[i].i, cases[i].part, &t.occ, NULL, a,
				     &text, &json, NULL),
		    0);
		assert_string_equal(buf_str(&text), cases[i].text);
		if (cases[i].json != NULL)
			assert_string_equal(buf_str(&json), cases[i].json);
		buf_fini(&text);
		buf_fini(&json);
	}
	arena_free(a);
	rule_set_unref(set);
}

static void
a_single_line_is_laid_out_as_a_block(void **state)
{
	static const char *const in =
	    "watch w \"W\" # why\nuntil quiet for 90 seconds #q\n"
	    "then pause promotions\nwhen count within 60 minutes is above 10000 # many\n"
	    "# which\nover posts where sentiment is unsure # these\nout of posts where any of\n"
	    "language is de\nend\nend\n";
	static const char *const out =
	    "watch w \"W\"  # why\n  # which\n  over posts where sentiment is unsure  # these\n"
	    "  out of posts where any of\n    language is de\n  end\n"
	    "  when all of  # many\n    count within 60 minutes is above 10k\n  end\n"
	    "  then\n    pause promotions\n  end\n  until quiet for 90 seconds  # q\nend\n";
	struct rule_source source = {"w.rules", slice_of(in)};
	struct diag_list *diags = diag_list_new();
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(rules_format(&source, diags, &b, NULL), 0);
	assert_string_equal(buf_str(&b), out);
	buf_fini(&b);
	diag_list_free(diags);
}

#define WATCH_HEAD "{\"items\":[{\"watch\":\"w\",\"title\":\"W\","
#define WATCH_OVER "\"over\":{\"field\":\"sentiment\",\"op\":\"is\",\"value\":1},"
#define RULE_HEAD                                                                                  \
	"{\"items\":[{\"rule\":\"r\",\"title\":\"R\",\"when\":{\"field\":\"sentiment\",\"op\":"    \
	"\"is\","                                                                                  \
	"\"value\":1},"

static void
json_that_cannot_be_a_watch_or_sequence_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *json, *message;
	} cases[] = {
	    {WATCH_HEAD "\"when\":[]}]}", "items[0].over: a condition belongs here, not missing"},
	    {WATCH_HEAD WATCH_OVER "\"when\":[]}]}",
		"items[0].when: an array of 1 to 16 lines about the crowd belongs here"},
	    {WATCH_HEAD WATCH_OVER "\"when\":[{\"measure\":\"posts\"}]}]}",
		"items[0].when[0]: \"measure\" is count, share or authors"},
	    {WATCH_HEAD WATCH_OVER
		"\"when\":[{\"measure\":\"count\",\"within\":\"1 hour\",\"op\":\"is\"}]}]}",
		"items[0].when[0]: \"op\" is at least, at most, above or below"},
	    {WATCH_HEAD WATCH_OVER "\"when\":[{\"measure\":\"count\",\"within\":\"1 hour\",\"op\":"
				   "\"above\",\"value\":\"x\"}]}]}",
		"items[0].when[0].value: a number belongs here"},
	    {WATCH_HEAD "\"priority\":3}]}",
		"items[0]: a watch has neither \"priority\" nor \"act_within\""},
	    {RULE_HEAD "\"after\":{\"answered\":true,\"within\":\"1 hour\"}}]}",
		"items[0].after: \"post\":true or \"sent\" belongs here"},
	    {RULE_HEAD "\"unless\":{\"sent\":\"x\",\"within\":\"1 hour\"}}]}",
		"items[0].unless: \"post\":true or \"answered\":true belongs here"},
	    {RULE_HEAD "\"after\":{\"sent\":\"x\",\"within\":\"1 hour\",\"where\":{}}}]}",
		"items[0].after: \"where\" belongs to a post"},
	    {RULE_HEAD "\"after\":{\"post\":true,\"within\":\"soon\"}}]}",
		"items[0].after: a length of time such as \"30 days\" belongs here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		struct buf b;

		buf_init(&b, 65536);
		assert_int_equal(rules_from_json(slice_of(cases[i].json), &b, &err), -1);
		assert_string_equal(err.text, cases[i].message);
		buf_fini(&b);
	}
}

/* Every block of the manual that begins a rule or watch. */
static void
the_manuals_rules_and_watches_compile(void **state)
{
	FILE *f = fopen("docs/rules.md", "rb");
	struct buf doc, text;
	size_t found = 0, n;
	char part[4096];

	(void)state;
	assert_non_null(f);
	buf_init(&doc, 1024 * 1024);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&doc, part, n);
	fclose(f);
	for (const char *at = strstr(buf_str(&doc), "\n```"); at != NULL;) {
		const char *begin = strchr(at + 1, '\n'), *end = strstr(begin, "\n```");

		assert_non_null(end);
		begin++;
		if (strncmp(begin, "rule ", 5) == 0 || strncmp(begin, "watch ", 6) == 0) {
			buf_init(&text, 65536);
			buf_add_str(&text, "brand acme \"Acme\"\n called \"acme\"\nend\n");
			buf_add(&text, begin, (size_t)(end + 1 - begin));
			rule_set_unref(testing_compile(buf_str(&text)));
			buf_fini(&text);
			found++;
		}
		at = strstr(end + 4, "\n```");
	}
	assert_true(found >= 2);
	buf_fini(&doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sequences_stand_in_the_head_of_their_rule),
	    cmocka_unit_test(a_watch_has_a_head_of_its_own),
	    cmocka_unit_test(every_part_that_is_true_fires_with_its_name),
	    cmocka_unit_test(each_part_is_explained_with_the_values_seen),
	    cmocka_unit_test(a_single_line_is_laid_out_as_a_block),
	    cmocka_unit_test(json_that_cannot_be_a_watch_or_sequence_is_refused_with_its_place),
	    cmocka_unit_test(the_manuals_rules_and_watches_compile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
