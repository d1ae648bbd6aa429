#include "core/slice.h"

#include <limits.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
numbers_are_whole_slices_that_fit(void **state)
{
	static const struct {
		const char *text;
		bool is_number;
		long long value;
	} cases[] = {
	    {"0", true, 0},
	    {"-0", true, 0},
	    {"007", true, 7},
	    {"9223372036854775807", true, LLONG_MAX},
	    {"-9223372036854775808", true, LLONG_MIN},
	    {"9223372036854775808", false, 0},
	    {"-9223372036854775809", false, 0},
	    {"99999999999999999999999", false, 0},
	    {"", false, 0},
	    {"-", false, 0},
	    {"+1", false, 0},
	    {"1 ", false, 0},
	    {" 1", false, 0},
	    {"1.0", false, 0},
	    {"0x1", false, 0},
	    {"--1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long long value = 42;
		bool is = slice_to_i64(slice_of(cases[i].text), &value);
		long long want = cases[i].is_number ? cases[i].value : 42;
		if (is != cases[i].is_number || value != want)
			fail_msg("'%s': %d %lld", cases[i].text, is, value);
	}
}

static void
a_split_gives_every_part_and_then_nothing(void **state)
{
	struct slice rest = SLICE_LIT("a,,bc,");

	(void)state;
	assert_true(slice_eq_str(slice_split(&rest, ','), "a"));
	assert_true(slice_eq_str(slice_split(&rest, ','), ""));
	assert_true(slice_eq_str(slice_split(&rest, ','), "bc"));
	assert_true(slice_is_set(rest));
	struct slice last = slice_split(&rest, ',');
	assert_true(slice_is_set(last));
	assert_int_equal(last.len, 0);
	assert_false(slice_is_set(rest));
	assert_false(slice_is_set(slice_split(&rest, ',')));
}

static void
comparing_is_bytewise_and_the_shorter_comes_first(void **state)
{
	(void)state;
	assert_true(slice_cmp(SLICE_LIT("a"), SLICE_LIT("b")) < 0);
	assert_true(slice_cmp(SLICE_LIT("ab"), SLICE_LIT("a")) > 0);
	assert_true(slice_cmp(SLICE_LIT("\xC3"), SLICE_LIT("z")) > 0);
	assert_int_equal(slice_cmp(SLICE_NONE, SLICE_LIT("")), 0);
	assert_true(slice_cmp(SLICE_NONE, SLICE_LIT("a")) < 0);
	assert_true(slice_eq_nocase(SLICE_LIT("aBc-1"), SLICE_LIT("AbC-1")));
	assert_false(slice_eq_nocase(SLICE_LIT("@"), SLICE_LIT("`")));
	assert_false(slice_eq_nocase(SLICE_LIT("ab"), SLICE_LIT("abc")));
}

static void
beginnings_ends_and_blanks(void **state)
{
	(void)state;
	assert_true(slice_starts_with(SLICE_LIT("abc"), "ab"));
	assert_false(slice_starts_with(SLICE_LIT("a"), "ab"));
	assert_true(slice_starts_with(SLICE_NONE, ""));
	assert_false(slice_starts_with(SLICE_NONE, "a"));
	assert_true(slice_ends_with(SLICE_LIT("abc"), "bc"));
	assert_false(slice_ends_with(SLICE_LIT("c"), "bc"));
	assert_true(slice_eq_str(slice_trim(SLICE_LIT(" \t\r\n\v\fa b\n ")), "a b"));
	assert_int_equal(slice_trim(SLICE_LIT(" \n")).len, 0);
	assert_false(slice_is_set(slice_trim(SLICE_NONE)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_whole_slices_that_fit),
	    cmocka_unit_test(a_split_gives_every_part_and_then_nothing),
	    cmocka_unit_test(comparing_is_bytewise_and_the_shorter_comes_first),
	    cmocka_unit_test(beginnings_ends_and_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
