#include "core/diag.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "tests/support/faults.h"

/* Finds word in text and prints one finding about it. */
static char *
printed(struct slice text, const char *word, const char *help)
{
	struct diag_list *l = diag_list_new();
	const char *at = memmem(text.ptr, text.len, word, strlen(word));
	struct buf out;

	assert_non_null(at);
	buf_init(&out, 10000);
	diag_add(l, DIAG_ERROR, "R014", "a.rules", text, (size_t)(at - text.ptr), strlen(word),
	    help, "there is no '%s'", "x");
	diag_print(l, &out);
	diag_list_free(l);
	return buf_detach(&out, NULL);
}

static void
a_finding_shows_the_line_the_range_and_the_help(void **state)
{
	static const struct {
		const char *note;
		struct slice text;
		const char *word, *help, *want;
	} cases[] = {
	    {"the middle of a file", SLICE_INIT("rule r\n  when sentimnt is below -0.4\nend\n"),
		"sentimnt", "did you mean 'sentiment'?",
		"a.rules:2:8: error[R014]: there is no 'x'\n"
		"    2 |   when sentimnt is below -0.4\n"
		"      |        ^^^^^^^^\n"
		"      = help: did you mean 'sentiment'?\n"},
	    {"no help, no newline at the end", SLICE_INIT("abc"), "c", NULL,
		"a.rules:1:3: error[R014]: there is no 'x'\n"
		"    1 | abc\n"
		"      |   ^\n"},
	    {"tabs stay tabs above and below", SLICE_INIT("\t\tx\ty z\n"), "y", NULL,
		"a.rules:1:5: error[R014]: there is no 'x'\n"
		"    1 | \t\tx\ty z\n"
		"      | \t\t \t^\n"},
	    {"columns count characters", SLICE_INIT("caf\xC3\xA9 \xC3\xBC\xC3\xBC x\n"),
		"\xC3\xBC\xC3\xBC", NULL,
		"a.rules:1:6: error[R014]: there is no 'x'\n"
		"    1 | caf\xC3\xA9 \xC3\xBC\xC3\xBC x\n"
		"      |      ^^\n"},
	    {"wide characters take two cells", SLICE_INIT("\xE4\xBD\xA0\xF0\x9F\x98\x80 x\n"), "x",
		NULL,
		"a.rules:1:4: error[R014]: there is no 'x'\n"
		"    1 | \xE4\xBD\xA0\xF0\x9F\x98\x80 x\n"
		"      |      ^\n"},
	    {"joined marks take none", SLICE_INIT("e\xCC\x81x\n"), "x", NULL,
		"a.rules:1:3: error[R014]: there is no 'x'\n"
		"    1 | e\xCC\x81x\n"
		"      |  ^\n"},
	    {"CRLF", SLICE_INIT("a\r\nbc\r\nd"), "bc", NULL,
		"a.rules:2:1: error[R014]: there is no 'x'\n"
		"    2 | bc\n"
		"      | ^^\n"},
	    {"a range over lines ends with its first", SLICE_INIT("ab\ncd\n"), "b\nc", NULL,
		"a.rules:1:2: error[R014]: there is no 'x'\n"
		"    1 | ab\n"
		"      |  ^\n"},
	    {"what would speak to the terminal is shown as '?'",
		SLICE_INIT("\x1B[31m a \xE2\x80\xAE x\n"), "x", NULL,
		"a.rules:1:11: error[R014]: there is no 'x'\n"
		"    1 | ?[31m a ? x\n"
		"      |           ^\n"},
	    {"broken bytes count as one character each", SLICE_INIT("\xFF\xFE x\n"), "x", NULL,
		"a.rules:1:4: error[R014]: there is no 'x'\n"
		"    1 | \xEF\xBF\xBD\xEF\xBF\xBD x\n"
		"      |    ^\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = printed(cases[i].text, cases[i].word, cases[i].help);
		const char *want = cases[i].want;
		if (strcmp(got, want) != 0)
			fail_msg("%s: got\n%s\nexpected\n%s", cases[i].note, got, want);
		mem_free(got);
	}
}

static void
a_long_line_is_shown_around_the_finding(void **state)
{
	char text[2001];

	(void)state;
	memset(text, 'x', 2000);
	text[2000] = '\0';
	memcpy(text + 1000, "HERE", 4);
	char *got = printed(slice_of(text), "HERE", NULL);
	struct slice rest = slice_of(got);
	assert_true(
	    slice_eq_str(slice_split(&rest, '\n'), "a.rules:1:1001: error[R014]: there is no 'x'"));
	struct slice line = slice_split(&rest, '\n'), carets = slice_split(&rest, '\n');
	assert_in_range(line.len, DIAG_LINE_MAX, DIAG_LINE_MAX + 20);
	assert_true(slice_starts_with(line, "    1 | ...x") && slice_ends_with(line, "x..."));
	const char *here = memmem(line.ptr, line.len, "HERE", 4);
	assert_non_null(here);
	assert_int_equal((size_t)(here - line.ptr), carets.len - 4);
	assert_true(slice_ends_with(carets, " ^^^^"));
	mem_free(got);

	/* Characters are not cut in two at either end. */
	for (size_t pad = 0; pad < 4; pad++) {
		struct buf b;
		buf_init(&b, 10000);
		for (size_t i = 0; i < pad; i++)
			buf_add_char(&b, '-');
		for (int i = 0; i < 200; i++)
			buf_add_str(&b, "\xF0\x9F\x98\x80");
		buf_add_str(&b, "HERE");
		for (int i = 0; i < 200; i++)
			buf_add_str(&b, "\xF0\x9F\x98\x80");
		got = printed(buf_slice(&b), "HERE", NULL);
		assert_true(utf8_is_valid(slice_of(got)));
		assert_null(strstr(got, "\xEF\xBF\xBD"));
		assert_non_null(strstr(got, "^^^^\n"));
		mem_free(got);
		buf_fini(&b);
	}
}

static void
ranges_outside_the_text_are_at_its_end(void **state)
{
	struct diag_list *l = diag_list_new();
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	diag_add(l, DIAG_WARNING, "R001", "f", SLICE_LIT("ab\ncd"), 99, 5, NULL, "m");
	diag_add(l, DIAG_WARNING, "R001", "g", SLICE_LIT("ab\n"), 3, SIZE_MAX, NULL, "m");
	diag_add(l, DIAG_WARNING, "R001", "h", SLICE_NONE, 0, 0, NULL, "m");
	diag_add(l, DIAG_WARNING, "R001", "i", SLICE_LIT("ab"), 0, 0, NULL, "m");
	diag_print(l, &out);
	assert_string_equal(buf_str(&out),
	    "f:2:3: warning[R001]: m\n    2 | cd\n      |   ^\n"
	    "g:2:1: warning[R001]: m\n    2 | \n      | ^\n"
	    "h:1:1: warning[R001]: m\n    1 | \n      | ^\n"
	    "i:1:1: warning[R001]: m\n    1 | ab\n      | ^\n");
	buf_fini(&out);
	diag_list_free(l);
}

static void
a_row_of_a_file_that_is_read_in_pieces_has_its_own_number(void **state)
{
	struct diag_list *l = diag_list_new();
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	diag_add_row(l, DIAG_ERROR, "P001", "f", 123456, SLICE_LIT("a,b,c"), 2, 1, "h", "m");
	diag_add_row(l, DIAG_ERROR, "P001", "f", 7, SLICE_LIT("a,\"b\nc\",d"), 5, 1, NULL, "m");
	diag_add_row(l, DIAG_ERROR, "P001", "f", 9, SLICE_NONE, 0, 0, NULL, "m");
	diag_print(l, &out);
	assert_string_equal(buf_str(&out),
	    "f:8:1: error[P001]: m\n    8 | c\",d\n      | ^\n"
	    "f:9:1: error[P001]: m\n    9 | \n      | ^\n"
	    "f:123456:3: error[P001]: m\n123456 | a,b,c\n       |   ^\n       = help: h\n");
	buf_fini(&out);
	diag_list_free(l);
}

static void
findings_come_in_order_of_file_line_and_column(void **state)
{
	struct diag_list *l = diag_list_new();
	struct slice text = SLICE_LIT("one\ntwo\nthree\n");
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	diag_add(l, DIAG_ERROR, "E1", "b", text, 8, 5, NULL, "b third line");
	diag_add(l, DIAG_ERROR, "E2", "b", text, 5, 1, NULL, "b second line, second column");
	diag_add(l, DIAG_WARNING, "E3", "b", text, 4, 1, NULL, "b second line");
	diag_add(l, DIAG_ERROR, "E4", "a", text, 8, 5, NULL, "a");
	diag_add_file(l, DIAG_ERROR, "E5", "b", "help", "b as a whole");
	diag_add_file(l, DIAG_ERROR, "E6", NULL, NULL, "no file");
	diag_add(l, DIAG_ERROR, "E7", "b", text, 4, 1, NULL, "b second line, found later");
	static const char *const want[] = {"E6", "E4", "E5", "E3", "E7", "E2", "E1"};
	assert_int_equal(diag_kept(l), 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(diag_at(l, i)->code, want[i]);
	assert_int_equal(diag_count(l, DIAG_ERROR), 6);
	assert_int_equal(diag_count(l, DIAG_WARNING), 1);
	assert_int_equal(diag_at(l, 2)->line, 0);
	diag_print(l, &out);
	assert_true(
	    slice_starts_with(buf_slice(&out), "error[E6]: no file\na:3:1: error[E4]: a\n"));
	assert_non_null(
	    strstr(buf_str(&out), "\nb: error[E5]: b as a whole\n      = help: help\n"));
	buf_fini(&out);
	diag_list_free(l);
	diag_list_free(NULL);
}

static void
what_is_too_many_is_counted(void **state)
{
	struct diag_list *l = diag_list_new();
	struct buf out;

	(void)state;
	buf_init(&out, 1024 * 1024);
	for (int i = 0; i < DIAG_MAX + 50; i++)
		diag_add(l, DIAG_ERROR, "E", "f", SLICE_LIT("x"), 0, 1, NULL, "%d", i);
	assert_int_equal(diag_kept(l), DIAG_MAX);
	assert_int_equal(diag_count(l, DIAG_ERROR), DIAG_MAX + 50);
	diag_print(l, &out);
	assert_true(slice_ends_with(buf_slice(&out), "\n... and 50 more\n"));
	buf_fini(&out);
	diag_list_free(l);
}

static void
as_json_it_is_what_an_editor_needs(void **state)
{
	struct diag_list *l = diag_list_new();
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	diag_print_json(l, &out);
	assert_string_equal(buf_str(&out), "[]");
	buf_clear(&out);
	diag_add(l, DIAG_ERROR, "R014", "a\"b", SLICE_LIT("x\n\xC3\xA9 yy"), 5, 2, "h", "m \xFF");
	diag_add_file(l, DIAG_WARNING, "C001", NULL, NULL, "w");
	diag_print_json(l, &out);
	assert_string_equal(buf_str(&out),
	    "[{\"severity\":\"warning\",\"code\":\"C001\",\"file\":null,\"line\":0,\"column\":0,"
	    "\"width\":0,\"message\":\"w\",\"help\":null,\"source_line\":null,\"caret\":0},"
	    "{\"severity\":\"error\",\"code\":\"R014\",\"file\":\"a\\\"b\",\"line\":2,"
	    "\"column\":3,\"width\":2,\"message\":\"m \xEF\xBF\xBD\",\"help\":\"h\","
	    "\"source_line\":\"\xC3\xA9 yy\",\"caret\":2}]");
	buf_fini(&out);
	diag_list_free(l);
}

static void
a_message_cannot_break_its_line_nor_grow_without_end(void **state)
{
	struct diag_list *l = diag_list_new();
	char longest[5000];
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	memset(longest, 'm', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	diag_add_file(l, DIAG_ERROR, "E", "f", longest, "%s", longest);
	assert_int_equal(strlen(diag_at(l, 0)->message), DIAG_TEXT_MAX);
	assert_int_equal(strlen(diag_at(l, 0)->help), DIAG_HELP_MAX);
	diag_add_file(l, DIAG_ERROR, "E", "a\nb", "c\nd", "e\nf");
	diag_print(l, &out);
	assert_true(slice_starts_with(buf_slice(&out),
	    "a?b: error[E]: e?f\n      = help: c\n              d\nf: error[E]: mmm"));
	buf_fini(&out);
	diag_list_free(l);
}

static void
only_near_words_are_suggested(void **state)
{
	static const char *const words[] = {
	    "sentiment", "intent", "brand", "author.followers", "is", "at", "id", "lang"};
	static const struct {
		const char *word, *want;
	} cases[] = {
	    {"sentimnt", "sentiment"},
	    {"sentiemnt", "sentiment"},
	    {"sentimentt", "sentiment"},
	    {"Sentiment", "sentiment"},
	    {"SENTIMENT", "sentiment"},
	    {"intnet", "intent"},
	    {"barnd", "brand"},
	    {"author.folowers", "author.followers"},
	    {"authorfollower", "author.followers"},
	    {"lagn", "lang"},
	    {"si", NULL},
	    {"x", NULL},
	    {"", NULL},
	    {"banana", NULL},
	    {"feelings", NULL},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got =
		    diag_nearest(slice_of(cases[i].word), words, sizeof(words) / sizeof(words[0]));
		if ((got == NULL) != (cases[i].want == NULL) ||
		    (got != NULL && strcmp(got, cases[i].want) != 0))
			fail_msg("'%s': got '%s', expected '%s'", cases[i].word,
			    got == NULL ? "nothing" : got,
			    cases[i].want == NULL ? "nothing" : cases[i].want);
	}
	assert_null(diag_nearest(SLICE_LIT("abc"), NULL, 0));
}

static int
add_and_print(void *cookie)
{
	struct diag_list *l = diag_list_new();
	struct buf out;

	(void)cookie;
	if (l == NULL)
		return -1;
	buf_init(&out, 100000);
	for (int i = 0; i < 60; i++)
		diag_add(l, DIAG_ERROR, "E", "file", SLICE_LIT("a \xFF line\nanother\n"), 4, 2,
		    "help", "%d of %s", i, "many");
	/* Counted all the same, and what was kept can be printed. */
	assert_int_equal(diag_count(l, DIAG_ERROR), 60);
	assert_true(diag_kept(l) <= 60);
	for (size_t i = 0; i < diag_kept(l); i++)
		assert_non_null(diag_at(l, i)->message);
	diag_print(l, &out);
	buf_fini(&out);
	diag_list_free(l);
	return 0;
}

static void
without_memory_findings_are_counted_at_least(void **state)
{
	(void)state;
	assert_true(faults_run(add_and_print, NULL, false) > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_finding_shows_the_line_the_range_and_the_help),
	    cmocka_unit_test(a_long_line_is_shown_around_the_finding),
	    cmocka_unit_test(ranges_outside_the_text_are_at_its_end),
	    cmocka_unit_test(a_row_of_a_file_that_is_read_in_pieces_has_its_own_number),
	    cmocka_unit_test(findings_come_in_order_of_file_line_and_column),
	    cmocka_unit_test(what_is_too_many_is_counted),
	    cmocka_unit_test(as_json_it_is_what_an_editor_needs),
	    cmocka_unit_test(a_message_cannot_break_its_line_nor_grow_without_end),
	    cmocka_unit_test(only_near_words_are_suggested),
	    cmocka_unit_test(without_memory_findings_are_counted_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
