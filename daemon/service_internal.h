/*
 * service_internal.h - the daemon's parts, shared by service.c (start, stop), sources.c, sending.c,
 * reload.c and web.c.
 *
 * Threads: loop thread, but for `snapshot`, which web.c hands to other threads by reference.
 */
#ifndef DAEMON_SERVICE_INTERNAL_H
#define DAEMON_SERVICE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/metrics.h"
#include "core/rng.h"
#include "core/slice.h"

#include "actions/sender.h"
#include "store/outbox.h"
#include "collectors/collector.h"

struct arena;
struct backtests;
struct blackbox;
struct config;
struct courier;
struct diag_list;
struct http_client;
struct lexicon_set;
struct log;
struct loop;
struct loop_timer;
struct readers;
struct sending;
struct snapshot;
struct sources;
struct store;
struct web;
struct worker;

struct service {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;
	struct metrics metrics;
	struct rng rng;
	struct config *config;
	struct lexicon_set *lexicon;
	struct snapshot *snapshot;
	struct blackbox *blackbox;
	struct store *store; /* the worker's while it runs */
	int lock_fd;
	struct worker *worker;
	struct readers *readers;
	struct backtests *backtests;
	struct http_client *http;
	struct web *web;
	struct sources *sources;
	struct sending *sending; /* the newest first; older ones are draining */
	int64_t started_at_ms, started_mono_ms;
	bool is_stopping, is_reloading;
	bool
	    has_caught_up; /* with what was said while we were down, or does not wait for it any more */
	bool is_reload_wanted; /* a SIGHUP came while one was under way */
	struct loop_timer *timer;
	int64_t stop_by_ms;
	size_t pages_under_way, calls_under_way;
	char own_accounts[1024]; /* what the pipeline was told last */
};

/* service.c */
void service_swap_snapshot(struct service *s, struct snapshot *next_take);
void service_log_findings(struct service *s, const struct diag_list *diags);
/* Raises an alert of our own (a source gone deaf, a channel that stopped itself) in the first
 * queue. */
void service_alert(struct service *s, const char *key, const char *title, const char *text);

/* sources.c */
struct source_start {
	struct slice cursor;
	bool has_fetched;
};
/* Where each source of the configuration goes on; from the store, by whoever owns it. */
int sources_load(struct store *st, const struct config *config, struct arena *a,
    struct source_start **starts_r, struct err *err);
int sources_open(struct service *s, struct config *config, const struct source_start *starts,
    struct sources **r, struct err *err);
void sources_start(struct sources *x);
void sources_close(struct service *s, struct sources *x);
void sources_watch(struct service *s); /* once a second: says when one is deaf */
bool sources_have_caught_up(const struct sources *x); /* since the start, each */
size_t sources_count(const struct sources *x);
struct collector *sources_at(const struct sources *x, size_t i);

/* sending.c */
int sending_open(struct service *s, struct config *config,
    struct err *err); /* becomes s->sending; an older one drains */
void sending_wake(struct service *s);
void sending_reap(struct service *s); /* frees older ones that have drained */
void sending_drain(struct service *s);
bool sending_is_idle(const struct service *s);
void sending_close(struct service *s);
struct courier *sending_courier(const struct service *s);
void sending_recorded(void *cookie, const char *id, enum message_state state, const char *reason);
void sending_tell_accounts(
    struct service *s); /* the channels' own accounts to the pipeline, when they changed */

/* reload.c */
void reload_on_hangup(void *cookie, int signum);

/* web.c */
int web_start(struct service *s, struct web **web_r, struct err *err);
void web_stop_accepting(struct web *w); /* new requests get 503 */
bool web_is_idle(const struct web *w);
void web_free(struct web *w);
/* Listens beyond loopback, whatever a newer configuration says. */
bool web_is_exposed(const struct web *w);
const char *web_url(const struct web *w); /* "http://127.0.0.1:8080/", or NULL */

#endif
