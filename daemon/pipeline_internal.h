/*
 * pipeline_internal.h - the pipeline's state, shared by pipeline.c (batches), pipeline_post.c
 * (posts), pipeline_decide.c (what is decided on them), pipeline_events.c (what apps and shops tell)
 * and pipeline_due.c (what comes without a post: timers and watches).
 */
#ifndef DAEMON_PIPELINE_INTERNAL_H
#define DAEMON_PIPELINE_INTERNAL_H

#include "actions/actions.h"
#include "core/err.h"
#include "daemon/pipeline.h"

/* What one batch may need: 512 posts of 64 KB at the very worst, a few MB in practice. */
#define PIPELINE_ARENA_BYTES (512u * 1024 * 1024)
#define PIPELINE_ACCOUNTS_MAX 64
/* Timers judged in one transaction. */
#define PIPELINE_TIMERS_MAX 256

struct rule_facts;

/* What to tell after the commit: a post or event (both NULL: none is new), and what was decided. */
struct tell {
	const struct stored_post *post;
	const struct stored_event *event;
	struct settled settled;
	struct tell *next;
};

struct pipeline {
	struct pipeline_env env;
	struct snapshot *snapshot;
	struct scorer *scorer;
	struct arena *arena; /* of the batch; emptied after it */
	struct zone_clock *zones;
	bool is_brake_file_there;
	enum settle_mode mode;
	char *accounts[PIPELINE_ACCOUNTS_MAX];
	size_t account_count;
	/* When the next timer falls due, as of the last commit. */
	bool knows_timers, holds_timers;
	int64_t timers_due_ms; /* TIME_UNKNOWN: none runs */
	/* pipeline_watch.c: follows the rows of the rules in force once is_watching; NULL when these
	 * have no watches. */
	struct crowd *crowd;
	struct crowd
	    *crowd_before; /* of the rules before these, which took over nothing of it yet */
	bool is_watching;
	/* pipeline_segments.c: the rows say what the rules in force say; when somebody is to be judged. */
	struct arena *judging; /* of the customers being judged */
	bool asks_influence; /* customer.influence */
	bool are_segments_known, knows_segments_due;
	int64_t segments_due_ms;
	/* The batch under way. */
	int64_t slowest_ms; /* stream, when it began; 0: none is known */
	int64_t stream_ms; /* how far that of the page had come; TIME_UNKNOWN: it had not begun */
	bool is_stopped;
	size_t watch_queued; /* alerts of watches */
	struct base_count *base_counts;
	bool has_new_timers;
	bool has_open; /* something may fire later on: a rehearsal keeps the post */
	struct tell *tell, **tell_tail;
	size_t fired, held, queued, alerted, decisions;
	size_t codes_used, codes_wrong;
};

/* An empty batch in a transaction; what it did is told and counted when it is committed.  After -1
 * of either, pipeline_undo(). */
int pipeline_begin(struct pipeline *p, struct err *err);
int pipeline_commit(struct pipeline *p, struct err *err);
void pipeline_undo(struct pipeline *p, struct err *err);

/* --- pipeline_post.c --- */
int pipeline_take_post(struct pipeline *p, const struct page *page, const struct post *post,
    int64_t now_ms, struct page_result *result, struct err *err);
/* Posts by the brand's own accounts and by our own senders decide nothing. */
bool pipeline_author_is_own(const struct pipeline *p, const struct author *author);
/* --- pipeline_decide.c --- */
/* What the rules say to a scored post.  *queued_r: messages and alerts. */
int pipeline_decide(
    struct pipeline *p, struct stored_post *sp, int64_t now_ms, size_t *queued_r, struct err *err);

/* --- pipeline_events.c --- */
int pipeline_take_tellings(
    struct pipeline *p, struct page *page, struct page_result *result, struct err *err);
/* The occurrence of a stored event; now_ms and local times are the caller's to fill in. */
int pipeline_event_occurrence(
    struct pipeline *p, const struct stored_event *e, struct occurrence *occ_r, struct err *err);
