/*
 * replay_line.h - one line of what `earshot replay` reads: a post, or an event of a customer.
 *
 * A line is a post as in an export, or, with "kind":"event", an event as POST /api/v1/events takes it
 * ("kind":"post" may stand, too).
 *
 * Ownership: what is read lies in the page.  Threads: any.
 */
#ifndef DAEMON_REPLAY_LINE_H
#define DAEMON_REPLAY_LINE_H

#include <stdint.h>

#include "core/slice.h"

struct err;
struct page;

#define REPLAY_WHY_MAX 400

/* Into an empty page; *at_ms_r: when it happened, now_ms where it does not say.  An event is received when it
 * happened.  1; 0 it cannot be taken, and why; -1. */
int replay_line_read(struct slice text, uint64_t number, int64_t now_ms, struct page *page,
    int64_t *at_ms_r, char why[REPLAY_WHY_MAX], struct err *err);

#endif
