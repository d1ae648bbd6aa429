/*
 * verb_backtest.h - a backtest as verbs run it: beside the daemon, on a read-only connection.
 */
#ifndef DAEMON_VERB_BACKTEST_H
#define DAEMON_VERB_BACKTEST_H

#include <stdint.h>

#include "daemon/verb.h"

struct config;

/* The rules folder, or the paths of the command line, over the posts of the last span_ms; progress on
 * a terminal.  0 with the report (backtest.h), 1 with findings, which are
 * not printed (who plans has heard them), -1. */
int verb_backtest_report(struct verb_call *call, struct config *config, int64_t span_ms,
    struct buf *report, struct err *err);

#endif
