#include "actions/actions_internal.h"

#include <stdio.h>

#include "core/timefmt.h"

const char *
words_duration(int64_t ms, char out[WORDS_DURATION_MAX])
{
	static const struct {
		int64_t ms;
		const char *one;
	} units[] = {{TIME_DAY_MS, "day"}, {TIME_HOUR_MS, "hour"}, {TIME_MINUTE_MS, "minute"},
	    {TIME_SECOND_MS, "second"}, {1, "millisecond"}};
	size_t i = 0;
	long long n;

	while (units[i].ms > 1 && (ms < units[i].ms || ms % units[i].ms != 0))
		i++;
	n = (long long)(ms / units[i].ms);
	snprintf(out, WORDS_DURATION_MAX, "%lld %s%s", n, units[i].one, n == 1 ? "" : "s");
	return out;
}
