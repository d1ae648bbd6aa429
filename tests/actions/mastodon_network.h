/*
 * mastodon_network.h - a server of the Mastodon kind that the test plays, in the same loop as the
 * channel.  Header only: two test programs use it.
 */
#ifndef TESTS_ACTIONS_MASTODON_NETWORK_H
#define TESTS_ACTIONS_MASTODON_NETWORK_H

#include "tests/actions/channel_world.h"

#include <unistd.h>

#define TOKEN "token-1234"
#define STATUSES_MAX 64

/* One answer; status 0: none at all. */
struct answer {
	int status;
	const char *body;
};

struct network {
	struct http_server *server;
	int port;
	struct answer account, instance_v2, instance_v1, post, search, own;
	const char *retry_after;
	struct http_server_request *held[STATUSES_MAX];
	int held_count;
	/* what was asked, in order: "GET /path?query\n" */
	char log[8192];
	int asked, posts, looks;
	bool has_wrong_token;
	/* the last post and the last search */
	char posted[16384], idempotency_key[100], type[64], query[2000];
};

static inline bool
path_is(const struct http_server_call *call, const char *method, const char *path)
{
	return strcmp(call->method, method) == 0 && slice_eq_str(call->path, path);
}

static inline const struct answer *
answer_of(struct network *n, struct http_server_request *r, const struct http_server_call *call)
{
	static const struct answer none = {404, "{\"error\":\"Record not found\"}"};

	if (path_is(call, "GET", "/api/v1/accounts/verify_credentials"))
		return &n->account;
	if (path_is(call, "GET", "/api/v2/instance"))
		return &n->instance_v2;
	if (path_is(call, "GET", "/api/v1/instance"))
		return &n->instance_v1;
	if (path_is(call, "GET", "/api/v2/search")) {
		snprintf(n->query, sizeof n->query, "%.*s", SLICE_ARG(call->query));
		return &n->search;
	}
	if (path_is(call, "GET", "/api/v1/accounts/42/statuses")) {
		n->looks++;
		return &n->own;
	}
	if (path_is(call, "POST", "/api/v1/statuses")) {
		n->posts++;
		snprintf(n->posted, sizeof n->posted, "%.*s", SLICE_ARG(call->body));
		snprintf(n->idempotency_key, sizeof n->idempotency_key, "%.*s",
		    SLICE_ARG(http_server_header(r, "Idempotency-Key")));
		snprintf(n->type, sizeof n->type, "%.*s",
		    SLICE_ARG(http_server_header(r, "Content-Type")));
		return &n->post;
	}
	return &none;
}

static inline void
serve(void *cookie, struct http_server_request *r, const struct http_server_call *call)
{
	struct network *n = cookie;
	struct http_header headers[] = {{SLICE_LIT("Content-Type"), SLICE_LIT("application/json")},
	    {SLICE_LIT("Retry-After"), slice_of(n->retry_after)}};
	const struct answer *a = answer_of(n, r, call);
	size_t len = strlen(n->log);

	snprintf(
	    n->log + len, sizeof n->log - len, "%s %.*s\n", call->method, SLICE_ARG(call->path));
	n->asked++;
	n->has_wrong_token |=
	    !slice_eq_str(http_server_header(r, "Authorization"), "Bearer " TOKEN);
	if (a->status == 0) {
		assert_true(n->held_count < STATUSES_MAX);
		n->held[n->held_count++] = r;
		return;
	}
	http_reply(r, a->status, headers, 2, slice_of(a->body));
}

#define ACCOUNT                                                                                    \
	"{\"id\":\"42\",\"acct\":\"acme\",\"uri\":\"https://social.example/users/acme\","          \
	"\"url\":\"https://social.example/@acme\"}"
#define INSTANCE                                                                                   \
	"{\"domain\":\"social.example\",\"configuration\":{\"statuses\":{\"max_characters\":60,"   \
	"\"characters_reserved_per_url\":23}}}"

static inline void
open_network(struct channel_world *w, struct network *n)
{
	struct http_server_options o = {.address = "127.0.0.1:0"};

	memset(n, 0, sizeof *n);
	n->account = (struct answer){200, ACCOUNT};
	n->instance_v2 = (struct answer){200, INSTANCE};
	n->instance_v1 = (struct answer){404, "{}"};
	n->post = (struct answer){200, "{\"id\":\"900\",\"in_reply_to_id\":\"7\"}"};
	n->search = (struct answer){200, "{\"statuses\":[]}"};
	n->own = (struct answer){200, "[]"};
	channel_world_init(w);
	assert_int_equal(http_server_new(w->loop, &o, serve, n, &n->server, NULL), 0);
	n->port = http_server_port(n->server);
}

static inline void
open_mastodon(struct channel_world *w, const struct network *n, const char *more)
{
	char yaml[500];

	setenv("EARSHOT_TEST_TOKEN", TOKEN, 1);
	snprintf(yaml, sizeof yaml,
	    "server: HTTP://127.0.0.1:%d/\ntoken: ${EARSHOT_TEST_TOKEN}\n%s", n->port, more);
	if (channel_open(w, &sender_mastodon_ops, yaml) < 0)
		fail_msg("%s", w->err.text);
}

/* A reply to status 7 of bob, on the server itself unless told otherwise. */
static inline void
draft(struct channel_world *w, const struct network *n, const char *text)
{
	static char handle[300];
	char parts[8192];

	snprintf(handle, sizeof handle,
	    "{\"server\":\"http://127.0.0.1:%d\",\"status_id\":\"7\",\"acct\":\"bob@far.example\"}",
	    n->port);
	snprintf(parts, sizeof parts, "{\"reply\":\"%s\"}", text);
	w->item.kind = MESSAGE_REPLY;
	w->item.address = SLICE_LIT("@bob@far.example");
	w->item.reply_handle = slice_of(handle);
	channel_parts(w, parts);
}

static inline void
know_the_server(struct channel_world *w, struct network *n)
{
	int is_known = 0;

	for (int i = 0; i < 2000 && !is_known; i++) {
		loop_run_once(w->loop, false);
		usleep(500);
		is_known = strstr(n->log, "/instance") != NULL &&
		    sender_kind(w->sender)->own_account(sender_state(w->sender)) != NULL;
	}
	assert_true(is_known);
	for (int i = 0; i < 20; i++) {
		loop_run_once(w->loop, false);
		usleep(500);
	}
}

static inline void
close_network(struct channel_world *w, struct network *n)
{
	channel_close(w);
	http_server_free(n->server);
	for (int i = 0; i < n->held_count; i++)
		http_reply(n->held[i], 200, NULL, 0, SLICE_LIT(""));
	assert_false(n->has_wrong_token);
	channel_world_fini(w);
}

static inline void
check_posted(const struct network *n, const char *status, const char *parent)
{
	struct json_doc *doc;

	assert_int_equal(json_parse(slice_of(n->posted), &doc, NULL, NULL), 0);
	if (!slice_eq_str(json_get_str(json_root(doc), "status"), status) ||
	    !slice_eq_str(json_get_str(json_root(doc), "in_reply_to_id"), parent))
		fail_msg("have %s, want '%s' to %s", n->posted, status, parent);
	json_doc_free(doc);
}

#endif
