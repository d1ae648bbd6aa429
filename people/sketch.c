#include "people/sketch.h"

#include <assert.h>
#include <string.h>

#include "people/fixed.h"

#define RANK_MAX 15u

static unsigned
rank_at(const uint8_t *half, unsigned i)
{
	return half[i / 2] >> (i % 2 * 4) & 15;
}

static void
note(uint8_t *half, unsigned registers, uint64_t who)
{
	unsigned i = (unsigned)(who & (registers - 1));
	/* Leading zeros of what the register's number does not use, and one. */
	unsigned rank = (unsigned)__builtin_clzll(who | 1) + 1;

	if (rank > RANK_MAX)
		rank = RANK_MAX;
	if (rank <= rank_at(half, i))
		return;
	half[i / 2] = (uint8_t)((half[i / 2] & ~(15u << (i % 2 * 4))) | rank << (i % 2 * 4));
}

static void
turn(struct sketch s, uint32_t period)
{
	size_t half = s.registers / 2;

	if (period <= *s.period)
		return;
	if (period == *s.period + 1)
		memcpy(s.bytes + half, s.bytes, half);
	else
		memset(s.bytes + half, 0, half);
	memset(s.bytes, 0, half);
	*s.period = period;
}

static uint32_t
period_of(int64_t at_min)
{
	return at_min < 0 ? 0 : (uint32_t)(at_min / SKETCH_PERIOD_MIN);
}

void
sketch_add(struct sketch s, uint64_t who, int64_t at_min)
{
	uint32_t period = period_of(at_min);

	assert(s.registers >= 32 && (s.registers & (s.registers - 1)) == 0);
	turn(s, period);
	if (period == *s.period)
		note(s.bytes, s.registers, who);
	else if (period + 1 == *s.period)
		note(s.bytes + s.registers / 2, s.registers, who);
}

/* m * ln(m / zeros) in thousandths. */
static int64_t
linear_milli(unsigned m, unsigned zeros)
{
	int64_t log = fixed_log2_q16(m) * 65536 - fixed_log2_q16((uint64_t)zeros << 20) * 65536 +
	    (INT64_C(20) << 32);

	/* ln 2 = 0.693147 */
	return (log >> 16) * m * 693147 / 65536 / 1000;
}

/* Of the larger of both at each register; b NULL: a alone. */
static int64_t
estimate_milli(const uint8_t *a, const uint8_t *b, unsigned m)
{
	/* 0.7213 / (1 + 1.079 / m) */
	int64_t alpha_micro = INT64_C(721300) * m * 1000 / (m * 1000 + 1079), milli;
	uint64_t sum = 0; /* of 2^-rank in 2^-15ths */
	unsigned zeros = 0;

	for (unsigned i = 0; i < m; i++) {
		unsigned rank = rank_at(a, i);

		if (b != NULL && rank_at(b, i) > rank)
			rank = rank_at(b, i);
		zeros += rank == 0;
		sum += UINT64_C(1) << (RANK_MAX - rank);
	}
	milli = alpha_micro * m * m / (int64_t)sum * (INT64_C(1) << RANK_MAX) / 1000;
	if (zeros > 0 && milli <= INT64_C(2500) * m)
		return linear_milli(m, zeros);
	return milli;
}

int64_t
sketch_count_milli(struct sketch s, int64_t at_min)
{
	const uint8_t *now = s.bytes, *before = s.bytes + s.registers / 2;
	uint32_t period = period_of(at_min);
	int64_t of_now, of_both, left_min;

	if (period > *s.period + 1)
		return 0;
	left_min = SKETCH_PERIOD_MIN - (at_min < 0 ? 0 : at_min % SKETCH_PERIOD_MIN);
	if (period == *s.period + 1) /* what is now in the first half would be turned */
		return estimate_milli(now, NULL, s.registers) * left_min / SKETCH_PERIOD_MIN;
	if (period < *s.period)
		left_min = SKETCH_PERIOD_MIN;
	of_now = estimate_milli(now, NULL, s.registers);
	of_both = estimate_milli(now, before, s.registers);
	return of_now + (of_both - of_now) * left_min / SKETCH_PERIOD_MIN;
}