int pipeline_decide_event(struct pipeline *p, const struct stored_event *e, int64_t now_ms,
    size_t *queued_r, struct err *err);
/* What conditions may ask the store, for one occurrence: in the batch's arena. */
int pipeline_facts(struct pipeline *p, struct rule_facts *facts_r, struct err *err);
int pipeline_settle_event(struct pipeline *p, const struct settle_input *in,
    const struct stored_event *e, size_t *queued_r, struct err *err);

/* Settles what fired, and remembers it to be told; sp NULL: no new post.  *queued_r: messages and
 * alerts. */
int pipeline_settle(struct pipeline *p, const struct settle_input *in, const struct stored_post *sp,
    size_t *queued_r, struct err *err);
/* --- pipeline_streams.c --- */
int pipeline_streams_begin(struct pipeline *p, struct err *err);
/* Before the page's first post, and behind its last: newest_ms is the newest event time in it. */
int pipeline_stream_begin(struct pipeline *p, const struct page *page, struct err *err);
int pipeline_stream_end(
    struct pipeline *p, const struct page *page, int64_t newest_ms, struct err *err);
/* By how much the page's stream is ahead of what happened then; 0: it is not. */
int64_t pipeline_stream_ahead(const struct pipeline *p, const struct page *page, int64_t at_ms);

/* --- pipeline_regard.c --- */
/* What a new post says of others, and what is thought of its author: sp->author is filled on. */
int pipeline_regard(
    struct pipeline *p, struct stored_post *sp, bool is_own, int64_t now_ms, struct err *err);

/* What rules ask of lists: a cookie of struct rule_facts. */
struct list_question {
	struct store *store;
	struct arena *arena;
};
int pipeline_in_list(
    void *cookie, struct slice list, enum action_target who, const struct occurrence *occ);

/* --- pipeline_segments.c --- */
void pipeline_segments_init(struct pipeline *p);
void pipeline_segments_fini(struct pipeline *p);
/* With the first transaction of other rules, or after one that failed. */
int pipeline_segments_begin(struct pipeline *p, int64_t now_ms, struct err *err);
/* What rules ask of the customer of a post beyond their rows. */
int pipeline_segments_fill(struct pipeline *p, struct customer *c, int64_t now_ms, struct err *err);
/* Judges whoever was touched so far, in the transaction under way. */
int pipeline_segments_settle(struct pipeline *p, struct err *err);
/* Of a post of the past: its customer, as they were seen then, in the segments as this pipeline's rules have
 * them; where these are the rules of then, as they were judged then. */
int pipeline_segments_rehearse(struct pipeline *p, struct stored_post *sp, struct err *err);
/* The rows may say something else than the rules. */
void pipeline_segments_drop(struct pipeline *p);
int64_t pipeline_segments_due(struct pipeline *p);
/* Would it help to try the very same again later? */
bool pipeline_is_passing(enum err_kind kind);
/* A bounded part of whom to judge, in a transaction of its own.  *more_r: call again at once. */
int pipeline_segments_tick(struct pipeline *p, bool *more_r, struct err *err);

/* --- pipeline_watch.c --- */
int pipeline_watch_begin(struct pipeline *p, int64_t now_ms, struct err *err);
int pipeline_watch_post(struct pipeline *p, const struct stored_post *sp,
    const struct firing *firings, size_t count, int64_t now_ms, struct err *err);
int pipeline_watch_judge(struct pipeline *p, int64_t now_ms, struct err *err);
/* The crowd in memory is not what the rows say: filled anew with the next transaction. */
void pipeline_watch_drop(struct pipeline *p);
/* Other rules come into force, between transactions. */
void pipeline_watch_swap(struct pipeline *p);
int64_t pipeline_watch_due(const struct pipeline *p, int64_t now_ms);
bool pipeline_watch_is_busy(const struct pipeline *p); /* an incident is under way */

/* One of sp and e, or neither. */
int pipeline_remember(struct pipeline *p, const struct stored_post *sp,
    const struct stored_event *e, const struct settled *settled, struct err *err);

#endif
