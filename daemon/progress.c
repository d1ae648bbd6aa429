#include "daemon/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/timefmt.h"

#define TELL_EVERY_MS 250

void
progress_init(struct progress *p, const struct clock *clock, const char *what, bool is_quiet)
{
	p->clock = clock;
	p->what = what;
	p->is_shown = !is_quiet && isatty(STDERR_FILENO) == 1;
	p->begun_ms = p->told_ms = clock_now_ms(clock);
}

void
progress_tell(struct progress *p, int64_t count, int64_t done, int64_t total)
{
	int64_t now_ms = clock_now_ms(p->clock), spent_ms = now_ms - p->begun_ms;
	char left[TIME_TEXT_MAX];

	if (!p->is_shown || now_ms - p->told_ms < TELL_EVERY_MS || spent_ms <= 0)
		return;
	p->told_ms = now_ms;
	fprintf(stderr, "\r\033[K%lld %s, %lld/s", (long long)count, p->what,
	    (long long)(count * 1000 / spent_ms));
	if (done > 0 && total >= done)
		fprintf(stderr, ", %d %%, %s left", (int)((double)done * 100 / (double)total),
		    time_format_age(
			(int64_t)((double)(total - done) / (double)done * (double)spent_ms), left));
	fflush(stderr);
}

void
progress_clear(struct progress *p)
{
	if (p->is_shown && p->told_ms != p->begun_ms)
		fprintf(stderr, "\r\033[K");
}
