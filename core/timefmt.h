/*
 * timefmt.h - instants as milliseconds since 1970-01-01T00:00:00Z, and their spellings.
 *
 * No time zone database here: offsets are in the text.  Zones by name are platform/zone.h.
 */
#ifndef CORE_TIMEFMT_H
#define CORE_TIMEFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

#define TIME_UNKNOWN INT64_MIN
#define TIME_SECOND_MS INT64_C(1000)
#define TIME_MINUTE_MS (60 * TIME_SECOND_MS)
#define TIME_HOUR_MS (60 * TIME_MINUTE_MS)
#define TIME_DAY_MS (24 * TIME_HOUR_MS)

/* Longest text time_format_rfc3339() writes, with its NUL. */
#define TIME_TEXT_MAX 32

/* RFC 3339 / ISO 8601 with 0 to 9 fraction digits, 'T' or ' ' between, 'Z', an offset (+02:00,
 * +0200, +02) or none (taken as UTC); a date alone is its midnight.  Years 1 to 9999. */
bool time_parse_rfc3339(struct slice s, int64_t *at_ms_r);

/* RFC 822/1123/850 and asctime dates as feeds and HTTP write them: optional weekday, two-digit
 * years (RFC 2822's rule), missing seconds, obsolete zones (EST, GMT, Z, A..Z), one-letter slips.
 */
bool time_parse_rfc822(struct slice s, int64_t *at_ms_r);

/* "2026-11-21T10:00:00Z", with ".123" when there are milliseconds.  Returns out. */
const char *time_format_rfc3339(int64_t at_ms, char out[TIME_TEXT_MAX]);

/* "Sat, 21 Nov 2026 10:00:00 +0000", for mail and HTTP ("GMT" when http). */
const char *time_format_rfc822(int64_t at_ms, bool http, char out[TIME_TEXT_MAX + 8]);

/* "3 s", "12 min", "5 h", "9 days": rough, for people. */
const char *time_format_age(int64_t age_ms, char out[TIME_TEXT_MAX]);

/* Proleptic Gregorian: days since 1970-01-01 of a date, and back. */
int64_t time_days_from_civil(int year, int month, int day);
void time_civil_from_days(int64_t days, int *year_r, int *month_r, int *day_r);

#endif
