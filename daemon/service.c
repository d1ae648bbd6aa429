#include "daemon/service.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "nlp/nlp.h"
#include "platform/blackbox.h"
#include "platform/http_client.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "store/posts.h"
#include "store/store.h"

#include "actions/alerts.h"
#include "actions/outbox.h"
#include "daemon/backtests.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/readers.h"
#include "daemon/service_internal.h"
#include "daemon/snapshot.h"
#include "daemon/worker.h"

#define SERVICE_READERS 2
#define SERVICE_TICK_MS 1000
#define SERVICE_STOP_TICK_MS 20
/* What came due while we were down waits so long for the sources; one that does not answer does not hold
 * it up for longer. */
#define SERVICE_CATCH_UP_MS (2 * TIME_MINUTE_MS)
#define SERVICE_STOP_MS (15 * TIME_SECOND_MS)
#define SERVICE_QUEUE_SPARE 2048

/* ---- log lines a person follows; on the pipeline thread ------------------------- */

static const char *
milli_text(int64_t milli, char out[48])
{
	int64_t size = milli < 0 ? -milli : milli;

	snprintf(out, 48, "%s%lld.%02lld", milli < 0 ? "-" : "", (long long)(size / 1000),
	    (long long)(size % 1000 / 10));
	return out;
}

/* Slices of rules and posts do not end in NUL; a log line needs texts. */
struct texts {
	char space[6][512];
};

static const char *
text_of(struct texts *t, size_t i, struct slice s)
{
	if (!slice_is_set(s))
		return NULL;
	s = utf8_prefix(s, sizeof t->space[i] - 1);
	memcpy(t->space[i], s.ptr, s.len);
	t->space[i][s.len] = '\0';
	return t->space[i];
}

static void
on_stored(void *cookie, const struct stored_post *sp)
{
	struct service *s = cookie;
	struct texts t;
	char score[48];

	log_event(s->log, LOG_DEBUG, "post.stored", "post", text_of(&t, 0, sp->post.id), "feed",
	    text_of(&t, 1, sp->feed), "author", text_of(&t, 2, sp->post.author.handle), "sentiment",
	    sentiment_label_name(sp->score.label), "score",
	    milli_text(sp->score.score_milli, score), "lang", sp->score.lang, "inert", sp->inert,
	    NULL);
}

static void
on_decided(void *cookie, const struct decision_row *row)
{
	struct service *s = cookie;
	bool is_quiet = row->outcome == DECISION_HELD;
	struct texts t;

	log_event(s->log, is_quiet ? LOG_DEBUG : LOG_INFO, is_quiet ? "decision.held" : "decision",
	    "rule", text_of(&t, 0, row->rule_id), "outcome", decision_outcome_name(row->outcome),
	    "action", text_of(&t, 1, row->action), "because", text_of(&t, 2, row->reason), "note",
	    text_of(&t, 3, row->note), "post", text_of(&t, 4, row->occurrence_id), "id", row->id,
	    NULL);
}

void
service_log_findings(struct service *s, const struct diag_list *diags)
{
	for (size_t i = 0; i < diag_kept(diags); i++) {
		const struct diag *d = diag_at(diags, i);

		log_event(s->log, d->severity == DIAG_ERROR ? LOG_ERROR : LOG_WARN, "finding",
		    "code", d->code, "file", d->file, "line", LOG_I64(d->line), "column",
		    LOG_I64(d->column), "what", d->message, "help", d->help, NULL);
	}
}

/* ---- alerts of our own ------------------------------------------------------------- */

struct own_alert {
	struct service *service;
	char key[128], title[200], text[400];
};

