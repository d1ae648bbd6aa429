/*
 * mastodon_reply.c - one reply from an approved draft to a post on the server.
 *
 *   the parent: it is on our server, or our server is asked to find it
 *   [may have been posted before: look among our own posts]  found: done
 *   POST                                                     answered: done, later or permanent
 *   [no usable answer: wait a little, look]                  found: done; not there: later; cannot
 * look: unknown
 *
 * Only Mastodon itself tells repeats by their Idempotency-Key, and only for an hour; GoToSocial and
 * snac post twice.  So whatever was tried before is looked up before it is posted again.
 *
 * A token is worth as much as the account: every request goes to the configured server, whatever
 * the post or an answer says.
 */
#include "actions/mastodon_reply_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/loop.h"

#include "actions/reply_text_internal.h"
#include "store/outbox.h"

#define TEXT_BYTES_MAX (256 * 1024)
#define PATH_BYTES_MAX (12 * 1024)

enum step {
	STEP_PARENT,
	STEP_LOOK_BEFORE,
	STEP_POST,
	STEP_LOOK_AFTER,
};

struct reply {
	struct attempt base; /* first */
	struct mastodon_state *m;
	const struct outbox_item *item; /* borrowed until done */
	struct json_doc *handle;
	char *server; /* in the handle, tidy */
	enum step step;
	char *parent; /* its id on our server */
	char *acct; /* whom we answer, as our server names them */
	char *text; /* as posted */
	int64_t posted_at_ms;
	char trouble[200]; /* why we look: the answer that did not come */
	struct loop_timer *pause; /* before we look */
};

static void post(struct reply *r);
static void look(struct reply *r);

/* ---- the end ------------------------------------------------------------------- */

static void
reply_free(struct reply *r)
{
	if (r == NULL)
		return;
	loop_timer_free(r->pause);
	json_doc_free(r->handle);
	mem_free(r->server);
	mem_free(r->parent);
	mem_free(r->acct);
	mem_free(r->text);
	mem_free(r);
}

static void
finish(struct reply *r, const struct send_outcome *o)
{
	send_done_fn *done = r->base.done;
	void *cookie = r->base.cookie;

	attempt_end(&r->base);
	reply_free(r);
	done(cookie, o);
}

static void
finish_plain(struct reply *r, enum send_result result, const char *why)
{
	struct send_outcome o;

	outcome_set(&o, result, "%s", why);
	finish(r, &o);
}

/* Without memory nothing more is said to the server; what it has been told stays true. */
static void
finish_without_memory(struct reply *r)
{
	finish_plain(
	    r, r->step == STEP_LOOK_AFTER ? SEND_UNKNOWN : SEND_LATER, "no memory for the reply");
}

void
mastodon_reply_close(struct attempt *a)
{
	struct reply *r = (struct reply *)a;
	bool may_be_there = r->step == STEP_POST || r->step == STEP_LOOK_AFTER;

	finish_plain(r, may_be_there ? SEND_UNKNOWN : SEND_LATER,
	    may_be_there ? "the channel was closed while the reply was being posted"
			 : "the channel was closed before the reply was posted");
}

/* ---- answers -------------------------------------------------------------------- */

/* An answer that ends it, to a question or a post alike. */
static void
judge(struct reply *r, const struct http_result *result, struct send_outcome *o)
{
	char words[180];

	mastodon_read_words(result, words, sizeof words);
	outcome_of_http(o, result, slice_of(words), clock_now_ms(r->m->host->clock));
	if (result->progress != HTTP_ANSWERED)
		return;
	if (result->status == 401 || result->status == 403) {
		outcome_set(o, SEND_PERMANENT, "answered %d: %s%s%s", result->status,
		    result->status == 401 ? "the server does not accept the token"
					  : "the server does not allow the account to do this",
		    words[0] == '\0' ? "" : ": ", words);
		o->stops_channel = true;
	}
}

static bool
is_ok(const struct http_result *result)
{
	return result->progress == HTTP_ANSWERED && result->status >= 200 && result->status < 300;
}

/* A question that got no good answer.  Nothing was posted by asking: never unknown. */
static void
finish_question(struct reply *r, const struct http_result *result)
{
	struct send_outcome o;

	judge(r, result, &o);
	if (o.result == SEND_UNKNOWN || o.result == SEND_DONE)
		o.result = SEND_LATER;
	if (r->step == STEP_LOOK_AFTER) {
		char why[sizeof o.reason];

		memcpy(why, o.reason, sizeof why);
		outcome_set(&o, SEND_UNKNOWN, "%s; whether it is there could not be seen: %s",
		    r->trouble, why);
	}
	finish(r, &o);
}

