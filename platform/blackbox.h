/*
 * blackbox.h - a small memory-mapped file that says what the daemon is doing, so that after a crash
 * the next start can say what it was doing when it died.  Writing costs a store; nothing is synced:
 * it outlives the process, not the power.
 *
 * Threads: each field has one writer.
 */
#ifndef PLATFORM_BLACKBOX_H
#define PLATFORM_BLACKBOX_H

#include <stdatomic.h>
#include <stdint.h>

struct err;

enum blackbox_phase {
	PHASE_IDLE,
	PHASE_PARSING, /* posts are scored and decided on */
	PHASE_BEFORE_COMMIT, /* everything is written, COMMIT not yet called */
	PHASE_IN_COMMIT,
	PHASE_AFTER_COMMIT, /* committed, not yet told to anybody */
	PHASE_COUNT
};
const char *blackbox_phase_name(enum blackbox_phase p);

struct blackbox {
	_Atomic uint32_t magic;
	_Atomic uint32_t is_running; /* 1 between a start and a clean stop */
	_Atomic uint32_t phase; /* enum blackbox_phase of the pipeline */
	_Atomic uint32_t claimed; /* messages claimed whose channel has not answered */
	_Atomic uint32_t
	    unrecorded; /* messages a channel has answered for, result not yet committed */
	_Atomic uint32_t pid;
};

/* Maps path (created when missing).  *last_r gets what the previous run left there (all 0 when
 * there was none). */
int
blackbox_open(const char *path, struct blackbox **box_r, struct blackbox *last_r, struct err *err);
void blackbox_close(struct blackbox *box); /* a clean stop; NULL is fine */

#endif
