/*
 * fields_time.c - when the post was written, on the brand's clock.  Zones are not this room's: the
 * occurrence carries local times as if they were UTC.
 */
#include <stdio.h>

#include "core/timefmt.h"
#include "rules/fields_rows_internal.h"

/* Days since 1970-01-01 also before it. */
static int64_t
local_day(int64_t local_ms)
{
	return local_ms / TIME_DAY_MS - (local_ms % TIME_DAY_MS < 0);
}

bool
field_local_hour(int64_t local_ms, int64_t *milli_r)
{
	if (local_ms == 0)
		return false;
	*milli_r = (local_ms - local_day(local_ms) * TIME_DAY_MS) / TIME_HOUR_MS * 1000;
	return true;
}

bool
field_local_weekday(int64_t local_ms, uint32_t *mask_r)
{
	if (local_ms == 0)
		return false;
	/* 1970-01-01 was a Thursday, 1970-01-05 a Monday */
	*mask_r = UINT32_C(1) << ((local_day(local_ms) % 7 + 7 + 3) % 7);
	return true;
}

static bool
time_hour(const struct occurrence *o, int64_t *r)
{
	return field_local_hour(o->local_ms, r);
}

static bool
time_weekday(const struct occurrence *o, uint32_t *r)
{
	return field_local_weekday(o->local_ms, r);
}

static bool
civil(const struct occurrence *o, int *year_r, int *month_r, int *day_r)
{
	if (o->local_ms == 0)
		return false;
	time_civil_from_days(local_day(o->local_ms), year_r, month_r, day_r);
	return true;
}

static bool
time_day(const struct occurrence *o, int64_t *r)
{
	int year, month, day;

	if (!civil(o, &year, &month, &day))
		return false;
	*r = day * INT64_C(1000);
	return true;
}

static bool
time_month(const struct occurrence *o, int64_t *r)
{
	int year, month, day;

	if (!civil(o, &year, &month, &day))
		return false;
	*r = month * INT64_C(1000);
	return true;
}

static bool
time_date(const struct occurrence *o, struct field_texts *r)
{
	int year, month, day, len;

	if (!civil(o, &year, &month, &day))
		return false;
	len = snprintf(r->room, sizeof r->room, "%04d-%02d-%02d", year, month, day);
	return field_one_text(slice_make(r->room, (size_t)len), r);
}

static const struct field rows[] = {
    {.name = "time.hour",
	.words = "when the hour is %",
	.type = FIELD_NUMBER,
	.unit = "0 to 23",
	.has_range = true,
	.min = 0,
	.max = 23000,
	.number = time_hour,
	.help = "The hour the post was written in, on the clock of the brand's zone.",
	.example = "time.hour is between 9 and 17"},
    {.name = "time.weekday",
	.words = "when the weekday %",
	.type = FIELD_CHOICE,
	.choices = FIELD_WEEKDAYS,
	.choice = time_weekday,
	.selectivity = 12,
	.help = "The day of the week it was written on, in the brand's zone.",
	.example = "time.weekday is one of saturday, sunday"},
    {.name = "time.day",
	.words = "when the day of the month is %",
	.type = FIELD_NUMBER,
	.unit = "1 to 31",
	.has_range = true,
	.min = 1000,
	.max = 31000,
	.number = time_day,
	.help = "The day of the month it was written on, in the brand's zone.",
	.example = "time.day is at most 7"},
    {.name = "time.month",
	.words = "when the month is %",
	.type = FIELD_NUMBER,
	.unit = "1 to 12",
	.has_range = true,
	.min = 1000,
	.max = 12000,
	.number = time_month,
	.help = "The month it was written in, in the brand's zone.",
	.example = "time.month is 12"},
    {.name = "time.date",
	.words = "when the date %",
	.type = FIELD_PLAIN,
	.is_date = true,
	.texts = time_date,
	.help =
	    "The date it was written on, in the brand's zone, as year, month and day; a list can "
	    "hold holidays.",
	.example = "time.date is \"2026-12-24\""},
};

const struct field_rows fields_of_time = {
    "time", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_ANY};
