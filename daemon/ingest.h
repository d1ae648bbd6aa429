/*
 * ingest.h - POST /api/v1/posts, /api/v1/events and Segment's calls: a body becomes pages, pages become
 * an answer.
 *
 * Threads: ingest_parse() on a reader, ingest_commit() in the pipeline's transaction.
 */
#ifndef DAEMON_INGEST_H
#define DAEMON_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "core/err.h"
#include "daemon/pipeline.h"

/* An item that cannot be read. */
struct ingest_fault {
	size_t index;
	char why[320];
};

#define INGEST_KEY_MAX 512

struct ingest {
	struct page **pages;
	size_t count;
	size_t seen; /* items in the body, good and bad */
	char request_hash[65];
	struct slice key; /* Idempotency-Key; SLICE_NONE: none */
	int64_t now_ms;
	/* What apps and shops tell, by Segment's calls or ours. */
	bool is_tellings, is_segment;
	char write_key[INGEST_KEY_MAX]; /* of Segment's calls: as the body has it */
	struct {
		struct ingest_fault *faults;
		size_t fault_count;
		size_t unread; /* with those that are not told one by one */
		size_t strangers; /* calls about nobody we could know */
	} tellings;
};

/* Fills *in from a body: one post, an array, or NDJSON.  -1 when nothing of it can be read. */
int ingest_parse(
    struct slice body, struct slice key, int64_t now_ms, struct ingest *in, struct err *err);
/* The same from what is told of customers; the path says which dialect. */
int ingest_parse_tellings(struct slice path, struct slice body, struct slice key, int64_t now_ms,
    struct ingest *in, struct err *err);
void ingest_free(struct ingest *in);

/* An answer given before for this key: 1 with the reply filled (also for a key used for another
 * body: 422), 0, -1. */
int ingest_known(struct store *st, const struct ingest *in, struct arena *a,
    struct api_reply *reply, struct err *err);

/* Makes the reply from the results, and keeps it for a repeat. Within the transaction. */
int ingest_commit(struct store *st, const struct ingest *in, const struct page_result *results,
    struct arena *a, struct api_reply *reply, struct err *err);
void ingest_reply_tellings(
    const struct ingest *in, const struct page_result *results, struct api_reply *reply);

#endif
