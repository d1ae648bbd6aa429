#include "core/err.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/utf8.h"

static void
setting_an_error_returns_minus_one_and_keeps_kind_and_words(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, ERR_INPUT, "'%s' is not %d", "x", 7), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, "'x' is not 7");
	assert_int_equal(err_set(NULL, ERR_IO, "nobody listens"), -1);
	assert_int_equal(err_prefix(NULL, "nobody"), -1);
}

static void
a_prefix_stands_before_the_words_and_the_kind_stays(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_NET, "refused");
	assert_int_equal(err_prefix(&e, "source '%s'", "a"), -1);
	assert_string_equal(e.text, "source 'a': refused");
	assert_int_equal(e.kind, ERR_NET);
}

/* Texts quote what strangers wrote, and are printed as they are. */
static void
what_a_terminal_would_obey_is_shown_as_a_question_mark(void **state)
{
	static const struct {
		const char *quoted, *want;
	} cases[] = {{"\x1B[31m", "?[31m"}, {"a\r\nb\tc\x7F", "a??b?c?"},
	    {"\xC2\x9B"
	     "31m\xC3\xA9",
		"?31m\xC3\xA9"},
	    {"\xE2\x80\xAE"
	     "abc\xE2\x81\xA6",
		"?abc?"},
	    {"no \xE9 utf-8 \x1B\xC3", "no \xE9 utf-8 ?\xC3"}};
	char want[ERR_TEXT_MAX];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		err_set(&e, ERR_INPUT, "'%s'", cases[i].quoted);
		snprintf(want, sizeof want, "'%s'", cases[i].want);
		assert_string_equal(e.text, want);
		err_prefix(&e, "%s", cases[i].quoted);
		snprintf(want, sizeof want, "%s: '%s'", cases[i].want, cases[i].want);
		assert_string_equal(e.text, want);
	}
}

static void
long_words_are_cut_between_characters(void **state)
{
	char words[ERR_TEXT_MAX * 2];
	struct err e;

	(void)state;
	/* Every length before the cut, so that each byte of a 4-byte character is the first to be cut. */
	for (size_t pad = 0; pad < 5; pad++) {
		memset(words, 'x', pad);
		size_t len = pad;
		while (len + 5 < sizeof(words)) {
			memcpy(words + len, "\xF0\x9F\x98\x80", 4);
			len += 4;
		}
		words[len] = '\0';
		err_set(&e, ERR_LIMIT, "%s", words);
		assert_true(strlen(e.text) > ERR_TEXT_MAX - 6);
		assert_true(utf8_is_valid(slice_of(e.text)));
		err_prefix(&e, "%s", "p");
		assert_true(utf8_is_valid(slice_of(e.text)));
		err_prefix(&e, "%s", words);
		assert_true(utf8_is_valid(slice_of(e.text)));
	}
}

static void
every_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = ERR_NONE; a <= ERR_NOMEM; a++) {
		assert_true(strlen(err_kind_name((enum err_kind)a)) > 1);
		for (int b = ERR_NONE; b < a; b++)
			assert_string_not_equal(
			    err_kind_name((enum err_kind)a), err_kind_name((enum err_kind)b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(setting_an_error_returns_minus_one_and_keeps_kind_and_words),
	    cmocka_unit_test(a_prefix_stands_before_the_words_and_the_kind_stays),
	    cmocka_unit_test(what_a_terminal_would_obey_is_shown_as_a_question_mark),
	    cmocka_unit_test(long_words_are_cut_between_characters),
	    cmocka_unit_test(every_kind_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
