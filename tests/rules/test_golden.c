/*
 * test_golden.c - every message about a rules file, as its reader sees it: golden/NAME.rules gives
 * golden/NAME.stderr.
 *
 * UPDATE_GOLDEN=1 writes the .stderr files anew; look at the difference before committing it.
 */
#include "tests/rules/golden.h"

static void
findings_of(const char *name, const struct buf *text, struct buf *out)
{
	struct rule_source source = {name, buf_slice(text)};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct err err = {0};
	struct rule_env env = testing_env;
	int rc;

	if (slice_starts_with(slice_of(name), "no_currency"))
		env.has_currency = testing_has_no_currency;
	rc = rule_set_compile(&source, 1, 1, &env, diags, &set, &err);
	assert_true(rc == 0 || rc == 1);
	assert_int_equal(rc == 0, set != NULL);
	assert_int_equal(rc == 1, diag_count(diags, DIAG_ERROR) > 0);
	diag_print(diags, out);
	rule_set_unref(set);
	diag_list_free(diags);
}

static void
every_mistake_gets_the_message_written_down_for_it(void **state)
{
	(void)state;
	golden_folder("tests/rules/golden", ".stderr", 100, findings_of);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mistake_gets_the_message_written_down_for_it)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
