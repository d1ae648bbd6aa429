/*
 * test_zone_clock.c - local times with remembered offsets are those of the zone database.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/zone.h"
#include "platform/zone_clock.h"

#define HOUR_MS TIME_HOUR_MS

static int64_t
at(const char *text)
{
	int64_t ms = 0;

	assert_true(time_parse_rfc3339(slice_of(text), &ms));
	return ms;
}

static void
local_times_are_those_of_the_zone_on_both_sides_of_a_change(void **state)
{
	static const struct {
		const char *zone, *utc, *local;
	} cases[] = {
	    {"UTC", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"},
	    {"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59Z"},
	    {"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
	    {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59Z"},
	    {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
	    {"Asia/Kathmandu", "2026-11-22T18:20:00Z", "2026-11-23T00:05:00Z"},
	    {"America/New_York", "2026-11-22T03:00:00Z", "2026-11-21T22:00:00Z"},
	    {"Pacific/Kiritimati", "2026-12-31T12:00:00Z", "2027-01-01T02:00:00Z"},
	    {"Europe/Berlin", "1960-01-01T00:00:00Z", "1960-01-01T01:00:00Z"},
	};
	struct zone_clock *c = zone_clock_new();

	(void)state;
	/* twice: asked for, then remembered */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			int64_t local;

			assert_true(
			    zone_clock_local(c, slice_of(cases[i].zone), at(cases[i].utc), &local));
			assert_int_equal(local, at(cases[i].local));
		}
	}
	zone_clock_free(c);
}

static void
what_is_no_zone_has_no_local_time(void **state)
{
	static const char *const names[] = {"", "BST", "Europe/Berlim",
	    "A/name/that/is/longer/than/any/zone/and/than/what/is/remembered"};
	struct zone_clock *c = zone_clock_new();
	int64_t local = 1;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			assert_false(zone_clock_local(c, slice_of(names[i]), 0, &local));
	assert_false(zone_clock_local(c, SLICE_NONE, 0, &local));
	zone_clock_free(c);
}

static void
a_year_of_quarters_in_three_zones_agrees_with_the_database(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata"};
	struct zone_clock *c = zone_clock_new();

	(void)state;
	for (int64_t t = at("2026-01-01"); t < at("2027-01-01");
	     t += 5 * HOUR_MS + 7 * TIME_MINUTE_MS)
		for (size_t i = 0; i < 3; i++) {
			int64_t local, offset;

			assert_true(zone_clock_local(c, slice_of(zones[i]), t, &local));
			assert_true(zone_offset_ms(slice_of(zones[i]), t, &offset));
			assert_int_equal(local, t + offset);
		}
	zone_clock_free(c);
}

static void
without_memory_there_is_no_clock(void **state)
{
	(void)state;
	mem_fault_arm(1, false);
	assert_null(zone_clock_new());
	mem_fault_arm(0, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_times_are_those_of_the_zone_on_both_sides_of_a_change),
	    cmocka_unit_test(what_is_no_zone_has_no_local_time),
	    cmocka_unit_test(a_year_of_quarters_in_three_zones_agrees_with_the_database),
	    cmocka_unit_test(without_memory_there_is_no_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
