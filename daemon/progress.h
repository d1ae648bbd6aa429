/*
 * progress.h - how far long work is, on a terminal: count, rate, time left, on one line that is
 * written over.  In a pipe, or with --json, nothing is said.
 *
 * Threads: one at a time.
 */
#ifndef DAEMON_PROGRESS_H
#define DAEMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct clock;

struct progress {
	const struct clock *clock;
	const char *what; /* "customers" */
	bool is_shown;
	int64_t begun_ms, told_ms;
};

/* is_quiet: never say anything. */
void progress_init(struct progress *p, const struct clock *clock, const char *what, bool is_quiet);
/* count things are done; of the work (bytes of a file) done out of total, 0 when it is not known. */
void progress_tell(struct progress *p, int64_t count, int64_t done, int64_t total);
/* Before anything else is printed, and at the end: the line is wiped. */
void progress_clear(struct progress *p);

#endif
