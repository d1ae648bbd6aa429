#include "core/json.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/rng.h"
#include "core/timefmt.h"

static void
commas_and_quotes_are_the_writers_work(void **state)
{
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_str(&w, "s", SLICE_LIT("a\"b"));
	json_kv_cstr(&w, "none", NULL);
	json_kv_str(&w, "unset", SLICE_NONE);
	json_kv_str(&w, "empty", SLICE_LIT(""));
	json_key(&w, "list");
	json_array_begin(&w);
	json_put_i64(&w, INT64_MIN);
	json_put_bool(&w, true);
	json_array_begin(&w);
	json_array_end(&w);
	json_object_begin(&w);
	json_object_end(&w);
	json_put_raw(&w, SLICE_LIT("{\"raw\":1}"));
	json_put_null(&w);
	json_put_value(&w, NULL);
	json_array_end(&w);
	json_key_slice(&w, slice_make("k\nX", 2));
	json_put_cstr(&w, "v");
	json_kv_i64(&w, "n", 5);
	json_kv_bool(&w, "b", false);
	json_kv_null(&w, "z");
	json_kv_time(&w, "at", 1500);
	json_kv_time(&w, "never", TIME_UNKNOWN);
	json_object_end(&w);
	assert_false(buf_failed(&out));
	assert_string_equal(buf_str(&out),
	    "{\"s\":\"a\\\"b\",\"none\":null,\"unset\":null,\"empty\":\"\","
	    "\"list\":[-9223372036854775808,true,[],{},{\"raw\":1},null,null],"
	    "\"k\\n\":\"v\",\"n\":5,\"b\":false,\"z\":null,"
	    "\"at\":\"1970-01-01T00:00:01.500Z\",\"never\":null}");
	buf_fini(&out);
}

static void
thousandths_are_written_as_decimals(void **state)
{
	static const struct {
		int64_t milli;
		const char *want;
	} cases[] = {
	    {0, "0"},
	    {620, "0.62"},
	    {-620, "-0.62"},
	    {1000, "1"},
	    {-1000, "-1"},
	    {5, "0.005"},
	    {-5, "-0.005"},
	    {50, "0.05"},
	    {500, "0.5"},
	    {1001, "1.001"},
	    {-12345, "-12.345"},
	    {INT64_MAX, "9223372036854775.807"},
	    {INT64_MIN, "-9223372036854775.808"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_writer w;
		struct buf out;
		buf_init(&out, 100);
		json_writer_init(&w, &out);
		json_put_milli(&w, cases[i].milli);
		assert_string_equal(buf_str(&out), cases[i].want);
		buf_fini(&out);
	}
}

static void
doubles_read_back_as_they_were(void **state)
{
	static const double doubles[] = {
	    0, 0.1, 1.0 / 3, -2.5, 1e21, 5e-324, DBL_MAX, DBL_MIN, 100};
	struct rng rng;

	(void)state;
	rng_init(&rng, 3);
	for (size_t i = 0; i < 5000; i++) {
		double want, got = -1;
		struct json_writer w;
		struct json_doc *doc;
		struct buf out;
		uint64_t bits = rng_next(&rng);
		memcpy(&want, &bits, sizeof(want));
		if (i < sizeof(doubles) / sizeof(doubles[0]))
			want = doubles[i];
		if (!isfinite(want))
			continue;
		buf_init(&out, 100);
		json_writer_init(&w, &out);
		json_put_f64(&w, want);
		assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, NULL), 0);
		assert_true(json_f64(json_root(doc), &got));
		if (got != want)
			fail_msg("%s", buf_str(&out));
		json_doc_free(doc);
		buf_fini(&out);
	}
}

static void
what_is_no_number_is_null(void **state)
{
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	json_put_f64(&w, (double)NAN);
	json_put_f64(&w, (double)INFINITY);
	json_put_f64(&w, 0.1);
	json_array_end(&w);
	assert_string_equal(buf_str(&out), "[null,null,0.1]");
	buf_fini(&out);
}

static void
any_text_reads_back_as_it_was(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 8);
	for (int round = 0; round < 2000; round++) {
		char text[64];
		size_t len = (size_t)rng_below(&rng, sizeof(text));
		for (size_t i = 0; i < len; i++)
			text[i] = (char)(1 + rng_below(&rng, 127));
		struct json_writer w;
		struct json_doc *doc;
		struct buf out;
		buf_init(&out, 1000);
		json_writer_init(&w, &out);
		json_put_str(&w, slice_make(text, len));
		assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, NULL), 0);
		assert_true(slice_eq(json_str(json_root(doc)), slice_make(text, len)));
		/* Nothing that could end a line. */
		assert_null(strpbrk(buf_str(&out), "\n\r\x1B\x7F"));
		json_doc_free(doc);
		buf_fini(&out);
	}
}

static void
a_full_buffer_is_seen_at_the_end(void **state)
{
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 20);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_cstr(&w, "key", "a text that does not fit");
	json_kv_i64(&w, "n", 1);
	json_object_end(&w);
	assert_true(buf_failed(&out) && buf_is_full(&out));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commas_and_quotes_are_the_writers_work),
	    cmocka_unit_test(thousandths_are_written_as_decimals),
	    cmocka_unit_test(doubles_read_back_as_they_were),
	    cmocka_unit_test(what_is_no_number_is_null),
	    cmocka_unit_test(any_text_reads_back_as_it_was),
	    cmocka_unit_test(a_full_buffer_is_seen_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
