#include "core/json.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/mem.h"
#include "tests/support/faults.h"

#define FFFD "\xEF\xBF\xBD"

/* The value written compactly, or the error's words; free with mem_free(). */
static char *
rewritten(struct slice text, size_t *repaired_r)
{
	struct json_doc *doc = NULL;
	struct json_writer w;
	struct buf out;
	struct err err = {0};

	buf_init(&out, 1024 * 1024);
	if (json_parse(text, &doc, repaired_r, &err) < 0) {
		assert_null(doc);
		buf_addf(&out, "%s: %s", err_kind_name(err.kind), err.text);
	} else {
		json_writer_init(&w, &out);
		json_put_value(&w, json_root(doc));
	}
	json_doc_free(doc);
	return buf_detach(&out, NULL);
}

static void
good_texts_are_read_and_written_compactly(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
		size_t repaired;
	} cases[] = {
	    {SLICE_INIT(" {\"b\" : [1, 2.5,\t-3e2, true,false , null,\"x\"], \"a\":{} }\n"),
		"{\"b\":[1,2.5,-300,true,false,null,\"x\"],\"a\":{}}", 0},
	    {SLICE_INIT("\"scalar\""), "\"scalar\"", 0},
	    {SLICE_INIT("null"), "null", 0},
	    {SLICE_INIT("[]"), "[]", 0},
	    {SLICE_INIT("{\"\":\"\"}"), "{\"\":\"\"}", 0},
	    {SLICE_INIT("9223372036854775807"), "9223372036854775807", 0},
	    {SLICE_INIT("-9223372036854775808"), "-9223372036854775808", 0},
	    {SLICE_INIT("[0.1,1e21,1E-7,-0.0]"), "[0.1,1e+21,1e-07,0]", 0},
	    {SLICE_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\""),
		"\"\\\"\\\\/\\b\\f\\n\\r\\t\xC3\xA9\xF0\x9F\x98\x80\"", 0},
	    {SLICE_INIT("\"\\u0001\\u001f\\u007f\""), "\"\\u0001\\u001f\\u007f\"", 0},
	    {SLICE_INIT("\xEF\xBB\xBF{\"bom\":1}"), "{\"bom\":1}", 0},
	    /* replaced, and counted */
	    {SLICE_INIT("\"a\\u0000b\""), "\"a" FFFD "b\"", 1},
	    {SLICE_INIT("\"a\0b\""), "\"a" FFFD "b\"", 1},
	    {SLICE_INIT("\"\xFF\xC3\""), "\"" FFFD FFFD "\"", 2},
	    {SLICE_INIT("\"\xED\xA0\x80\""), "\"" FFFD FFFD FFFD "\"", 3},
	    {SLICE_INIT("\"\\ud83d\""), "\"" FFFD "\"", 1},
	    {SLICE_INIT("\"\\ude00\""), "\"" FFFD "\"", 1},
	    {SLICE_INIT("\"\\ud83d\\ud83d\\ude00\""), "\"" FFFD "\xF0\x9F\x98\x80\"", 1},
	    {SLICE_INIT("\"\\ude00\\ud83d\""), "\"" FFFD FFFD "\"", 2},
	    {SLICE_INIT("\"\\uD83Dx\\uDE00\""), "\"" FFFD "x" FFFD "\"", 2},
	    {SLICE_INIT("\"\\ud83d\\n\""), "\"" FFFD "\\n\"", 1},
	    {SLICE_INIT("{\"k\\u0000\":\"\\u0000\"}"), "{\"k" FFFD "\":\"" FFFD "\"}", 2},
	    /* a backslash before the u is no escape of it */
	    {SLICE_INIT("\"\\\\u0000 \\\\ud83d\""), "\"\\\\u0000 \\\\ud83d\"", 0},
	    /* brackets and quotes inside strings are text */
	    {SLICE_INIT("[\"]]]]\\\"[[[[\"]"), "[\"]]]]\\\"[[[[\"]", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t repaired = 99;
		char *got = rewritten(cases[i].in, &repaired);
		if (strcmp(got, cases[i].want) != 0 || repaired != cases[i].repaired)
			fail_msg("'%.*s': got '%s' and %zu, expected '%s' and %zu",
			    SLICE_ARG(cases[i].in), got, repaired, cases[i].want,
			    cases[i].repaired);
		/* Written once more, nothing changes. */
		char *again = rewritten(slice_of(got), &repaired);
		assert_string_equal(again, got);
		assert_int_equal(repaired, 0);
		mem_free(again);
		mem_free(got);
	}
}

