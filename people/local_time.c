#include "people/local_time.h"

#include "core/timefmt.h"
#include "platform/zone_clock.h"

static bool
customer_local(struct zone_clock *clock, const struct customer *c, int64_t at_ms, int64_t *r)
{
	if (slice_is_set(c->timezone) && zone_clock_local(clock, c->timezone, at_ms, r))
		return true;
	for (size_t i = 0; i < c->endpoint_count; i++)
		if (slice_is_set(c->endpoints[i].timezone) &&
		    zone_clock_local(clock, c->endpoints[i].timezone, at_ms, r))
			return true;
	return false;
}

void
local_time_fill(struct zone_clock *clock, const char *brand_zone, struct occurrence *occ)
{
	occ->local_ms = occ->customer_local_ms = 0;
	if (occ->at_ms == TIME_UNKNOWN)
		return;
	if (!zone_clock_local(clock, slice_of(brand_zone == NULL ? "UTC" : brand_zone), occ->at_ms,
		&occ->local_ms))
		occ->local_ms = occ->at_ms;
	if (occ->customer != NULL &&
	    !customer_local(clock, occ->customer, occ->at_ms, &occ->customer_local_ms))
		occ->customer_local_ms = occ->local_ms;
}
