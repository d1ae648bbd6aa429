/*
 * Two readers.  RFC 3339 has one order of its parts and is read from left to right.  The RFC 822
 * family has many, so its words and numbers are told apart by their form: a word is a weekday, a
 * month or a zone, a number with a colon is the time of day, one with a sign behind the time is the
 * offset; of the other numbers the first is the day and the second the year (one of four digits
 * always is the year).
 */
#include "core/timefmt.h"

#include "core/timefmt_internal.h"

struct reader {
	const char *p, *end;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
at_digit(const struct reader *r)
{
	return r->p < r->end && is_digit(*r->p);
}

static bool
take_char(struct reader *r, char c)
{
	if (r->p >= r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* Between min and max digits, as many as there are. */
static bool
take_number(struct reader *r, int min, int max, int *value_r)
{
	int value = 0, count = 0;

	while (count < max && at_digit(r)) {
		value = value * 10 + (*r->p++ - '0');
		count++;
	}
	*value_r = value;
	return count >= min;
}

/* Digits behind the point, one to nine of them; milliseconds are kept. */
static bool
take_fraction(struct reader *r, int *ms_r)
{
	int ms = 0, count = 0;

	for (; count < 9 && at_digit(r); count++, r->p++) {
		if (count < 3)
			ms = ms * 10 + (*r->p - '0');
	}
	for (int i = count; i < 3; i++)
		ms *= 10;
	*ms_r = ms;
	return count > 0;
}

/* "+02:00", "+0200", "+02", "-2", "+200". */
static bool
take_offset(struct reader *r, int *minutes_r)
{
	const char *sign = r->p++;
	int hours = 0, minutes = 0, digits = 0, value = 0;

	while (digits < 5 && at_digit(r)) {
		value = value * 10 + (*r->p++ - '0');
		digits++;
	}
	if (digits == 0 || digits > 4)
		return false;
	if (digits > 2) {
		hours = value / 100;
		minutes = value % 100;
	} else {
		hours = value;
		if (take_char(r, ':') && !take_number(r, 2, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*minutes_r = (hours * 60 + minutes) * (*sign == '-' ? -1 : 1);
	return true;
}

/* ---- RFC 3339 ---- */

static bool
rfc3339_offset(struct reader *r, struct time_parts *t)
{
	if (r->p == r->end || take_char(r, 'Z') || take_char(r, 'z'))
		return true;
	if (*r->p != '+' && *r->p != '-')
		return false;
	/* Here the two digits of the hour are not negotiable. */
	if (r->end - r->p < 3 || !is_digit(r->p[1]) || !is_digit(r->p[2]))
		return false;
	if (r->end - r->p == 4)
		return false;
	return take_offset(r, &t->offset_minutes);
}

bool
time_parse_rfc3339(struct slice s, int64_t *at_ms_r)
{
	struct slice trimmed = slice_trim(s);
	struct time_parts t = {0};

	if (trimmed.len == 0)
		return false;
	struct reader r = {trimmed.ptr, trimmed.ptr + trimmed.len};
	if (!take_number(&r, 4, 4, &t.year) || !take_char(&r, '-'))
		return false;
	if (!take_number(&r, 2, 2, &t.month) || !take_char(&r, '-'))
		return false;
	if (!take_number(&r, 2, 2, &t.day))
		return false;
	if (r.p == r.end)
		return time_from_parts(&t, at_ms_r);
	if (!take_char(&r, 'T') && !take_char(&r, 't') && !take_char(&r, ' '))
		return false;
	if (!take_number(&r, 2, 2, &t.hour) || !take_char(&r, ':'))
		return false;
	if (!take_number(&r, 2, 2, &t.minute))
		return false;
	/* W3C-DTF, which feeds use, allows leaving out the seconds. */
	if (take_char(&r, ':')) {
		if (!take_number(&r, 2, 2, &t.second))
			return false;
		if ((take_char(&r, '.') || take_char(&r, ',')) && !take_fraction(&r, &t.ms))
			return false;
	}
	/* "2026-11-21 10:00:00 +0200", as git and some databases write it. */
	if (r.p < r.end && *r.p == ' ')
		r.p++;
	if (!rfc3339_offset(&r, &t))
		return false;
	return r.p == r.end && time_from_parts(&t, at_ms_r);
}

/* ---- the RFC 822 family ---- */

struct zone_name {
	const char *name;
	int minutes;
};

/* RFC 822's own, and those that feeds are seen with.  IST, CST outside America and the like mean
 * several places; only RFC 822's meaning counts. */
static const struct zone_name zone_names[] = {
    {"UT", 0},
    {"UTC", 0},
    {"GMT", 0},
    {"EST", -300},
    {"EDT", -240},
    {"CST", -360},
    {"CDT", -300},
    {"MST", -420},
    {"MDT", -360},
    {"PST", -480},
    {"PDT", -420},
    {"WET", 0},
    {"WEST", 60},
    {"CET", 60},
    {"CEST", 120},
    {"MEZ", 60},
    {"MESZ", 120},
    {"BST", 60},
    {"EET", 120},
    {"EEST", 180},
    {"MSK", 180},
    {"JST", 540},
};

struct rfc822 {
	struct time_parts t;
	bool has_day, has_month, has_year, has_time, has_zone, has_offset;
};

static bool
is_month_name(struct slice word, int month)
{
	return word.len >= 3 &&
	    slice_eq_nocase(slice_make(word.ptr, 3), slice_of(time_month_name(month)));
}

static bool
is_weekday_name(struct slice word)
{
	for (int i = 0; i < 7; i++) {
		if (word.len >= 3 &&
		    slice_eq_nocase(slice_make(word.ptr, 3), slice_of(time_weekday_name(i))))
			return true;
	}
	return false;
}

/* Letters in which the first three of word differ from the month's. */
static int
month_slips(struct slice word, int month)
{
	const char *name = time_month_name(month);
	int slips = 0;

	for (size_t i = 0; i < 3; i++)
		slips += (word.ptr[i] | 0x20) != (name[i] | 0x20);
	return slips;
}

/* The month that word is one letter away from ("Okt", "Dez"); 0 when none or more than one is. */
static int
month_by_slip(struct slice word)
{
	int found = 0;

	if (word.len < 3)
		return 0;
	for (int month = 1; month <= 12; month++) {
		if (month_slips(word, month) != 1)
			continue;
		if (found != 0)
			return 0;
		found = month;
	}
	return found;
}

static bool
rfc822_zone(struct rfc822 *d, struct slice word)
{
	if (d->has_zone)
		return false;
	d->has_zone = true;
	for (size_t i = 0; i < sizeof(zone_names) / sizeof(zone_names[0]); i++) {
		if (slice_eq_nocase(word, slice_of(zone_names[i].name))) {
			d->t.offset_minutes = zone_names[i].minutes;
			return true;
		}
	}
	/* RFC 2822, 4.3: the military letters were defined with the wrong sign, and a zone nobody
	 * knows says nothing; both mean "UTC, where it was is unknown". */
	return word.len <= 5;
}

static bool
rfc822_word(struct rfc822 *d, struct reader *r)
{
	const char *start = r->p;

	while (r->p < r->end && is_letter(*r->p))
		r->p++;
	struct slice word = slice_make(start, (size_t)(r->p - start));
	if (r->p < r->end && *r->p == '.')
		r->p++;
	/* What stands before a comma is the weekday, however it is spelled; the date says the same
	 * better. */
	if (r->p < r->end && *r->p == ',' && !d->has_day && !d->has_month)
		return true;
	if (d->has_time && d->has_month)
		return rfc822_zone(d, word);
	if (!d->has_month) {
		for (int month = 1; month <= 12; month++) {
			if (is_month_name(word, month)) {
				d->t.month = month;
				d->has_month = true;
				return true;
			}
		}
	}
	if (is_weekday_name(word))
		return true;
	if (d->has_month)
		return false;
	d->t.month = month_by_slip(word);
	d->has_month = d->t.month != 0;
	return d->has_month;
}

static bool
rfc822_time(struct rfc822 *d, struct reader *r, int hour)
{
	if (d->has_time)
		return false;
	d->has_time = true;
	d->t.hour = hour;
	if (!take_number(r, 2, 2, &d->t.minute))
		return false;
	if (take_char(r, ':') && !take_number(r, 1, 2, &d->t.second))
		return false;
	if (take_char(r, '.') && !take_fraction(r, &d->t.ms))
		return false;
	return !at_digit(r);
}

/* RFC 2822, 4.3: 00..49 are 2000..2049, 50..99 and three digits count from 1900. */
static bool
rfc822_year(struct rfc822 *d, int value, int digits)
{
	if (d->has_year || digits < 2)
		return false;
	if (digits == 2)
		value += value < 50 ? 2000 : 1900;
	else if (digits == 3)
		value += 1900;
	d->t.year = value;
	d->has_year = true;
	return true;
}

static bool
rfc822_number(struct rfc822 *d, struct reader *r)
{
	const char *start = r->p;
	int value;

	if (!take_number(r, 1, 4, &value) || at_digit(r))
		return false;
	int digits = (int)(r->p - start);
	if (digits <= 2 && take_char(r, ':'))
		return rfc822_time(d, r, value);
	if (digits > 2 || d->has_day)
		return rfc822_year(d, value, digits);
	d->t.day = value;
	d->has_day = true;
	return true;
}

/* "(comment)": nesting is allowed, an end is required. */
static bool
skip_comment(struct reader *r)
{
	int depth = 0;

	for (; r->p < r->end; r->p++) {
		if (*r->p == '(')
			depth++;
		else if (*r->p == ')' && --depth == 0) {
			r->p++;
			return true;
		}
	}
	return false;
}

static bool
rfc822_part(struct rfc822 *d, struct reader *r)
{
	char c = *r->p;

	if (is_letter(c))
		return rfc822_word(d, r);
	if (is_digit(c))
		return rfc822_number(d, r);
	if (c == '(')
		return skip_comment(r);
	/* RFC 850 has dashes in the date; behind the time they are signs. */
	if ((c == '+' || c == '-') && d->has_time && !d->has_offset) {
		d->has_offset = d->has_zone = true;
		return take_offset(r, &d->t.offset_minutes);
	}
	if (c != ' ' && c != ',' && c != '-' && c != '\t' && c != '\r' && c != '\n')
		return false;
	r->p++;
	return true;
}

bool
time_parse_rfc822(struct slice s, int64_t *at_ms_r)
{
	struct reader r = {s.ptr, s.ptr == NULL ? NULL : s.ptr + s.len};
	struct rfc822 d = {0};

	while (r.p < r.end) {
		if (!rfc822_part(&d, &r))
			return false;
	}
	if (!d.has_day || !d.has_month || !d.has_year)
		return false;
	return time_from_parts(&d.t, at_ms_r);
}