static void
ask(struct reply *r, const char *path, http_done_fn *done)
{
	struct err err = {0};

	if (mastodon_request(r->m, path, SLICE_NONE, SLICE_NONE, done, r, &r->base.request, &err) <
	    0)
		finish_without_memory(r);
}

/* ---- posting -------------------------------------------------------------------- */

static void
pause_over(void *cookie)
{
	look(cookie);
}

/* The server may still be working on it: looking at once would find nothing. */
static void
look_after(struct reply *r, const char *trouble)
{
	r->step = STEP_LOOK_AFTER;
	snprintf(r->trouble, sizeof r->trouble, "%s", trouble);
	r->pause = loop_timer_new(r->m->host->loop, pause_over, r);
	if (r->pause == NULL)
		finish_without_memory(r);
	else
		loop_timer_start(r->pause, r->m->time_limit_ms / 10);
}

static void
take_status(struct reply *r, const struct json *status, const char *why)
{
	struct send_outcome o;

	outcome_set(&o, SEND_DONE, "%s", why);
	outcome_set_provider_id(&o, json_get_str(status, "id"));
	finish(r, &o);
}

static void
on_posted(void *cookie, const struct http_result *result)
{
	struct reply *r = cookie;
	struct send_outcome o;

	r->base.request = NULL;
	if (is_ok(result)) {
		struct json_doc *doc = mastodon_read(result);

		if (json_get_str(json_root(doc), "id").len > 0)
			take_status(r, json_root(doc), "");
		else
			look_after(r, "the server's answer to the reply could not be read");
		json_doc_free(doc);
		return;
	}
	judge(r, result, &o);
	if (o.result == SEND_UNKNOWN) {
		look_after(r, o.reason);
		return;
	}
	if (result->status == 502 ||
	    result->status == 504) { /* from between: what is behind it may have posted */
		look_after(r, o.reason);
		return;
	}
	if (result->status == 404)
		outcome_set(&o, SEND_PERMANENT, "answered 404: the post is gone");
	finish(r, &o);
}

