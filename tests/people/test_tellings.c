/* What is told of customers: read, bounded, and refused with a reason. */
#include "people/tellings.h"

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "tests/people/people_world.h"

#define RECEIVED_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

static int
read_one(const char *text, struct arena *a, struct telling *t, char why[TELLING_WHY_MAX])
{
	struct err err = {0};

	why[0] = '\0';
	return telling_read(slice_of(text), RECEIVED_MS, SLICE_LIT("none:1"), a, t, why, &err);
}

static const char *
value_of(const struct attribute *list, size_t count, const char *name, struct arena *a)
{
	const char *out = "absent";

	for (size_t i = 0; i < count; i++) {
		if (!slice_eq_str(list[i].name, name))
			continue;
		out = "";
		for (size_t k = 0; k < list[i].values.count; k++)
			out = arena_printf(a, "%s%.*s|", out, SLICE_ARG(list[i].values.items[k]));
	}
	return out;
}

static void
values_become_texts_under_names_of_their_own(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {{"a", "x|"}, {"n", "24.5|"}, {"big", "9007199254740993|"}, {"yes", "true|"},
	    {"list", "1|two|false|"}, {"in.side.deep", "d|"}, {"items.sku", "a1|b2|"},
	    {"items.qty", "1|"}, {"none", "absent"}, {"empty", "absent"}};
	struct arena *a = arena_new(1024 * 1024);
	char why[TELLING_WHY_MAX];
	struct telling t;

	(void)state;
	assert_int_equal(
	    read_one("{\"customer\":\"7\",\"name\":\"x\",\"properties\":{\"a\":\"x\",\"n\":24.50,"
		     "\"big\":9007199254740993,\"yes\":true,\"list\":[1,\"two\",false,null],"
		     "\"in\":{\"side\":{\"deep\":\"d\"}},\"none\":null,\"empty\":[],"
		     "\"items\":[{\"sku\":\"a1\",\"qty\":1},{\"sku\":\"b2\"}]},"
		     "\"attributes\":{\"gone\":null,\"plan\":\"gold\"}}",
		a, &t, why),
	    1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(
		    value_of(t.properties, t.property_count, cases[i].name, a), cases[i].want);
	/* an attribute without values is to be removed */
	assert_string_equal(value_of(t.attributes, t.attribute_count, "gone", a), "");
	assert_string_equal(value_of(t.attributes, t.attribute_count, "plan", a), "gold|");
	assert_true(slice_eq_str(t.id, "none:1") && slice_eq_str(t.source, "api"));
	assert_true(t.at_ms == RECEIVED_MS && t.kind == TELLING_EVENT);
	arena_free(a);
}

static void
times_are_at_most_now_and_who_is_told_of_may_be_named_in_three_ways(void **state)
{
	struct arena *a = arena_new(1024 * 1024);
	char why[TELLING_WHY_MAX];
	struct telling t;

	(void)state;
	assert_int_equal(
	    read_one(
		"{\"author\":\"@a@b\",\"name\":\"x\",\"at\":\"2026-11-21T09:00:00Z\"}", a, &t, why),
	    1);
	assert_true(t.at_ms == RECEIVED_MS - TIME_HOUR_MS && slice_eq_str(t.author, "@a@b"));
	assert_int_equal(
	    read_one("{\"customer\":42,\"name\":\"x\",\"at\":\"2030-01-01\"}", a, &t, why), 1);
	assert_true(t.at_ms == RECEIVED_MS && slice_eq_str(t.customer_id, "42"));
	assert_int_equal(read_one("{\"endpoint\":{\"channel\":\"Email\",\"address\":\" a@b.example "
				  "\"},\"name\":\"x\"}",
			     a, &t, why),
	    1);
	assert_true(
	    slice_eq_str(t.whose.channel, "email") && slice_eq_str(t.whose.address, "a@b.example"));
	assert_int_equal(
	    read_one("{\"customer\":\"7\",\"attributes\":{\"plan\":\"x\"}}", a, &t, why), 1);
	assert_int_equal(t.kind, TELLING_IDENTIFY);
	arena_free(a);
}

static const struct {
	const char *text, *why;
} refused[] = {
    {"5", "should be an object"},
    {"{", "line 1"},
    {"{\"customer\":\"7\"}", "\"name\" is missing"},
    {"{\"customer\":\"7\",\"properties\":{\"a\":1}}", "\"name\" is missing"},
    {"{\"name\":\"x\"}", "say whose it is"},
    {"{\"customer\":\"7\",\"author\":\"@a\",\"name\":\"x\"}", "one of"},
    {"{\"customer\":\"7\",\"name\":[]}", "should be a string"},
    {"{\"customer\":\"7\",\"name\":\"a\\nb\"}", "control character"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"at\":\"now\"}", "2026-11-21T10:00:00Z"},
    {"{\"customer\":\"7\",\"nmae\":\"x\"}", "did you mean \"name\"?"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"kind\":\"post\"}", "\"kind\" of an event is \"event\""},
    {"{\"customer\":\"7\",\"name\":\"x\",\"properties\":[]}", "should be an object"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"properties\":{\"a\":[[[[[[1]]]]]]}}", "nested too deep"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"properties\":{\"\":1}}", "is no name"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"endpoints\":[{\"channel\":\"email\",\"address\":\"x\"}]"
     "}",
	"no email address"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"endpoints\":[{\"channel\":\"e "
     "mail\",\"address\":\"x\"}]}",
	"one of email"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"endpoints\":[{\"channel\":\"fax\",\"address\":\"1\"}]}",
	"one of email"},
    {"{\"customer\":\"7\",\"name\":\"x\",\"endpoints\":[{},{},{},{},{},{},{},{},{}]}", "at most 8"},
    {"{\"endpoint\":\"a@b\",\"name\":\"x\"}", "an endpoint is"},
};

static void
what_cannot_be_taken_says_why(void **state)
{
	struct arena *a = arena_new(1024 * 1024);
	char why[TELLING_WHY_MAX];
	struct telling t;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_int_equal(read_one(refused[i].text, a, &t, why), 0);
		if (strstr(why, refused[i].why) == NULL)
			fail_msg("%s: '%s', want '%s'", refused[i].text, why, refused[i].why);
	}
	arena_free(a);
}

