/*
 * test_period.c - `from ... until ...` against a clock.
 */
#include "tests/rules/rules_testing.h"

#include "rules/crowd.h"

static const char periods[] = "rule open \"Always\"\n"
			      "  when sentiment is below -0.4\n"
			      "  then alert \"support\" as low\n"
			      "end\n"
			      "rule launch \"Three days\"\n"
			      "  from 2026-12-01 09:00 until 2026-12-03 18:00 in UTC\n"
			      "  when sentiment is below -0.4\n"
			      "  then alert \"support\" as low\n"
			      "end\n"
			      "rule resting \"Switched off\"\n"
			      "  off\n"
			      "  until 2026-12-02 00:00 in UTC\n"
			      "  when sentiment is below -0.4\n"
			      "  then alert \"support\" as low\n"
			      "end\n"
			      "watch storm \"A crowd\"\n"
			      "  until 2026-12-02 00:00 in UTC\n"
			      "  over posts where sentiment is below -0.4\n"
			      "  when count within 10 minutes is at least 20\n"
			      "  then alert \"pr\" as critical\n"
			      "end\n";

static int64_t
at(const char *text)
{
	int64_t ms;

	assert_true(time_parse_rfc3339(slice_of(text), &ms));
	return ms;
}

static void
a_period_begins_with_its_first_minute_and_ends_before_its_last(void **state)
{
	static const struct {
		const char *now;
		enum rule_state launch, resting, storm;
		const char *over; /* rules and watches that are warned of */
	} cases[] = {
	    {"2026-12-01T08:59:59.999Z", RULE_STATE_NOT_YET, RULE_STATE_ACTIVE, RULE_STATE_ACTIVE,
		""},
	    {"2026-12-01T09:00:00Z", RULE_STATE_ACTIVE, RULE_STATE_ACTIVE, RULE_STATE_ACTIVE, ""},
	    {"2026-12-02T00:00:00Z", RULE_STATE_ACTIVE, RULE_STATE_OVER, RULE_STATE_OVER, "17:"},
	    {"2026-12-03T17:59:59.999Z", RULE_STATE_ACTIVE, RULE_STATE_OVER, RULE_STATE_OVER,
		"17:"},
	    {"2026-12-03T18:00:00Z", RULE_STATE_OVER, RULE_STATE_OVER, RULE_STATE_OVER, "6:17:"},
	};
	struct rule_set *set = testing_compile(periods);
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t now_ms = at(cases[i].now);
		struct diag_list *diags = diag_list_new();
		char lines[64] = "";

		assert_int_equal(rule_set_period(set, 0, now_ms).state, RULE_STATE_ACTIVE);
		assert_int_equal(rule_set_period(set, 1, now_ms).state, cases[i].launch);
		assert_int_equal(rule_set_period(set, 2, now_ms).state, cases[i].resting);
		assert_int_equal(rule_set_watch_period(set, 0, now_ms).state, cases[i].storm);
		assert_int_equal(rule_set_judge_periods(set, now_ms, diags, &err), 0);
		for (size_t k = 0; k < diag_kept(diags); k++)
			snprintf(lines + strlen(lines), sizeof lines - strlen(lines),
			    "%u:", (unsigned)diag_at(diags, k)->line);
		assert_string_equal(lines, cases[i].over);
		assert_int_equal(diag_count(diags, DIAG_ERROR), 0);
		diag_list_free(diags);
	}
	rule_set_unref(set);
}

static void
ends_that_are_open_are_unknown(void **state)
{
	struct rule_set *set = testing_compile(periods);
	struct rule_period open = rule_set_period(set, 0, 0),
			   storm = rule_set_watch_period(set, 0, 0);

	(void)state;
	assert_int_equal(open.from_ms, TIME_UNKNOWN);
	assert_int_equal(open.until_ms, TIME_UNKNOWN);
	assert_int_equal(storm.from_ms, TIME_UNKNOWN);
	assert_int_equal(storm.until_ms, at("2026-12-02T00:00:00Z"));
	rule_set_unref(set);
}

static void
without_memory_nothing_is_half_told(void **state)
{
	struct rule_set *set = testing_compile(periods);
	int64_t now_ms = at("2027-01-01T00:00:00Z");

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct diag_list *diags = diag_list_new();
		struct err err = {0};
		bool was_hit;
		int rc;

		mem_fault_arm(nth, false);
		rc = rule_set_judge_periods(set, now_ms, diags, &err);
		was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		if (rc == 0 && !was_hit)
			assert_int_equal(diag_count(diags, DIAG_WARNING), 2);
		else if (rc < 0)
			assert_int_equal(err.kind, ERR_NOMEM);
		diag_list_free(diags);
		if (!was_hit)
			break;
	}
	rule_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_period_begins_with_its_first_minute_and_ends_before_its_last),
	    cmocka_unit_test(ends_that_are_open_are_unknown),
	    cmocka_unit_test(without_memory_nothing_is_half_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
