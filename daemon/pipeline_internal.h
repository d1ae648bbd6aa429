/*
 * pipeline_internal.h - the pipeline's state, shared by pipeline.c (posts and batches) and
 * pipeline_due.c (what comes without a post: timers and watches).
 */
#ifndef DAEMON_PIPELINE_INTERNAL_H
#define DAEMON_PIPELINE_INTERNAL_H

#include "actions/actions.h"
#include "daemon/pipeline.h"

/* What one batch may need: 512 posts of 64 KB at the very worst, a few MB in practice. */
#define PIPELINE_ARENA_BYTES (512u * 1024 * 1024)
#define PIPELINE_ACCOUNTS_MAX 64
/* Timers judged in one transaction. */
#define PIPELINE_TIMERS_MAX 256

/* What to tell after the commit: a post (NULL: none is new), and what was decided. */
struct tell {
	const struct stored_post *post;
	const struct decision_row *rows;
	size_t count;
	struct tell *next;
};

struct pipeline {
	struct pipeline_env env;
	struct snapshot *snapshot;
	struct scorer *scorer;
	struct arena *arena; /* of the batch; emptied after it */
	struct zone_clock *zones;
	bool is_brake_file_there;
	char *accounts[PIPELINE_ACCOUNTS_MAX];
	size_t account_count;
	/* When the next timer falls due, as of the last commit. */
	bool knows_timers;
	int64_t timers_due_ms; /* TIME_UNKNOWN: none runs */
	/* The batch under way. */
	bool is_stopped;
	bool has_new_timers;
	struct tell *tell, **tell_tail;
	size_t fired, held, queued, alerted, decisions;
};

/* An empty batch in a transaction; what it did is told and counted when it is committed.  After -1
 * of either, pipeline_undo(). */
int pipeline_begin(struct pipeline *p, struct err *err);
int pipeline_commit(struct pipeline *p, struct err *err);
void pipeline_undo(struct pipeline *p, struct err *err);

/* Settles what fired, and remembers it to be told; sp NULL: no new post.  *queued_r: messages and
 * alerts. */
int pipeline_settle(struct pipeline *p, const struct settle_input *in, const struct stored_post *sp,
    size_t *queued_r, struct err *err);
int pipeline_remember(struct pipeline *p, const struct stored_post *sp,
    const struct settled *settled, struct err *err);

#endif