static void
what_is_too_much_is_refused(void **state)
{
	struct arena *a = arena_new(16 * 1024 * 1024);
	char why[TELLING_WHY_MAX];
	struct telling t;
	struct buf b;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "{\"customer\":\"7\",\"name\":\"x\",\"properties\":{\"a\":[0");
	for (int i = 0; i < TELLING_VALUES_MAX; i++)
		buf_add_str(&b, ",0");
	buf_add_str(&b, "]}}");
	assert_int_equal(read_one(buf_str(&b), a, &t, why), 0);
	assert_non_null(strstr(why, "more than 500 values"));
	buf_clear(&b);
	buf_add_str(&b, "{\"customer\":\"7\",\"name\":\"x\",\"properties\":{\"a\":\"");
	for (int i = 0; i <= TELLING_VALUE_MAX; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, "\"}}");
	assert_int_equal(read_one(buf_str(&b), a, &t, why), 0);
	assert_non_null(strstr(why, "more than 4096 bytes"));
	buf_clear(&b);
	for (int i = 0; i <= TELLING_JSON_MAX; i++)
		buf_add_char(&b, ' ');
	assert_int_equal(read_one(buf_str(&b), a, &t, why), 0);
	buf_fini(&b);
	arena_free(a);
}

static void
reading_survives_every_failed_allocation(void **state)
{
	const char *text = "{\"id\":\"e\",\"customer\":\"7\",\"name\":\"x\",\"source\":\"s\","
			   "\"properties\":{\"a\":{\"b\":[1,\"c\"]}},\"attributes\":{\"d\":null},"
			   "\"endpoints\":[{\"channel\":\"sms\",\"address\":\"+49123\"}]}";

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(1024 * 1024);
		char why[TELLING_WHY_MAX];
		struct err err = {0};
		struct telling t;
		bool was_hit;
		int rc;

		mem_fault_arm(nth, false);
		rc = telling_read(
		    slice_of(text), RECEIVED_MS, SLICE_LIT("none:1"), a, &t, why, &err);
		was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		arena_free(a);
		if (!was_hit) {
			assert_int_equal(rc, 1);
			break;
		}
		assert_true(rc <= 0 && (rc == 0 || err.kind == ERR_NOMEM));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_become_texts_under_names_of_their_own),
	    cmocka_unit_test(times_are_at_most_now_and_who_is_told_of_may_be_named_in_three_ways),
	    cmocka_unit_test(what_cannot_be_taken_says_why),
	    cmocka_unit_test(what_is_too_much_is_refused),
	    cmocka_unit_test(reading_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