static void
post(struct reply *r)
{
	struct json_writer w;
	struct err err = {0};
	struct buf body;

	r->step = STEP_POST;
	r->posted_at_ms = clock_now_ms(r->m->host->clock);
	buf_init(&body, 2 * TEXT_BYTES_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_kv_cstr(&w, "status", r->text);
	json_kv_cstr(&w, "in_reply_to_id", r->parent);
	json_kv_cstr(&w, "visibility", r->m->visibility);
	if (r->m->language != NULL)
		json_kv_cstr(&w, "language", r->m->language);
	json_object_end(&w);
	if (buf_failed(&body) ||
	    mastodon_request(r->m, "/api/v1/statuses", buf_slice(&body), r->item->id, on_posted, r,
		&r->base.request, &err) < 0)
		finish_plain(r, SEND_LATER, "no memory for the reply");
	buf_fini(&body);
}

/* ---- looking ---------------------------------------------------------------------- */

/* Before posting, not to be able to see is no reason to wait: the last try is known to have failed,
 * or a person wants it sent again. */
static void
decide(struct reply *r, const struct json *statuses)
{
	int64_t since_ms = r->step == STEP_LOOK_AFTER ? r->posted_at_ms : r->item->created_at_ms;
	const struct json *found;
	enum mastodon_look seen =
	    mastodon_find_ours(statuses, r->parent, slice_of(r->text), since_ms, &found);
	struct send_outcome o;

	if (seen == MASTODON_LOOK_FOUND) {
		take_status(r, found, "found among our own posts");
	} else if (seen == MASTODON_LOOK_NO_MEMORY) {
		finish_without_memory(r);
	} else if (r->step == STEP_LOOK_BEFORE) {
		post(r);
	} else if (seen == MASTODON_LOOK_NOT_THERE) {
		outcome_set(&o, SEND_LATER, "%s; it is not among our own posts", r->trouble);
		finish(r, &o);
	} else {
		outcome_set(&o, SEND_UNKNOWN,
		    "%s; too many own posts since then to see whether it is there", r->trouble);
		finish(r, &o);
	}
}

/* The server does not let us look, today or later: it cannot, or the token may only write. */
static bool
is_blind(const struct http_result *result)
{
	return result->progress == HTTP_ANSWERED &&
	    (result->status == 400 || result->status == 403 || result->status == 404 ||
		result->status == 405 || result->status == 410 || result->status == 422);
}

static void
on_statuses(void *cookie, const struct http_result *result)
{
	struct reply *r = cookie;
	struct json_doc *doc = NULL;

	r->base.request = NULL;
	if (is_ok(result))
		doc = mastodon_read(result);
	if (json_type(json_root(doc)) == JSON_ARRAY)
		decide(r, json_root(doc));
	else if (r->step == STEP_LOOK_BEFORE && is_blind(result))
		post(r);
	else
		finish_question(r, result);
	json_doc_free(doc);
}

static void
add_encoded(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

		if (is_plain)
			buf_add_char(out, c);
		else
			buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static void
look_at_statuses(struct reply *r)
{
	struct buf path;

	buf_init(&path, PATH_BYTES_MAX);
	buf_add_str(&path, "/api/v1/accounts/");
	add_encoded(&path, slice_of(r->m->account_id));
	buf_addf(&path, "/statuses?limit=%d&exclude_reblogs=true", MASTODON_LOOK_COUNT);
	if (buf_failed(&path))
		finish_without_memory(r);
	else
		ask(r, buf_str(&path), on_statuses);
	buf_fini(&path);
}

static void
on_account(void *cookie, const struct http_result *result)
{
	struct reply *r = cookie;
	struct json_doc *doc = NULL;
	bool is_known;

	r->base.request = NULL;
	if (is_ok(result))
		doc = mastodon_read(result);
	is_known = mastodon_take_account(r->m, json_root(doc));
	json_doc_free(doc);
	if (is_known)
		look_at_statuses(r);
	else if (r->step == STEP_LOOK_BEFORE && is_blind(result))
		post(r);
	else
		finish_question(r, result);
}

static void
look(struct reply *r)
{
	if (r->m->account_id[0] != '\0')
		look_at_statuses(r);
	else
		ask(r, "/api/v1/accounts/verify_credentials", on_account);
}

/* ---- the text --------------------------------------------------------------------- */

/* "@acct text" unless it mentions them already; 0, or -1 with *o. */
static int
write_text(struct reply *r, struct send_outcome *o)
{
	struct slice text = slice_trim(json_get_str(r->item->parts, "reply"));
	const char *domains[] = {r->m->authority, r->m->domain};
	struct buf out;
	size_t chars;

	if (text.len == 0)
		text = slice_trim(json_get_str(r->item->parts, "text"));
	if (text.len == 0) {
		outcome_set(o, SEND_PERMANENT, "the reply is empty");
		return -1;
	}
	buf_init(&out, TEXT_BYTES_MAX);
	if (!reply_text_mentions(text, slice_of(r->acct), domains, 2))
		buf_addf(&out, "@%s ", r->acct);
	buf_add_slice(&out, text);
	chars = buf_failed(&out) ? 0 : reply_text_count(buf_slice(&out), r->m->url_chars);
	r->text = buf_detach(&out, NULL);
	buf_fini(&out);
	if (r->text == NULL) {
		outcome_set(o, SEND_LATER, "no memory for the reply");
		return -1;
	}
	if (r->m->max_chars >= 0 && chars > (size_t)r->m->max_chars) {
		outcome_set(o, SEND_PERMANENT,
		    "the reply has %zu characters, the server takes %lld", chars,
		    (long long)r->m->max_chars);
		return -1;
	}
	return 0;
}

/* The parent is known: on with it. */
static void
answer_parent(struct reply *r)
{
	struct send_outcome o;

	if (write_text(r, &o) < 0) {
		finish(r, &o);
	} else if (r->item->is_repeat || r->item->attempt > 1) {
		r->step = STEP_LOOK_BEFORE;
		look(r);
	} else {
		post(r);
	}
}

/* ---- the parent ------------------------------------------------------------------- */

static void
on_found(void *cookie, const struct http_result *result)
{
	struct reply *r = cookie;
	struct json_doc *doc = NULL;
	const struct json *status;
	struct slice id, acct;

	r->base.request = NULL;
	if (!is_ok(result)) {
		finish_question(r, result);
		return;
	}
	doc = mastodon_read(result);
	if (doc == NULL) {
		finish_plain(r, SEND_LATER, "the server's answer to a search could not be read");
		return;
	}
	status = json_at(json_get(json_root(doc), "statuses"), 0);
	id = json_get_str(status, "id");
	acct = json_get_str(json_get(status, "account"), "acct");
	if (id.len == 0 || !reply_acct_is_good(acct) ||
	    !mastodon_is_parent(status, json_root(r->handle), r->server)) {
		json_doc_free(doc);
		finish_plain(r, SEND_PERMANENT,
		    "our server cannot find the post, which was heard on another one");
		return;
	}
	r->parent = mem_strndup(id.ptr, id.len);
	r->acct = mem_strndup(acct.ptr, acct.len);
	json_doc_free(doc);
	if (r->parent == NULL || r->acct == NULL)
		finish_without_memory(r);
	else
		answer_parent(r);
}

/* The post's name, or its page as Mastodon makes them, is all our server needs to fetch it. */
static void
find_parent(struct reply *r, struct slice status_id, struct slice acct)
{
	struct slice uri = json_get_str(json_root(r->handle), "uri");
	struct buf path, page;

	buf_init(&path, PATH_BYTES_MAX);
	buf_init(&page, PATH_BYTES_MAX / 4);
	buf_addf(&page, "%s/@%.*s/%.*s", r->server, SLICE_ARG(acct), SLICE_ARG(status_id));
	buf_add_str(&path, "/api/v2/search?type=statuses&resolve=true&limit=1&q=");
	add_encoded(&path, uri.len > 0 ? uri : buf_slice(&page));
	if (buf_failed(&page) || buf_failed(&path))
		finish_without_memory(r);
	else
		ask(r, buf_str(&path), on_found);
	buf_fini(&path);
	buf_fini(&page);
}

/* What the source wrote down about the place to answer; false with *o. */
static bool
read_handle(struct reply *r, struct send_outcome *o)
{
	const struct json *root;
	struct err err = {0};

	if (r->item->kind != MESSAGE_REPLY) {
		outcome_set(o, SEND_PERMANENT, "this channel only carries replies");
		return false;
	}
	if (r->item->reply_handle.len == 0 ||
	    (json_parse(r->item->reply_handle, &r->handle, NULL, &err) < 0 &&
		err.kind != ERR_NOMEM)) {
		outcome_set(o, SEND_PERMANENT,
		    "the post came from a source that does not tell where to reply");
		return false;
	}
	root = json_root(r->handle);
	r->server = mastodon_tidy_server(json_get_str(root, "server"));
	if (r->handle == NULL || r->server == NULL) {
		outcome_set(o, SEND_LATER, "no memory for the reply");
		return false;
	}
	if (!url_is_http(r->server) || json_get_str(root, "status_id").len == 0) {
		outcome_set(o, SEND_PERMANENT,
		    "the post is not from a Mastodon server: this channel cannot reply to it");
		return false;
	}
	if (!reply_acct_is_good(json_get_str(root, "acct"))) {
		outcome_set(
		    o, SEND_PERMANENT, "the post's author has no name that could be mentioned");
		return false;
	}
	return true;
}

static void
start(struct reply *r)
{
	const struct json *root = json_root(r->handle);
	struct slice status_id = json_get_str(root, "status_id"), acct = json_get_str(root, "acct");

	if (strcmp(r->server, r->m->server) == 0) {
		r->parent = mem_strndup(status_id.ptr, status_id.len);
		r->acct = mem_strndup(acct.ptr, acct.len);
		if (r->parent == NULL || r->acct == NULL)
			finish_without_memory(r);
		else
			answer_parent(r);
	} else if (json_get_str(root, "uri").len == 0 && memchr(acct.ptr, '@', acct.len) != NULL) {
		/* heard on a server that only had a copy: its page there is not the post's */
		finish_plain(r, SEND_PERMANENT,
		    "the post was heard on another server, which does not tell where it is from");
	} else {
		find_parent(r, status_id, acct);
	}
}

void
mastodon_reply_send(
    struct mastodon_state *m, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct reply *r = mem_zalloc(sizeof *r);
	struct send_outcome o;

	if (r == NULL) {
		outcome_set(&o, SEND_LATER, "no memory for the reply");
		done(cookie, &o);
		return;
	}
	r->m = m;
	r->item = item;
	attempt_begin(&m->attempts, &r->base, done, cookie);
	if (read_handle(r, &o))
		start(r);
	else
		finish(r, &o);
}
