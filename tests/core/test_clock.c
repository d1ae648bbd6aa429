#include "core/clock.h"

#include <stddef.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
a_virtual_clock_stands_still_until_it_is_told(void **state)
{
	struct clock_virtual v;

	(void)state;
	clock_virtual_init(&v, 1000);
	assert_int_equal(clock_now_ms(&v.base), 1000);
	assert_int_equal(clock_now_ms(&v.base), 1000);
	int64_t mono = clock_mono_ns(&v.base);
	clock_virtual_set(&v, 1000);
	clock_virtual_set(&v, 1500);
	assert_int_equal(clock_now_ms(&v.base), 1500);
	assert_int_equal(clock_mono_ns(&v.base) - mono, 500 * 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_virtual_clock_stands_still_until_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
