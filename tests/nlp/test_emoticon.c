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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(emoticons_are_told_from_punctuation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
