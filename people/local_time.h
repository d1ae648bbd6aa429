/*
 * local_time.h - what the clocks of the brand and of the customer said when something happened.
 */
#ifndef PEOPLE_LOCAL_TIME_H
#define PEOPLE_LOCAL_TIME_H

#include "core/occurrence.h"

struct zone_clock;

/* Fills the occurrence's local times.  The customer's zone is the person's own, else that of their
 * first endpoint that has one, else the brand's (brand_zone; NULL: UTC). */
void local_time_fill(struct zone_clock *clock, const char *brand_zone, struct occurrence *occ);

#endif
