/* The clauses that hold a rule back: what actions/ gets, how they are laid out, and as JSON. */
#include "tests/rules/rules_testing.h"

#include "rules/tree_internal.h"
#include "tests/support/faults.h"

static const char *const all_clauses =
    "rule second \"A second complaint\"\n"
    "  approval by \"social team\"\n  canary 12.5%\n"
    "  when intent is complaint\n"
    "  happening 2 times within 7 days per customer\n"
    "  then\n    send \"sorry\" by email to customer\n  end\n"
    "  at most once every 30 days per person\n"
    "  at most 10k in total\n  at most 3 per month per thread\n"
    "  spend at most 99.5 per week\n"
    "  not between 21:00 and 08:00 customer time\n"
    "  only between 09:30 and 24:00 on weekdays in Europe/Berlin, else alert \"support\"\n"
    "end\n";

static void
a_head_carries_every_clause(void **state)
{
	struct rule_set *set = testing_compile(all_clauses);
	const struct rule_head *h = rule_set_head(set, 0);

	(void)state;
	assert_true(slice_eq_str(h->approval_team, "social team"));
	assert_int_equal(h->canary_milli, 125);
	assert_int_equal(h->window.times, 2);
	assert_int_equal(h->window.within_ms, 7 * TIME_DAY_MS);
	assert_int_equal(h->window.scope, LIMIT_PER_CUSTOMER);
	assert_int_equal(h->cooldown_scope, LIMIT_PER_SUBJECT);
	assert_int_equal(h->cap_count, 3);
	assert_int_equal(h->caps[0].max, 10000);
	assert_int_equal(h->caps[0].period, CAP_TOTAL);
	assert_int_equal(h->caps[0].scope, LIMIT_PER_RULE);
	assert_int_equal(h->caps[1].max, 3);
	assert_int_equal(h->caps[1].period, CAP_MONTH);
	assert_int_equal(h->caps[1].scope, LIMIT_PER_THREAD);
	assert_true(h->caps[2].is_spend && !h->caps[0].is_spend && !h->caps[1].is_spend);
	assert_int_equal(h->caps[2].max, 99500);
	assert_int_equal(h->caps[2].period, CAP_WEEK);
	assert_int_equal(h->hours_count, 2);
	assert_true(!h->hours[0].is_only && h->hours[1].is_only);
	assert_int_equal(h->hours[0].from_minute, 21 * 60);
	assert_int_equal(h->hours[0].until_minute, 8 * 60);
	assert_int_equal(h->hours[0].weekdays, 0);
	assert_int_equal(h->hours[0].answer, HOURS_DEFER);
	assert_false(slice_is_set(h->hours[0].zone));
	assert_int_equal(h->hours[1].from_minute, 9 * 60 + 30);
	assert_int_equal(h->hours[1].until_minute, 0);
	assert_int_equal(h->hours[1].weekdays, RULE_WEEKDAYS);
	assert_int_equal(h->hours[1].answer, HOURS_ALERT);
	assert_true(slice_eq_str(h->hours[1].zone, "Europe/Berlin"));
	assert_true(slice_eq_str(h->hours[1].queue, "support"));
	rule_set_unref(set);
}

static void
a_head_without_clauses_asks_for_nothing(void **state)
{
	struct rule_set *set = testing_compile(
	    "rule r \"R\"\n when sentiment is below 0\n then alert \"a\" as low\nend\n");
	const struct rule_head *h = rule_set_head(set, 0);

	(void)state;
	assert_int_equal(h->window.times, 0);
	assert_int_equal(h->cap_count, 0);
	assert_int_equal(h->hours_count, 0);
	assert_int_equal(h->canary_milli, 0);
	assert_false(slice_is_set(h->approval_team));
	rule_set_unref(set);
}

/* What is formatted from a rule with this line, between `then` and `end`. */
static void
format_line(const char *line, struct buf *out)
{
	struct diag_list *diags = diag_list_new();
	struct buf text;

	buf_init(&text, 65536);
	buf_addf(&text,
	    "rule r \"R\"\n%s\nwhen sentiment is below 0\nthen alert \"a\" as low\nend\n", line);
	struct rule_source source = {"x.rules", buf_slice(&text)};
	if (rules_format(&source, diags, out, NULL) != 0) {
		diag_print(diags, out);
		fail_msg("%s", buf_str(out));
	}
	buf_fini(&text);
	diag_list_free(diags);
}

