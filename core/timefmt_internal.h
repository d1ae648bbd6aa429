/*
 * timefmt_internal.h - what writing times (timefmt.c) and reading them (timefmt_parse.c) share.
 */
#ifndef CORE_TIMEFMT_INTERNAL_H
#define CORE_TIMEFMT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct time_parts {
	int year, month, day; /* from 1 */
	int hour, minute, second, ms;
	int offset_minutes; /* east of Greenwich */
};

/* False when there is no such date or time of day. */
bool time_from_parts(const struct time_parts *t, int64_t *at_ms_r);

const char *time_month_name(int month); /* 1: "Jan" */
const char *time_weekday_name(int weekday); /* 0: "Sun" */

#endif
