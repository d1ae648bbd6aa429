/*
 * clock.h - the time, handed in.  The real clock is platform/sysclock.h; tests and `earshot replay`
 * use a virtual one.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t (*now_ms)(const struct clock *c); /* wall clock, ms since 1970 UTC */
	int64_t (*mono_ns)(const struct clock *c); /* monotonic, for durations */
};

static inline int64_t
clock_now_ms(const struct clock *c)
{
	return c->now_ms(c);
}

static inline int64_t
clock_mono_ns(const struct clock *c)
{
	return c->mono_ns(c);
}

/* A clock that stands still until it is told. */
struct clock_virtual {
	struct clock base; /* first, so that &v->base is the clock */
	int64_t at_ms;
};

void clock_virtual_init(struct clock_virtual *v, int64_t at_ms);
void clock_virtual_set(struct clock_virtual *v, int64_t at_ms); /* never backwards */

#endif