static void
each_line_has_one_spelling(void **state)
{
	static const struct {
		const char *written, *printed;
	} cases[] = {
	    {"spend at most 100", "\n  spend at most 100 in total\n"},
	    {"spend at most 99.50 per day # money", "\n  spend at most 99.5 per day  # money\n"},
	    {"at most 10000 per week", "\n  at most 10k per week\n"},
	    {"canary 10.0%", "\n  canary 10%\n"},
	    {"only between 09:00 and 24:00 customer time, else defer",
		"\n  only between 09:00 and 24:00 customer time\n"},
	    {"not between 21:00 and 00:00 customer time",
		"\n  not between 21:00 and 24:00 customer time\n"},
	    {"not between 00:00 and 24:00 on sunday in UTC, else drop",
		"\n  not between 00:00 and 24:00 on sunday in UTC, else drop\n"},
	    {"only between 09:00 and 17:00 on Friday, monday, TUESDAY, wednesday, thursday in UTC",
		"\n  only between 09:00 and 17:00 on weekdays in UTC\n"},
	    {"only between 09:00 and 17:00 on sunday, saturday customer time",
		"\n  only between 09:00 and 17:00 on weekends customer time\n"},
	    {"only between 09:00 and 17:00 on sunday, monday in \"UTC\"",
		"\n  only between 09:00 and 17:00 on monday, sunday in UTC\n"},
	    {"only between 09:00 and 17:00 on monday, tuesday, wednesday, thursday, friday, "
	     "saturday, sunday in UTC",
		"\n  only between 09:00 and 17:00 in UTC\n"},
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_init(&b, 65536);
		format_line(cases[i].written, &b);
		if (strstr(buf_str(&b), cases[i].printed) == NULL)
			fail_msg("'%s' became\n%s", cases[i].written, buf_str(&b));
		buf_fini(&b);
	}
}

static void
lines_are_laid_out_in_one_order_with_their_comments(void **state)
{
	static const char *const in =
	    "rule r \"R\"\n# quiet\nnot between 21:00 and 08:00 customer time # night\n"
	    "spend at most 5 per day\nat most 2 per day\n# first\nat most once every 1 day\n"
	    "then alert \"a\" as low\nhappening 2 times within 1 hour # twice\nat most 9 in total\n"
	    "when sentiment is below 0\ncanary 5%\napproval by \"t\"\npriority 1\nend\n";
	static const char *const out =
	    "rule r \"R\"\n  approval by \"t\"\n  canary 5%\n  priority 1\n"
	    "  when sentiment is below 0\n  happening 2 times within 1 hour  # twice\n"
	    "  then\n    alert \"a\" as low\n  end\n  # first\n  at most once every 1 day\n"
	    "  at most 2 per day\n  at most 9 in total\n  spend at most 5 per day\n"
	    "  # quiet\n  not between 21:00 and 08:00 customer time  # night\nend\n";
	struct rule_source source = {"x.rules", slice_of(in)};
	struct diag_list *diags = diag_list_new();
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(rules_format(&source, diags, &b, NULL), 0);
	assert_string_equal(buf_str(&b), out);
	buf_fini(&b);
	diag_list_free(diags);
}

