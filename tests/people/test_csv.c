#include "people/csv.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/faults.h"

/* Rows as text: "LINE:[field][field]\n", "!problem@field" behind a bad one, "~" before a recovered
 * one. */
struct shown {
	struct buf out;
	int stop_after; /* rows; 0: never */
	int rows;
};

static int
show(void *cookie, const struct csv_row *row, struct err *err)
{
	struct shown *s = cookie;

	buf_addf(&s->out, "%s%zu:", row->is_recovered ? "~" : "", row->line);
	for (size_t i = 0; i < row->count; i++) {
		buf_add_char(&s->out, '[');
		for (size_t k = 0; k < row->fields[i].len; k++) {
			char ch = row->fields[i].ptr[k];

			buf_add(&s->out, ch == '\0' ? "^0" : &ch, ch == '\0' ? 2 : 1);
		}
		buf_add_char(&s->out, ']');
	}
	if (row->problem != NULL) {
		assert_non_null(row->help);
		buf_addf(&s->out, "!%s@%zu", row->problem, row->problem_field);
	}
	buf_add_char(&s->out, '\n');
	if (++s->rows == s->stop_after)
		return err_set(err, ERR_INPUT, "enough");
	return 0;
}

/* In chunks of chunk bytes; free with mem_free(); NULL without memory. */
static char *
read_all(struct slice text, size_t chunk, struct err *err)
{
	struct shown s = {0};
	struct csv *c = csv_new(show, &s);
	char *out = NULL;
	int rc = c == NULL ? err_set(err, ERR_NOMEM, "no memory") : 0;

	buf_init(&s.out, 64 * 1024 * 1024);
	for (size_t i = 0; i < text.len && rc == 0; i += chunk)
		rc = csv_feed(
		    c, slice_make(text.ptr + i, text.len - i < chunk ? text.len - i : chunk), err);
	if (rc == 0)
		rc = csv_end(c, err);
	csv_free(c);
	buf_add_str(&s.out, "");
	if (rc == 0)
		out = buf_detach(&s.out, NULL);
	buf_fini(&s.out);
	return out;
}

