#include "daemon/client.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "api/api.h"
#include "nlp/nlp.h"
#include "platform/file.h"
#include "platform/http_sync.h"
#include "platform/sysclock.h"
#include "store/store.h"

#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/host.h"
#include "daemon/snapshot.h"
#include "daemon/verb_list.h"

#define CLIENT_TIMEOUT_MS (10 * TIME_MINUTE_MS)
#define CLIENT_ARENA_BYTES (256u * 1024 * 1024)

struct client {
	struct config *config;
	bool has_daemon;
	/* Without a daemon: */
	struct store *store;
	int lock_fd;
	struct lexicon_set *lexicon;
	struct snapshot *snapshot;
	struct arena *arena;
};

/* Is anybody listening on the socket? */
static int
probe(struct client *c, struct err *err)
{
	struct http_call call = {0};
	struct buf body;
	int status, rc;

	buf_init(&body, 64 * 1024);
	call.method = "GET";
	call.url = "http://localhost/healthz";
	call.unix_socket = c->config->socket_path;
	call.timeout_ms = 5000;
	rc = http_sync(&call, &status, &body, err);
	buf_fini(&body);
	if (rc == 0) {
		c->has_daemon = true;
		return 0;
	}
	return err->kind == ERR_NOT_FOUND ? 0 : -1;
}

