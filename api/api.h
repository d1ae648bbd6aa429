/*
 * api.h - our own HTTP API under /api/v1, the status page, health and metrics: from a request to an
 * answer.
 *
 * One code for two doors: the daemon's HTTP server (TCP and the command line's socket), and a verb
 * that runs without a daemon on the store itself.  A handler is a plain function that runs where
 * its route says: on a reader's connection, or in a transaction of the writer.  It translates; what
 * is decided is decided in people/, rules/ and actions/.
 *
 * Shapes:    every list answers {"items":[...],"next":N or null}; one thing answers its object.
 *            Names of members: post (id, url, text, lang, source, feed, created_at, fetched_at,
 *            author{id,handle,name,followers}, sentiment{...}, brands, inert); decision (id,
 *            rule_id, rules_version, occurrence_id, subject, action, outcome, reason, note, at);
 *            message (id, kind, state, hold, channel, address, customer_id, template, team, reason,
 *            attempts, next_at, created_at, updated_at, offer_code, parts{}); alert (id (number),
 *            queue, severity, state, title, count, rule_id, reason, post_id, opened_at, last_at,
 *            changed_by, change_note); rule (id, title, priority, off, shadow, text); version
 *            (version, applied_at, author, reason, live); watch (id, title, off, shadow, active_since,
 *            values, now{}, text); incident (id, watch_id, rules_version, started_at, ended_at,
 *            reason, end_reason, peak); source (name, type, health, detail,
 *            last_ok_at, next_poll_at, requests, failures, posts, rejects, stored, last_post_at).
 * Errors:    RFC 9457 problem details with the members code, help and at.  Every list is paged
 *            (cursor `before`, `limit` up to 500).
 * Threads:   as the route's place says; struct api_env belongs to the one call.
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

struct actions_config;
struct arena;
struct clock;
struct diag_list;
struct err;
struct adoption_config;
struct influence_weights;
struct metrics;
struct rule_set;
struct store;
struct template_set;

#define API_BODY_MAX (16 * 1024 * 1024)
#define API_REPLY_MAX (64 * 1024 * 1024)
#define API_PAGE_MAX 500

#define API_ETAG_SIZE 40

struct api_request {
	const char *method;
	struct slice path, query, body; /* as they came: %-encoded */
	struct slice content_type, idempotency_key, if_match; /* SLICE_NONE when absent */
	const char *who; /* for the audit: "socket:root", "http:127.0.0.1" */
};

struct api_reply {
	int status;
	const char *content_type; /* constant text */
	struct buf body;
	int64_t retry_after_s; /* 0: none */
	char etag[API_ETAG_SIZE]; /* with its quotes; "": none */
};

enum api_place {
	API_LOOP, /* answered at once on the loop: health, metrics, channels; env->store is NULL */
	API_READER, /* a read snapshot */
	API_WRITER_PREPARED, /* first a reader with is_preparing, then the writer as API_WRITER: for
				what takes long to make ready; a problem of the first is the answer */
	API_WRITER, /* the writer, inside a transaction that is committed when the status is below
		       400 */
	API_WRITER_OWN, /* the writer, the handler makes its own transactions (imports), in parts */
	API_INGEST, /* posts and events: the daemon's page path; answered after the commit */
};

enum api_bundle_use {
	API_BUNDLE_CHECK,
	API_BUNDLE_APPLY,
	API_BUNDLE_ROLLBACK /* a version of the past: its rules keep their ids */
};

/* What only the daemon's wiring can do. */
struct api_host {
	void *cookie;
	/* Checks and compiles a bundle ({"rules":{},"templates":{}}) on a thread that nobody waits for.
	 * base_version: the version the caller edited, -1: whatever is live (a conflict is
	 * ERR_CONFLICT).  0 and the live version, 1 with findings, -1. */
	int (*rules_prepare)(void *cookie, struct store *st, struct slice bundle_json,
	    enum api_bundle_use use, const char *author, const char *reason, int64_t base_version,
	    int64_t *version_r, struct diag_list *diags, struct err *err);
	/* Makes live what this call prepared, in the open transaction: 0 with the live version and
	 * what was found, -1. */
	int (*rules_commit)(void *cookie, struct store *st, int64_t *version_r,
	    struct diag_list *diags, struct err *err);
	/* The same checks, changing nothing; the rule set is valid as those of rules_of(). */
	int (*rules_draft)(void *cookie, struct store *st, struct slice bundle_json,
	    int64_t base_version, const struct rule_set **draft_r, struct diag_list *diags,
	    struct err *err);
	/* What the folders of rules and templates hold now, as in content_hash of a version: 64 hex
	 * digits.  0, 1 they cannot be read as a whole, -1. */
	int (*folder_hash)(void *cookie, char hash_r[65], struct err *err);
	/* The rule set and templates of a past version, for why: valid until the call returns to
	 * the loop.  1, 0 unknown version, -1. */
	int (*rules_of)(void *cookie, struct store *st, int64_t version,
	    const struct rule_set **set_r, const struct template_set **templates_r,
	    struct err *err);
	/* Backtests; start compiles the bundle: 0, 1 with findings, -1 (ERR_BUSY: one is running,
	 * or there is no daemon to run it).  show writes the answer: 1, 0 none of that id, -1.
	 * stop: was it running? */
	int (*backtest_start)(void *cookie, struct store *st, struct slice bundle_json,
	    int64_t since_ms, int64_t until_ms, int64_t *id_r, struct diag_list *diags,
	    struct err *err);
	int (*backtest_show)(void *cookie, int64_t id, struct buf *out, struct err *err);
	bool (*backtest_stop)(void *cookie, int64_t id);
	/* JSON objects, written on the loop before the handler runs: [{...source}], [{...channel}].
	 */
	struct slice sources_json, channels_json;
};