static void
rows_are_read_however_the_bytes_arrive(void **state)
{
	static const struct {
		const char *note;
		struct slice in;
		const char *want;
	} cases[] = {
	    {"plain", SLICE_INIT("a,b\nc,d\n"), "1:[a][b]\n2:[c][d]\n"},
	    {"no line end at the end", SLICE_INIT("a,b\nc,d"), "1:[a][b]\n2:[c][d]\n"},
	    {"CRLF", SLICE_INIT("a,b\r\nc,d\r\n"), "1:[a][b]\n2:[c][d]\n"},
	    {"CR alone", SLICE_INIT("a,b\rc,d\r"), "1:[a][b]\n2:[c][d]\n"},
	    {"empty lines are no rows but count", SLICE_INIT("\n\r\na\n\n\nb\n"), "3:[a]\n6:[b]\n"},
	    {"nothing", SLICE_INIT(""), ""},
	    {"a BOM alone", SLICE_INIT("\xef\xbb\xbf"), ""},
	    {"half a BOM is text", SLICE_INIT("\xef\xbb"), "1:[\xef\xbb]\n"},
	    {"BOM",
		SLICE_INIT("\xef\xbb\xbf"
			   "a,b\n"),
		"1:[a][b]\n"},
	    {"BOM before a quote", SLICE_INIT("\xef\xbb\xbf\"a\",b\n"), "1:[a][b]\n"},
	    {"a BOM later is text",
		SLICE_INIT("a\n\xef\xbb\xbf"
			   "b\n"),
		"1:[a]\n2:[\xef\xbb\xbf"
		"b]\n"},
	    {"empty fields", SLICE_INIT(",\n,,a\n\"\"\n\"\",\n"),
		"1:[][]\n2:[][][a]\n3:[]\n4:[][]\n"},
	    {"quotes", SLICE_INIT("\"a,b\",\"c\"\"d\",\"\"\"\"\n"), "1:[a,b][c\"d][\"]\n"},
	    {"line ends in quotes", SLICE_INIT("\"a\nb\",\"c\r\nd\"\ne\n"),
		"1:[a\nb][c\r\nd]\n4:[e]\n"},
	    {"blanks are kept", SLICE_INIT(" a , b\n"), "1:[ a ][ b]\n"},
	    {"a quote within a plain field is text", SLICE_INIT("5\" pipe,b\n"),
		"1:[5\" pipe][b]\n"},
	    {"NUL is a byte as others", SLICE_INIT("a\0b,c\n"), "1:[a^0b][c]\n"},
	    {"invalid UTF-8 too", SLICE_INIT("\xff\xfe,\xc3\n"), "1:[\xff\xfe][\xc3]\n"},
	    {"formulas are data", SLICE_INIT("=1+1,@SUM(A1),-2\n"), "1:[=1+1][@SUM(A1)][-2]\n"},
	    {"behind a quote", SLICE_INIT("a,\"b\"c,d\ne\n"),
		"1:[a]!something stands behind a closing quote@1\n2:[e]\n"},
	    {"a quote never closed costs its line alone", SLICE_INIT("a\nb,\"c,d\ne,f\ng,h\n"),
		"1:[a]\n2:[b]!a quote is never closed@1\n~3:[e][f]\n~4:[g][h]\n"},
	    {"and closed by a later one too", SLICE_INIT("b,\"c,d\ne,\"f, g\"\nh\n"),
		"1:[b]!a quote is not closed on its line, and something stands behind the next "
		"one@1\n"
		"~2:[e][f, g]\n3:[h]\n"},
	    {"two of them", SLICE_INIT("\"a\nb\n\"c\nd\r\n"),
		"1:!a quote is not closed on its line, and something stands behind the next "
		"one@0\n~2:[b]\n"
		"~3:!a quote is never closed@0\n~4:[d]\n"},
	    {"CRLF behind a bad quote", SLICE_INIT("\"a\r\nb\r\nc\r\n"),
		"1:!a quote is never closed@0\n~2:[b]\n~3:[c]\n"},
	    {"a quote at the very end", SLICE_INIT("a,\""), "1:[a]!a quote is never closed@1\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t chunk = 1; chunk <= cases[i].in.len + 1; chunk++) {
			struct err err = {0};
			char *got = read_all(cases[i].in, chunk, &err);

			if (got == NULL || strcmp(got, cases[i].want) != 0)
				fail_msg("%s, chunks of %zu:\n got %s\nwant %s", cases[i].note,
				    chunk, got == NULL ? err.text : got, cases[i].want);
			mem_free(got);
		}
	}
}

static void
add_times(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_add_str(b, text);
}

static bool
is_in(const char *hay, const char *needle, const char *note)
{
	if (strstr(hay, needle) != NULL)
		return true;
	print_error("%s: '%s' is missing in: %.600s\n", note, needle, hay);
	return false;
}

static void
what_is_too_large_is_one_bad_row_and_the_next_is_read(void **state)
{
	struct err err = {0};
	struct buf b;
	char *got;

	(void)state;
	buf_init(&b, 32 * 1024 * 1024);

	add_times(&b, "0123456789", 1000 * 1000); /* one line of 10 MB */
	buf_add_str(&b, "\nnext,row\n");
	got = read_all(buf_slice(&b), 4096, &err);
	assert_string_equal(got, "1:!the row is longer than 256 KB@0\n2:[next][row]\n");
	mem_free(got);

	buf_clear(&b);
	buf_add_str(&b, "first\n\"");
	add_times(&b, "0123456789", 1000 * 1000); /* and with a quote before */
	buf_add_str(&b, "\nnext,row\n");
	got = read_all(buf_slice(&b), 100000, &err);
	assert_string_equal(got, "1:[first]\n2:!a quote is never closed@0\n3:[next][row]\n");
	mem_free(got);

	buf_clear(&b);
	add_times(&b, "x,", 9999); /* 10,000 columns */
	buf_add_str(&b, "x\nnext,row\n");
	got = read_all(buf_slice(&b), 777, &err);
	assert_true(
	    is_in(got, "!the row has more than 512 fields@512\n2:[next][row]\n", "columns"));
	mem_free(got);

	buf_clear(&b);
	add_times(&b, "x,", 511); /* as many as there may be */
	buf_add_str(&b, "x\n");
	got = read_all(buf_slice(&b), 777, &err);
	assert_null(strchr(got, '!'));
	mem_free(got);

	buf_clear(&b);
	add_times(&b, "x", CSV_ROW_BYTES_MAX - 1);
	buf_add_str(&b, "\n");
	got = read_all(buf_slice(&b), 1, &err);
	assert_null(strchr(got, '!'));
	mem_free(got);
	buf_fini(&b);
}