static void
bad_texts_are_refused_with_place_and_reason(void **state)
{
	static const struct {
		struct slice in;
		const char *want; /* how the answer begins */
	} cases[] = {
	    {SLICE_INIT(""), "input: line 1, column 1: expected a value"},
	    {SLICE_INIT("   "), "input: line 1, column 3: expected a value"},
	    {SLICE_INIT("{"), "input: line 1, column 1: "},
	    {SLICE_INIT("[1,\n2,\n,3]"), "input: line 3, column 1: expected a value near ','"},
	    {SLICE_INIT("[1] x"), "input: line 1, column 5: there is something behind"},
	    {SLICE_INIT("{}{}"), "input: line 1, column 3: there is something behind"},
	    {SLICE_INIT("nul"), "input: line 1, column 3: this is not JSON near 'nul'"},
	    {SLICE_INIT("'x'"), "input: line 1, column 1: this is not JSON"},
	    {SLICE_INIT("{a:1}"), "input: line 1, column 2: "},
	    {SLICE_INIT("[01]"), "input: line 1, column 2: "},
	    {SLICE_INIT("[1.]"), "input: line 1, column 3: "},
	    {SLICE_INIT("[+1]"), "input: line 1, column 2: "},
	    {SLICE_INIT("[NaN]"), "input: line 1, column 4: "},
	    {SLICE_INIT("[1,]"), "input: line 1, column 4: expected a value"},
	    {SLICE_INIT("1e999"), "input: line 1, column 5: a number too large"},
	    {SLICE_INIT("[-1e999]"), "input: line 1, column 7: a number too large"},
	    {SLICE_INIT("99999999999999999999"),
		"input: line 1, column 20: a number too large for 64 bits"},
	    {SLICE_INIT("-99999999999999999999"),
		"input: line 1, column 21: a number too large for 64 bits"},
	    {SLICE_INIT("{\"a\":1,\"b\":{\"a\":2},\"a\":3}"),
		"input: line 1, column 22: the same key twice in one object near '\"a\"'"},
	    {SLICE_INIT("{\"\\u0061\":1,\"a\":2}"),
		"input: line 1, column 15: the same key twice in one object"},
	    {SLICE_INIT("\"x"), "input: line 1, column 2: the text ends in the middle"},
	    {SLICE_INIT("\"a\nb\""), "input: line 1, column 2: a string goes over the end"},
	    {SLICE_INIT("\"a\x01\""), "input: line 1, column 2: a control character"},
	    {SLICE_INIT("\"\\x\""), "input: line 1, column 3: invalid escape"},
	    {SLICE_INIT("\"\\u12\""), "input: line 1, column 6: invalid escape"},
	    /* what is quoted is whole characters, and drives no terminal */
	    {SLICE_INIT("\"ab\\\xC3\xA9\""),
		"input: line 1, column 5: invalid escape near '\"ab\\'"},
	    {SLICE_INIT("\"\\\x1B[31m\""), "input: line 1, column 3: invalid escape near '\"\\?'"},
	    {SLICE_INIT("\xC2\x9B"
			"31m"),
		"input: line 1, column 1: this is not JSON near '?'"},
	    {SLICE_INIT("\xE2\x80\xAE"
			"x"),
		"input: line 1, column 1: this is not JSON near '?'"},
	    {SLICE_INIT("\"\\"), "input: line 1, column 2: "},
	    {SLICE_INIT("\"\\u"), "input: line 1, column "},
	    {SLICE_INIT("\"\\ud83d\\u"), "input: line 1, column "},
	    {SLICE_INIT("[\xC3\xA9]"), "input: line 1, column 2: this is not JSON"},
	    {SLICE_INIT("[\0]"), "input: line 1, column 2: this is not JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = rewritten(cases[i].in, NULL);
		if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("'%.*s': got '%s', expected '%s'", SLICE_ARG(cases[i].in), got,
			    cases[i].want);
		mem_free(got);
	}
	assert_int_equal(json_parse(SLICE_NONE, &(struct json_doc *){NULL}, NULL, NULL), -1);
}

/* count times open, then count times close around a 1. */
static char *
nested(size_t count, const char *open, char close)
{
	struct buf b;

	buf_init(&b, 10 * count + 10);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&b, open);
	buf_add_char(&b, '1');
	for (size_t i = 0; i < count; i++)
		buf_add_char(&b, close);
	return buf_detach(&b, NULL);
}

