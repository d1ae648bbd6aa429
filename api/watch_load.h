/*
 * watch_load.h - the crowds of a rule set as the store's rows have them.
 *
 * Threads: any, on its own connection.
 */
#ifndef API_WATCH_LOAD_H
#define API_WATCH_LOAD_H

#include <stdint.h>

struct crowd;
struct err;
struct rule_set;
struct store;

/* A new crowd, not judged yet, filled with what its watches counted as far back as their windows reach.  The caller
 * frees it.  before: a crowd of other rules that is what the rows say; watches that count the same go on with
 * what it knows, and it is good for being freed alone; NULL: all are read. */
int watch_load(struct store *st, const struct rule_set *set, int64_t now_ms, struct crowd *before,
    struct crowd **crowd_r, struct err *err);

#endif