static int
count_good(void *cookie, const struct csv_row *row, struct err *err)
{
	size_t *good = cookie;

	(void)err;
	*good += row->problem == NULL;
	return 0;
}

static size_t
good_rows(struct slice text)
{
	size_t good = 0;
	struct err err = {0};
	struct csv *c = csv_new(count_good, &good);

	assert_int_equal(csv_feed(c, text, &err), 0);
	assert_int_equal(csv_end(c, &err), 0);
	csv_free(c);
	return good;
}

static void
one_open_quote_in_a_long_file_loses_one_row(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 32 * 1024 * 1024);
	add_times(&b, "EMAIL,someone@mail.example,NONE\n", 1000);
	buf_add_str(&b, "EMAIL,\"someone@mail.example,NONE\n");
	add_times(&b, "EMAIL,someone@mail.example,NONE\n", 100000);
	assert_int_equal(good_rows(buf_slice(&b)), 101000);
	buf_fini(&b);
}

/* Each line opens a quote whether it is read as a row or within one: reading again would cost a
 * window a line. */
static void
a_file_made_to_be_read_again_and_again_stays_cheap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 32 * 1024 * 1024);
	for (int i = 0; i < 10000; i++) {
		add_times(&b, "0123456789", 100);
		buf_add_str(&b, "\",\"\n");
	}
	good_rows(buf_slice(&b)); /* 2.6 billion steps without the budget */
	buf_fini(&b);
}

struct places {
	struct buf out;
	size_t field;
};

static int
show_place(void *cookie, const struct csv_row *row, struct err *err)
{
	struct places *p = cookie;
	struct csv_place at = csv_place(row, row->problem != NULL ? row->problem_field : p->field);

	(void)err;
	buf_addf(&p->out, "%zu:%zu+%zu '%.*s'\n", at.line, at.start, at.len, SLICE_ARG(at.text));
	return 0;
}

