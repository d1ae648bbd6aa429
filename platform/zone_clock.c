#include "platform/zone_clock.h"

#include <string.h>

#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/zone.h"

#define ENTRIES 256 /* a power of two; a newer zone or quarter takes the place of an older one */
#define NAME_MAX_BYTES 40 /* longer names are asked for each time */
#define QUARTER_MS (15 * TIME_MINUTE_MS)

struct entry {
	char name[NAME_MAX_BYTES];
	size_t len; /* 0: empty */
	int64_t quarter, offset_ms;
	bool is_zone;
};

struct zone_clock {
	struct entry entries[ENTRIES];
};

struct zone_clock *
zone_clock_new(void)
{
	return mem_zalloc(sizeof(struct zone_clock));
}

void
zone_clock_free(struct zone_clock *c)
{
	mem_free(c);
}

static size_t
place_of(struct slice zone, int64_t quarter)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)quarter;

	for (size_t i = 0; i < zone.len; i++)
		h = (h ^ (unsigned char)zone.ptr[i]) * UINT64_C(1099511628211);
	return (size_t)(h >> 32) & (ENTRIES - 1);
}

bool
zone_clock_local(struct zone_clock *c, struct slice zone, int64_t at_ms, int64_t *local_ms_r)
{
	int64_t quarter = at_ms / QUARTER_MS - (at_ms % QUARTER_MS < 0), offset_ms = 0;
	struct entry *e;

	if (zone.len == 0 || zone.len > NAME_MAX_BYTES) {
		if (!zone_offset_ms(zone, at_ms, &offset_ms))
			return false;
		*local_ms_r = at_ms + offset_ms;
		return true;
	}
	e = &c->entries[place_of(zone, quarter)];
	if (e->len != zone.len || e->quarter != quarter ||
	    memcmp(e->name, zone.ptr, zone.len) != 0) {
		memcpy(e->name, zone.ptr, zone.len);
		e->len = zone.len;
		e->quarter = quarter;
		e->is_zone = zone_offset_ms(zone, at_ms, &offset_ms);
		e->offset_ms = offset_ms;
	}
	*local_ms_r = at_ms + e->offset_ms;
	return e->is_zone;
}
