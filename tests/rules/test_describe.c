/*
 * test_describe.c - rules read back in plain words: words/NAME.rules gives words/NAME.txt, a line for
 * each rule and watch.  UPDATE_GOLDEN=1 writes the .txt files anew; read them before committing.
 */
#include "rules/crowd.h"
#include "rules/print_internal.h"
#include "rules/segments.h"
#include "tests/rules/golden.h"
#include "tests/rules/random_tree.h"

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
	for (size_t i = 0; i < rule_set_segment_count(set); i++) {
		rule_set_describe_segment(set, i, out);
		buf_add_char(out, '\n');
	}
	assert_false(buf_failed(out));
}

static void
words_of(const char *name, const struct buf *text, struct buf *found)
{
	struct rule_set *set = testing_compile(buf_str(text));

	(void)name;
	describe_all(set, found);
	rule_set_unref(set);
}

static void
rules_read_as_written_down(void **state)
{
	(void)state;
	golden_folder("tests/rules/words", ".txt", 5, words_of);
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
		buf_init(&text, 4 * GOLDEN_TEXT_MAX);
		buf_init(&out, 4 * GOLDEN_TEXT_MAX);
		print_file(&f, &text);
		set = testing_compile(buf_str(&text));
		for (size_t i = 0; i < rule_set_count(set); i++) {
			buf_clear(&out);
			rule_set_describe_rule(set, i, &out);
			assert_true(slice_starts_with(buf_slice(&out), "When someone") ||
			    slice_starts_with(buf_slice(&out), "When a customer"));
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