static void
json_clauses_that_cannot_be_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *clause, *message;
	} cases[] = {
	    {"\"happening\":{\"times\":1,\"within\":\"1 hour\"}",
		"items[0].happening.times: a whole number from 2 to 64 belongs here"},
	    {"\"happening\":{\"times\":2,\"within\":\"1 hour\",\"per\":\"user\"}",
		"items[0].happening: \"per\" is author, customer, person or thread"},
	    {"\"canary_percent\":0",
		"items[0].canary_percent: a share from 0.1 to 100 in steps of 0.1 belongs here"},
	    {"\"canary_percent\":12.55",
		"items[0].canary_percent: a share from 0.1 to 100 in steps of 0.1 belongs here"},
	    {"\"approval_by\":\" \"", "items[0]: \"approval_by\" is empty"},
	    {"\"at_most\":[{\"count\":0,\"period\":\"day\"}]",
		"items[0].at_most[0].count: a whole number from 1 to 1000000000 belongs here"},
	    {"\"at_most\":[{\"count\":1,\"period\":\"year\"}]",
		"items[0].at_most[0]: \"period\" is total, hour, day, week or month"},
	    {"\"at_most\":[{\"count\":1,\"period\":\"day\"},{\"count\":2,\"period\":\"day\"}]",
		"items[0].at_most[1]: such a limit is there already"},
	    {"\"at_most\":5", "items[0].at_most: an array of at most 16 limits belongs here"},
	    {"\"spend_at_most\":[{\"amount\":1.005,\"period\":\"day\"}]",
		"items[0].spend_at_most[0].amount: an amount of 0.01 or more with two decimals at "
		"most belongs here"},
	    {"\"spend_at_most\":[{\"amount\":1,\"period\":\"hour\"}]",
		"items[0].spend_at_most[0]: \"period\" of a budget is total, day, week or month"},
	    {"\"hours\":[{\"not_between\":[\"21:00\"]}]",
		"items[0].hours[0]: \"not_between\" or \"only_between\" with two times of day "
		"belongs here"},
	    {"\"hours\":[{\"not_between\":[\"24:00\",\"08:00\"]}]",
		"items[0].hours[0]: times of day such as \"09:00\" belong here"},
	    {"\"hours\":[{\"not_between\":[\"09:00\",\"09:00\"]}]",
		"items[0].hours[0]: it ends at the time it begins"},
	    {"\"hours\":[{\"not_between\":[\"21:00\",\"08:00\"],\"on\":[\"mon\"]}]",
		"items[0].hours[0]: \"on\" holds days: \"monday\", \"tuesday\""},
	    {"\"hours\":[{\"not_between\":[\"21:00\",\"08:00\"],\"on\":[]}]",
		"items[0].hours[0]: \"on\" holds one day or more"},
	    {"\"hours\":[{\"not_between\":[\"21:00\",\"08:00\"],\"in\":\"two words\"}]",
		"items[0].hours[0]: \"in\" is a time zone"},
	    {"\"hours\":[{\"not_between\":[\"21:00\",\"08:00\"],\"else\":\"skip\"}]",
		"items[0].hours[0]: \"else\" is defer, drop or alert"},
	    {"\"hours\":[{\"not_between\":[\"21:00\",\"08:00\"],\"else\":\"alert\"}]",
		"items[0].hours[0].queue: a text belongs here"},
	    {"\"comments\":{\"happening\":{\"after\":\"x\"}}",
		"items[0].comments: there is no line 'happening' to hang a comment on"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {0};
		struct buf json, out;

		buf_init(&json, 65536);
		buf_init(&out, 65536);
		buf_addf(&json,
		    "{\"items\":[{\"rule\":\"r\",\"title\":\"R\",\"when\":{\"field\":\"sentiment\","
		    "\"op\":\"below\",\"value\":0},\"then\":[{\"do\":\"alert\",\"queue\":\"a\","
		    "\"as\":\"low\"}],%s}]}",
		    cases[i].clause);
		assert_int_equal(rules_from_json(buf_slice(&json), &out, &err), -1);
		assert_string_equal(err.text, cases[i].message);
		buf_fini(&json);
		buf_fini(&out);
	}
}

struct work {
	struct rule_source source;
	bool is_view; /* to JSON and back; else compiled */
};

static int
work_once(void *cookie)
{
	const struct work *w = cookie;
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct err err = {0};
	struct buf json, text;
	int rc = -1;

	buf_init(&json, 65536);
	buf_init(&text, 65536);
	if (diags != NULL && w->is_view) {
		rc = rules_to_json(&w->source, diags, &json, &err);
		if (rc == 0)
			rc = rules_from_json(buf_slice(&json), &text, &err);
		if (rc == 0)
			assert_true(slice_eq(buf_slice(&text), w->source.text));
	} else if (diags != NULL) {
		rc = rule_set_compile(&w->source, 1, 1, &testing_env_alone, diags, &set, &err);
		assert_int_equal(rc == 0, set != NULL);
	}
	buf_fini(&json);
	buf_fini(&text);
	rule_set_unref(set);
	diag_list_free(diags);
	return rc;
}

static void
every_failed_allocation_is_survived(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct work w = {{"x.rules", slice_of(all_clauses)}, k == 1};

		assert_true(faults_run(work_once, &w, true) > 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_head_carries_every_clause),
	    cmocka_unit_test(a_head_without_clauses_asks_for_nothing),
	    cmocka_unit_test(each_line_has_one_spelling),
	    cmocka_unit_test(lines_are_laid_out_in_one_order_with_their_comments),
	    cmocka_unit_test(every_failed_allocation_is_survived),
	    cmocka_unit_test(json_clauses_that_cannot_be_are_refused_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
