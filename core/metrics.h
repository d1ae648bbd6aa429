/*
 * metrics.h - what is counted, for /metrics and the status page.
 *
 * One list; a counter is an atomic, so any thread may add.  Names follow Prometheus:
 * earshot_<name>, counters end in _total.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

struct buf;

/* X(NAME, prometheus name, type, help) */
#define METRICS(X)                                                                                 \
	X(POSTS_RECEIVED, "posts_received_total", COUNTER, "posts handed to the pipeline")         \
	X(POSTS_STORED, "posts_stored_total", COUNTER, "new posts committed")                      \
	X(POSTS_DUPLICATE, "posts_duplicate_total", COUNTER, "posts seen before")                  \
	X(POSTS_REVISED, "posts_revised_total", COUNTER, "edits of known posts")                   \
	X(POSTS_DELETED, "posts_deleted_total", COUNTER, "deletions upstream")                     \
	X(POSTS_REJECTED, "posts_rejected_total", COUNTER, "inputs that could not become a post")  \
	X(POSTS_ERASED, "posts_erased_total", COUNTER, "posts of erased persons, not stored")      \
	X(TEXT_REPAIRED, "text_repaired_total", COUNTER,                                           \
	    "characters replaced by U+FFFD at the border")                                         \
	X(EVENTS_STORED, "events_stored_total", COUNTER, "events of customers committed")          \
	X(EVENTS_DUPLICATE, "events_duplicate_total", COUNTER, "events seen before")               \
	X(EVENTS_REFUSED, "events_refused_total", COUNTER,                                         \
	    "events of nobody we know, or that cannot be read")                                    \
	X(BATCHES, "batches_total", COUNTER, "committed transactions with posts")                  \
	X(COMMIT_FAILURES, "commit_failures_total", COUNTER, "transactions that did not commit")   \
	X(RULES_FIRED, "rules_fired_total", COUNTER, "rule firings that took effect")              \
	X(DECISIONS, "decisions_total", COUNTER, "decisions recorded")                             \
	X(DECISIONS_HELD, "decisions_held_total", COUNTER, "decisions held back, with a reason")   \
	X(MESSAGES_QUEUED, "messages_queued_total", COUNTER, "messages put into the outbox")       \
	X(MESSAGES_SENT, "messages_sent_total", COUNTER, "messages a channel accepted")            \
	X(MESSAGES_RETRIED, "messages_retried_total", COUNTER, "attempts answered with later")     \
	X(MESSAGES_REJECTED, "messages_rejected_total", COUNTER, "messages refused for good")      \
	X(MESSAGES_UNKNOWN, "messages_unknown_total", COUNTER,                                     \
	    "messages that may or may not have arrived")                                           \
	X(ALERTS_OPENED, "alerts_opened_total", COUNTER, "alerts opened")                          \
	X(LINK_CODES_USED, "link_codes_used_total", COUNTER,                                       \
	    "one-time codes that linked an account")                                               \
	X(LINK_CODES_WRONG, "link_codes_wrong_total", COUNTER,                                     \
	    "codes shown that are none, used up or expired")                                       \
	X(HTTP_REQUESTS, "http_requests_total", COUNTER, "requests answered")                      \
	X(HTTP_ERRORS, "http_errors_total", COUNTER, "requests answered with 4xx or 5xx")          \
	X(PIPELINE_QUEUE, "pipeline_queue_pages", GAUGE, "pages waiting for the pipeline")         \
	X(OUTBOX_READY, "outbox_ready", GAUGE, "messages waiting to be sent")                      \
	X(ALERTS_OPEN, "alerts_open", GAUGE, "alerts not yet resolved")                            \
	X(STORE_FAILING, "store_failing", GAUGE, "1 while the store refuses to commit")            \
	X(LOOP_LAG_MS, "loop_worst_lag_ms", GAUGE,                                                 \
	    "longest turn of the event loop in the last second")                                   \
	X(SENDING_STOPPED, "sending_stopped", GAUGE, "1 while the kill switch is on")

enum metric {
#define X(name, prom, type, help) METRIC_##name,
	METRICS(X)
#undef X
	METRIC_COUNT
};

struct metrics {
	_Atomic int64_t value[METRIC_COUNT];
};

void metrics_init(struct metrics *m);
void metrics_add(struct metrics *m, enum metric which, int64_t n); /* m may be NULL */
void metrics_set(struct metrics *m, enum metric which, int64_t v);
int64_t metrics_get(const struct metrics *m, enum metric which);
/* Prometheus text exposition format 0.0.4. */
void metrics_print(const struct metrics *m, struct buf *out);

#endif
