#include "core/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/timefmt.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1},
    {"millisecond", 1},
    {"milliseconds", 1},
    {"s", TIME_SECOND_MS},
    {"sec", TIME_SECOND_MS},
    {"second", TIME_SECOND_MS},
    {"seconds", TIME_SECOND_MS},
    {"m", TIME_MINUTE_MS},
    {"min", TIME_MINUTE_MS},
    {"minute", TIME_MINUTE_MS},
    {"minutes", TIME_MINUTE_MS},
    {"h", TIME_HOUR_MS},
    {"hour", TIME_HOUR_MS},
    {"hours", TIME_HOUR_MS},
    {"d", TIME_DAY_MS},
    {"day", TIME_DAY_MS},
    {"days", TIME_DAY_MS},
    {"w", 7 * TIME_DAY_MS},
    {"week", 7 * TIME_DAY_MS},
    {"weeks", 7 * TIME_DAY_MS},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"b", 1},
    {"byte", 1},
    {"bytes", 1},
    {"k", INT64_C(1) << 10},
    {"kb", INT64_C(1) << 10},
    {"kib", INT64_C(1) << 10},
    {"m", INT64_C(1) << 20},
    {"mb", INT64_C(1) << 20},
    {"mib", INT64_C(1) << 20},
    {"g", INT64_C(1) << 30},
    {"gb", INT64_C(1) << 30},
    {"gib", INT64_C(1) << 30},
    {"t", INT64_C(1) << 40},
    {"tb", INT64_C(1) << 40},
    {"tib", INT64_C(1) << 40},
    {NULL, 0},
};

/* A whole number that is not negative, blanks, a unit. */
static bool
quantity_parse(struct slice s, const struct unit *units, int64_t *value_r)
{
	long long number;
	size_t digits = 0;

	s = slice_trim(s);
	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	if (!slice_to_i64(slice_make(s.ptr, digits), &number))
		return false;
	struct slice name = slice_trim(slice_make(s.ptr + digits, s.len - digits));
	if (name.len == 0) {
		*value_r = 0;
		return number == 0;
	}
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (!slice_eq_nocase(name, slice_of(u->name)))
			continue;
		if (number > INT64_MAX / u->factor)
			return false;
		*value_r = number * u->factor;
		return true;
	}
	return false;
}

bool
duration_parse(struct slice s, int64_t *ms_r)
{
	int64_t ms;

	if (!quantity_parse(s, duration_units, &ms))
		return false;
	*ms_r = ms;
	return true;
}

bool
size_parse(struct slice s, int64_t *bytes_r)
{
	int64_t bytes;

	if (!quantity_parse(s, size_units, &bytes))
		return false;
	*bytes_r = bytes;
	return true;
}

const char *
duration_format(int64_t ms, char out[DURATION_TEXT_MAX])
{
	static const struct unit written[] = {
	    {"days", TIME_DAY_MS},
	    {"h", TIME_HOUR_MS},
	    {"min", TIME_MINUTE_MS},
	    {"s", TIME_SECOND_MS},
	};
	const char *name = "ms";
	int64_t value = ms;

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		/* "24 h" is read as one day more easily than as "1 days". */
		if (ms % written[i].factor != 0 || ms == 0 || ms == TIME_DAY_MS * (i == 0))
			continue;
		name = written[i].name;
		value = ms / written[i].factor;
		break;
	}
	snprintf(out, DURATION_TEXT_MAX, "%" PRId64 " %s", value, name);
	return out;
}

/* ---- amounts ---- */

bool
amount_parse(struct slice s, int64_t *milli_r)
{
	struct slice rest = slice_trim(s), whole = slice_split(&rest, '.');
	long long units;
	int64_t milli = 0, worth = 100;

	if (whole.len == 0 || whole.len > 12 || whole.ptr[0] < '0' || whole.ptr[0] > '9' ||
	    !slice_to_i64(whole, &units))
		return false;
	if (slice_is_set(rest) && (rest.len == 0 || rest.len > 3))
		return false;
	for (size_t i = 0; i < rest.len; i++, worth /= 10) {
		if (rest.ptr[i] < '0' || rest.ptr[i] > '9')
			return false;
		milli += (rest.ptr[i] - '0') * worth;
	}
	*milli_r = units * 1000 + milli;
	return true;
}
