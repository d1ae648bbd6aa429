/*
 * send_mastodon.c - public replies through a Mastodon-API server: the channel, its account, its
 * server's limits.  One reply's way is mastodon_reply.c.
 *
 * After open() it asks who we are (so that our own posts decide nothing) and how long a post may
 * be; until it knows, replies go out all the same and the server has the last word.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/loop.h"

#include "actions/mastodon_reply_internal.h"
#include "actions/senders_internal.h"

#define ANSWER_BYTES_MAX (2 * 1024 * 1024)
#define URL_CHARS 23 /* Mastodon's; others say in their instance's configuration */
#define AGAIN_FIRST_MS (2 * TIME_SECOND_MS)
#define AGAIN_MAX_MS (15 * TIME_MINUTE_MS)

static const struct option mastodon_options[] = {
    {"server", OPTION_TEXT, NULL, true, 0, 0, NULL,
	"the server the account lives on; the token goes nowhere else", "https://mastodon.example"},
    {"token", OPTION_SECRET, NULL, true, 0, 0, NULL, "access token with read and write:statuses",
	"${MASTODON_TOKEN}"},
    {"visibility", OPTION_CHOICE, "public", false, 0, 0, "public|unlisted|private|direct",
	"who sees the replies", NULL},
    {"language", OPTION_TEXT, NULL, false, 0, 0, NULL,
	"language of the replies; default: the account's", "en"},
    {"ca_file", OPTION_PATH, NULL, false, 0, 0, NULL,
	"certificates to trust instead of the system's, for a server with a certificate of your "
	"own",
	NULL},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

/* ---- requests ---------------------------------------------------------------- */

int
mastodon_request(struct mastodon_state *m, const char *path, struct slice json,
    struct slice idempotency_key, http_done_fn *done, void *cookie, struct http_request **request_r,
    struct err *err)
{
	struct http_header headers[4] = {
	    {SLICE_INIT("Accept"), SLICE_INIT("application/json")},
	    {SLICE_INIT("Authorization"), slice_of(m->authorization)},
	};
	struct http_call call = {
	    .method = slice_is_set(json) ? "POST" : "GET",
	    .headers = headers,
	    .header_count = 2,
	    .body = json,
	    .timeout_ms = m->time_limit_ms,
	    .max_body_bytes = ANSWER_BYTES_MAX,
	    .ca_file = m->ca_file,
	};
	struct buf url;
	int rc;

	assert(path[0] == '/');
	if (slice_is_set(json))
		headers[call.header_count++] =
		    (struct http_header){SLICE_LIT("Content-Type"), SLICE_LIT("application/json")};
	if (slice_is_set(idempotency_key))
		headers[call.header_count++] =
		    (struct http_header){SLICE_LIT("Idempotency-Key"), idempotency_key};
	buf_init(&url, 16 * 1024);
	buf_add_str(&url, m->server);
	buf_add_str(&url, path);
	call.url = buf_str(&url);
	if (buf_failed(&url))
		rc = err_set(err, ERR_NOMEM, "no memory for a request");
	else
		rc = http_client_start(m->host->http, &call, done, cookie, request_r, err);
	buf_fini(&url);
	return rc;
}

/* ---- who we are, and what the server allows -------------------------------------- */

static void
copy_text(char *out, size_t size, struct slice s)
{
	if (s.len == 0 || s.len >= size)
		return;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* The account's URI is what its posts carry on every server; without one its handle has to do. */
bool
mastodon_take_account(struct mastodon_state *m, const struct json *account)
{
	struct slice id = json_get_str(account, "id"), acct = json_get_str(account, "acct");
	struct slice uri = json_get_str(account, "uri");

	if (id.len == 0 || id.len >= sizeof m->account_id)
		return false;
	copy_text(m->account_id, sizeof m->account_id, id);
	if (uri.len > 0)
		copy_text(m->own_account, sizeof m->own_account, uri);
	else if (acct.len > 0)
		snprintf(m->own_account, sizeof m->own_account, "@%.*s%s%s", SLICE_ARG(acct),
		    memchr(acct.ptr, '@', acct.len) != NULL ? "" : "@",
		    memchr(acct.ptr, '@', acct.len) != NULL ? "" : m->authority);
	if (uri.len == 0) /* handles are compared in lower case */
		lower(m->own_account);
	return true;
}

static bool
take_server(struct mastodon_state *m, const struct json *instance)
{
	const struct json *statuses = json_get(json_get(instance, "configuration"), "statuses");
	struct slice domain = json_get_str(instance, "domain");
	int64_t n;

	if (json_type(instance) != JSON_OBJECT)
		return false;
	if (domain.len == 0)
		domain = json_get_str(instance, "uri");
	copy_text(m->domain, sizeof m->domain, domain);
	if (json_i64(json_get(statuses, "max_characters"), &n) && n > 0)
		m->max_chars = n;
	else if (json_i64(json_get(instance, "max_toot_chars"), &n) && n > 0)
		m->max_chars = n;
	if (json_i64(json_get(statuses, "characters_reserved_per_url"), &n) && n > 0 && n < 4096)
		m->url_chars = (size_t)n;
	m->knows_server = true;
	return true;
}

static void ask_about_us(void *cookie);

static void
ask_again_later(struct mastodon_state *m)
{
	loop_timer_start(m->again, m->again_ms);
	m->again_ms = m->again_ms * 2 < AGAIN_MAX_MS ? m->again_ms * 2 : AGAIN_MAX_MS;
}

static void
on_instance(void *cookie, const struct http_result *r, const char *next_path, http_done_fn *next)
{
	struct mastodon_state *m = cookie;
	struct json_doc *doc = mastodon_read(r);
	bool is_known =
	    r->progress == HTTP_ANSWERED && r->status == 200 && take_server(m, json_root(doc));

	m->question = NULL;
	json_doc_free(doc);
	if (is_known)
		return;
	/* a server that does not tell is asked once; one that cannot answer now again */
	if (r->progress == HTTP_ANSWERED && r->status < 500 && next_path == NULL)
		return;
	if (r->progress != HTTP_ANSWERED || r->status >= 500 ||
	    mastodon_request(m, next_path, SLICE_NONE, SLICE_NONE, next, m, &m->question, NULL) < 0)
		ask_again_later(m);
}

static void
on_instance_v1(void *cookie, const struct http_result *r)
{
	on_instance(cookie, r, NULL, NULL);
}

static void
on_instance_v2(void *cookie, const struct http_result *r)
{
	on_instance(cookie, r, "/api/v1/instance", on_instance_v1);
}

static void
on_account(void *cookie, const struct http_result *r)
{
	struct mastodon_state *m = cookie;
	struct json_doc *doc = mastodon_read(r);
	bool is_known = r->progress == HTTP_ANSWERED && r->status == 200 &&
	    mastodon_take_account(m, json_root(doc));

	m->question = NULL;
	json_doc_free(doc);
	if (is_known) {
		log_event(m->host->log, LOG_INFO, "channel.account", "channel", m->name, "account",
		    m->own_account, NULL);
		m->again_ms = AGAIN_FIRST_MS;
		ask_about_us(m);
		return;
	}
	log_event(m->host->log, LOG_WARN, "channel.account_unknown", "channel", m->name, "status",
	    LOG_I64(r->status), "why", r->error, NULL);
	ask_again_later(m);
}

static void
ask_about_us(void *cookie)
{
	struct mastodon_state *m = cookie;
	bool knows_account = m->account_id[0] != '\0';

	if (m->question != NULL || (knows_account && m->knows_server))
		return;
	if (mastodon_request(m,
		knows_account ? "/api/v2/instance" : "/api/v1/accounts/verify_credentials",
		SLICE_NONE, SLICE_NONE, knows_account ? on_instance_v2 : on_account, m,
		&m->question, NULL) < 0)
		ask_again_later(m);
}

/* ---- the channel --------------------------------------------------------------- */

char *
mastodon_tidy_server(struct slice server)
{
	char *tidy;

	while (server.len > 0 && server.ptr[server.len - 1] == '/')
		server.len--;
	tidy = mem_strndup(server.ptr == NULL ? "" : server.ptr, server.len);
	if (tidy != NULL)
		lower(tidy);
	return tidy;
}

static int
check_settings(const struct options *set, struct err *err)
{
	const char *server = options_text(set, "server"), *token = options_text(set, "token");
	const char *rest;

	if (!url_is_http(server))
		return err_set(err, ERR_INPUT,
		    "server: '%.200s' is not an address such as https://mastodon.example", server);
	rest = strstr(server, "://") + 3;
	rest += strcspn(rest, "/?#");
	if (rest[strspn(rest, "/")] != '\0')
		return err_set(
		    err, ERR_INPUT, "server: '%.200s' must end with the host's name", server);
	if (strncasecmp(server, "https://", 8) != 0 && !url_is_loopback(server))
		return err_set(err, ERR_INPUT,
		    "server: without https:// everybody on the way could read the token");
	for (const char *c = token; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return err_set(
			    err, ERR_INPUT, "the token has characters that no token has");
	return token[0] != '\0' ? 0 : err_set(err, ERR_INPUT, "the token is empty");
}

static char *
keep(const char *text, bool *is_good)
{
	char *copy = text == NULL ? NULL : mem_strdup(text);

	*is_good &= text == NULL || copy != NULL;
	return copy;
}

static int
keep_settings(struct mastodon_state *m, const struct options *set)
{
	bool is_good = true;
	struct buf authorization;

	buf_init(&authorization, 16 * 1024);
	buf_addf(&authorization, "Bearer %s", options_text(set, "token"));
	m->authorization = buf_detach(&authorization, NULL);
	buf_fini(&authorization);
	m->server = mastodon_tidy_server(slice_of(options_text(set, "server")));
	m->visibility = keep(options_text(set, "visibility"), &is_good);
	m->language = keep(options_text(set, "language"), &is_good);
	m->ca_file = keep(options_text(set, "ca_file"), &is_good);
	if (!is_good || m->authorization == NULL || m->server == NULL)
		return -1;
	m->authority = strstr(m->server, "://") + 3;
	return 0;
}

static void
mastodon_close(void *state)
{
	struct mastodon_state *m = state;

	while (m->attempts != NULL)
		mastodon_reply_close(m->attempts);
	if (m->question != NULL)
		http_request_cancel(m->question);
	loop_timer_free(m->again);
	mem_free(m->server);
	mem_free(m->authorization);
	mem_free(m->visibility);
	mem_free(m->language);
	mem_free(m->ca_file);
	mem_free(m);
}

static int
mastodon_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	struct mastodon_state *m;

	if (check_settings(set, err) < 0)
		return -1;
	m = mem_zalloc(sizeof *m);
	if (m == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	m->host = sender_host(s);
	m->name = sender_name(s);
	m->time_limit_ms = sender_time_limit_ms(s);
	m->max_chars = -1;
	m->url_chars = URL_CHARS;
	m->again_ms = AGAIN_FIRST_MS;
	m->again = loop_timer_new(m->host->loop, ask_about_us, m);
	if (m->again == NULL || keep_settings(m, set) < 0) {
		mastodon_close(m);
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	}
	ask_about_us(m);
	*state_r = m;
	return 0;
}

static void
mastodon_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	mastodon_reply_send(state, item, done, cookie);
}

static const char *
mastodon_own_account(void *state)
{
	const struct mastodon_state *m = state;

	return m->own_account[0] == '\0' ? NULL : m->own_account;
}

static const char *const mastodon_parts[] = {"reply", "text", NULL};

const struct sender_ops sender_mastodon_ops = {
    .name = "mastodon",
    .help = "approved replies, posted in public by an account on a Mastodon-API server",
    .options = mastodon_options,
    .parts_needed = mastodon_parts,
    .can_reply = true,
    .open = mastodon_open,
    .send = mastodon_send,
    .close = mastodon_close,
    .own_account = mastodon_own_account,
};
