#include "tests/rules/rules_testing.h"

#include "core/utf8.h"
#include "rules/fold_internal.h"

static void
letters_that_differ_in_case_only_become_equal(void **state)
{
	static const struct {
		const char *text, *folded;
	} cases[] = {
	    {"ABC xyz 019", "abc xyz 019"},
	    {"\xc3\x84\xc3\x96\xc3\x9c\xc3\x9f", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"}, /* ÄÖÜß */
	    {"\xc3\x97\xc3\xb7", "\xc3\x97\xc3\xb7"}, /* × ÷ are no letters */
	    {"\xc4\x80\xc4\xb6\xc5\x8a\xc5\xbd\xc5\xb8",
		"\xc4\x81\xc4\xb7\xc5\x8b\xc5\xbe\xc3\xbf"}, /* ĀĶŊŽŸ */
	    {"\xc4\xb9\xc5\x87", "\xc4\xba\xc5\x88"}, /* ĹŇ */
	    {"\xce\x91\xce\xa9\xce\x86\xce\x8f", "\xce\xb1\xcf\x89\xce\xac\xcf\x8e"}, /* ΑΩΆΏ */
	    {"\xd0\x90\xd0\xaf\xd0\x81", "\xd0\xb0\xd1\x8f\xd1\x91"}, /* АЯЁ */
	    {"\xe4\xba\xac\xf0\x9f\x99\x82", "\xe4\xba\xac\xf0\x9f\x99\x82"}, /* 京🙂 */
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice s = slice_of(cases[i].text);

		fold_text(s, out);
		if (!slice_eq_str(slice_make(out, s.len), cases[i].folded))
			fail_msg("%s became %.*s, wanted %s", cases[i].text, (int)s.len, out,
			    cases[i].folded);
	}
}

static void
folding_never_changes_the_length_of_any_character(void **state)
{
	char in[4], out[4];

	(void)state;
	for (uint32_t c = 1; c < 0x11000; c++) {
		if (c >= 0xD800 && c < 0xE000)
			continue;
		size_t len = utf8_encode(c, in);

		assert_int_equal(utf8_encode(fold_char(c), out), len);
		assert_int_equal(fold_char(fold_char(c)), fold_char(c));
	}
}

static void
a_part_does_not_cut_words_in_two(void **state)
{
	static const struct {
		const char *text, *part;
		bool is_in;
	} cases[] = {
	    {"the barista", "barista", true},
	    {"the barista", "bar", false},
	    {"the barista", "arista", false},
	    {"bar barista", "bar", true},
	    {"baristabar bar", "bar", true},
	    {"baristabar", "bar", false},
	    {"shop.acme.com/x", "acme", true},
	    {"www.acme.com", "acme.com", true},
	    {"a#b", "#", true},
	    {"\xc3\xbc"
	     "berlingen",
		"berlingen", false},
	    {"\xe4\xba\xac\xe9\x83\xbd", "\xe4\xba\xac", true},
	    {"x", "", false},
	    {"", "x", false},
	    {"x", "xx", false},
	    {"no", "no", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (fold_contains(slice_of(cases[i].text), slice_of(cases[i].part)) !=
		    cases[i].is_in)
			fail_msg("'%s' in '%s'", cases[i].part, cases[i].text);
}

static void
values_are_compared_without_their_marks(void **state)
{
	static const struct {
		enum field_fold how;
		const char *text, *folded;
	} cases[] = {
	    {FOLD_CASE, "@Anna", "@anna"},
	    {FOLD_HANDLE, "@Anna", "anna"},
	    {FOLD_HANDLE, "anna@x.social", "anna@x.social"},
	    {FOLD_TAG, "#Tag", "tag"},
	    {FOLD_TAG, "@Tag", "@tag"},
	    {FOLD_LOCALE, "de-AT", "de_at"},
	    {FOLD_HANDLE, "", ""},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(slice_eq_str(
		    fold_value(cases[i].how, slice_of(cases[i].text), out), cases[i].folded));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_that_differ_in_case_only_become_equal),
	    cmocka_unit_test(folding_never_changes_the_length_of_any_character),
	    cmocka_unit_test(a_part_does_not_cut_words_in_two),
	    cmocka_unit_test(values_are_compared_without_their_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
