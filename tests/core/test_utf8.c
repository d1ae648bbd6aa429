#include "core/utf8.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/rng.h"

#define R "\xEF\xBF\xBD"

static void
broken_text_is_repaired_one_mark_for_each_broken_part(void **state)
{
	static const struct {
		const char *note;
		struct slice in, out;
		size_t replaced;
	} cases[] = {
	    {"nothing", SLICE_INIT(""), SLICE_INIT(""), 0},
	    {"ASCII", SLICE_INIT("hello, world"), SLICE_INIT("hello, world"), 0},
	    {"all lengths", SLICE_INIT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
		SLICE_INIT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 0},
	    {"first and last of each length",
		SLICE_INIT(
		    "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
		SLICE_INIT(
		    "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
		0},
	    {"around the surrogates", SLICE_INIT("\xED\x9F\xBF\xEE\x80\x80"),
		SLICE_INIT("\xED\x9F\xBF\xEE\x80\x80"), 0},
	    {"NUL", SLICE_INIT("a\0b"), SLICE_INIT("a" R "b"), 1},
	    {"NUL in a run of eight", SLICE_INIT("abcdefg\0hijklmnop"),
		SLICE_INIT("abcdefg" R "hijklmnop"), 1},
	    {"lone continuation", SLICE_INIT("a\x80z"), SLICE_INIT("a" R "z"), 1},
	    {"overlong slash", SLICE_INIT("\xC0\xAF"), SLICE_INIT(R R), 2},
	    {"overlong three", SLICE_INIT("\xE0\x80\xAF"), SLICE_INIT(R R R), 3},
	    {"overlong four", SLICE_INIT("\xF0\x80\x80\xAF"), SLICE_INIT(R R R R), 4},
	    {"surrogate", SLICE_INIT("\xED\xA0\x80"), SLICE_INIT(R R R), 3},
	    {"above the end", SLICE_INIT("\xF4\x90\x80\x80"), SLICE_INIT(R R R R), 4},
	    {"no lead byte at all", SLICE_INIT("\xFE\xFF"), SLICE_INIT(R R), 2},
	    {"cut after two of three", SLICE_INIT("\xE2\x82"), SLICE_INIT(R), 1},
	    {"cut after three of four", SLICE_INIT("\xF0\x9F\x98"), SLICE_INIT(R), 1},
	    {"cut by ASCII", SLICE_INIT("\xE2\x82z"), SLICE_INIT(R "z"), 1},
	    /* The Unicode standard's own example, table 3-8 and following. */
	    {"the standard's example",
		SLICE_INIT("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
		SLICE_INIT("a" R R R "b" R "c" R R "d"), 6},
	    {"Latin-1 in long ASCII", SLICE_INIT("0123456789abcdef caf\xE9 0123456789abcdef"),
		SLICE_INIT("0123456789abcdef caf" R " 0123456789abcdef"), 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new(4096);
		size_t replaced = 99;
		struct slice got = utf8_repair(a, cases[i].in, &replaced);
		if (!slice_eq(got, cases[i].out) || replaced != cases[i].replaced)
			fail_msg("%s: got '%.*s' with %zu, expected '%.*s' with %zu", cases[i].note,
			    SLICE_ARG(got), replaced, SLICE_ARG(cases[i].out), cases[i].replaced);
		assert_true(utf8_is_valid(got));
		assert_int_equal(utf8_is_valid(cases[i].in), cases[i].replaced == 0);
		if (replaced == 0)
			assert_ptr_equal(got.ptr, cases[i].in.ptr);
		arena_free(a);
	}
}

static void
a_full_arena_is_no_value(void **state)
{
	struct arena *a = arena_new(8);

	(void)state;
	assert_false(slice_is_set(utf8_repair(a, SLICE_LIT("\x80\x80\x80\x80"), NULL)));
	arena_free(a);
}

static void
every_code_point_survives_encoding_and_decoding(void **state)
{
	char bytes[4];

	(void)state;
	for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		struct slice s = slice_make(bytes, utf8_encode(cp, bytes));
		size_t pos = 0;
		if (!utf8_is_valid(s) || utf8_next(s, &pos) != cp || pos != s.len ||
		    utf8_count(s) != 1)
			fail_msg("U+%04X", cp);
	}
}

/* A checker that knows nothing of tables: decode by the definition, encode, compare. */
static bool
is_valid_slowly(const unsigned char *p, size_t len)
{
	char again[4];

	for (size_t i = 0; i < len;) {
		size_t n = p[i] < 0x80 ? 1 : p[i] < 0xE0 ? 2 : p[i] < 0xF0 ? 3 : 4;
		if (p[i] == 0 || (p[i] >= 0x80 && p[i] < 0xC0) || p[i] >= 0xF8 || n > len - i)
			return false;
		uint32_t cp = n == 1 ? p[i] : p[i] & (0xFFu >> (n + 1));
		for (size_t k = 1; k < n; k++) {
			if ((p[i + k] & 0xC0) != 0x80)
				return false;
			cp = cp << 6 | (p[i + k] & 0x3F);
		}
		if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
			return false;
		if (utf8_encode(cp, again) != n || memcmp(again, p + i, n) != 0)
			return false;
		i += n;
	}
	return true;
}

static void
random_bytes_agree_with_the_slow_checker_and_are_repaired(void **state)
{
	static const unsigned char spice[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
	    0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
	struct arena *a = arena_new(64 * 1024);
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	for (int round = 0; round < 50000; round++) {
		unsigned char bytes[24];
		size_t len = (size_t)rng_below(&rng, sizeof(bytes) + 1);
		for (size_t i = 0; i < len; i++)
			bytes[i] = spice[rng_below(&rng, sizeof(spice))];
		struct slice s = slice_make((const char *)bytes, len);
		assert_int_equal(utf8_is_valid(s), is_valid_slowly(bytes, len));
		struct slice repaired = utf8_repair(a, s, NULL);
		assert_true(is_valid_slowly((const unsigned char *)repaired.ptr, repaired.len));
		arena_reset(a);
	}
	arena_free(a);
}

static void
a_prefix_never_cuts_a_character(void **state)
{
	struct slice s = SLICE_LIT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

	(void)state;
	for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		assert_int_equal(utf8_prefix(s, max).len, want[max]);
	assert_int_equal(utf8_count(s), 5);
	assert_int_equal(utf8_valid_prefix(SLICE_LIT("ab\xC3\xA9\xFFz")), 4);
	assert_false(slice_is_set(utf8_prefix(SLICE_NONE, 3)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(broken_text_is_repaired_one_mark_for_each_broken_part),
	    cmocka_unit_test(a_full_arena_is_no_value),
	    cmocka_unit_test(every_code_point_survives_encoding_and_decoding),
	    cmocka_unit_test(random_bytes_agree_with_the_slow_checker_and_are_repaired),
	    cmocka_unit_test(a_prefix_never_cuts_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
