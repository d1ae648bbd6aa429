#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/http_client.h"

#define NOW_MS INT64_C(1795341600000) /* 2026-11-22T10:00:00Z */
#define PAIRS_MAX 4

struct pair {
	const char *name, *value;
};

static struct http_result
result_of(int status, const struct pair *pairs, struct http_header *space)
{
	struct http_result r = {.progress = HTTP_ANSWERED, .status = status, .headers = space};

	while (r.header_count < PAIRS_MAX && pairs[r.header_count].name != NULL) {
		space[r.header_count].name = slice_of(pairs[r.header_count].name);
		space[r.header_count].value = slice_of(pairs[r.header_count].value);
		r.header_count++;
	}
	return r;
}

static void
waits_are_read_in_every_dialect(void **state)
{
	static const struct {
		const char *note;
		int status;
		struct pair pairs[PAIRS_MAX];
		long long want_ms;
	} cases[] = {
	    {"no headers", 429, {{0}}, -1},
	    {"seconds", 429, {{"retry-after", "120"}}, 120000},
	    {"seconds with a fraction", 429, {{"retry-after", "1.5"}}, 1500},
	    {"zero", 503, {{"retry-after", "0"}}, 0},
	    {"a date", 503, {{"retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"}}, 30000},
	    {"a date that has passed", 503, {{"retry-after", "Sun, 22 Nov 2026 09:00:00 GMT"}}, 0},
	    {"a wait on a good answer counts too", 200, {{"retry-after", "7"}}, 7000},
	    {"Retry-After wins", 429, {{"x-ratelimit-reset", "300"}, {"retry-after", "5"}}, 5000},
	    {"an unreadable Retry-After does not", 429,
		{{"retry-after", "soon"}, {"x-ratelimit-reset", "300"}}, 300000},
	    {"a negative one does not", 429, {{"retry-after", "-5"}}, -1},
	    {"Mastodon: a timestamp", 429, {{"x-ratelimit-reset", "2026-11-22T10:05:00.123456Z"}},
		300123},
	    {"Mastodon: plenty remains", 200,
		{{"x-ratelimit-remaining", "298"}, {"x-ratelimit-reset", "2026-11-22T10:05:00Z"}},
		-1},
	    {"Mastodon: the last one was used", 200,
		{{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "2026-11-22T10:05:00Z"}},
		300000},
	    {"X: epoch seconds", 429, {{"x-rate-limit-reset", "1795341660"}}, 60000},
	    {"X: in the past", 429, {{"x-rate-limit-reset", "1795341000"}}, 0},
	    {"epoch milliseconds", 429, {{"x-rate-limit-reset", "1795341660000"}}, 60000},
	    {"Reddit: seconds from now, floats", 200,
		{{"x-ratelimit-used", "600"}, {"x-ratelimit-remaining", "0.0"},
		    {"x-ratelimit-reset", "241"}},
		241000},
	    {"Reddit: some are left", 200,
		{{"x-ratelimit-remaining", "9324.0"}, {"x-ratelimit-reset", "241"}}, -1},
	    {"Bluesky: epoch seconds", 429,
		{{"ratelimit-remaining", "0"}, {"ratelimit-reset", "1795341720"}}, 120000},
	    {"Discord: reset-after is finer", 429,
		{{"x-ratelimit-reset", "1795341661.5"}, {"x-ratelimit-reset-after", "1.25"}}, 1250},
	    {"Discord: a fractional epoch", 429, {{"x-ratelimit-reset", "1795341601.5"}}, 1500},
	    {"Zendesk: seconds from now", 429, {{"ratelimit-reset", "45"}}, 45000},
	    {"Freshdesk: nothing but the count", 403, {{"x-ratelimit-remaining", "0"}}, -1},
	    {"nonsense", 429, {{"x-ratelimit-reset", "tomorrow"}}, -1},
	    {"half a number", 429, {{"x-ratelimit-reset", "12."}}, -1},
	    {"an absurd number is bounded", 429, {{"retry-after", "99999999999999999999999999"}},
		1000000000000000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_header space[PAIRS_MAX];
		struct http_result r = result_of(cases[i].status, cases[i].pairs, space);
		long long got = http_result_wait_ms(&r, NOW_MS);

		if (got != cases[i].want_ms)
			fail_msg("%s: want %lld, got %lld", cases[i].note, cases[i].want_ms, got);
	}
}

static void
remaining_requests_are_read_in_every_dialect(void **state)
{
	static const struct {
		struct pair pairs[PAIRS_MAX];
		long long want;
	} cases[] = {
	    {{{"x-ratelimit-remaining", "12"}}, 12},
	    {{{"x-rate-limit-remaining", "12"}}, 12},
	    {{{"ratelimit-remaining", "12"}}, 12},
	    {{{"x-ratelimit-remaining", "9324.0"}}, 9324},
	    {{{"x-ratelimit-remaining", "0.9"}}, 0},
	    {{{"x-ratelimit-limit", "12"}}, -1},
	    {{{"x-ratelimit-remaining", "many"}, {"ratelimit-remaining", "3"}}, 3},
	    {{{0}}, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_header space[PAIRS_MAX];
		struct http_result r = result_of(200, cases[i].pairs, space);

		assert_int_equal(http_result_remaining(&r), cases[i].want);
	}
}

static void
headers_are_found_in_any_case(void **state)
{
	static const struct pair pairs[PAIRS_MAX] = {{"etag", "W/\"1\""}, {"link", ""}};
	struct http_header space[PAIRS_MAX];
	struct http_result r = result_of(200, pairs, space);

	(void)state;
	assert_true(slice_eq_str(http_result_header(&r, "ETag"), "W/\"1\""));
	assert_true(slice_is_set(http_result_header(&r, "Link")));
	assert_false(slice_is_set(http_result_header(&r, "Lin")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waits_are_read_in_every_dialect),
	    cmocka_unit_test(remaining_requests_are_read_in_every_dialect),
	    cmocka_unit_test(headers_are_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
