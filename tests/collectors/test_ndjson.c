#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/ndjson.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/rng.h"

#define MAX_LINE 300

/* Everything the splitter says, as one text to compare. */
static void
collect(struct slice in, struct rng *rng, size_t chunk_max, struct buf *out)
{
	struct ndjson *n = ndjson_new(MAX_LINE);
	struct ndjson_line line;
	size_t pos = 0;
	bool is_finished = false;

	for (;;) {
		while (ndjson_next(n, &line) > 0)
			buf_addf(out, "%llu@%llu+%llu%s:%.*s\n", (unsigned long long)line.number,
			    (unsigned long long)line.end_offset, (unsigned long long)line.length,
			    line.is_too_long ? "!" : "", SLICE_ARG(line.text));
		if (is_finished)
			break;
		if (pos == in.len) {
			ndjson_finish(n);
			is_finished = true;
			continue;
		}
		size_t take = rng == NULL ? chunk_max : 1 + (size_t)rng_below(rng, chunk_max);
		if (take > in.len - pos)
			take = in.len - pos;
		assert_int_equal(ndjson_push(n, slice_make(in.ptr + pos, take)), 0);
		pos += take;
	}
	ndjson_free(n);
}

static void
lines_carry_their_number_and_the_offset_behind_them(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"\n\n \t\n", ""},
	    {"a", "1@1+1:a\n"},
	    {"a\n", "1@2+1:a\n"},
	    {"a\r\nb\r\n", "1@3+2:a\n2@6+2:b\n"},
	    {"\n\na\n\nb", "3@4+1:a\n5@6+1:b\n"},
	    {"\xEF\xBB\xBF{}\n", "1@6+5:{}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;
		buf_init(&out, 4096);
		collect(slice_of(cases[i].in), NULL, 1, &out);
		assert_string_equal(buf_str(&out), cases[i].out);
		buf_fini(&out);
	}
}

static void
the_chunks_do_not_matter(void **state)
{
	struct buf in, whole, cut;
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	buf_init(&in, 1 << 20);
	buf_init(&whole, 1 << 20);
	buf_init(&cut, 1 << 20);
	for (int i = 0; i < 200; i++) {
		size_t len = (size_t)rng_below(&rng, i % 7 == 0 ? 1000 : 80);
		for (size_t k = 0; k < len; k++)
			buf_add_char(&in, (char)('a' + (char)rng_below(&rng, 26)));
		buf_add_str(&in, i % 5 == 0 ? "\r\n" : "\n");
	}
	buf_add_str(&in, "no line end");
	collect(buf_slice(&in), NULL, 100000, &whole);
	assert_true(strstr(buf_str(&whole), "!") != NULL);
	for (size_t max = 1; max < 2000; max = max * 2 + 1) {
		buf_clear(&cut);
		collect(buf_slice(&in), max == 1 ? NULL : &rng, max, &cut);
		assert_string_equal(buf_str(&cut), buf_str(&whole));
	}
	buf_fini(&in);
	buf_fini(&whole);
	buf_fini(&cut);
}

static void
a_line_that_is_too_long_is_said_once_and_not_held(void **state)
{
	static char chunk[64 * 1024];
	struct ndjson *n = ndjson_new(1024 * 1024);
	struct ndjson_line line;

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 160; i++) { /* 10 MB */
		assert_int_equal(ndjson_push(n, slice_make(chunk, sizeof(chunk))), 0);
		assert_int_equal(ndjson_next(n, &line), 0);
	}
	assert_int_equal(ndjson_push(n, SLICE_LIT("\n{\"a\":1}\n")), 0);
	assert_int_equal(ndjson_next(n, &line), 1);
	assert_true(line.is_too_long);
	assert_int_equal(line.number, 1);
	assert_int_equal(line.length, 160 * sizeof(chunk));
	assert_int_equal(line.text.len, 200);
	assert_int_equal(ndjson_next(n, &line), 1);
	assert_false(line.is_too_long);
	assert_int_equal(line.number, 2);
	assert_int_equal(line.end_offset, 160 * sizeof(chunk) + 9);
	assert_true(slice_eq_str(line.text, "{\"a\":1}"));
	assert_int_equal(ndjson_next(n, &line), 0);
	ndjson_free(n);
}

static void
a_line_of_exactly_the_limit_is_taken(void **state)
{
	char text[MAX_LINE + 3];
	struct ndjson_line line;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t extra = 0; extra <= 1; extra++) {
		struct ndjson *n = ndjson_new(MAX_LINE);
		text[MAX_LINE + extra] = '\n';
		assert_int_equal(ndjson_push(n, slice_make(text, MAX_LINE + extra + 1)), 0);
		assert_int_equal(ndjson_next(n, &line), 1);
		assert_int_equal(line.is_too_long, extra == 1);
		text[MAX_LINE + extra] = 'x';
		ndjson_free(n);
	}
}

static void
a_stream_goes_on_where_it_was_left(void **state)
{
	struct ndjson *n = ndjson_new(MAX_LINE);
	struct ndjson_line line;

	(void)state;
	ndjson_resume(n, 1000, 20);
	assert_int_equal(ndjson_push(n, SLICE_LIT("abc\n")), 0);
	assert_int_equal(ndjson_next(n, &line), 1);
	assert_int_equal(line.number, 21);
	assert_int_equal(line.end_offset, 1004);
	assert_false(ndjson_is_within_line(n));
	assert_int_equal(ndjson_push(n, SLICE_LIT("ab")), 0);
	assert_int_equal(ndjson_next(n, &line), 0);
	assert_true(ndjson_is_within_line(n));
	ndjson_free(n);
}

static void
every_allocation_may_fail(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct ndjson_line line;
		int got = 0;
		mem_fault_arm(nth, true);
		struct ndjson *n = ndjson_new(MAX_LINE);
		if (n != NULL && ndjson_push(n, SLICE_LIT("a\nb\n")) == 0)
			while (ndjson_next(n, &line) > 0)
				got++;
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		ndjson_free(n);
		assert_int_equal(got, hit ? 0 : 2);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_carry_their_number_and_the_offset_behind_them),
	    cmocka_unit_test(the_chunks_do_not_matter),
	    cmocka_unit_test(a_line_that_is_too_long_is_said_once_and_not_held),
	    cmocka_unit_test(a_line_of_exactly_the_limit_is_taken),
	    cmocka_unit_test(a_stream_goes_on_where_it_was_left),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
