/*
 * backtests.h - backtests asked for through the API: one runs at a time, on a thread and a reader of
 * its own, and its report is kept until newer ones push it out.
 *
 * Threads: all calls may come from any thread.
 * Limits:  BACKTESTS_KEPT reports; a second one while one runs is ERR_BUSY.
 */
#ifndef DAEMON_BACKTESTS_H
#define DAEMON_BACKTESTS_H

#include <stdbool.h>
#include <stdint.h>

struct backtests;
struct buf;
struct clock;
struct err;
struct log;
struct snapshot;

#define BACKTESTS_KEPT 8

int backtests_new(const char *store_path, const struct clock *clock, struct log *log,
    struct backtests **b_r, struct err *err);
/* Stops what runs and waits for it. */
void backtests_free(struct backtests *b);

/* Starts one; both snapshots are referenced (live may be NULL).  *id_r names it. */
int backtests_start(struct backtests *b, struct snapshot *draft, struct snapshot *live,
    int64_t since_ms, int64_t until_ms, int64_t *id_r, struct err *err);
/* Writes {"id":…,"state":"running"|"done"|"stopped"|"failed","done":…,"total":…,"report":…}. 1; 0
 * when there is none of that id (any more); -1. */
int backtests_show(struct backtests *b, int64_t id, struct buf *out, struct err *err);
/* Ends one early. 1, 0 it is not running. */
int backtests_stop(struct backtests *b, int64_t id);

#endif