static void
own_alert_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct own_alert *o = cookie;
	const struct actions_config *config = &pipeline_snapshot(p)->config->actions;
	struct arena *a = arena_new(1024 * 1024);
	int64_t alert_no;
	struct err err = {ERR_NONE, "no memory"};

	if (config->queue_count == 0)
		goto out;
	if (a == NULL || store_begin(st, &err) < 0 ||
	    alert_raise_own(st, config, slice_of(config->queues[0].name), slice_of(o->key),
		SEVERITY_HIGH, o->title, o->text, clock_now_ms(o->service->clock), a, &alert_no,
		&err) < 0 ||
	    store_commit(st, &err) < 0) {
		store_rollback(st);
		log_event(o->service->log, LOG_ERROR, "alert.own", "why", err.text, NULL);
	}
out:
	arena_free(a);
}

static void
own_alert_done(void *cookie)
{
	struct own_alert *o = cookie;

	o->service->calls_under_way--;
	sending_wake(o->service);
	mem_free(o);
}

void
service_alert(struct service *s, const char *key, const char *title, const char *text)
{
	struct own_alert *o = mem_zalloc(sizeof *o);

	if (o == NULL)
		return;
	o->service = s;
	snprintf(o->key, sizeof o->key, "%s", key);
	snprintf(o->title, sizeof o->title, "%s", title);
	snprintf(o->text, sizeof o->text, "%s", text);
	if (worker_call(s->worker, own_alert_work, own_alert_done, o) < 0)
		mem_free(o);
	else
		s->calls_under_way++;
}

/* ---- callbacks ----------------------------------------------------------------------- */

void
service_swap_snapshot(struct service *s, struct snapshot *next_take)
{
	log_event(s->log, LOG_INFO, "rules.live", "version", LOG_I64(next_take->version), "rules",
	    LOG_I64(rule_set_count(next_take->rules)), NULL);
	snapshot_unref(s->snapshot);
	s->snapshot = next_take;
}

static void
on_outbox_changed(void *cookie)
{
	sending_wake(cookie);
}

/* An answer may be in what was missed: what rules waited for is judged once that is here. */
static void
watch_catching_up(struct service *s)
{
	int64_t after_ms = clock_mono_ns(s->clock) / 1000000 - s->started_mono_ms;
	bool has = sources_have_caught_up(s->sources);

	if (s->has_caught_up || (!has && after_ms < SERVICE_CATCH_UP_MS))
		return;
	s->has_caught_up = true;
	log_event(s->log, has ? LOG_INFO : LOG_WARN,
	    has ? "sources.caught_up" : "sources.not_caught_up", "after_ms", LOG_I64(after_ms),
	    NULL);
	worker_release_timers(s->worker);
}

static void
on_tick(void *cookie)
{
	struct service *s = cookie;
	bool is_drained, is_late;

	loop_timer_start(s->timer, s->is_stopping ? SERVICE_STOP_TICK_MS : SERVICE_TICK_MS);
	sending_reap(s);
	metrics_set(&s->metrics, METRIC_LOOP_LAG_MS, loop_worst_lag_ms(s->loop));
	if (!s->is_stopping) {
		sources_watch(s);
		watch_catching_up(s);
		sending_tell_accounts(s);
		return;
	}
	is_drained = web_is_idle(s->web) && sending_is_idle(s) && s->pages_under_way == 0 &&
	    s->calls_under_way == 0;
	is_late = clock_mono_ns(s->clock) / 1000000 >= s->stop_by_ms;
	if (is_drained || is_late) {
		if (!is_drained)
			log_event(s->log, LOG_WARN, "stop.late", "why",
			    "something did not finish in time", NULL);
		loop_stop(s->loop);
	}
}

static void
on_stop(void *cookie, int signum)
{
	struct service *s = cookie;

	if (s->is_stopping) { /* a second Ctrl-C: do not wait */
		loop_stop(s->loop);
		return;
	}
	s->is_stopping = true;
	s->stop_by_ms = clock_mono_ns(s->clock) / 1000000 + SERVICE_STOP_MS;
	log_event(
	    s->log, LOG_INFO, "stopping", "signal", signum == SIGINT ? "SIGINT" : "SIGTERM", NULL);
	web_stop_accepting(s->web);
	sources_close(s, s->sources);
	s->sources = NULL;
	sending_drain(s);
	loop_timer_start(s->timer, 1);
}

