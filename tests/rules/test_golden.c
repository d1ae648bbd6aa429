/*
 * test_golden.c - every message about a rules file, as its reader sees it: golden/NAME.rules gives
 * golden/NAME.stderr.
 *
 * UPDATE_GOLDEN=1 writes the .stderr files anew; look at the difference before committing it.
 */
#include <dirent.h>

#include "tests/rules/rules_testing.h"

#define FOLDER "tests/rules/golden"
#define TEXT_MAX (256 * 1024)

static bool
read_all(const char *path, struct buf *out)
{
	char part[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	fclose(f);
	return true;
}

static void
write_all(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(buf_str(b), 1, b->len, f), b->len);
	fclose(f);
}

static void
findings_of(const char *name, struct slice text, struct buf *out)
{
	struct rule_source source = {name, text};
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

/* Returns whether the case is as written down. */
static bool
check_case(const char *name)
{
	char path[512], expected_path[512];
	struct buf text, found, expected;
	bool is_same = true;

	buf_init(&text, TEXT_MAX);
	buf_init(&found, TEXT_MAX);
	buf_init(&expected, TEXT_MAX);
	snprintf(path, sizeof path, "%s/%s", FOLDER, name);
	snprintf(expected_path, sizeof expected_path, "%s/%.*s.stderr", FOLDER,
	    (int)(strlen(name) - 6), name);
	assert_true(read_all(path, &text));
	findings_of(name, buf_slice(&text), &found);
	if (getenv("UPDATE_GOLDEN") != NULL)
		write_all(expected_path, &found);
	else if (!read_all(expected_path, &expected) ||
	    !slice_eq(buf_slice(&found), buf_slice(&expected))) {
		print_message("%s: found\n%swanted\n%s", name, buf_str(&found), buf_str(&expected));
		is_same = false;
	}
	buf_fini(&text);
	buf_fini(&found);
	buf_fini(&expected);
	return is_same;
}

static void
every_mistake_gets_the_message_written_down_for_it(void **state)
{
	DIR *d = opendir(FOLDER);
	struct dirent *entry;
	size_t count = 0, wrong = 0;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (!slice_ends_with(slice_of(entry->d_name), ".rules"))
			continue;
		count++;
		wrong += !check_case(entry->d_name);
	}
	closedir(d);
	assert_int_equal(wrong, 0);
	assert_true(count >= 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mistake_gets_the_message_written_down_for_it)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
