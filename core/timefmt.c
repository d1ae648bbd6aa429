/*
 * Calendar arithmetic counts days from 0000-03-01: with the leap day at the end of the year the
 * length of the months before any month is a straight line, (153 * m + 2) / 5, and no table is
 * needed.
 */
#include "core/timefmt.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/timefmt_internal.h"

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_FROM_MARCH_0000_TO_1970 719468

static const char month_names[12][4] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char weekday_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
time_days_from_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t months_from_march = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * months_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_FROM_MARCH_0000_TO_1970;
}

void
time_civil_from_days(int64_t days, int *year_r, int *month_r, int *day_r)
{
	int64_t z = days + DAYS_FROM_MARCH_0000_TO_1970;
	int64_t era = floor_div(z, DAYS_PER_ERA);
	int64_t day_of_era = z - era * DAYS_PER_ERA;
	/* The divisors take out the leap days that came before. */
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t months_from_march = (5 * day_of_year + 2) / 153;

	*day_r = (int)(day_of_year - (153 * months_from_march + 2) / 5 + 1);
	*month_r = (int)(months_from_march < 10 ? months_from_march + 3 : months_from_march - 9);
	*year_r = (int)(year_of_era + era * 400 + (*month_r <= 2));
}

static int
days_in_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

bool
time_from_parts(const struct time_parts *t, int64_t *at_ms_r)
{
	if (t->year < 1 || t->year > 9999 || t->month < 1 || t->month > 12)
		return false;
	if (t->day < 1 || t->day > days_in_month(t->year, t->month))
		return false;
	/* A leap second is the first of the next minute: our count has no room for it. */
	if (t->hour > 23 || t->minute > 59 || t->second > 60)
		return false;
	int64_t at = time_days_from_civil(t->year, t->month, t->day) * TIME_DAY_MS;
	at += t->hour * TIME_HOUR_MS + t->minute * TIME_MINUTE_MS + t->second * TIME_SECOND_MS;
	*at_ms_r = at + t->ms - t->offset_minutes * TIME_MINUTE_MS;
	return true;
}

const char *
time_month_name(int month)
{
	return month_names[month - 1];
}

const char *
time_weekday_name(int weekday)
{
	return weekday_names[weekday];
}

static void
parts_from_ms(int64_t at_ms, struct time_parts *t, int *weekday_r)
{
	int64_t days = floor_div(at_ms, TIME_DAY_MS);
	int64_t in_day = (at_ms % TIME_DAY_MS + TIME_DAY_MS) % TIME_DAY_MS;

	*t = (struct time_parts){0};
	time_civil_from_days(days, &t->year, &t->month, &t->day);
	t->hour = (int)(in_day / TIME_HOUR_MS);
	t->minute = (int)(in_day / TIME_MINUTE_MS % 60);
	t->second = (int)(in_day / TIME_SECOND_MS % 60);
	t->ms = (int)(in_day % TIME_SECOND_MS);
	/* 1970-01-01 was a Thursday. */
	*weekday_r = (int)(((days + 4) % 7 + 7) % 7);
}

const char *
time_format_rfc3339(int64_t at_ms, char out[TIME_TEXT_MAX])
{
	struct time_parts t;
	char fraction[8] = "";
	int weekday;

	if (at_ms == TIME_UNKNOWN) {
		snprintf(out, TIME_TEXT_MAX, "unknown");
		return out;
	}
	parts_from_ms(at_ms, &t, &weekday);
	if (t.ms != 0)
		snprintf(fraction, sizeof(fraction), ".%03u", (unsigned)t.ms % 1000);
	snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", t.year, t.month, t.day,
	    t.hour, t.minute, t.second, fraction);
	return out;
}

const char *
time_format_rfc822(int64_t at_ms, bool http, char out[TIME_TEXT_MAX + 8])
{
	struct time_parts t;
	int weekday;

	if (at_ms == TIME_UNKNOWN) {
		snprintf(out, TIME_TEXT_MAX + 8, "unknown");
		return out;
	}
	parts_from_ms(at_ms, &t, &weekday);
	snprintf(out, TIME_TEXT_MAX + 8, "%s, %02d %s %04d %02d:%02d:%02d %s",
	    weekday_names[weekday], t.day, month_names[t.month - 1], t.year, t.hour, t.minute,
	    t.second, http ? "GMT" : "+0000");
	return out;
}

const char *
time_format_age(int64_t age_ms, char out[TIME_TEXT_MAX])
{
	if (age_ms < 0)
		age_ms = 0;
	if (age_ms < TIME_MINUTE_MS)
		snprintf(out, TIME_TEXT_MAX, "%" PRId64 " s", age_ms / TIME_SECOND_MS);
	else if (age_ms < TIME_HOUR_MS)
		snprintf(out, TIME_TEXT_MAX, "%" PRId64 " min", age_ms / TIME_MINUTE_MS);
	else if (age_ms < 2 * TIME_DAY_MS)
		snprintf(out, TIME_TEXT_MAX, "%" PRId64 " h", age_ms / TIME_HOUR_MS);
	else
		snprintf(out, TIME_TEXT_MAX, "%" PRId64 " days", age_ms / TIME_DAY_MS);
	return out;
}
