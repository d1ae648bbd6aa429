/*
 * reload.c - SIGHUP: the configuration, channels, sources and lexicons anew; never the rules.  On
 * any error everything stays as it was.
 *
 * A reader reads and compiles: posts wait for none of it.  The pipeline then brings in files of customers
 * and codes that changed, learns where the sources are, and swaps; when other rules have gone live
 * meanwhile, a reader compiles once more.
 */
#include <string.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"
#include "platform/http_client.h"
#include "store/store.h"

#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/readers.h"
#include "daemon/service_internal.h"
#include "daemon/snapshot.h"
#include "daemon/worker.h"

/* Other rules go live so often while one reload is made ready: then it is given up. */
#define RELOAD_TRIES 5

struct reload {
	struct service *service;
	struct config *before, *config;
	struct lexicon_set *lexicon;
	struct snapshot *next, *old;
	struct diag_list *diags; /* of what is read once */
	struct diag_list *rules_diags; /* of the rules that were compiled last */
	struct arena *arena;
	struct source_start *starts;
	struct err err;
	int rc, tries;
	bool is_stale; /* other rules are live than those it compiled */
};

static int make_ready(struct reload *r);

static void
reload_empty(struct reload *r)
{
	config_unref(r->before);
	config_unref(r->config);
	lexicon_set_unref(r->lexicon);
	snapshot_unref(r->next);
	snapshot_unref(r->old);
	diag_list_free(r->diags);
	diag_list_free(r->rules_diags);
	arena_free(r->arena);
}

static void
empty_work(void *cookie, struct store *st, const struct err *open_error)
{
	(void)st;
	(void)open_error;
	reload_empty(cookie);
}

static void
emptied(void *cookie)
{
	struct reload *r = cookie;
	struct service *s = r->service;

	mem_free(r);
	s->is_reloading = false;
	s->calls_under_way--;
	if (!s->is_reload_wanted)
		return;
	s->is_reload_wanted = false;
	reload_on_hangup(s, 0);
}

/* What was live before takes a while to be freed: others wait for the loop, nobody for a reader. */
static void
reload_end(void *cookie)
{
	struct reload *r = cookie;

	if (readers_do(r->service->readers, empty_work, emptied, r) == 0)
		return;
	reload_empty(r);
	emptied(r);
}

/* On the pipeline thread: what is compiled is live, when the rules still are. */
static void
reload_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct reload *r = cookie;
	struct service *s = r->service;
	int64_t live = 0;

	r->rc = store_rules_live_version(st, &live, &r->err) < 0 ? -1 : 0;
	if (r->rc == 0 && live != r->next->version) {
		r->is_stale = true;
		return;
	}
	if (r->rc == 0)
		r->rc = home_import(st, r->config, s->clock, s->log, r->diags, &r->err);
	if (r->rc == 0)
		r->rc = sources_load(st, r->config, r->arena, &r->starts, &r->err);
	if (r->rc == 0)
		pipeline_swap(p, r->next);
}

/* The sources or channels could not be opened: the pipeline goes back to what the loop still has.
 */
static void
return_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct reload *r = cookie;

	(void)st;
	pipeline_swap(p, r->next);
}

/* Has a set words of this file, or a lexicon from it? */
static bool
reads_file(const struct lexicon_set *set, const char *file)
{
	const char *other;

	for (size_t i = 0; (other = lexicon_set_vocabulary_file(set, i)) != NULL; i++)
		if (strcmp(other, file) == 0)
			return true;
	for (int lang = 0; lang < LANGUAGE_COUNT; lang++) {
		other = lexicon_set_file(set, (enum language)lang);
		if (other != NULL && strcmp(other, file) == 0)
			return true;
	}
	return false;
}

static void
warn_if_gone(struct reload *r, const char *file)
{
	if (file != NULL && !reads_file(r->lexicon, file))
		log_event(r->service->log, LOG_WARN, "vocabulary.gone", "file", file, "what",
		    "its words no longer count", NULL);
}

/* Taking a file away is how its words are taken back; a folder that was moved by mistake looks the same. */
static void
warn_about_gone(struct reload *r)
{
	const struct lexicon_set *before = r->service->lexicon;
	const char *file;

	for (size_t i = 0; (file = lexicon_set_vocabulary_file(before, i)) != NULL; i++)
		warn_if_gone(r, file);
	for (int lang = 0; lang < LANGUAGE_COUNT; lang++)
		warn_if_gone(r, lexicon_set_file(before, (enum language)lang));
}

static int
reload_adopt(struct reload *r)
{
	struct service *s = r->service;
	struct sources *fresh;

	struct http_policy policy = {r->config->allow_private, r->config->allow_private_count};

	if (sources_open(s, r->config, r->starts, &fresh, &r->err) < 0)
		return -1;
	if (http_client_set_policy(s->http, &policy, &r->err) < 0) {
		sources_close(s, fresh);
		return -1;
	}
	if (sending_open(s, r->config, &r->err) < 0) {
		policy =
		    (struct http_policy){s->config->allow_private, s->config->allow_private_count};
		(void)http_client_set_policy(s->http, &policy, NULL);
		sources_close(s, fresh);
		return -1;
	}
	sources_close(s, s->sources);
	s->sources = fresh;
	log_set_level(s->log, r->config->log_level);
	r->old = snapshot_ref(s->snapshot);
	service_swap_snapshot(s, r->next);
	r->next = NULL;
	warn_about_gone(r);
	lexicon_set_unref(s->lexicon);
	s->lexicon = lexicon_set_ref(r->lexicon);
	config_unref(s->config);
	s->config = config_ref(r->config);
	sources_start(fresh);
	sending_wake(s);
	return 0;
}

