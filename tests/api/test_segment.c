/*
 * test_segment.c - Segment's calls become what is told of a customer; what cannot be read says why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "api/api.h"
#include "api/segment_dialect.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"

#define RECEIVED_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

struct seen {
	struct arena *arena;
	enum segment_answer answer;
	struct telling t;
	char why[TELLING_WHY_MAX];
	size_t calls;
};

static int
take(void *cookie, size_t index, const struct segment_call *call, struct err *err)
{
	struct seen *s = cookie;

	assert_int_equal(index, s->calls++);
	s->answer =
	    segment_read(call, RECEIVED_MS, SLICE_LIT("none:1"), s->arena, &s->t, s->why, err);
	return s->answer == SEGMENT_FAILED ? -1 : 0;
}

static int
read_call(struct seen *s, const char *kind, const char *body, struct err *err)
{
	char key[SEGMENT_KEY_MAX];

	s->calls = 0;
	return segment_walk(slice_of(kind), slice_of(body), 100, take, s, key, err);
}

static const struct {
	const char *kind, *body;
	enum telling_kind is;
	const char *name;
	int64_t before_ms; /* how long before it was received */
} calls[] = {
    {"track", "{\"userId\":\"u\",\"event\":\"x\"}", TELLING_EVENT, "x", 0},
    {"track", "{\"userId\":\"u\",\"event\":\"x\",\"timestamp\":\"2026-11-21T09:59:00Z\"}",
	TELLING_EVENT, "x", TIME_MINUTE_MS},
    /* a clock that is an hour ahead, and one that is a year behind */
    {"track",
	"{\"userId\":\"u\",\"event\":\"x\",\"timestamp\":\"2026-11-21T10:59:00Z\","
	"\"sentAt\":\"2026-11-21T11:00:00Z\"}",
	TELLING_EVENT, "x", TIME_MINUTE_MS},
    {"track",
	"{\"userId\":\"u\",\"event\":\"x\",\"originalTimestamp\":\"2025-11-21T09:58:00Z\","
	"\"timestamp\":\"2020-01-01\",\"sentAt\":\"2025-11-21T10:00:00Z\"}",
	TELLING_EVENT, "x", 2 * TIME_MINUTE_MS},
    /* later than it was sent: now */
    {"track",
	"{\"userId\":\"u\",\"event\":\"x\",\"timestamp\":\"2026-11-21T11:00:00Z\","
	"\"sentAt\":\"2026-11-21T10:00:00Z\"}",
	TELLING_EVENT, "x", 0},
    {"page", "{\"userId\":\"u\",\"name\":\"Home\"}", TELLING_EVENT, "page viewed", 0},
    {"screen", "{\"userId\":\"u\"}", TELLING_EVENT, "screen viewed", 0},
    {"identify", "{\"userId\":\"u\",\"traits\":{\"a\":1}}", TELLING_IDENTIFY, "", 0},
    {"group", "{\"userId\":\"u\",\"groupId\":\"g\",\"traits\":{\"a\":1}}", TELLING_IDENTIFY, "", 0},
    {"alias", "{\"userId\":\"u\",\"previousId\":\"v\"}", TELLING_ALIAS, "", 0},
};

static void
each_call_becomes_what_it_means_at_its_time(void **state)
{
	struct seen s = {.arena = arena_new(4 * 1024 * 1024)};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct err err = {ERR_NONE, ""};

		assert_int_equal(read_call(&s, calls[i].kind, calls[i].body, &err), 0);
		if (s.answer != SEGMENT_READ || s.t.kind != calls[i].is ||
		    s.t.at_ms != RECEIVED_MS - calls[i].before_ms)
			fail_msg("%s %s: %d, %d, %lld ms", calls[i].kind, calls[i].body,
			    (int)s.answer, (int)s.t.kind, (long long)(RECEIVED_MS - s.t.at_ms));
		assert_true(calls[i].name[0] == '\0' || slice_eq_str(s.t.name, calls[i].name));
		assert_true(slice_eq_str(s.t.customer_id, "u") && slice_eq_str(s.t.id, "none:1"));
	}
	arena_free(s.arena);
}

