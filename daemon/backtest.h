/*
 * backtest.h - a rule set over the posts that were stored: who would have got what, when, at what
 * cost, and what differs from the rules that are live.
 *
 * The posts run through the daemon's own pipeline, on a virtual clock and on a database in memory
 * that begins with the state of that day.  Each post keeps the score, author and customer it was
 * stored with; keywords and brands are looked for again.
 *
 * Ownership: everything is borrowed for the length of the call.
 * Threads:   any, with a reader of its own; the daemon works on meanwhile.
 * Log:       the reader's snapshots are short, so that the write-ahead log can start anew.
 */
#ifndef DAEMON_BACKTEST_H
#define DAEMON_BACKTEST_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct err;
struct snapshot;
struct store;

struct backtest {
	struct store *store; /* a reader */
	struct snapshot *draft;
	struct snapshot *live; /* to compare with; NULL: nothing is live */
	int64_t since_ms, until_ms; /* when posts were fetched: since <= t < until */
	uint64_t hash_seed;
	/* Called every few thousand posts; false stops it.  May be NULL. */
	bool (*progress)(void *cookie, int64_t done, int64_t total);
	void *cookie;
};

/* The longest time that may be asked for. */
#define BACKTEST_SPAN_MAX_MS (INT64_C(400) * 86400000)

/* Writes the report as JSON (schema Backtest in the OpenAPI file).  0; 1 stopped by progress; -1. */
int backtest_run(const struct backtest *b, struct buf *json_out, struct err *err);

#endif
