#include "platform/zone.h"

#include <assert.h>

#include <unicode/ucal.h>

#include "core/diag.h"
#include "core/timefmt.h"
#include "platform/zone_internal.h"

#define NAME_MAX_CHARS 64

/*
 * Abbreviations that ICU took over from early Java.  They are not IANA's, and what they stand for
 * surprises: BST is Dhaka, AST Alaska, IST India.  Somebody in London who writes BST must hear that
 * there is no such zone.
 */
static const char *const surprising[] = {"ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT",
    "CNT", "CST", "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT",
    "PRT", "PST", "SST", "VST"};

/* The name as ICU wants it.  Names of zones are ASCII. */
struct zone_name {
	UChar chars[NAME_MAX_CHARS];
	int32_t len;
};

static bool
to_uchars(struct slice name, struct zone_name *out)
{
	if (name.len == 0 || name.len > NAME_MAX_CHARS)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c <= ' ' || c >= 0x7f)
			return false;
		out->chars[i] = c;
	}
	out->len = (int32_t)name.len;
	return true;
}

static bool
is_known(struct slice name, struct zone_name *out)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar canonical[2 * NAME_MAX_CHARS];
	UBool is_system = 0;

	if (!to_uchars(name, out) || slice_starts_with(name, "SystemV/") ||
	    slice_eq_str(name, "Etc/Unknown"))
		return false;
	for (size_t i = 0; i < sizeof surprising / sizeof surprising[0]; i++) {
		if (slice_eq_str(name, surprising[i]))
			return false;
	}
	/* Names that it does not know ICU takes for GMT elsewhere; here it says so, and tells
	 * "GMT+3" from a zone. */
	ucal_getCanonicalTimeZoneID(out->chars, out->len, canonical,
	    (int32_t)(sizeof canonical / sizeof canonical[0]), &is_system, &status);
	return U_SUCCESS(status) && is_system;
}

bool
zone_exists(struct slice name)
{
	struct zone_name z;

	return is_known(name, &z);
}

/* A proleptic Gregorian calendar in the zone, or NULL. */
static UCalendar *
calendar_open(struct slice name)
{
	UErrorCode status = U_ZERO_ERROR;
	struct zone_name z;
	UCalendar *cal;

	if (!is_known(name, &z))
		return NULL;
	cal = ucal_open(z.chars, z.len, "en_US", UCAL_GREGORIAN, &status);
	/* Before any date that has a year, so that it is Gregorian all the way, as core/timefmt.h
	 * is. */
	if (U_SUCCESS(status))
		ucal_setGregorianChange(cal, -1e17, &status);
	if (U_SUCCESS(status))
		return cal;
	ucal_close(cal);
	return NULL;
}

static bool
is_date(int year, int month, int day)
{
	int y, m, d;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	time_civil_from_days(time_days_from_civil(year, month, day), &y, &m, &d);
	return y == year && m == month && d == day;
}

bool
zone_to_utc(struct slice name, int year, int month, int day, int hour, int minute, int64_t *at_ms_r)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *cal;
	UDate at_ms;

	if (!is_date(year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	cal = calendar_open(name);
	if (cal == NULL)
		return false;
	/* A time that occurs twice: the first.  One that does not occur: as if the clock had not
	 * been put forward yet. */
	ucal_setAttribute(cal, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
	ucal_setAttribute(cal, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_LAST);
	ucal_clear(cal);
	ucal_setDateTime(cal, year, month - 1, day, hour, minute, 0, &status);
	at_ms = ucal_getMillis(cal, &status);
	ucal_close(cal);
	if (U_FAILURE(status))
		return false;
	*at_ms_r = (int64_t)at_ms;
	return true;
}

bool
zone_offset_ms(struct slice name, int64_t at_ms, int64_t *offset_ms_r)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t standard, saving;
	UCalendar *cal = calendar_open(name);

	if (cal == NULL)
		return false;
	ucal_setMillis(cal, (UDate)at_ms, &status);
	standard = ucal_get(cal, UCAL_ZONE_OFFSET, &status);
	saving = ucal_get(cal, UCAL_DST_OFFSET, &status);
	ucal_close(cal);
	if (U_FAILURE(status))
		return false;
	*offset_ms_r = (int64_t)standard + saving;
	return true;
}

/* ---- guesses ------------------------------------------------------------- */

/* As people write it: any case, a space for the underscore. */
static bool
is_same_loosely(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		struct slice x = slice_make(a.ptr + i, 1);

		if (a.ptr[i] == ' ' ? b.ptr[i] != '_'
				    : !slice_eq_nocase(x, slice_make(b.ptr + i, 1)))
			return false;
	}
	return true;
}

static struct slice
place_of(const char *zone)
{
	const char *slash = strrchr(zone, '/');

	return slice_of(slash == NULL ? zone : slash + 1);
}

const char *
zone_nearest(struct slice name)
{
	const char *found = NULL;

	name = slice_trim(name);
	if (name.len == 0 || name.len > NAME_MAX_CHARS)
		return NULL;
	for (size_t i = 0; i < zone_name_count && found == NULL; i++) {
		if (is_same_loosely(name, slice_of(zone_names[i])))
			found = zone_names[i];
	}
	for (size_t i = 0; i < zone_name_count && found == NULL; i++) {
		if (is_same_loosely(name, place_of(zone_names[i])))
			found = zone_names[i];
	}
	if (found == NULL)
		found = diag_nearest(name, zone_names, zone_name_count);
	/* Our list may be newer than ICU's. */
	return found != NULL && zone_exists(slice_of(found)) ? found : NULL;
}
