/*
 * bench.h - how fast posts become durable, beside bare SQLite doing the same rows.
 */
#ifndef STORE_BENCH_H
#define STORE_BENCH_H

#include <stdint.h>

struct buf;
struct clock;
struct err;

/*
 * Makes two databases in dir (removed at the end) and fills them in turns, half a second each, for
 * about `seconds` in all: one through this room's functions as the pipeline uses them, one by
 * prepared INSERTs alone, with the same schema, log, sync and cache.  Batches of 256 posts, one in
 * ten with a decision, a message and three counters.
 *
 * json_out:
 * {"posts_per_s":..,"bare_posts_per_s":..,"ratio":..,"batch_posts":256,"slowest_batch_ms":..,"posts":..,"bytes_per_post":..}
 */
int store_bench(const char *dir, double seconds, const struct clock *clock, struct buf *json_out,
    struct err *err);

/*
 * The rows that the pipeline has put into the database `from` (closed), committed once more by bare
 * SQLite into the new database `to`: same schema, log, sync and batches of 256 posts.  Stops after
 * `seconds` or when all are in.
 */
int store_bench_rows(const char *from, const char *to, double seconds, const struct clock *clock,
    int64_t *posts_per_s_r, struct err *err);

#endif
