/*
 * zone.h - time zones by IANA name; ICU behind it.  Never by changing TZ.  Threads: any.
 */
#ifndef PLATFORM_ZONE_H
#define PLATFORM_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/* IANA names, exactly as they are spelt.  ICU's three-letter names that mean something else than
 * people think (BST, IST, PST) are no zones here, nor is "GMT+3". */
bool zone_exists(struct slice name);
/* Wall time in the zone to UTC ms.  A time that daylight saving skips is moved forward by the gap;
 * of two equal ones the earlier is taken.  false: unknown zone or impossible date. */
bool zone_to_utc(
    struct slice name, int year, int month, int day, int hour, int minute, int64_t *at_ms_r);
/* UTC offset of the zone at an instant, in ms.  false: unknown zone. */
bool zone_offset_ms(struct slice name, int64_t at_ms, int64_t *offset_ms_r);
/* The closest zone name for a misspelt one, or NULL. */
const char *zone_nearest(struct slice name);

#endif
