#include "core/timefmt.h"

#include <inttypes.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/rng.h"

typedef bool parse_fn(struct slice s, int64_t *at_ms_r);

struct time_case {
	const char *text;
	const char *want; /* as RFC 3339; NULL: not a time */
};

static void
check(parse_fn *parse, const struct time_case *cases, size_t count)
{
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		int64_t at_ms = 77;
		bool is_time = parse(slice_of(cases[i].text), &at_ms);
		const char *got = is_time ? time_format_rfc3339(at_ms, text) : NULL;
		if (!is_time && at_ms != 77)
			fail_msg("'%s': refused, but the result was touched", cases[i].text);
		if ((got == NULL) != (cases[i].want == NULL) ||
		    (got != NULL && strcmp(got, cases[i].want) != 0))
			fail_msg("'%s': got %s, expected %s", cases[i].text,
			    got == NULL ? "nothing" : got,
			    cases[i].want == NULL ? "nothing" : cases[i].want);
	}
}

static void
rfc_3339_times_are_read(void **state)
{
	static const struct time_case cases[] = {
	    {"2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"},
	    {"2026-11-21t10:00:00z", "2026-11-21T10:00:00Z"},
	    {"2026-11-21 10:00:00Z", "2026-11-21T10:00:00Z"},
	    {"  2026-11-21T10:00:00Z\n", "2026-11-21T10:00:00Z"},
	    {"2026-11-21T10:00:00", "2026-11-21T10:00:00Z"},
	    {"2026-11-21T10:00", "2026-11-21T10:00:00Z"},
	    {"2026-11-21T10:00+01:00", "2026-11-21T09:00:00Z"},
	    {"2026-11-21", "2026-11-21T00:00:00Z"},
	    {"2026-11-21T10:00:00+02:00", "2026-11-21T08:00:00Z"},
	    {"2026-11-21T10:00:00+0200", "2026-11-21T08:00:00Z"},
	    {"2026-11-21T10:00:00+02", "2026-11-21T08:00:00Z"},
	    {"2026-11-21 10:00:00 +0200", "2026-11-21T08:00:00Z"},
	    {"2026-11-21T10:00:00-05:30", "2026-11-21T15:30:00Z"},
	    {"2026-11-21T10:00:00-00:00", "2026-11-21T10:00:00Z"},
	    {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"},
	    {"2026-11-21T10:00:00.1Z", "2026-11-21T10:00:00.100Z"},
	    {"2026-11-21T10:00:00.12Z", "2026-11-21T10:00:00.120Z"},
	    {"2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:00.123Z"},
	    {"2026-11-21T10:00:00.999999999Z", "2026-11-21T10:00:00.999Z"},
	    {"2026-11-21T10:00:00,5Z", "2026-11-21T10:00:00.500Z"},
	    {"2026-11-21T10:00:00.000000Z", "2026-11-21T10:00:00Z"},
	    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
	    {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
	    {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
	    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	    {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
	    {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
	    {"2023-02-29T00:00:00Z", NULL},
	    {"1900-02-29T00:00:00Z", NULL},
	    {"2026-04-31T00:00:00Z", NULL},
	    {"2026-13-01T00:00:00Z", NULL},
	    {"2026-00-01T00:00:00Z", NULL},
	    {"2026-01-00T00:00:00Z", NULL},
	    {"0000-01-01T00:00:00Z", NULL},
	    {"2026-11-21T24:00:00Z", NULL},
	    {"2026-11-21T10:60:00Z", NULL},
	    {"2026-11-21T10:00:61Z", NULL},
	    {"2026-11-21T10:00:00+24:00", NULL},
	    {"2026-11-21T10:00:00+02:60", NULL},
	    {"2026-11-21T10:00:00+2", NULL},
	    {"2026-11-21T10:00:00+020", NULL},
	    {"2026-11-21T10:00:00+02:", NULL},
	    {"2026-11-21T10:00:00+02:0", NULL},
	    {"2026-11-21T10:00:00+", NULL},
	    {"2026-11-21T10:00:00.Z", NULL},
	    {"2026-11-21T10:00:00.1234567890Z", NULL},
	    {"2026-11-21T10:00:00Zx", NULL},
	    {"2026-11-21T10:00:00Z 1", NULL},
	    {"2026-11-21T10:00:00 PM", NULL},
	    {"2026-11-21T", NULL},
	    {"2026-11-21T10", NULL},
	    {"2026-11-21T1:00:00Z", NULL},
	    {"26-11-21T10:00:00Z", NULL},
	    {"2026/11/21 10:00:00", NULL},
	    {"20261121T100000Z", NULL},
	    {"-2026-11-21T10:00:00Z", NULL},
	    {"2026-1-2", NULL},
	    {"yesterday", NULL},
	    {"1795255200", NULL},
	    {"", NULL},
	    {" ", NULL},
	};

	(void)state;
	check(time_parse_rfc3339, cases, sizeof(cases) / sizeof(cases[0]));
	int64_t at_ms;
	assert_false(time_parse_rfc3339(SLICE_NONE, &at_ms));
	/* A slice ends where it ends. */
	assert_true(time_parse_rfc3339(slice_make("2026-11-21T10:00:00Zjunk", 20), &at_ms));
	assert_false(time_parse_rfc3339(slice_make("2026-11-21T10:00:00\0Z", 21), &at_ms));
}

static void
rfc_822_and_its_relatives_are_read(void **state)
{
	static const struct time_case cases[] = {
	    {"Sat, 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Sat,21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Sat 21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"  Sat,  21   Nov  2026\r\n 10:00:00  GMT ", "2026-11-21T10:00:00Z"},
	    {"sat, 21 nov 2026 10:00:00 gmt", "2026-11-21T10:00:00Z"},
	    {"Saturday, 21 November 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026", "2026-11-21T00:00:00Z"},
	    {"Sat, 1 Nov 2026 9:05:07 GMT", "2026-11-01T09:05:07Z"},
	    {"Sat, 21 Nov 2026 10:00:00.250 GMT", "2026-11-21T10:00:00.250Z"},
	    {"Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
	    /* offsets and zones */
	    {"Sat, 21 Nov 2026 10:00:00 +0200", "2026-11-21T08:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 -0730", "2026-11-21T17:30:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 +02:00", "2026-11-21T08:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 +0200 (CEST)", "2026-11-21T08:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 GMT+0200", "2026-11-21T08:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 EST", "2026-11-21T15:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 EDT", "2026-11-21T14:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 PST", "2026-11-21T18:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 CET", "2026-11-21T09:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 UT", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 Z", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 A", "2026-11-21T10:00:00Z"},
	    {"Sat, 21 Nov 2026 10:00:00 XYZ", "2026-11-21T10:00:00Z"},
	    /* two- and three-digit years */
	    {"Sat, 21 Nov 26 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Sun, 06 Nov 94 08:49:37 GMT", "1994-11-06T08:49:37Z"},
	    {"01 Jan 49 00:00:00 GMT", "2049-01-01T00:00:00Z"},
	    {"01 Jan 50 00:00:00 GMT", "1950-01-01T00:00:00Z"},
	    {"01 Jan 126 00:00:00 GMT", "2026-01-01T00:00:00Z"},
	    /* RFC 850, asctime, and what scripts and social networks write */
	    {"Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"},
	    {"Sun, 06-Nov-1994 08:49:37 GMT", "1994-11-06T08:49:37Z"},
	    {"Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"},
	    {"Sun Nov 6 08:49:37 +0000 1994", "1994-11-06T08:49:37Z"},
	    {"Sun Nov 6 08:49:37 -0100 1994", "1994-11-06T09:49:37Z"},
	    {"Sun Nov 06 1994 08:49:37 GMT+0100 (Central European Time)", "1994-11-06T07:49:37Z"},
	    {"Nov 6, 1994 08:49:37", "1994-11-06T08:49:37Z"},
	    {"1994 Nov 6 08:49:37", "1994-11-06T08:49:37Z"},
	    /* slips */
	    {"Satt, 21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    {"Thurs, 19 Nov 2026 10:00:00 GMT", "2026-11-19T10:00:00Z"},
	    {"Mo., 21 Sept. 2026 10:00:00 GMT", "2026-09-21T10:00:00Z"},
	    {"Mon, 21 Okt 2026 10:00:00 GMT", "2026-10-21T10:00:00Z"},
	    {"Mon, 21 Dez 2026 10:00:00 GMT", "2026-12-21T10:00:00Z"},
	    {"Wed, 21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	    /* not times */
	    {"Mon, 21 Mai 2026 10:00:00 GMT", NULL}, /* May or Mar */
	    {"Mon, 21 Xyz 2026 10:00:00 GMT", NULL},
	    {"Sat, 31 Nov 2026 10:00:00 GMT", NULL},
	    {"Sat, 0 Nov 2026 10:00:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 25:00:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 10:61:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 10:00:61 GMT", NULL},
	    {"Sat, 21 Nov 2026 10:0:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 10: GMT", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 +9900", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 +", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 +123456", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 (unclosed", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 somewhere", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 GMT EST", NULL},
	    {"Sat, 21 Nov 2026 2027 10:00:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 11:00:00", NULL},
	    {"Sat, 21 Nov 10:00:00 GMT", NULL},
	    {"Sat, 21 2026 10:00:00 GMT", NULL},
	    {"Nov 2026", NULL},
	    {"Sat, 21 Nov 20260 10:00:00 GMT", NULL},
	    {"Sat, 21 Nov 2026 10:00:00 \xE2\x82\xAC", NULL},
	    {"2026-11-21T10:00:00Z", NULL},
	    {"12/11/2026", NULL},
	    {"", NULL},
	    {"GMT", NULL},
	    {",,,---", NULL},
	};

	(void)state;
	check(time_parse_rfc822, cases, sizeof(cases) / sizeof(cases[0]));
	int64_t at_ms;
	assert_false(time_parse_rfc822(SLICE_NONE, &at_ms));
}

/* A slow calendar: one day after the other. */
static void
the_calendar_counts_every_day(void **state)
{
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = time_days_from_civil(1, 1, 1);

	(void)state;
	assert_int_equal(time_days_from_civil(1970, 1, 1), 0);
	assert_int_equal(time_days_from_civil(2000, 3, 1), 11017);
	assert_int_equal(days, -719162);
	for (int year = 1; year <= 2800; year++) {
		bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		for (int month = 1; month <= 12; month++) {
			int length = lengths[month - 1] + (month == 2 && is_leap);
			for (int day = 1; day <= length; day++, days++) {
				int y, m, d;
				time_civil_from_days(days, &y, &m, &d);
				if (y != year || m != month || d != day ||
				    time_days_from_civil(year, month, day) != days)
					fail_msg("%04d-%02d-%02d is not day %" PRId64, year, month,
					    day, days);
			}
		}
	}
}

static void
what_is_written_reads_back_the_same(void **state)
{
	char text[TIME_TEXT_MAX], mail[TIME_TEXT_MAX + 8];
	struct rng rng;

	(void)state;
	rng_init(&rng, 11);
	for (int i = 0; i < 20000; i++) {
		/* Years 1 to 9999. */
		int64_t at_ms =
		    (int64_t)rng_below(&rng, UINT64_C(315537897600000)) - INT64_C(62135596800000);
		int64_t again = 0;
		time_format_rfc3339(at_ms, text);
		if (!time_parse_rfc3339(slice_of(text), &again) || again != at_ms)
			fail_msg("%" PRId64 " is written as %s", at_ms, text);
		at_ms -= ((at_ms % 1000) + 1000) % 1000;
		time_format_rfc822(at_ms, i % 2 == 0, mail);
		if (!time_parse_rfc822(slice_of(mail), &again) || again != at_ms)
			fail_msg("%" PRId64 " is written as %s", at_ms, mail);
	}
}

static void
times_are_written_as_their_readers_expect(void **state)
{
	char text[TIME_TEXT_MAX], mail[TIME_TEXT_MAX + 8];

	(void)state;
	assert_string_equal(time_format_rfc3339(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_format_rfc3339(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_format_rfc3339(1, text), "1970-01-01T00:00:00.001Z");
	assert_string_equal(time_format_rfc3339(TIME_UNKNOWN, text), "unknown");
	assert_true(strlen(time_format_rfc3339(INT64_MAX, text)) < TIME_TEXT_MAX);
	assert_true(strlen(time_format_rfc3339(INT64_MIN + 1, text)) < TIME_TEXT_MAX);
	assert_string_equal(
	    time_format_rfc822(INT64_C(784111777000), true, mail), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(
	    time_format_rfc822(-TIME_DAY_MS, false, mail), "Wed, 31 Dec 1969 00:00:00 +0000");
	assert_true(strlen(time_format_rfc822(INT64_MAX, false, mail)) < sizeof(mail));
	assert_true(strlen(time_format_rfc822(INT64_MIN + 1, false, mail)) < sizeof(mail));
	assert_string_equal(time_format_rfc822(TIME_UNKNOWN, false, mail), "unknown");
}

static void
ages_are_rough(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} cases[] = {
	    {-5, "0 s"},
	    {0, "0 s"},
	    {3999, "3 s"},
	    {59999, "59 s"},
	    {60000, "1 min"},
	    {12 * TIME_MINUTE_MS, "12 min"},
	    {TIME_HOUR_MS, "1 h"},
	    {47 * TIME_HOUR_MS, "47 h"},
	    {2 * TIME_DAY_MS, "2 days"},
	    {9 * TIME_DAY_MS, "9 days"},
	};
	char text[TIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(time_format_age(cases[i].ms, text), cases[i].want);
	assert_true(strlen(time_format_age(INT64_MAX, text)) < TIME_TEXT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc_3339_times_are_read),
	    cmocka_unit_test(rfc_822_and_its_relatives_are_read),
	    cmocka_unit_test(the_calendar_counts_every_day),
	    cmocka_unit_test(what_is_written_reads_back_the_same),
	    cmocka_unit_test(times_are_written_as_their_readers_expect),
	    cmocka_unit_test(ages_are_rough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
