#include "core/rng.h"

#include <stddef.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void
the_generator_is_xoshiro256_starstar(void **state)
{
	/* From s = {1, 2, 3, 4}, by the reference implementation. */
	static const uint64_t want[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
	struct rng r = {{1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_true(rng_next(&r) == want[i]);
}

static void
a_seed_is_spread_by_splitmix64(void **state)
{
	static const uint64_t want[] = {UINT64_C(6457827717110365317),
	    UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
	    UINT64_C(4593380528125082431)};
	struct rng r, zero;

	(void)state;
	rng_init(&r, 1234567);
	for (size_t i = 0; i < 4; i++)
		assert_true(r.s[i] == want[i]);
	rng_init(&zero, 0);
	assert_true(zero.s[0] != 0 || zero.s[1] != 0);
}

static void
numbers_below_a_bound_are_even(void **state)
{
	static const uint64_t bounds[] = {1, 2, 3, 7, 10};
	struct rng r;

	(void)state;
	rng_init(&r, 99);
	for (size_t b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++) {
		unsigned hits[10] = {0};
		uint64_t share = 10000 / bounds[b];
		for (int i = 0; i < 10000; i++) {
			uint64_t n = rng_below(&r, bounds[b]);
			assert_true(n < bounds[b]);
			hits[n]++;
		}
		/* Six standard deviations and more. */
		for (uint64_t n = 0; n < bounds[b]; n++)
			assert_in_range(hits[n], share - share / 5, share + share / 5);
	}
	/* Half of all values have to be thrown again here. */
	for (int i = 0; i < 1000; i++)
		assert_true(rng_below(&r, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_generator_is_xoshiro256_starstar),
	    cmocka_unit_test(a_seed_is_spread_by_splitmix64),
	    cmocka_unit_test(numbers_below_a_bound_are_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
