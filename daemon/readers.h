/*
 * readers.h - a few threads with read-only connections: lists, why, parsing of large bodies;
 * nothing that writes.
 *
 * Threads: readers_do() on the loop; work runs on a reader; done on the loop again.
 */
#ifndef DAEMON_READERS_H
#define DAEMON_READERS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct readers;
struct store;

int readers_start(struct loop *loop, const char *store_path, size_t threads, size_t queue_capacity,
    struct readers **r_r, struct err *err);
void readers_stop(struct readers *r); /* finishes what waits; the last callbacks have been posted;
					 run the loop once, then readers_free() */
void readers_free(struct readers *r);

/* st is NULL when the database could not be opened (why in open_error). */
typedef void readers_work_fn(void *cookie, struct store *st, const struct err *open_error);
int readers_do(struct readers *r, readers_work_fn *work, void (*done)(void *cookie),
    void *cookie); /* -1: full */

#endif
