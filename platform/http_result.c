/*
 * http_result.c - what an answer's headers say about waiting, in all the dialects servers have.
 */
#include "platform/http_client.h"

#include "core/timefmt.h"

#define EPOCH_SECONDS_MIN INT64_C(1000000000) /* September 2001: less is a duration */
#define EPOCH_MS_MIN INT64_C(100000000000) /* more is in milliseconds */
#define SECONDS_MAX INT64_C(1000000000000000)

struct slice
http_result_header(const struct http_result *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (slice_eq_nocase(r->headers[i].name, slice_of(name)))
			return r->headers[i].value;
	}
	return SLICE_NONE;
}

/* "12", "12.345" to milliseconds; large numbers stop at SECONDS_MAX. */
static bool
parse_seconds(struct slice s, int64_t *ms_r)
{
	struct slice whole, rest = slice_trim(s);
	int64_t seconds = 0, ms = 0, unit = 100;

	whole = slice_split(&rest, '.');
	if (whole.len == 0 || (slice_is_set(rest) && rest.len == 0))
		return false;
	for (size_t i = 0; i < whole.len; i++) {
		if (whole.ptr[i] < '0' || whole.ptr[i] > '9')
			return false;
		if (seconds < SECONDS_MAX / 10)
			seconds = seconds * 10 + (whole.ptr[i] - '0');
		else
			seconds = SECONDS_MAX;
	}
	for (size_t i = 0; i < rest.len; i++, unit /= 10) {
		if (rest.ptr[i] < '0' || rest.ptr[i] > '9')
			return false;
		ms += (rest.ptr[i] - '0') * unit;
	}
	*ms_r = seconds * 1000 + ms;
	return true;
}

static int64_t
until(int64_t at_ms, int64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* A reset time: RFC 3339 (Mastodon family), epoch in seconds or milliseconds (X, Bluesky, Discord),
 * or seconds from now (Reddit, Zendesk).  No limit resets after more than 30 years, and none did
 * before 2001, so a number tells by its size. */
static bool
parse_reset(struct slice s, int64_t now_ms, int64_t *wait_ms_r)
{
	int64_t ms;

	if (parse_seconds(s, &ms)) {
		if (ms / 1000 >= EPOCH_MS_MIN)
			ms /= 1000;
		*wait_ms_r = ms / 1000 >= EPOCH_SECONDS_MIN ? until(ms, now_ms) : ms;
		return true;
	}
	if (!time_parse_rfc3339(slice_trim(s), &ms))
		return false;
	*wait_ms_r = until(ms, now_ms);
	return true;
}

static bool
parse_retry_after(struct slice s, int64_t now_ms, int64_t *wait_ms_r)
{
	int64_t at_ms;

	if (parse_seconds(s, wait_ms_r))
		return true;
	if (!time_parse_rfc822(slice_trim(s), &at_ms))
		return false;
	*wait_ms_r = until(at_ms, now_ms);
	return true;
}

int64_t
http_result_remaining(const struct http_result *r)
{
	static const char *const names[] = {
	    "x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int64_t milli;

		/* Reddit writes "9324.0". */
		if (parse_seconds(http_result_header(r, names[i]), &milli))
			return milli / 1000;
	}
	return -1;
}

int64_t
http_result_wait_ms(const struct http_result *r, int64_t now_ms)
{
	static const char *const resets[] = {
	    "x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"};
	int64_t wait_ms;

	if (parse_retry_after(http_result_header(r, "retry-after"), now_ms, &wait_ms))
		return wait_ms;
	/* The rest is there on every answer, also while plenty remains. */
	if (r->status != 429 && http_result_remaining(r) != 0)
		return -1;
	if (parse_seconds(http_result_header(r, "x-ratelimit-reset-after"), &wait_ms))
		return wait_ms;
	for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++) {
		if (parse_reset(http_result_header(r, resets[i]), now_ms, &wait_ms))
			return wait_ms;
	}
	return -1;
}
