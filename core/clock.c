#include "core/clock.h"

#include <assert.h>

static int64_t
virtual_now_ms(const struct clock *c)
{
	const struct clock_virtual *v = (const struct clock_virtual *)c;

	return v->at_ms;
}

static int64_t
virtual_mono_ns(const struct clock *c)
{
	const struct clock_virtual *v = (const struct clock_virtual *)c;

	return v->at_ms * 1000000;
}

void
clock_virtual_init(struct clock_virtual *v, int64_t at_ms)
{
	v->base = (struct clock){virtual_now_ms, virtual_mono_ns};
	v->at_ms = at_ms;
}

void
clock_virtual_set(struct clock_virtual *v, int64_t at_ms)
{
	assert(at_ms >= v->at_ms);
	v->at_ms = at_ms;
}
