/*
 * The two readers beside one another: what the plain one takes, jansson takes with the same answer.  And the plain one takes what posts
 * are made of; else it would be of no use.
 */
#include "core/json_internal.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/rng.h"
#include "core/utf8.h"
#include "tests/support/json_same.h"

#define ROUNDS 60000

/* Does the plain reader take it?  When it does, so must jansson. */
static bool
is_plain(struct slice text)
{
	struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	const struct json *plain = NULL, *other;
	struct node_failure failure = {0};
	int rc = node_read_plain(text, a, &plain);

	assert_int_not_equal(rc, -1);
	if (rc == 1) {
		other = node_parse(text, a, &failure);
		if (other == NULL)
			fail_msg("'%.*s': jansson says %s", SLICE_ARG(text), failure.text);
		if (!json_is_same(plain, other))
			fail_msg("'%.*s': read differently", SLICE_ARG(text));
	}
	arena_free(a);
	return rc == 1;
}

static void
plain_is_what_posts_are_made_of(void **state)
{
	static const struct {
		struct slice text;
		bool is_plain;
	} cases[] = {
	    {SLICE_INIT("{\"id\":\"x\",\"text\":\"caf\xC3\xA9 \\u00e9 \\ud83d\\ude00 \\\" \\\\ \\/ "
			"\\n\",\"likes\":12,\"place\":null}"),
		true},
	    {SLICE_INIT(
		 " [ true , false , null , 0 , -1 , 0.5 , -12.25 , \"\" , { } , [ ] ] \r\n\t"),
		true},
	    {SLICE_INIT("-0"), true},
	    {SLICE_INIT("-0.0"), true},
	    {SLICE_INIT("999999999999999999"), true},
	    {SLICE_INIT("-999999999999999999"), true},
	    {SLICE_INIT("0.1"), true},
	    {SLICE_INIT("12345678.1234567"), true},
	    {SLICE_INIT("{\"\":1,\"a\":2,\"aa\":3}"), true},
	    {SLICE_INIT("\"\x7F\xEF\xBF\xBF\\uffff\""), true},
	    {SLICE_INIT("\"\\uD834\\uDD1E\""), true},
	    /* jansson's */
	    {SLICE_INIT("1234567890123456789"), false},
	    {SLICE_INIT("1e3"), false},
	    {SLICE_INIT("1.5E3"), false},
	    {SLICE_INIT("123456789.1234567"), false},
	    {SLICE_INIT("\"\\u0000\""), false},
	    {SLICE_INIT("\"\\ud83d\""), false},
	    {SLICE_INIT("\"\\ud83d\\u0041\""), false},
	    {SLICE_INIT("\"\\ude00\\ud83d\""), false},
	    /* wrong */
	    {SLICE_INIT(""), false},
	    {SLICE_INIT(" "), false},
	    {SLICE_INIT("01"), false},
	    {SLICE_INIT("-"), false},
	    {SLICE_INIT("+1"), false},
	    {SLICE_INIT(".5"), false},
	    {SLICE_INIT("1."), false},
	    {SLICE_INIT("tru"), false},
	    {SLICE_INIT("trueish"), false},
	    {SLICE_INIT("[1,]"), false},
	    {SLICE_INIT("[1 2]"), false},
	    {SLICE_INIT("[1"), false},
	    {SLICE_INIT("{\"a\":1,}"), false},
	    {SLICE_INIT("{\"a\" 1}"), false},
	    {SLICE_INIT("{a:1}"), false},
	    {SLICE_INIT("{\"a\":1,\"a\":2}"), false},
	    {SLICE_INIT("{\"a\":1,\"\\u0061\":2}"), false},
	    {SLICE_INIT("\"abc"), false},
	    {SLICE_INIT("\"a\nb\""), false},
	    {SLICE_INIT("\"\\x\""), false},
	    {SLICE_INIT("\"\\u12g4\""), false},
	    {SLICE_INIT("\"\\u12"), false},
	    {SLICE_INIT("\"\\ud83d\\u"), false},
	    {SLICE_INIT("\"\\"), false},
	    {SLICE_INIT("1 1"), false},
	    {SLICE_INIT("{} x"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (is_plain(cases[i].text) != cases[i].is_plain)
			fail_msg("'%.*s': expected %s", SLICE_ARG(cases[i].text),
			    cases[i].is_plain ? "plain" : "not plain");
}

/* ---- random texts: grown from a grammar, then damaged ------------------------------------ */

static const char *const pieces[] = {"\"", "\\", "\\\"", "\\u00e9", "\\ud83d", "\\ude00", "\\u0000",
    "\\n", "\xC3\xA9", "\xF0\x9F\x98\x80", "a", "key", "0", "1", "9", "-", ".", "e", "E", "+", "[",
    "]", "{", "}", ",", ":", " ", "\n", "\t", "true", "false", "null", "\x01", "\x7F",
    "999999999999999999", "123456.654321"};

static const char *
piece(struct rng *r)
{
	return pieces[rng_below(r, sizeof pieces / sizeof pieces[0])];
}

static void
grow_string(struct rng *r, struct buf *out)
{
	static const char *const inside[] = {"a", "b", "text that is longer than eight bytes",
	    "\\u00e9", "\\ud83d\\ude00", "\\n", "\\\\", "\\\"", "/", "\xC3\xA9",
	    "\xF0\x9F\x98\x80"};

	buf_add_char(out, '"');
	for (size_t n = rng_below(r, 5); n > 0; n--)
		buf_add_str(out, inside[rng_below(r, sizeof inside / sizeof inside[0])]);
	buf_add_char(out, '"');
}

static void
grow(struct rng *r, struct buf *out, unsigned depth)
{
	size_t kind = rng_below(r, depth > 4 ? 5 : 8);
	bool is_object = kind == 7;

	if (kind == 0) {
		buf_addf(out, "%lld", (long long)rng_below(r, 2000) - 1000);
	} else if (kind == 1) {
		buf_addf(out, "%s%u.%u", rng_below(r, 2) == 0 ? "-" : "",
		    (unsigned)rng_below(r, 100000), (unsigned)rng_below(r, 1000000000));
	} else if (kind == 2) {
		buf_add_str(out, (const char *[]){"true", "false", "null"}[rng_below(r, 3)]);
	} else if (kind < 5) {
		grow_string(r, out);
	} else {
		buf_add_char(out, is_object ? '{' : '[');
		for (size_t n = rng_below(r, 5), i = 0; i < n; i++) {
			buf_add_str(out, i > 0 ? ", " : "");
			if (is_object) {
				grow_string(r, out);
				buf_add_char(out, ':');
			}
			grow(r, out, depth + 1);
		}
		buf_add_char(out, is_object ? '}' : ']');
	}
}

static void
damage(struct rng *r, struct buf *b)
{
	struct buf damaged;

	for (size_t n = rng_below(r, 3); n > 0; n--) {
		size_t at = rng_below(r, b->len + 1),
		       gone = rng_below(r, 2) == 0 ? 0 : rng_below(r, b->len - at + 1);

		buf_init(&damaged, 1024 * 1024);
		buf_add(&damaged, b->ptr, at);
		buf_add_str(&damaged, rng_below(r, 4) == 0 ? "" : piece(r));
		buf_add(&damaged, b->ptr + at + gone, b->len - at - gone);
		buf_fini(b);
		*b = damaged;
	}
}

static void
what_the_plain_reader_takes_jansson_takes_too(void **state)
{
	struct rng r;
	struct buf b;
	size_t plain = 0;

	(void)state;
	rng_init(&r, 20261122);
	for (size_t i = 0; i < ROUNDS; i++) {
		buf_init(&b, 1024 * 1024);
		grow(&r, &b, 0);
		damage(&r, &b);
		if (utf8_is_valid(buf_slice(&b)))
			plain += is_plain(buf_slice(&b));
		buf_fini(&b);
	}
	/* Both sides of the fence were met often. */
	assert_in_range(plain, ROUNDS / 5, ROUNDS * 4 / 5);
}

static void
nesting_and_members_have_ceilings(void **state)
{
	struct buf b;

	(void)state;
	for (size_t depth = 63; depth <= 66; depth++) {
		buf_init(&b, 4096);
		for (size_t i = 0; i < depth; i++)
			buf_add_char(&b, '[');
		for (size_t i = 0; i < depth; i++)
			buf_add_char(&b, ']');
		assert_int_equal(is_plain(buf_slice(&b)), depth <= 64);
		buf_fini(&b);
	}
	for (size_t members = 63; members <= 66; members++) {
		buf_init(&b, 4096);
		for (size_t i = 0; i < members; i++)
			buf_addf(&b, "%s\"k%zu\":%zu", i == 0 ? "{" : ",", i, i);
		buf_add_char(&b, '}');
		assert_int_equal(is_plain(buf_slice(&b)), members <= 64);
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_is_what_posts_are_made_of),
	    cmocka_unit_test(what_the_plain_reader_takes_jansson_takes_too),
	    cmocka_unit_test(nesting_and_members_have_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