static void
nesting_ends_at_its_ceiling(void **state)
{
	static const struct {
		const char *open;
		char close;
	} kinds[] = {{"[", ']'}, {"{\"a\":", '}'}};
	struct json_doc *doc;
	struct err err;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		char *fits = nested(JSON_DEPTH_MAX, kinds[k].open, kinds[k].close);
		char *again = rewritten(slice_of(fits), NULL);
		assert_string_equal(again, fits);
		mem_free(again);
		mem_free(fits);
		static const size_t too_deep[] = {JSON_DEPTH_MAX + 1, 100000};
		for (size_t i = 0; i < 2; i++) {
			char *deep = nested(too_deep[i], kinds[k].open, kinds[k].close);
			assert_int_equal(json_parse(slice_of(deep), &doc, NULL, &err), -1);
			assert_int_equal(err.kind, ERR_LIMIT);
			mem_free(deep);
		}
	}
	assert_int_equal(json_parse(slice_of("{\"a\":\n [[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
					     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
			     &doc, NULL, &err),
	    -1);
	assert_string_equal(err.text, "line 2, column 65: nested deeper than 64 levels");
}

static void
large_texts_are_read_in_one_go(void **state)
{
	const size_t size = 8 * 1024 * 1024;
	char *text = mem_alloc(size + 2);
	struct json_doc *doc = NULL;

	(void)state;
	/* One string of nothing but escapes. */
	text[0] = '"';
	for (size_t i = 1; i + 6 <= size; i += 6)
		memcpy(text + i, "\\ud800", 6);
	size_t end = 1 + (size - 1) / 6 * 6;
	text[end] = '"';
	size_t repaired = 0;
	assert_int_equal(json_parse(slice_make(text, end + 1), &doc, &repaired, NULL), 0);
	assert_int_equal(repaired, (size - 1) / 6);
	assert_int_equal(json_str(json_root(doc)).len, (size - 1) / 6 * 3);
	json_doc_free(doc);
	/* A flat list of empty objects, which take the most memory for a byte. */
	for (size_t i = 0; i < size; i += 4)
		memcpy(text + i, "{ },", 4);
	text[0] = '[';
	text[1] = ' ';
	text[2] = '1';
	text[size - 1] = ']';
	doc = NULL;
	assert_int_equal(json_parse(slice_make(text, 400000), &doc, NULL, NULL), -1);
	text[399999] = ']';
	assert_int_equal(json_parse(slice_make(text, 400000), &doc, NULL, NULL), 0);
	assert_int_equal(json_count(json_root(doc)), 100000);
	json_doc_free(doc);
	/* So many numbers are over the ceiling of a document. */
	struct err err = {0};
	for (size_t i = 1; i + 1 < size; i += 2)
		memcpy(text + i, "1,", 2);
	text[size - 2] = ' ';
	doc = NULL;
	assert_int_equal(json_parse(slice_make(text, size), &doc, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_null(doc);
	mem_free(text);
}

static void
questions_to_the_wrong_type_are_answered_with_nothing(void **state)
{
	struct json_doc *doc;
	int64_t n = 5;
	double d = 5;
	bool b = true;
	size_t pos = 0;
	struct slice key;

	(void)state;
	assert_int_equal(
	    json_parse(slice_of("{\"s\":\"x\",\"n\":7,\"a\":[1,{\"k\":\"v\"}],\"z\":null,"
				"\"t\":true}"),
		&doc, NULL, NULL),
	    0);
	const struct json *root = json_root(doc);
	const struct json *s = json_get(root, "s");
	assert_int_equal(json_type(root), JSON_OBJECT);
	assert_int_equal(json_type(json_get(root, "z")), JSON_NULL);
	assert_int_equal(json_type(json_get(root, "none")), JSON_ABSENT);
	assert_null(json_get(json_get(json_get(root, "none"), "deeper"), "still"));
	assert_null(json_at(root, 0));
	assert_null(json_get(s, "x"));
	assert_null(json_at(json_get(root, "a"), 2));
	assert_true(slice_eq_str(json_get_str(json_at(json_get(root, "a"), 1), "k"), "v"));
	assert_false(slice_is_set(json_get_str(root, "n")));
	assert_int_equal(json_count(s) + json_count(NULL), 0);
	assert_int_equal(json_count(root), 5);
	assert_int_equal(json_count(json_get(root, "a")), 2);
	assert_false(json_i64(s, &n) || json_f64(s, &d) || json_bool(s, &b));
	assert_false(json_i64(NULL, &n) || json_f64(NULL, &d) || json_bool(NULL, &b));
	assert_true(n == 5 && d == 5 && b);
	assert_true(json_i64(json_get(root, "n"), &n) && n == 7);
	assert_true(json_f64(json_get(root, "n"), &d) && d == 7);
	assert_null(json_next(s, &pos, &key));
	json_doc_free(doc);
	json_doc_free(NULL);
	assert_null(json_root(NULL));
	for (int t = JSON_ABSENT; t <= JSON_OBJECT; t++)
		assert_true(strlen(json_type_name((enum json_type)t)) > 3);
}

static void
whole_numbers_are_whole_however_they_are_written(void **state)
{
	static const struct {
		const char *text;
		bool is_whole;
		int64_t value;
	} cases[] = {
	    {"0", true, 0},
	    {"-1", true, -1},
	    {"1.0", true, 1},
	    {"1e3", true, 1000},
	    {"-9223372036854775808.0", true, INT64_MIN},
	    {"9223372036854775807.0", false, 0}, /* as a double it is 2^63 */
	    {"1e19", false, 0},
	    {"-1e19", false, 0},
	    {"0.5", false, 0},
	    {"1e-5", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_doc *doc;
		int64_t value = 0;
		assert_int_equal(json_parse(slice_of(cases[i].text), &doc, NULL, NULL), 0);
		bool is_whole = json_i64(json_root(doc), &value);
		if (is_whole != cases[i].is_whole || value != cases[i].value)
			fail_msg("'%s': %d %lld", cases[i].text, is_whole, (long long)value);
		json_doc_free(doc);
	}
}

static void
walking_an_object_meets_its_members_in_order(void **state)
{
	struct json_doc *doc;
	char text[4096];
	struct slice key;
	const struct json *v;
	size_t pos = 0, len = 0;
	int64_t n, count = 0;

	(void)state;
	len += (size_t)snprintf(text, sizeof(text), "{");
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s\"k%d\":%d", i == 0 ? "" : ",", i, i);
	snprintf(text + len, sizeof(text) - len, "}");
	assert_int_equal(json_parse(slice_of(text), &doc, NULL, NULL), 0);
	while ((v = json_next(json_root(doc), &pos, &key)) != NULL) {
		char want[32];
		snprintf(want, sizeof(want), "k%lld", (long long)count);
		assert_true(slice_eq_str(key, want));
		assert_true(json_i64(v, &n) && n == count);
		count++;
	}
	assert_int_equal(count, 200);
	json_doc_free(doc);
}

static int
parse_rich(void *cookie)
{
	struct json_doc *doc = NULL;
	struct err err = {0};
	size_t repaired = 0;

	int rc = json_parse(*(const struct slice *)cookie, &doc, &repaired, &err);
	if (rc < 0) {
		assert_int_equal(err.kind, ERR_NOMEM);
		assert_null(doc);
		return -1;
	}
	/* What came through is whole: no byte was lost on the way. */
	struct slice s = json_get_str(json_root(doc), "long");
	assert_int_equal(s.len, 5000);
	for (size_t i = 0; i < s.len; i++)
		assert_int_equal(s.ptr[i], 'a' + (int)(i % 26));
	assert_int_equal(json_count(json_get(json_root(doc), "list")), 1000);
	assert_int_equal(repaired, 2);
	json_doc_free(doc);
	return 0;
}

static void
every_failed_allocation_is_reported_and_loses_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "{\"bad\":\"\\u0000\xFF\",\"long\":\"");
	for (int i = 0; i < 5000; i++)
		buf_add_char(&b, (char)('a' + i % 26));
	buf_add_str(&b, "\",\"list\":[0");
	for (int i = 1; i < 1000; i++)
		buf_addf(&b, ",{\"k%d\":\"%d\"}", i, i);
	buf_add_str(&b, "]}");
	struct slice text = buf_slice(&b);
	assert_true(faults_run(parse_rich, &text, true) > 10);
	buf_fini(&b);
}

