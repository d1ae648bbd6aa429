/*
 * sysclock.h - the real clock, and a seed for core/rng.h: the only place that asks the machine.
 */
#ifndef PLATFORM_SYSCLOCK_H
#define PLATFORM_SYSCLOCK_H

#include <stdint.h>

struct clock;

const struct clock *sysclock(void);
uint64_t sysclock_random_seed(void); /* from the kernel */
/* What the process has used of a processor, for measurements: neighbours do not count. */
int64_t sysclock_cpu_ns(void);
int64_t sysclock_thread_cpu_ns(void); /* the calling thread */

#endif