static void
addresses_among_traits_become_endpoints_and_the_rest_attributes(void **state)
{
	struct seen s = {.arena = arena_new(1024 * 1024)};
	struct err err = {ERR_NONE, ""};

	(void)state;
	assert_int_equal(
	    read_call(&s, "identify",
		"{\"userId\":7,\"messageId\":\"m\",\"context\":{\"locale\":\"de-AT\","
		"\"timezone\":\"Europe/Vienna\"},\"traits\":{\"email\":\"a@b.example\","
		"\"phone\":\"call me\",\"address\":{\"country\":\"AT\"},\"plan\":null}}",
		&err),
	    0);
	assert_int_equal(s.answer, SEGMENT_READ);
	assert_int_equal(s.t.address_count, 1);
	assert_true(slice_eq_str(s.t.addresses[0].channel, "email"));
	assert_int_equal(s.t.attribute_count, 3); /* phone, address.country, plan */
	assert_true(slice_eq_str(s.t.country, "AT") && slice_eq_str(s.t.locale, "de-AT") &&
	    slice_eq_str(s.t.timezone, "Europe/Vienna"));
	assert_true(slice_eq_str(s.t.customer_id, "7") && slice_eq_str(s.t.id, "m"));
	arena_free(s.arena);
}

static const struct {
	const char *kind, *body;
	enum segment_answer answer;
	const char *why;
} others[] = {
    {"track", "{\"anonymousId\":\"a\",\"event\":\"x\"}", SEGMENT_STRANGER, ""},
    {"track", "{\"event\":\"x\"}", SEGMENT_REFUSED, "neither a userId"},
    {"track", "{\"userId\":\"u\"}", SEGMENT_REFUSED, "\"event\" is missing"},
    {"track", "{\"userId\":\"u\",\"event\":[]}", SEGMENT_REFUSED, "should be a string"},
    {"track", "{\"userId\":\"u\",\"event\":\"x\",\"properties\":5}", SEGMENT_REFUSED,
	"should be an object"},
    {"group", "{\"userId\":\"u\"}", SEGMENT_REFUSED, "\"groupId\" is missing"},
    {"alias", "{\"userId\":\"u\"}", SEGMENT_REFUSED, "\"previousId\" is missing"},
    {"dance", "{\"userId\":\"u\"}", SEGMENT_REFUSED, "no call 'dance'"},
    {"batch", "{\"batch\":[{\"userId\":\"u\"}]}", SEGMENT_REFUSED, "no call"},
};

static void
what_is_nobodys_or_no_call_is_told_apart(void **state)
{
	struct seen s = {.arena = arena_new(4 * 1024 * 1024)};
	struct err err = {ERR_NONE, ""};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_int_equal(read_call(&s, others[i].kind, others[i].body, &err), 0);
		assert_int_equal(s.answer, others[i].answer);
		if (strstr(s.why, others[i].why) == NULL)
			fail_msg("%s: '%s'", others[i].body, s.why);
	}
	assert_int_equal(read_call(&s, "track", "[]", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(read_call(&s, "batch", "{\"batch\":{}}", &err), -1);
	arena_free(s.arena);
}

static void
reading_calls_survives_every_failed_allocation(void **state)
{
	const char *body =
	    "{\"batch\":[{\"type\":\"identify\",\"userId\":\"u\",\"traits\":{\"a\":[1],"
	    "\"email\":\"a@b.example\"}},{\"type\":\"page\",\"userId\":\"u\",\"name\":\"n\","
	    "\"properties\":{\"p\":1}},{\"type\":\"group\",\"userId\":\"u\",\"groupId\":"
	    "\"g\",\"traits\":{\"t\":2}}]}";

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct seen s = {.arena = arena_new(1024 * 1024)};
		struct err err = {ERR_NONE, ""};
		bool was_hit;
		int rc;

		mem_fault_arm(nth, false);
		rc = read_call(&s, "batch", body, &err);
		was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		arena_free(s.arena);
		if (!was_hit) {
			assert_true(rc == 0 && s.calls == 3 && s.answer == SEGMENT_READ);
			break;
		}
		assert_true(rc == 0 || err.kind == ERR_NOMEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_call_becomes_what_it_means_at_its_time),
	    cmocka_unit_test(addresses_among_traits_become_endpoints_and_the_rest_attributes),
	    cmocka_unit_test(what_is_nobodys_or_no_call_is_told_apart),
	    cmocka_unit_test(reading_calls_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
