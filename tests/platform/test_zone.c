#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/timefmt.h"
#include "platform/thread.h"
#include "platform/zone.h"
#include "platform/zone_internal.h"

static void
only_iana_names_are_zones(void **state)
{
	static const struct {
		const char *name;
		bool exists;
	} cases[] = {
	    {"Europe/Berlin", true},
	    {"America/New_York", true},
	    {"Asia/Kolkata", true},
	    {"Asia/Calcutta", true},
	    {"America/Argentina/Buenos_Aires", true},
	    {"UTC", true},
	    {"Etc/UTC", true},
	    {"Etc/GMT+3", true},
	    {"CET", true},
	    {"EST", true},
	    {"europe/berlin", false},
	    {"Europe/Berlim", false},
	    {"Berlin", false},
	    {"", false},
	    {" Europe/Berlin", false},
	    {"GMT+3", false},
	    {"GMT+03:00", false},
	    {"UTC+2", false},
	    {"+02:00", false},
	    {"BST", false},
	    {"IST", false},
	    {"PST", false},
	    {"SystemV/PST8PDT", false},
	    {"Etc/Unknown", false},
	    {"unknown", false},
	    {"Europe/K\xc3\xb6ln", false},
	    {"../../etc/passwd", false},
	    {"Europe/BerlinEurope/BerlinEurope/BerlinEurope/BerlinEurope/BerlinX", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (zone_exists(slice_of(cases[i].name)) != cases[i].exists)
			fail_msg(
			    "'%s' should%s exist", cases[i].name, cases[i].exists ? "" : " not");
	}
	assert_false(zone_exists(SLICE_NONE));
	/* A slice is no C string. */
	assert_true(zone_exists(slice_make("UTCX", 3)));
}

static void
wall_times_become_instants(void **state)
{
	static const struct {
		const char *note, *zone;
		int date[5];
		const char *utc; /* NULL: impossible */
	} cases[] = {
	    {"winter", "Europe/Berlin", {2026, 1, 15, 12, 0}, "2026-01-15T11:00:00Z"},
	    {"summer", "Europe/Berlin", {2026, 7, 15, 12, 0}, "2026-07-15T10:00:00Z"},
	    {"skipped: moved by the gap", "Europe/Berlin", {2026, 3, 29, 2, 30},
		"2026-03-29T01:30:00Z"},
	    {"the first minute after the gap", "Europe/Berlin", {2026, 3, 29, 3, 0},
		"2026-03-29T01:00:00Z"},
	    {"the last before it", "Europe/Berlin", {2026, 3, 29, 1, 59}, "2026-03-29T00:59:00Z"},
	    {"twice: the earlier", "Europe/Berlin", {2026, 10, 25, 2, 30}, "2026-10-25T00:30:00Z"},
	    {"after it", "Europe/Berlin", {2026, 10, 25, 3, 0}, "2026-10-25T02:00:00Z"},
	    {"twice, west", "America/New_York", {2026, 11, 1, 1, 30}, "2026-11-01T05:30:00Z"},
	    {"skipped, west", "America/New_York", {2026, 3, 8, 2, 30}, "2026-03-08T07:30:00Z"},
	    {"a gap of half an hour", "Australia/Lord_Howe", {2026, 10, 4, 2, 15},
		"2026-10-03T15:45:00Z"},
	    {"half hours", "Asia/Kolkata", {2026, 1, 1, 0, 0}, "2025-12-31T18:30:00Z"},
	    {"a day that was left out", "Pacific/Apia", {2011, 12, 30, 12, 0},
		"2011-12-30T22:00:00Z"},
	    {"beyond the date line", "Pacific/Kiritimati", {2026, 1, 1, 0, 0},
		"2025-12-31T10:00:00Z"},
	    {"leap day", "UTC", {2028, 2, 29, 23, 59}, "2028-02-29T23:59:00Z"},
	    {"long ago, Gregorian all the way", "UTC", {1500, 3, 1, 0, 0}, "1500-03-01T00:00:00Z"},
	    {"no leap day", "UTC", {2026, 2, 29, 0, 0}, NULL},
	    {"month 13", "UTC", {2026, 13, 1, 0, 0}, NULL},
	    {"month 0", "UTC", {2026, 0, 1, 0, 0}, NULL},
	    {"day 31 of April", "UTC", {2026, 4, 31, 0, 0}, NULL},
	    {"hour 24", "UTC", {2026, 4, 30, 24, 0}, NULL},
	    {"minute 60", "UTC", {2026, 4, 30, 0, 60}, NULL},
	    {"year 0", "UTC", {0, 4, 30, 0, 0}, NULL},
	    {"year 10000", "UTC", {10000, 4, 30, 0, 0}, NULL},
	    {"negative hour", "UTC", {2026, 4, 30, -1, 0}, NULL},
	    {"unknown zone", "Europe/Nowhere", {2026, 4, 30, 0, 0}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const int *d = cases[i].date;
		char text[TIME_TEXT_MAX] = "impossible";
		int64_t at_ms = 0;

		if (zone_to_utc(slice_of(cases[i].zone), d[0], d[1], d[2], d[3], d[4], &at_ms))
			time_format_rfc3339(at_ms, text);
		if (strcmp(text, cases[i].utc == NULL ? "impossible" : cases[i].utc) != 0)
			fail_msg("%s: want %s, got %s", cases[i].note,
			    cases[i].utc == NULL ? "impossible" : cases[i].utc, text);
	}
}

static void
offsets_are_those_of_the_instant(void **state)
{
	static const struct {
		const char *zone, *at;
		int minutes;
	} cases[] = {
	    {"UTC", "2026-07-01T00:00:00Z", 0},
	    {"Europe/Berlin", "2026-01-01T00:00:00Z", 60},
	    {"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
	    {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
	    {"America/St_Johns", "2026-01-01T00:00:00Z", -210},
	    {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 345},
	    {"Etc/GMT+3", "2026-01-01T00:00:00Z", -180},
	    {"Pacific/Kiritimati", "2026-01-01T00:00:00Z", 840},
	};
	int64_t offset_ms;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t at_ms;

		assert_true(time_parse_rfc3339(slice_of(cases[i].at), &at_ms));
		assert_true(zone_offset_ms(slice_of(cases[i].zone), at_ms, &offset_ms));
		assert_int_equal(offset_ms, cases[i].minutes * TIME_MINUTE_MS);
	}
	assert_false(zone_offset_ms(SLICE_LIT("Mars/Olympus"), 0, &offset_ms));
}

static void
slips_get_a_guess(void **state)
{
	static const struct {
		const char *name, *guess;
	} cases[] = {
	    {"europe/berlin", "Europe/Berlin"},
	    {"Europe/Berlim", "Europe/Berlin"},
	    {"Berlin", "Europe/Berlin"},
	    {"new york", "America/New_York"},
	    {"America/New York", "America/New_York"},
	    {"Asia/Tokio", "Asia/Tokyo"},
	    {"utc", "UTC"},
	    {"Atlantis", NULL},
	    {"", NULL},
	    {"completely different", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = zone_nearest(slice_of(cases[i].name));

		if (got == NULL ? cases[i].guess != NULL
				: cases[i].guess == NULL || strcmp(got, cases[i].guess) != 0)
			fail_msg("'%s': want %s, got %s", cases[i].name,
			    cases[i].guess == NULL ? "nothing" : cases[i].guess,
			    got == NULL ? "nothing" : got);
	}
	assert_null(zone_nearest(SLICE_NONE));
}

static void
the_names_to_guess_from_are_zones(void **state)
{
	size_t unknown = 0;

	(void)state;
	assert_true(zone_name_count > 400);
	for (size_t i = 0; i < zone_name_count; i++)
		unknown += !zone_exists(slice_of(zone_names[i]));
	/* A few are newer than the ICU of an older system. */
	assert_in_range(unknown, 0, 5);
}

static void
ask_often(void *cookie)
{
	int *wrong = cookie;

	for (int i = 0; i < 300; i++) {
		int64_t at_ms = 0, offset_ms = 0;

		*wrong +=
		    !zone_to_utc(SLICE_LIT("Europe/Berlin"), 2026, 7, 1 + i % 28, 12, 0, &at_ms);
		*wrong += !zone_offset_ms(SLICE_LIT("America/New_York"), at_ms, &offset_ms);
		*wrong += offset_ms != -4 * TIME_HOUR_MS;
	}
}

static void
threads_do_not_disturb_each_other(void **state)
{
	struct thread *threads[3];
	int wrong[3] = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(thread_start("zones", ask_often, &wrong[i], &threads[i], NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		thread_join(threads[i]);
		assert_int_equal(wrong[i], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_iana_names_are_zones),
	    cmocka_unit_test(wall_times_become_instants),
	    cmocka_unit_test(offsets_are_those_of_the_instant),
	    cmocka_unit_test(slips_get_a_guess),
	    cmocka_unit_test(the_names_to_guess_from_are_zones),
	    cmocka_unit_test(threads_do_not_disturb_each_other),
	};

	/* The zone of the machine must not matter. */
	setenv("TZ", "America/Los_Angeles", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
