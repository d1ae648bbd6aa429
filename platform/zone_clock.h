/*
 * zone_clock.h - local times of many instants in few zones: remembers offsets, because asking the
 * zone database for each post would cost more than all rules together.
 *
 * Offsets change on quarters of an hour only, so one is remembered for its quarter.
 * Threads: one clock, one thread.
 */
#ifndef PLATFORM_ZONE_CLOCK_H
#define PLATFORM_ZONE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct zone_clock;

struct zone_clock *zone_clock_new(void); /* NULL without memory */
void zone_clock_free(struct zone_clock *c);
/* at_ms on the zone's clock, as if that were UTC.  false: no such zone. */
bool zone_clock_local(struct zone_clock *c, struct slice zone, int64_t at_ms, int64_t *local_ms_r);

#endif
