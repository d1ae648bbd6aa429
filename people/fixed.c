#include "people/fixed.h"

#include <assert.h>

int64_t
fixed_log2_q16(uint64_t v)
{
	int high = 63 - __builtin_clzll(v);
	uint64_t m = v << (63 - high) >> 32; /* 1.0 to below 2.0 in 2^31ths */
	int64_t log = high;

	assert(v > 0);
	/* The leading bit, then sixteen more by squaring. */
	for (int i = 0; i < 16; i++) {
		m = m * m >> 31;
		log <<= 1;
		if (m >> 32 != 0) {
			m >>= 1;
			log |= 1;
		}
	}
	return log;
}

int64_t
fixed_log_count(int64_t count_milli)
{
	/* log2(1000) in 65536ths as above, so that nothing is exactly 0. */
	int64_t log, one = 653117;

	if (count_milli > FIXED_COUNT_MILLI_MAX)
		count_milli = FIXED_COUNT_MILLI_MAX;
	log = fixed_log2_q16((uint64_t)count_milli + 1000) - one;
	return log * 301030 / 65536;
}

#define ONE_Q32 (UINT64_C(1) << 32)
#define LN2_Q32 UINT64_C(2977044472)

/* 2^-(i/32) in 2^32ths. */
static const uint64_t parts[32] = {
    4294967296,
    4202935003,
    4112874773,
    4024744348,
    3938502376,
    3854108391,
    3771522796,
    3690706840,
    3611622603,
    3534232978,
    3458501653,
    3384393094,
    3311872529,
    3240905930,
    3171459999,
    3103502151,
    3037000500,
    2971923842,
    2908241642,
    2845924021,
    2784941738,
    2725266179,
    2666869345,
    2609723834,
    2553802834,
    2499080105,
    2445529972,
    2393127307,
    2341847524,
    2291666561,
    2242560872,
    2194507417,
};

/*
 * The five bits below the point from the table, the others as e^-z: z is below ln 2 / 32, so what four
 * terms leave out is less than z^5/120 = 4e-11, a fifth of a 2^32th.  Written so that no step needs a branch or waits for
 * a division.
 */
uint64_t
fixed_half_q32(uint64_t x_q24)
{
	uint64_t z = (x_q24 & 0x7ffff) * LN2_Q32 >> 24, left = ONE_Q32 - z / 4;

	if (x_q24 >> 24 > 32)
		return 0;
	left = ONE_Q32 - (z * left >> 32) / 3;
	left = ONE_Q32 - (z * left >> 32) / 2;
	left = ONE_Q32 - (z * left >> 32);
	return (parts[x_q24 >> 19 & 31] * (left >> 1) >> 31) >> (x_q24 >> 24);
}

uint64_t
fixed_fade_q32(uint64_t age, uint64_t half_life)
{
	assert(half_life > 0 && half_life <= UINT32_MAX);
	if (age >= 33 * half_life)
		return 0;
	return fixed_half_q32((age << 24) / half_life);
}

uint64_t
fixed_times_q32(uint64_t v, uint64_t factor_q32)
{
	assert(factor_q32 <= UINT64_C(1) << 32);
	return (v >> 32) * factor_q32 + ((v & UINT32_MAX) * factor_q32 >> 32);
}

uint64_t
fixed_root(uint64_t v)
{
	uint64_t root = 0, bit = UINT64_C(1) << 62;

	while (bit > v)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		if (v >= root + bit) {
			v -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}

uint64_t
fixed_scatter(uint64_t v)
{
	v += UINT64_C(0x9e3779b97f4a7c15);
	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}
