#include "platform/sysclock.h"

#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "platform/crypto.h"

static int64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	/* Fails only for a clock the kernel does not have. */
	if (clock_gettime(id, &ts) != 0)
		abort();
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
real_now_ms(const struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_REALTIME) / 1000000;
}

static int64_t
real_mono_ns(const struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_MONOTONIC);
}

const struct clock *
sysclock(void)
{
	static const struct clock real = {.now_ms = real_now_ms, .mono_ns = real_mono_ns};

	return &real;
}

uint64_t
sysclock_random_seed(void)
{
	uint64_t seed;

	crypto_random(&seed, sizeof seed);
	return seed;
}

int64_t
sysclock_cpu_ns(void)
{
	return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t
sysclock_thread_cpu_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}