/* ---- start and stop -------------------------------------------------------------------- */

static int
open_blackbox(struct service *s, struct err *err)
{
	struct blackbox last;

	if (blackbox_open(s->config->blackbox_path, &s->blackbox, &last, err) < 0)
		return -1;
	if (last.is_running != 0)
		log_event(s->log, LOG_WARN, "unclean.end", "pid", LOG_I64(last.pid), "pipeline",
		    blackbox_phase_name((enum blackbox_phase)last.phase), "claimed",
		    LOG_I64(last.claimed), "answered_not_recorded", LOG_I64(last.unrecorded), NULL);
	return 0;
}

static int
recover_outbox(struct service *s, struct err *err)
{
	size_t count = 0;

	if (store_begin(s->store, err) < 0)
		return -1;
	if (outbox_recover(s->store, &s->config->actions, clock_now_ms(s->clock), &count, err) <
	    0) {
		store_rollback(s->store);
		return -1;
	}
	if (store_commit(s->store, err) < 0)
		return -1;
	if (count > 0)
		log_event(s->log, LOG_WARN, "outbox.recovered", "messages", LOG_I64(count), NULL);
	return 0;
}

/* An older program cannot open the database any more: whoever goes back needs a backup. */
static void
log_upgrade(struct service *s)
{
	int was = store_schema_found(s->store), is = store_schema_version(s->store);

	if (was != 0 && was != is)
		log_event(s->log, LOG_INFO, "store.upgraded", "from_schema", LOG_I64(was),
		    "to_schema", LOG_I64(is), NULL);
}

/* The store and what is live, while we are still alone. */
static int
open_house(struct service *s, struct arena *a, struct source_start **starts_r, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int rc = -1;

	if (diags == NULL) {
		err_set(err, ERR_NOMEM, "no memory to start");
		goto out;
	}
	if (home_open(s->config, s->clock, &s->store, &s->lock_fd, err) < 0 ||
	    open_blackbox(s, err) < 0)
		goto out;
	log_upgrade(s);
	rc = snapshot_lexicon(s->config->vocabulary_dir, diags, &s->lexicon, err);
	if (rc == 0)
		rc = home_snapshot(
		    s->store, s->config, s->lexicon, s->clock, s->log, diags, &s->snapshot, err);
	if (rc == 0)
		rc = home_import(s->store, s->config, s->clock, s->log, diags, err);
	if (rc == 0)
		rc = recover_outbox(s, err);
	if (rc == 0)
		rc = sources_load(s->store, s->config, a, starts_r, err);
	service_log_findings(s, diags);
	if (rc == 1)
		rc = err_set(err, ERR_INPUT,
		    "the rules or templates have errors; `earshot check` shows them");
out:
	diag_list_free(diags);
	return rc;
}

static int
start_threads(struct service *s, struct err *err)
{
	struct worker_env env = {0};
	size_t capacity = SERVICE_QUEUE_SPARE + s->config->source_count * COLLECTOR_PAGES_AHEAD * 2;

	for (size_t i = 0; i < s->config->actions.channel_count; i++)
		capacity += (size_t)s->config->actions.channels[i].max_concurrent * 2;
	env.loop = s->loop;
	env.store = s->store;
	env.clock = s->clock;
	env.log = s->log;
	env.metrics = &s->metrics;
	env.blackbox = s->blackbox;
	env.rng_seed = sysclock_random_seed();
	env.holds_timers = true;
	env.cookie = s;
	env.stored = on_stored;
	env.decided = on_decided;
	env.outbox_changed = on_outbox_changed;
	env.recorded = sending_recorded;
	if (worker_start(&env, s->snapshot, capacity, &s->worker, err) < 0)
		return -1;
	if (backtests_new(s->config->store_path, s->clock, s->log, &s->backtests, err) < 0)
		return -1;
	return readers_start(
	    s->loop, s->config->store_path, SERVICE_READERS, SERVICE_QUEUE_SPARE, &s->readers, err);
}

