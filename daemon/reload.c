/*
 * reload.c - SIGHUP: the configuration, channels, sources and lexicons anew; never the rules.  On
 * any error everything stays as it was.
 */
#include <string.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "nlp/nlp.h"
#include "platform/http_client.h"

#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/service_internal.h"
#include "daemon/snapshot.h"
#include "daemon/worker.h"

struct reload {
	struct service *service;
	struct config *config;
	struct lexicon_set *lexicon;
	struct snapshot *next;
	struct diag_list *diags;
	struct arena *arena;
	struct source_start *starts;
	struct err err;
	int rc;
};

static void
reload_free(struct reload *r)
{
	config_unref(r->config);
	lexicon_set_unref(r->lexicon);
	snapshot_unref(r->next);
	diag_list_free(r->diags);
	arena_free(r->arena);
	mem_free(r);
}

/* On the pipeline thread: compile the live rules against the new configuration, and learn where the
 * sources are. */
static void
reload_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct reload *r = cookie;
	struct service *s = r->service;

	r->rc =
	    home_snapshot(st, r->config, r->lexicon, s->clock, s->log, r->diags, &r->next, &r->err);
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

static void
return_done(void *cookie)
{
	struct reload *r = cookie;
	struct service *s = r->service;

	s->is_reloading = false;
	s->calls_under_way--;
	reload_free(r);
	if (!s->is_reload_wanted)
		return;
	s->is_reload_wanted = false;
	reload_on_hangup(s, 0);
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
	service_swap_snapshot(s, r->next);
	r->next = NULL;
	lexicon_set_unref(s->lexicon);
	s->lexicon = lexicon_set_ref(r->lexicon);
	config_unref(s->config);
	s->config = config_ref(r->config);
	sources_start(fresh);
	sending_wake(s);
	return 0;
}

static void
reload_done(void *cookie)
{
	struct reload *r = cookie;
	struct service *s = r->service;
	bool is_half = false; /* the pipeline has the new one already */

	service_log_findings(s, r->diags);
	if (r->rc == 0 && !s->is_stopping)
		is_half = reload_adopt(r) < 0;
	if (r->rc == 0 && !is_half)
		log_event(s->log, LOG_INFO, "config.reloaded", "file", r->config->path, NULL);
	else
		log_event(s->log, LOG_ERROR, "config.kept", "why",
		    r->rc < 0 || is_half ? r->err.text
					 : "the new configuration has errors; the old one stays",
		    NULL);
	if (is_half) {
		snapshot_unref(r->next);
		r->next = snapshot_ref(s->snapshot);
		if (worker_call(s->worker, return_work, return_done, r) == 0)
			return;
		log_event(s->log, LOG_ERROR, "config.mixed", "why",
		    "the pipeline is too busy to be told; send SIGHUP again", NULL);
	}
	return_done(r);
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

void
reload_on_hangup(void *cookie, int signum)
{
	struct service *s = cookie;
	struct reload *r;
	int rc = -1;

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
	r->diags = diag_list_new();
	r->arena = arena_new(16 * 1024 * 1024);
	if (r->diags == NULL || r->arena == NULL)
		err_set(&r->err, ERR_NOMEM, "no memory to reload");
	else
		rc = config_load(s->config->path, r->diags, &r->config, &r->err);
	if (rc == 0)
		rc = snapshot_lexicon(r->config->vocabulary_dir, r->diags, &r->lexicon, &r->err);
	if (rc == 0 && diag_count(r->diags, DIAG_ERROR) > 0)
		rc = 1;
	if (rc == 0)
		rc = keep_guarded(s, r->config, &r->err);
	if (rc == 0) {
		warn_about_restart(s, r->config);
		if (worker_call(s->worker, reload_work, reload_done, r) == 0)
			return;
		rc = err_set(&r->err, ERR_BUSY, "too much is waiting");
	}
	r->rc = rc;
	reload_done(r);
}