static void
log_outcome(struct reload *r, bool is_adopted)
{
	struct log *log = r->service->log;

	if (is_adopted)
		log_event(log, LOG_INFO, "config.reloaded", "file", r->config->path, NULL);
	else
		log_event(log, LOG_ERROR, "config.kept", "why",
		    r->rc < 0 ? r->err.text : "the new configuration has errors; the old one stays",
		    NULL);
}

static void
reload_done(void *cookie)
{
	struct reload *r = cookie;
	struct service *s = r->service;
	bool is_adopted = false;
	bool is_half = false; /* the pipeline has the new one already */

	if (r->is_stale && !s->is_stopping && make_ready(r) == 0)
		return;
	service_log_findings(s, r->diags);
	if (r->rules_diags != NULL)
		service_log_findings(s, r->rules_diags);
	if (r->rc == 0 && !r->is_stale && !s->is_stopping) {
		r->rc = reload_adopt(r);
		is_adopted = r->rc == 0;
		is_half = !is_adopted;
	}
	log_outcome(r, is_adopted);
	if (is_half) {
		snapshot_unref(r->next);
		r->next = snapshot_ref(s->snapshot);
		if (worker_call(s->worker, return_work, reload_end, r) == 0)
			return;
		log_event(s->log, LOG_ERROR, "config.mixed", "why",
		    "the pipeline is too busy to be told; send SIGHUP again", NULL);
	}
	reload_end(r);
}

/* The server goes on listening where it did: what beyond this machine reaches it needs a token, now
 * as at the start. */
static int
keep_guarded(struct service *s, const struct config *next, struct err *err)
{
	if (next->token != NULL || !web_is_exposed(s->web))
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "the running server listens beyond this machine, so server.token may not go without a "
	    "restart");
}

/* What is bound to sockets and the database file cannot change under a running daemon. */
static void
warn_about_restart(struct service *s, const struct config *next)
{
	const struct config *now = s->config;
	const char *what = NULL;

	if (strcmp(now->store_path, next->store_path) != 0)
		what = "store.path";
	else if (strcmp(now->socket_path, next->socket_path) != 0)
		what = "server.socket";
	else if (strcmp(now->listen == NULL ? "" : now->listen,
		     next->listen == NULL ? "" : next->listen) != 0)
		what = "server.listen";
	else if (now->max_body_bytes != next->max_body_bytes)
		what = "server.max_body";
	if (what != NULL)
		log_event(s->log, LOG_WARN, "config.needs_restart", "what", what, NULL);
}

/* On a reader: everything that takes long. */
static void
ready_work(void *cookie, struct store *st, const struct err *open_error)
{
	struct reload *r = cookie;
	struct service *s = r->service;

	r->rc = st == NULL ? -1 : 0;
	if (st == NULL)
		r->err = *open_error;
	if (r->rc == 0 && r->config == NULL)
		r->rc = config_load(r->before->path, r->diags, &r->config, &r->err);
	if (r->rc == 0 && r->lexicon == NULL)
		r->rc = snapshot_lexicon(r->config->vocabulary_dir, r->diags, &r->lexicon, &r->err);
	if (r->rc == 0 && diag_count(r->diags, DIAG_ERROR) > 0)
		r->rc = 1;
	if (r->rc == 0)
		r->rc = home_snapshot(
		    st, r->config, r->lexicon, s->clock, s->log, r->rules_diags, &r->next, &r->err);
}

static void
ready(void *cookie)
{
	struct reload *r = cookie;
	struct service *s = r->service;

	if (r->rc == 0 && s->is_stopping)
		r->rc = err_set(&r->err, ERR_BUSY, "the service is stopping");
	if (r->rc == 0)
		r->rc = keep_guarded(s, r->config, &r->err);
	if (r->rc == 0) {
		if (r->tries == 1)
			warn_about_restart(s, r->config);
		if (worker_call(s->worker, reload_work, reload_done, r) == 0)
			return;
		r->rc = err_set(&r->err, ERR_BUSY, "too much is waiting");
	}
	reload_done(r);
}

/* Once more when other rules have gone live while these were compiled. */
static int
make_ready(struct reload *r)
{
	r->is_stale = false;
	snapshot_unref(r->next);
	r->next = NULL;
	diag_list_free(r->rules_diags);
	r->rules_diags = diag_list_new();
	if (r->rules_diags == NULL)
		r->rc = err_set(&r->err, ERR_NOMEM, "no memory to reload");
	else if (r->tries++ == RELOAD_TRIES)
		r->rc = err_set(&r->err, ERR_CONFLICT, "other rules keep going live meanwhile");
	else if (readers_do(r->service->readers, ready_work, ready, r) < 0)
		r->rc = err_set(&r->err, ERR_BUSY, "too much is waiting");
	else
		return 0;
	return -1;
}

void
reload_on_hangup(void *cookie, int signum)
{
	struct service *s = cookie;
	struct reload *r;

	(void)signum;
	if (s->is_stopping)
		return;
	if (s->is_reloading) {
		s->is_reload_wanted = true; /* what is being read may be older than the file */
		return;
	}
	r = mem_zalloc(sizeof *r);
	if (r == NULL)
		return;
	s->is_reloading = true;
	s->calls_under_way++;
	r->service = s;
	r->before = config_ref(s->config);
	r->diags = diag_list_new();
	r->arena = arena_new(16 * 1024 * 1024);
	if (r->diags == NULL || r->arena == NULL)
		r->rc = err_set(&r->err, ERR_NOMEM, "no memory to reload");
	else if (make_ready(r) == 0)
		return;
	reload_done(r);
}