static int
start(struct service *s, struct arena *a, struct err *err)
{
	struct http_policy policy = {s->config->allow_private, s->config->allow_private_count};
	struct source_start *starts = NULL;

	if (open_house(s, a, &starts, err) < 0 || loop_new(&s->loop, err) < 0)
		return -1;
	s->timer = loop_timer_new(s->loop, on_tick, s);
	if (s->timer == NULL)
		return err_set(err, ERR_NOMEM, "no memory to start");
	if (loop_on_signal(s->loop, SIGTERM, on_stop, s, err) < 0 ||
	    loop_on_signal(s->loop, SIGINT, on_stop, s, err) < 0 ||
	    loop_on_signal(s->loop, SIGHUP, reload_on_hangup, s, err) < 0 ||
	    http_client_new(s->loop, &policy, &s->http, err) < 0 || start_threads(s, err) < 0 ||
	    sending_open(s, s->config, err) < 0 || web_start(s, &s->web, err) < 0 ||
	    sources_open(s, s->config, starts, &s->sources, err) < 0)
		return -1;
	log_event(s->log, LOG_INFO, "started", "version", EARSHOT_VERSION, "page", web_url(s->web),
	    "socket", s->config->socket_path, "database", s->config->store_path, "rules",
	    LOG_I64(rule_set_count(s->snapshot->rules)), "rules_version",
	    LOG_I64(s->snapshot->version), NULL);
	sources_start(s->sources);
	sending_wake(s);
	sending_tell_accounts(s);
	loop_timer_start(s->timer, SERVICE_TICK_MS);
	return 0;
}

static void
drain_loop(struct service *s)
{
	for (int i = 0; s->loop != NULL && i < 3; i++)
		loop_run_once(s->loop, false);
}

/* Everything that calls back is closed before what it calls into.  A start that failed has ended cleanly,
 * too: what the run before left was told when it began. */
static void
stop(struct service *s)
{
	s->is_stopping = true;
	sources_close(s, s->sources);
	s->sources = NULL;
	sending_close(s);
	worker_stop(s->worker);
	readers_stop(s->readers);
	backtests_free(s->backtests);
	drain_loop(s);
	web_free(s->web);
	worker_free(s->worker);
	readers_free(s->readers);
	http_client_free(s->http);
	loop_timer_free(s->timer);
	snapshot_unref(s->snapshot);
	lexicon_set_unref(s->lexicon);
	drain_loop(s);
	loop_free(s->loop);
	home_close(s->store, s->lock_fd);
	blackbox_close(s->blackbox);
	log_event(s->log, LOG_INFO, "stopped", NULL);
	config_unref(s->config);
	log_free(s->log);
}

int
service_run(struct config *config_take, struct err *err)
{
	struct service *s = mem_zalloc(sizeof *s);
	struct arena *a = arena_new(16 * 1024 * 1024);
	int rc = -1;

	if (s == NULL || a == NULL) {
		config_unref(config_take);
		mem_free(s);
		arena_free(a);
		return err_set(err, ERR_NOMEM, "no memory to start");
	}
	s->config = config_take;
	s->clock = sysclock();
	s->lock_fd = -1;
	s->started_at_ms = clock_now_ms(s->clock);
	s->started_mono_ms = clock_mono_ns(s->clock) / 1000000;
	metrics_init(&s->metrics);
	rng_init(&s->rng, sysclock_random_seed());
	s->log = log_new(STDERR_FILENO, s->config->log_level, s->config->log_journal, s->clock);
	rc = start(s, a, err);
	if (rc == 0)
		loop_run(s->loop);
	stop(s);
	arena_free(a);
	mem_free(s);
	return rc;
}
