#include "core/decision.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
verbs_and_severities_are_named_as_rules_write_them(void **state)
{
	(void)state;
	assert_string_equal(action_verb_name(ACTION_SEND), "send");
	assert_string_equal(action_verb_name(ACTION_DRAFT_REPLY), "draft reply");
	assert_string_equal(action_verb_name(ACTION_ALERT), "alert");
	assert_string_equal(action_verb_name(ACTION_TAG), "tag");
	assert_string_equal(action_verb_name(ACTION_SET), "set");
	assert_string_equal(action_verb_name(ACTION_ADD_TO_LIST), "add to list");
	assert_string_equal(action_verb_name(ACTION_SUGGEST_LINK), "suggest link");
	assert_string_equal(action_verb_name(ACTION_PAUSE_PROMOTIONS), "pause promotions");
	assert_string_equal(severity_name(SEVERITY_LOW), "low");
	assert_string_equal(severity_name(SEVERITY_NORMAL), "normal");
	assert_string_equal(severity_name(SEVERITY_HIGH), "high");
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verbs_and_severities_are_named_as_rules_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