struct api_env {
	struct store *store;
	struct arena *arena; /* of the call */
	const struct clock *clock;
	struct metrics *metrics; /* NULL without a daemon */
	const struct actions_config *actions;
	const struct rule_set *rules; /* live */
	int64_t rules_version;
	const char *handle_attribute;
	const char *code_prefix; /* of one-time codes */
	const struct influence_weights *influence;
	const struct adoption_config *adoption;
	int64_t retention_ms; /* of the words of posts and events */
	bool is_daemon; /* false: a verb on its own */
	bool is_preparing; /* the handler only makes ready what api_handle() will be asked again */
	int64_t started_at_ms;
	bool is_brake_file_there;
	bool is_store_failing;
	const struct api_host *host;
	/* Of API_WRITER_OWN, what takes long is done in parts: a handler that may pause returns, outside
	 * transactions, with wants_more and without an answer, and is called again when others have had
	 * their turn.  What it keeps meanwhile kept_free() frees. */
	bool may_pause, wants_more;
	void *kept;
	void (*kept_free)(void *kept);
	/* out: what the wiring must do after the commit */
	bool rules_changed;
	bool outbox_changed;
	bool person_erased; /* what is kept in memory of posts is theirs no longer */
};

struct api_route;

/* The route of a request; NULL with *status_r 404 or 405 (then *allow_r lists methods). */
const struct api_route *
api_route_find(const char *method, struct slice path, int *status_r, const char **allow_r);
enum api_place api_route_place(const struct api_route *r);
bool api_route_takes_posts(const struct api_route *r); /* of API_INGEST: else events */

/* Runs the handler.  reply must be initialised with api_reply_init(); always fills status and body,
 * unless env->wants_more. */
void api_handle(const struct api_route *r, struct api_env *env, const struct api_request *q,
    struct api_reply *reply);

/* The call is over: what the handler kept is freed. */
void api_env_fini(struct api_env *env);

void api_reply_init(struct api_reply *reply);
void api_reply_fini(struct api_reply *reply);

/* A problem: title from the status; code such as "not-found"; help and at may be NULL. */
void api_problem(struct api_reply *reply, int status, const char *code, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same from an err (ERR_INPUT 400, ERR_NOT_FOUND 404, ERR_CONFLICT 409, ERR_LIMIT 413,
 * ERR_DENIED 403, ERR_BUSY and ERR_STORE 503 ...). */
void api_problem_err(struct api_reply *reply, const struct err *err);

/* May this request be answered at all?  token NULL: none is needed, but Host must be loopback (or
 * absent) and Origin, when there, the same (no web page may drive us).  With a token:
 * "Authorization: Bearer T", or Basic with T as the password (browsers) or the user (Segment's write key).  0, or -1 with the reply
 * filled (401, 403). */
int api_admit(const char *token, bool is_local_socket, struct slice authorization,
    struct slice host, struct slice origin, struct api_reply *reply);

/* Is that the token?  Takes as long for any. */
bool api_is_token(struct slice given, const char *token);

/* The answer to an ingest request once its posts are committed (201) or refused (400, 413, 503);
 * shared by both doors. */
struct ingest_result {
	int64_t accepted, stored, duplicates, revised, deleted, rejected;
	int64_t erased; /* accepted, and of persons who were erased: not stored */
};
void api_ingest_reply(struct api_reply *reply, const struct ingest_result *r,
    const char *const *reject_reasons, size_t reject_reason_count);
/* The same for POST /api/v1/events. */
struct api_events_result {
	int64_t stored, duplicates, refused;
	int64_t identified; /* told who somebody is, without an event */
	int64_t customers_created;
	int64_t strangers; /* Segment's calls about an anonymousId alone: kept out */
};
struct api_event_fault {
	size_t index; /* in the request, from 0 */
	struct slice why;
};
void api_events_reply(struct api_reply *reply, const struct api_events_result *r,
    const struct api_event_fault *faults, size_t fault_count);

#endif
