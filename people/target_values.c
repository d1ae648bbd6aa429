/*
 * target_values.c - what a cell says: yes or no, a number, a time.
 */
#include "people/targets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

bool
target_yes_no(struct slice v, bool *yes_r)
{
	static const char *const yes[] = {
	    "yes", "true", "1", "y", "x", "on", "given", "opt-in", "opted in"};
	static const char *const no[] = {
	    "no", "false", "0", "n", "-", "off", "withdrawn", "opt-out", "opted out"};

	for (size_t k = 0; k < sizeof yes / sizeof *yes; k++) {
		*yes_r = slice_eq_nocase(v, slice_of(yes[k]));
		if (*yes_r || slice_eq_nocase(v, slice_of(no[k])))
			return true;
	}
	return false;
}

/* ---- numbers --------------------------------------------------------------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Thousands' separators go, the decimal sign becomes a point. */
static bool
plain_number(struct slice v, char decimal, char out[TARGET_NUMBER_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.ptr[i];

		if (decimal != 0 && c == decimal)
			c = '.';
		else if (decimal != 0 && i > 0 && (c == '.' || c == ',' || c == ' ' || c == '\''))
			continue;
		if (n + 1 == TARGET_NUMBER_MAX)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n > 0;
}

/* Sign, digits with at most one point among them, exponent: nothing else that strtod() would take
 * (names, hexadecimal). */
static bool
is_decimal(const char *s)
{
	size_t digits = 0;

	if (*s == '+' || *s == '-')
		s++;
	for (; is_digit(*s); s++)
		digits++;
	if (*s == '.')
		for (s++; is_digit(*s); s++)
			digits++;
	if (digits == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		if (!is_digit(*s))
			return false;
		while (is_digit(*s))
			s++;
	}
	return *s == '\0';
}

bool
target_number(struct slice v, char decimal, char out[TARGET_NUMBER_MAX])
{
	char text[TARGET_NUMBER_MAX], *point;
	double number;

	if (!plain_number(v, decimal, text) || !is_decimal(text))
		return false;
	if (strpbrk(text, ".eE") == NULL && strlen(text) <= 18) { /* it fits, exactly */
		snprintf(out, TARGET_NUMBER_MAX, "%lld", strtoll(text, NULL, 10));
		return true;
	}
	number = strtod(text, NULL);
	if (!isfinite(number))
		return false;
	if (number == 0)
		number = 0; /* no -0 */
	/* The shortest of the three that reads back as the same number; 17 digits always do. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, TARGET_NUMBER_MAX, "%.*g", digits, number);
		if (strtod(out, NULL) == number)
			break;
	}
	point = strchr(out, ',');
	if (point != NULL)
		*point = '.';
	return true;
}

/* ---- times ----------------------------------------------------------------- */

struct civil {
	int year, month, day, hour, minute, second;
	bool has_time;
};

/* The digits of one token: exactly many of them, or one or two for a single letter. */
static bool
read_digits(struct slice v, size_t *pos, size_t many, int *n_r)
{
	size_t begin = *pos, most = many == 1 ? 2 : many;
	int n = 0;

	while (*pos < v.len && *pos - begin < most && is_digit(v.ptr[*pos]))
		n = n * 10 + (v.ptr[(*pos)++] - '0');
	*n_r = n;
	return *pos - begin >= many;
}

static int *
part_of(struct civil *c, char letter)
{
	c->has_time |= letter == 'H' || letter == 'm' || letter == 's';
	switch (letter) {
	case 'Y': return &c->year;
	case 'M': return &c->month;
	case 'D': return &c->day;
	case 'H': return &c->hour;
	case 'm': return &c->minute;
	case 's': return &c->second;
	default: return NULL;
	}
}

static bool
is_date(const struct civil *c)
{
	int year, month, day;

	if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->hour > 23 || c->minute > 59 || c->second > 59)
		return false;
	time_civil_from_days(time_days_from_civil(c->year, c->month, c->day), &year, &month, &day);
	return year == c->year && month == c->month && day == c->day;
}

static bool
read_civil(struct slice v, struct slice pattern, struct civil *c)
{
	size_t pos = 0;

	for (size_t i = 0; i < pattern.len;) {
		int *part = part_of(c, pattern.ptr[i]);
		size_t many = 1;

		if (part == NULL) {
			if (pos == v.len || v.ptr[pos++] != pattern.ptr[i++])
				return false;
			continue;
		}
		while (i + many < pattern.len && pattern.ptr[i + many] == pattern.ptr[i])
			many++;
		if (many > 4 || !read_digits(v, &pos, many, part))
			return false;
		if (pattern.ptr[i] == 'Y' && many == 2)
			c->year += c->year < 70 ? 2000 : 1900;
		i += many;
	}
	return pos == v.len && is_date(c);
}

bool
target_time(struct slice v, struct slice pattern, int64_t *at_ms_r, bool *is_day_r)
{
	struct civil c = {0};
	long long n;

	*is_day_r = false;
	if (!slice_is_set(pattern))
		return time_parse_rfc3339(v, at_ms_r);
	if (slice_eq_str(pattern, "unix") || slice_eq_str(pattern, "unix_ms")) {
		if (!slice_to_i64(v, &n) || n < -INT64_C(60000000000000) ||
		    n > INT64_C(250000000000000))
			return false;
		*at_ms_r = slice_eq_str(pattern, "unix") ? n * 1000 : n;
		return *at_ms_r >= -INT64_C(60000000000000) && *at_ms_r <= INT64_C(250000000000000);
	}
	if (!read_civil(v, pattern, &c))
		return false;
	*is_day_r = !c.has_time;
	*at_ms_r = time_days_from_civil(c.year, c.month, c.day) * TIME_DAY_MS +
	    c.hour * TIME_HOUR_MS + c.minute * TIME_MINUTE_MS + c.second * TIME_SECOND_MS;
	return true;
}