static int
open_home(struct client *c, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	int rc;

	if (diags == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = home_open(c->config, sysclock(), &c->store, &c->lock_fd, err);
	if (rc == 0)
		rc = snapshot_lexicon(c->config->vocabulary_dir, diags, &c->lexicon, err);
	if (rc == 0)
		rc = home_snapshot(
		    c->store, c->config, c->lexicon, sysclock(), NULL, diags, &c->snapshot, err);
	if (rc == 1)
		rc = err_set(err, ERR_INPUT,
		    "the rules or templates have errors; `earshot check` shows them");
	diag_list_free(diags);
	return rc;
}

int
client_new(struct config *config_take, struct client **c_r, struct err *err)
{
	struct client *c = mem_zalloc(sizeof *c);

	if (c == NULL) {
		config_unref(config_take);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	c->config = config_take;
	c->lock_fd = -1;
	c->arena = arena_new(CLIENT_ARENA_BYTES);
	if (c->arena == NULL) {
		client_free(c);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	if (probe(c, err) < 0 ||
	    (!c->has_daemon && file_exists(c->config->store_path) && open_home(c, err) < 0)) {
		client_free(c);
		return -1;
	}
	*c_r = c;
	return 0;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	snapshot_unref(c->snapshot);
	lexicon_set_unref(c->lexicon);
	home_close(c->store, c->lock_fd);
	config_unref(c->config);
	arena_free(c->arena);
	mem_free(c);
}

/* ---- through the socket --------------------------------------------------------- */

static int
call_daemon(struct client *c, const char *method, const char *path, struct slice body,
    int *status_r, struct buf *answer, struct err *err)
{
	struct http_header headers[1] = {{slice_of("Content-Type"), slice_of("application/json")}};
	struct http_call call = {0};

	call.method = method;
	call.url = arena_printf(c->arena, "http://localhost%s", path);
	call.body = body;
	call.headers = headers;
	call.header_count = slice_is_set(body) ? 1 : 0;
	call.unix_socket = c->config->socket_path;
	call.timeout_ms = CLIENT_TIMEOUT_MS;
	call.max_body_bytes = API_REPLY_MAX;
	if (call.url == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	return http_sync(&call, status_r, answer, err);
}

/* ---- on the store itself ----------------------------------------------------------- */

/* Imports and rules that are to go live may come before the first start; to look, pause or erase there
 * is nothing yet, and no database is begun in whatever folder somebody happens to stand. */
static int
need_home(struct client *c, const char *method, struct slice path, struct err *err)
{
	const char *allow;
	int status = 0;
	const struct api_route *route = api_route_find(method, path, &status, &allow);

	if (c->store != NULL)
		return 0;
	if (slice_eq_str(path, "/api/v1/rules/plan"))
		return err_set(err, ERR_NOT_FOUND,
		    "nothing is live yet that the folder could be compared with: there is no "
		    "database "
		    "at '%s'; its first 'earshot run' makes the whole folder live, as 'earshot "
		    "apply' "
		    "does now, and 'earshot check' says whether it can",
		    c->config->store_path);
	if (route == NULL ||
	    (api_route_place(route) != API_WRITER_PREPARED &&
		!slice_eq_str(path, "/api/v1/customers/import")))
		return err_set(err, ERR_NOT_FOUND,
		    "there is no database at '%s', and no daemon runs: 'earshot run' begins one, "
		    "'-c FILE' names another configuration",
		    c->config->store_path);
	return open_home(c, err);
}

static int
call_alone(struct client *c, const char *method, const char *path, struct slice body, int *status_r,
    struct buf *answer, struct err *err)
{
	struct host host;
	struct api_env env = {0};
	struct api_request q = {0};
	struct api_reply reply;
	const struct api_route *route;
	const char *allow, *question = strchr(path, '?');
	bool is_own;
	int rc = -1, status = 0;

	q.method = method;
	q.path = question == NULL ? slice_of(path) : slice_make(path, (size_t)(question - path));
	if (need_home(c, method, q.path, err) < 0)
		return -1;
	q.query = question == NULL ? SLICE_NONE : slice_of(question + 1);
	q.body = body;
	q.content_type = slice_of("application/json");
	q.who = "command line";
	env.store = c->store;
	env.arena = c->arena;
	env.clock = sysclock();
	env.actions = &c->config->actions;
	env.rules = c->snapshot->rules;
	env.rules_version = c->snapshot->version;
	env.handle_attribute = c->config->handle_attribute;
	env.code_prefix = c->config->code_prefix;
	env.influence = &c->config->influence;
	env.retention_ms = c->config->retention_ms;
	env.adoption = &c->config->adoption;
	env.started_at_ms = clock_now_ms(sysclock());
	host_init(&host, c->snapshot, c->arena, sysclock(), NULL, slice_of("[]"), slice_of("[]"));
	env.host = &host.api;
	route = api_route_find(method, q.path, &status, &allow);
	if (route == NULL)
		return err_set(err, ERR_INPUT, "there is no %s %s", method, path);
	if (api_route_place(route) == API_INGEST)
		return err_set(err, ERR_BUSY,
		    "posts are taken by a running daemon; start one with `earshot run`");
	api_reply_init(&reply);
	is_own = api_route_place(route) == API_WRITER_OWN;
	if (!is_own && store_begin(c->store, err) < 0)
		goto out;
	if (api_route_place(route) == API_WRITER_PREPARED) {
		env.is_preparing = true;
		api_handle(route, &env, &q, &reply);
		env.is_preparing = false;
	}
	if (reply.status < 400) {
		api_reply_fini(&reply);
		api_reply_init(&reply);
		api_handle(route, &env, &q, &reply);
	}
	if (!is_own) {
		if (reply.status >= 400)
			store_rollback(c->store);
		else if (store_commit(c->store, err) < 0)
			goto out;
	}
	*status_r = reply.status;
	rc = buf_add_slice(answer, buf_slice(&reply.body));
	if (rc < 0)
		err_set(err, ERR_NOMEM, "no memory for the answer");
out:
	host_fini(&host);
	api_reply_fini(&reply);
	return rc;
}

int
client_call(struct client *c, const char *method, const char *path, struct slice body,
    int *status_r, struct buf *answer, struct err *err)
{
	arena_reset(c->arena); /* of the call before: an import makes thousands */
	return c->has_daemon ? call_daemon(c, method, path, body, status_r, answer, err)
			     : call_alone(c, method, path, body, status_r, answer, err);
}

bool
client_has_daemon(const struct client *c)
{
	return c->has_daemon;
}

void
client_encode(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		bool is_plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '.' || ch == '~';

		if (is_plain)
			buf_add_char(out, (char)ch);
		else
			buf_addf(out, "%%%02X", ch);
	}
}

/* ---- what most verbs do --------------------------------------------------------------- */

int
client_simple(const struct verb_call *call, const char *method, const char *path, struct slice body,
    struct buf *answer, int *code_r)
{
	struct config *config;
	struct client *c = NULL;
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	int status = 0;

	*code_r = verb_config(call, &config);
	if (*code_r != EXIT_DONE)
		return -1;
	if (client_new(config, &c, &err) < 0 ||
	    client_call(c, method, path, body, &status, answer, &err) < 0) {
		*code_r = verb_cannot(call, &err);
		client_free(c);
		return -1;
	}
	client_free(c);
	if (status < 400)
		return 0;
	if (!call->is_json) {
		json_parse(buf_slice(answer), &doc, NULL, NULL);
		*code_r = list_print_refusal(call, status, json_root(doc));
		json_doc_free(doc);
		return -1;
	}
	printf("%s\n", buf_str(answer));
	*code_r = status == 404 || status == 409 || status == 422 ? EXIT_FOUND : EXIT_CANNOT;
	return -1;
}