static void *
parse_many(void *cookie)
{
	for (int i = 0; i < 300; i++) {
		struct json_doc *doc = NULL;
		if (json_parse(slice_of("{\"a\":[1,2,{\"b\":\"\\u00e9\"}],\"c\":1.5}"), &doc, NULL,
			NULL) < 0 ||
		    json_count(json_root(doc)) != 2)
			*(bool *)cookie = false;
		json_doc_free(doc);
		doc = NULL;
		if (json_parse(slice_of("{\"a\":"), &doc, NULL, NULL) == 0)
			*(bool *)cookie = false;
	}
	return NULL;
}

static void
several_threads_may_parse(void **state)
{
	pthread_t threads[4];
	bool is_right[4] = {true, true, true, true};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, parse_many, &is_right[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_true(is_right[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_texts_are_read_and_written_compactly),
	    cmocka_unit_test(bad_texts_are_refused_with_place_and_reason),
	    cmocka_unit_test(nesting_ends_at_its_ceiling),
	    cmocka_unit_test(large_texts_are_read_in_one_go),
	    cmocka_unit_test(questions_to_the_wrong_type_are_answered_with_nothing),
	    cmocka_unit_test(whole_numbers_are_whole_however_they_are_written),
	    cmocka_unit_test(walking_an_object_meets_its_members_in_order),
	    cmocka_unit_test(every_failed_allocation_is_reported_and_loses_nothing),
	    cmocka_unit_test(several_threads_may_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