static void
a_place_is_that_of_the_file_not_of_the_text(void **state)
{
	static const struct {
		struct slice in;
		size_t field;
		const char *want;
	} cases[] = {
	    {SLICE_INIT("a,b,c\n"), 0, "1:0+1 'a,b,c'\n"},
	    {SLICE_INIT("a,b,c\n"), 2, "1:4+1 'a,b,c'\n"},
	    {SLICE_INIT("\"a\",\"b\",\"c\"\r\n"), 1, "1:4+3 '\"a\",\"b\",\"c\"'\n"},
	    {SLICE_INIT("a,,c\n"), 1, "1:2+1 'a,,c'\n"},
	    {SLICE_INIT("a,b\n"), 7, "1:3+1 'a,b'\n"},
	    {SLICE_INIT("\"a\nb\",cd\n"), 1, "2:3+2 'b\",cd'\n"},
	    {SLICE_INIT("\"a\r\nb\r\n\",\"c\nd\",e\n"), 1, "3:2+2 '\",\"c'\n"},
	    {SLICE_INIT("x,\"ab\"c,d\n"), 0, "1:2+7 'x,\"ab\"c,d'\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct places p = {.field = cases[i].field};
		struct err err = {0};
		struct csv *c = csv_new(show_place, &p);

		buf_init(&p.out, 4096);
		assert_int_equal(csv_feed(c, cases[i].in, &err), 0);
		assert_int_equal(csv_end(c, &err), 0);
		assert_string_equal(buf_str(&p.out), cases[i].want);
		buf_fini(&p.out);
		csv_free(c);
	}
}

static void
the_reader_of_rows_may_stop(void **state)
{
	struct shown s = {.stop_after = 2};
	struct err err = {0};
	struct csv *c = csv_new(show, &s);

	(void)state;
	buf_init(&s.out, 4096);
	assert_int_equal(csv_feed(c, SLICE_LIT("a\nb\nc\n"), &err), -1);
	assert_string_equal(err.text, "enough");
	assert_string_equal(buf_str(&s.out), "1:[a]\n2:[b]\n");
	buf_fini(&s.out);
	csv_free(c);
}

/* ---- writing --------------------------------------------------------------- */

static void
a_formula_is_defused_only_when_asked(void **state)
{
	static const struct {
		const char *field, *plain, *guarded;
	} cases[] = {
	    {"abc", "abc", "abc"},
	    {"", "", ""},
	    {"=1+1", "=1+1", "'=1+1"},
	    {"+49", "+49", "'+49"},
	    {"-1", "-1", "'-1"},
	    {"@x", "@x", "'@x"},
	    {"\tx", "\"\tx\"", "\"'\tx\""},
	    {"x ", "\"x \"", "\"x \""},
	    {"=\"a\",b", "\"=\"\"a\"\",b\"", "\"'=\"\"a\"\",b\""},
	    {"a\nb", "\"a\nb\"", "\"a\nb\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int guard = 0; guard <= 1; guard++) {
			struct buf b;

			buf_init(&b, 1024);
			csv_put(&b, slice_of(cases[i].field), guard);
			assert_string_equal(buf_str(&b), guard ? cases[i].guarded : cases[i].plain);
			buf_fini(&b);
		}
	}
}

#define FIELDS 4
#define FIELD_LEN 6

struct made {
	char fields[FIELDS][FIELD_LEN];
	size_t lens[FIELDS];
	int rows;
};

static int
compare(void *cookie, const struct csv_row *row, struct err *err)
{
	struct made *m = cookie;

	(void)err;
	m->rows++;
	assert_null(row->problem);
	assert_int_equal(row->count, FIELDS);
	for (size_t i = 0; i < FIELDS; i++) {
		assert_int_equal(row->fields[i].len, m->lens[i]);
		assert_memory_equal(row->fields[i].ptr, m->fields[i], m->lens[i]);
	}
	return 0;
}

static void
what_was_written_is_read_as_it_was(void **state)
{
	static const char letters[] = "ab \"\",,\n\r'=\0\xff\xc3\xa9";
	struct rng rng;

	(void)state;
	rng_init(&rng, 20261121);
	for (int round = 0; round < 20000; round++) {
		struct made m = {0};
		struct err err = {0};
		struct csv *c = csv_new(compare, &m);
		struct buf b;

		buf_init(&b, 4096);
		for (size_t i = 0; i < FIELDS; i++) {
			m.lens[i] = (size_t)rng_below(&rng, FIELD_LEN);
			for (size_t k = 0; k < m.lens[i]; k++)
				m.fields[i][k] = letters[rng_below(&rng, sizeof letters - 1)];
			if (i > 0)
				buf_add_char(&b, ',');
			csv_put(&b, slice_make(m.fields[i], m.lens[i]), false);
		}
		buf_add_str(&b, round % 2 ? "\n" : "\r\n");
		for (size_t i = 0, n; i < b.len; i += n) {
			n = 1 + (size_t)rng_below(&rng, 5);
			n = n > b.len - i ? b.len - i : n;
			assert_int_equal(csv_feed(c, slice_make(b.ptr + i, n), &err), 0);
		}
		assert_int_equal(csv_end(c, &err), 0);
		assert_int_equal(m.rows, 1);
		buf_fini(&b);
		csv_free(c);
	}
}

static int
read_with_little_memory(void *cookie)
{
	struct err err = {0};
	size_t rows = 0;
	struct csv *c = csv_new(count_good, &rows);
	int rc = c == NULL ? -1 : csv_feed(c, *(struct slice *)cookie, &err);

	if (rc == 0)
		rc = csv_end(c, &err);
	if (c != NULL && rc < 0)
		assert_int_equal(err.kind, ERR_NOMEM);
	csv_free(c);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	struct buf b;
	struct slice text;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "a,\"b\nc\",d\n\"e\nf\n");
	add_times(&b, "0123456789", 2000);
	text = buf_slice(&b);
	assert_true(faults_run(read_with_little_memory, &text, true) > 4);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_read_however_the_bytes_arrive),
	    cmocka_unit_test(what_is_too_large_is_one_bad_row_and_the_next_is_read),
	    cmocka_unit_test(one_open_quote_in_a_long_file_loses_one_row),
	    cmocka_unit_test(a_file_made_to_be_read_again_and_again_stays_cheap),
	    cmocka_unit_test(a_place_is_that_of_the_file_not_of_the_text),
	    cmocka_unit_test(the_reader_of_rows_may_stop),
	    cmocka_unit_test(a_formula_is_defused_only_when_asked),
	    cmocka_unit_test(what_was_written_is_read_as_it_was),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
