#include "nlp_support.h"

#include "nlp/frequencies.h"

static uint32_t
posts_of(enum language lang, const char *word)
{
	struct frequencies all = frequencies_of(lang);
	struct frequency f;
	while (frequencies_next(&all, &f)) {
		if (slice_eq_str(f.word, word))
			return f.posts;
	}
	return 0;
}

/* One of 10,000 posts and more; the commonest first. */
static void
the_table_is_whole(void **state)
{
	static const enum language LANGUAGES[] = {LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_DA};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(LANGUAGES); i++) {
		struct frequencies all = frequencies_of(LANGUAGES[i]);
		struct frequency f;
		uint32_t before = 10000;
		size_t count = 0;
		for (; frequencies_next(&all, &f); count++) {
			assert_true(f.word.len > 0 && utf8_is_valid(f.word));
			assert_true(f.posts > 0 && f.posts <= before);
			before = f.posts;
		}
		assert_true(count > 500);
	}
}

static void
words_have_the_figure_of_their_language(void **state)
{
	(void)state;
	assert_true(posts_of(LANGUAGE_EN, "the") > posts_of(LANGUAGE_EN, "service"));
	assert_true(posts_of(LANGUAGE_EN, "service") > 0);
	assert_true(posts_of(LANGUAGE_DE, "die") > 1000 && posts_of(LANGUAGE_EN, "die") < 1000);
	assert_true(posts_of(LANGUAGE_DA, "ikke") > 100);
	assert_int_equal(posts_of(LANGUAGE_EN, "qqq"), 0);
	assert_int_equal(posts_of(LANGUAGE_FR, "the"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_is_whole),
	    cmocka_unit_test(words_have_the_figure_of_their_language),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
