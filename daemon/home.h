/*
 * home.h - what the daemon and the verbs that work without one share: the lock, the store, the live
 * rules, imports at start.
 *
 * Threads: the one that owns the store.
 */
#ifndef DAEMON_HOME_H
#define DAEMON_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct bundle;
struct clock;
struct config;
struct diag_list;
struct err;
struct lexicon_set;
struct log;
struct snapshot;
struct store;

/* Takes the lock beside the database (one writer a database) and opens it for writing.  ERR_BUSY
 * when a daemon or another verb has it. */
int home_open(const struct config *config, const struct clock *clock, struct store **store_r,
    int *lock_fd_r, struct err *err);
void home_close(struct store *store, int lock_fd);

/* Compiles what is live.  With nothing live (an empty database) the folder is made live first: the
 * only time that happens by itself. Findings of the folder go to diags: 1. */
int home_snapshot(struct store *store, struct config *config, struct lexicon_set *lexicon,
    const struct clock *clock, struct log *log, struct diag_list *diags, struct snapshot **s_r,
    struct err *err);

/* A version of the past, compiled as it was. 1, 0 there is no such version (or it does not compile
 * any more: err says so), -1. */
int home_snapshot_of(struct store *store, struct config *config, struct lexicon_set *lexicon,
    int64_t version, struct snapshot **s_r, struct err *err);

/* Customers and offer codes named in the configuration, when their files have changed since the
 * last time. */
int home_import(struct store *store, const struct config *config, const struct clock *clock,
    struct log *log, struct diag_list *diags, struct err *err);

#endif
