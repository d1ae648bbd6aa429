#include "nlp_support.h"

#include "nlp/emoticon.h"

static const struct {
	const char *text;
	size_t at, len;
	const char *folded;
} CASES[] = {
    {":)", 0, 2, ":)"},
    {":))))", 0, 5, ":)"},
    {"<3333", 0, 5, "<3"},
    {":'(", 0, 3, ":'("},
    {"xd", 0, 2, "xd"},
    {"a:)", 1, 2, ":)"},
    {"a:p", 1, 0, ""},
    {"key:d", 3, 0, ""},
    {"10:3", 2, 0, ""},
    {"http://", 4, 0, ""},
    {":/", 0, 2, ":/"},
    {"://", 0, 3, ":/"},
    {"xdr", 0, 0, ""},
    {"f(x)", 2, 0, ""},
    {"(:", 0, 2, "(:"},
    {"):", 0, 2, "):"},
    {"(a): b", 2, 0, ""},
    {">:(", 0, 3, ">:("},
    {"^_^", 0, 3, "^_^"},
    {":", 0, 0, ""},
    {"t_t", 0, 3, "t_t"},
    {":-)", 0, 3, ":-)"},
    {"8-)", 0, 3, "8-)"},
    {"18-)", 1, 0, ""},
};

static void
emoticons_are_told_from_punctuation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice folded = SLICE_LIT("");
		size_t len = emoticon_at(slice_of(CASES[i].text), CASES[i].at, &folded);
		if (len != CASES[i].len || !slice_eq_str(folded, CASES[i].folded))
			fail_msg("'%s' at %zu: %zu bytes of '%.*s'", CASES[i].text, CASES[i].at,
			    len, SLICE_ARG(folded));
	}
}

/* The quick look at two bytes lets every emoticon through: emoticon_at() asserts it for what it
 * finds. */
static void
no_emoticon_is_missed_at_its_first_two_bytes(void **state)
{
	static const char *const LONG[] = {
	    "-\\_(\xe3\x83\x84)_/-", "-__-", "0:-)", ":'-(", ":'-)", ">:-(", "\\(^o^)/"};
	struct slice folded;
	size_t found = 0;
	char text[3];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(LONG); i++)
		assert_int_equal(emoticon_at(slice_of(LONG[i]), 0, &folded), strlen(LONG[i]));
	for (int k = 0; k < 95 * 95 * 95; k++) {
		text[0] = (char)(' ' + k % 95);
		text[1] = (char)(' ' + k / 95 % 95);
		text[2] = (char)(' ' + k / 95 / 95);
		size_t len = emoticon_at(slice_make(text, 3), 0, &folded);
		assert_true(len == 0 || emoticon_may_begin(text[0], text[1]));
		found += len > 0;
	}
	assert_true(found > 1000);
	assert_false(emoticon_may_begin(',', ' '));
	assert_false(emoticon_may_begin('(', 'a'));
	assert_false(emoticon_may_begin('\xe2', ')'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(emoticons_are_told_from_punctuation),
	    cmocka_unit_test(no_emoticon_is_missed_at_its_first_two_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
