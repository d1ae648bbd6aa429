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

/* 2^-(1/2), 2^-(1/4), 2^-(1/8) ... in 2^32ths. */
static const uint32_t halves[24] = {
    3037000500u,
    3611622603u,
    3938502376u,
    4112874773u,
    4202935003u,
    4248701965u,
    4271771996u,
    4283353945u,
    4289156690u,
    4292061010u,
    4293513907u,
    4294240540u,
    4294603903u,
    4294785595u,
    4294876445u,
    4294921870u,
    4294944583u,
    4294955939u,
    4294961618u,
    4294964457u,
    4294965876u,
    4294966586u,
    4294966941u,
    4294967119u,
};

uint64_t
fixed_half_q32(uint64_t x_q24)
{
	uint64_t v = UINT64_C(1) << 32;

	if (x_q24 >> 24 > 32)
		return 0;
	/* Both are made and one is taken: the bits are as good as random, a branch would miss. */
	for (int i = 0; i < 24; i++) {
		uint64_t halved = v * halves[i] >> 32;

		v = (x_q24 >> (23 - i) & 1) != 0 ? halved : v;
	}
	return v >> (x_q24 >> 24);
}

uint64_t
fixed_fade_q32(uint64_t age, uint64_t half_life)
{
	assert(half_life > 0);
	if (age / half_life > 32)
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
