/*
 * test_describe.c - rules read back in plain words: words/NAME.rules gives words/NAME.txt, a line for
 * each rule and watch.  UPDATE_GOLDEN=1 writes the .txt files anew; read them before committing.
 */
#include <dirent.h>

#include "rules/crowd.h"
#include "tests/rules/random_tree.h"
#include "rules/print_internal.h"

#define FOLDER "tests/rules/words"
#define TEXT_MAX (1024 * 1024)

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
describe_all(const struct rule_set *set, struct buf *out)
{
	for (size_t i = 0; i < rule_set_count(set); i++) {
		rule_set_describe_rule(set, i, out);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < rule_set_watch_count(set); i++) {
		rule_set_describe_watch(set, i, out);
		buf_add_char(out, '\n');
	}
	assert_false(buf_failed(out));
}

static bool
check_case(const char *name)
{
	char path[512], expected_path[512];
	struct buf text, found, expected;
	struct rule_set *set;
	bool is_same = true;

	buf_init(&text, TEXT_MAX);
	buf_init(&found, TEXT_MAX);
	buf_init(&expected, TEXT_MAX);
	snprintf(path, sizeof path, "%s/%s", FOLDER, name);
	snprintf(expected_path, sizeof expected_path, "%s/%.*s.txt", FOLDER,
	    (int)(strlen(name) - 6), name);
	assert_true(read_all(path, &text));
	set = testing_compile(buf_str(&text));
	describe_all(set, &found);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		FILE *f = fopen(expected_path, "wb");

		assert_non_null(f);
		fwrite(buf_str(&found), 1, found.len, f);
		fclose(f);
	} else if (!read_all(expected_path, &expected) ||
	    !slice_eq(buf_slice(&found), buf_slice(&expected))) {
		print_message("%s: found\n%swanted\n%s", name, buf_str(&found), buf_str(&expected));
		is_same = false;
	}
	rule_set_unref(set);
	buf_fini(&text);
	buf_fini(&found);
	buf_fini(&expected);
	return is_same;
}

static void
rules_read_as_written_down(void **state)
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
	assert_true(count >= 5);
}

static void
every_field_has_words_of_its_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);

		if (f->words == NULL)
			fail_msg("%s has no words", f->name);
		if ((f->type == FIELD_FLAG) == (strchr(f->words, '%') != NULL))
			fail_msg("%s: '%s'", f->name, f->words);
		if (f->phrase != NULL && strchr(f->words, '|') == NULL)
			fail_msg("%s: '%s' does not say what is not so", f->name, f->words);
	}
}

static void
every_random_rule_reads_as_whole_sentences(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct random_tree t;
		struct rules_file f;
		struct buf text, out;
		struct rule_set *set;

		random_tree_init(&t, seed, false);
		random_file(&t, &f);
		buf_init(&text, 4 * TEXT_MAX);
		buf_init(&out, 4 * TEXT_MAX);
		print_file(&f, &text);
		set = testing_compile(buf_str(&text));
		for (size_t i = 0; i < rule_set_count(set); i++) {
			buf_clear(&out);
			rule_set_describe_rule(set, i, &out);
			assert_true(slice_starts_with(buf_slice(&out), "When someone"));
			assert_int_equal(out.ptr[out.len - 1], '.');
			if (strstr(buf_str(&out), "  ") != NULL ||
			    strstr(buf_str(&out), " ,") != NULL ||
			    strstr(buf_str(&out), "()") != NULL)
				fail_msg("seed %llu: %s", (unsigned long long)seed, buf_str(&out));
		}
		rule_set_unref(set);
		buf_fini(&text);
		buf_fini(&out);
		arena_free(t.arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_read_as_written_down),
	    cmocka_unit_test(every_field_has_words_of_its_kind),
	    cmocka_unit_test(every_random_rule_reads_as_whole_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
