/*
 * test_local_time.c - whose clock counts: the person's own, their endpoint's, the brand's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/timefmt.h"
#include "people/local_time.h"
#include "platform/zone_clock.h"

#define NOON INT64_C(1796126400000) /* 2026-12-01T12:00:00Z */

static void
the_nearest_clock_that_is_known_counts(void **state)
{
	static const struct {
		const char *brand, *person, *endpoint; /* NULL: not given; endpoint "-": none */
		int brand_hours, customer_hours; /* east of UTC */
	} cases[] = {
	    {"Europe/Berlin", "America/New_York", "Asia/Tokyo", 1, -5},
	    {"Europe/Berlin", NULL, "Asia/Tokyo", 1, 9},
	    {"Europe/Berlin", "Nowhere/Town", "Asia/Tokyo", 1, 9},
	    {"Europe/Berlin", NULL, "Nowhere/Town", 1, 1},
	    {"Europe/Berlin", NULL, NULL, 1, 1},
	    {NULL, NULL, NULL, 0, 0},
	    {"Nowhere/Town", NULL, NULL, 0, 0},
	};
	struct zone_clock *clock = zone_clock_new();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct endpoint e = {.timezone = slice_of(cases[i].endpoint)};
		struct customer c = {
		    .timezone = slice_of(cases[i].person), .endpoints = &e, .endpoint_count = 1};
		struct occurrence occ = {.at_ms = NOON, .customer = &c};

		local_time_fill(clock, cases[i].brand, &occ);
		assert_int_equal(occ.local_ms, NOON + cases[i].brand_hours * TIME_HOUR_MS);
		assert_int_equal(
		    occ.customer_local_ms, NOON + cases[i].customer_hours * TIME_HOUR_MS);
	}
	zone_clock_free(clock);
}

static void
without_a_customer_or_a_time_there_is_no_local_time(void **state)
{
	struct zone_clock *clock = zone_clock_new();
	struct occurrence occ = {.at_ms = NOON, .customer_local_ms = 5};

	(void)state;
	local_time_fill(clock, "UTC", &occ);
	assert_int_equal(occ.local_ms, NOON);
	assert_int_equal(occ.customer_local_ms, 0);
	occ.at_ms = TIME_UNKNOWN;
	local_time_fill(clock, "UTC", &occ);
	assert_int_equal(occ.local_ms, 0);
	zone_clock_free(clock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_nearest_clock_that_is_known_counts),
	    cmocka_unit_test(without_a_customer_or_a_time_there_is_no_local_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
