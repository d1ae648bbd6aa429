#include "collectors/mastodon_parse.h"

#include <assert.h>
#include <stdio.h>

#include "collectors/html.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"
#include "platform/http_server.h"

#define NAME_MAX_BYTES 512
#define HANDLE_JSON_MAX 8192
#define LANG_MAX 35 /* RFC 5646 recommends room for that many */

static int
nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for a status");
}

static int64_t
count_of(const struct json *obj, const char *key)
{
	int64_t n;

	return json_i64(json_get(obj, key), &n) && n >= 0 ? n : COUNT_UNKNOWN;
}

static int64_t
time_of(const struct json *obj, const char *key)
{
	int64_t at_ms;
	struct slice s = json_get_str(obj, key);

	return slice_is_set(s) && time_parse_rfc3339(s, &at_ms) ? at_ms : TIME_UNKNOWN;
}

static enum tristate
tristate_of(const struct json *obj, const char *key)
{
	bool b;

	if (!json_bool(json_get(obj, key), &b))
		return TRI_UNKNOWN;
	return b ? TRI_YES : TRI_NO;
}

/* A copy that outlives the document, cut at a character; SLICE_NONE stays. */
static int
keep(struct arena *a, struct slice s, size_t max_bytes, struct slice *to, struct err *err)
{
	if (!slice_is_set(s))
		return 0;
	*to = arena_slice_dup(a, utf8_prefix(s, max_bytes));
	return slice_is_set(*to) ? 0 : nomem(err);
}

/* An address or an id: too long is wrong, cutting would name something else. */
static int
keep_id(struct arena *a, const struct json *obj, const char *key, struct slice *to, struct err *err)
{
	struct slice s = json_get_str(obj, key);

	if (s.len > POST_ID_MAX)
		return err_set(err, ERR_LIMIT, "\"%s\" has %zu bytes, at most %d are accepted", key,
		    s.len, POST_ID_MAX);
	return s.len == 0 ? 0 : keep(a, s, POST_ID_MAX, to, err);
}

/* --- the account ---------------------------------------------------------- */

struct slice
mastodon_host(struct slice server)
{
	const char *scheme = memmem(server.ptr, server.len, "://", 3);
	struct slice host = server;

	if (scheme != NULL) {
		host.ptr = scheme + 3;
		host.len = server.len - (size_t)(host.ptr - server.ptr);
	}
	struct slice rest = host;
	return slice_split(&rest, '/');
}

/* "@user@host": local accounts are completed with the server's host. */
static struct slice
full_handle(struct slice acct, const struct mastodon_context *ctx, struct arena *a)
{
	if (acct.len == 0 || acct.len > NAME_MAX_BYTES)
		return SLICE_NONE;
	if (memchr(acct.ptr, '@', acct.len) != NULL)
		return slice_of(arena_printf(a, "@%.*s", SLICE_ARG(acct)));
	return slice_of(
	    arena_printf(a, "@%.*s@%.*s", SLICE_ARG(acct), SLICE_ARG(mastodon_host(ctx->server))));
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || (unsigned char)c >= 0x80;
}

static bool
has_hashtag(struct slice text, const char *tag)
{
	size_t len = strlen(tag);

	for (size_t i = 0; i + len <= text.len; i++)
		if (slice_eq_nocase(slice_make(text.ptr + i, len), slice_make(tag, len)) &&
		    (i + len == text.len || !is_word_char(text.ptr[i + len])))
			return true;
	return false;
}

/* People write it into the bio or into a field of the profile. */
static bool
objects(const struct json *account, struct slice bio)
{
	static const char *const tags[] = {"#nobot", "#nobots", "#noindex"};
	const struct json *fields = json_get(account, "fields");

	if (tristate_of(account, "noindex") == TRI_YES)
		return true;
	for (size_t t = 0; t < sizeof(tags) / sizeof(tags[0]); t++) {
		if (has_hashtag(bio, tags[t]))
			return true;
		for (size_t i = 0; i < json_count(fields); i++)
			if (has_hashtag(json_get_str(json_at(fields, i), "value"), tags[t]) ||
			    has_hashtag(json_get_str(json_at(fields, i), "name"), tags[t]))
				return true;
	}
	return false;
}

static enum tristate
verified(const struct json *account)
{
	const struct json *fields = json_get(account, "fields");

	if (json_type(fields) != JSON_ARRAY)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < json_count(fields); i++)
		if (json_get_str(json_at(fields, i), "verified_at").len > 0)
			return TRI_YES;
	return TRI_NO;
}

static int
read_account(const struct json *account, const struct mastodon_context *ctx, struct arena *a,
    struct author *to, struct err *err)
{
	struct slice acct = json_get_str(account, "acct");
	struct slice note = json_get_str(account, "note");

	if (json_type(account) != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "\"account\" is missing");
	if (keep_id(a, account, "uri", &to->id, err) < 0 ||
	    keep_id(a, account, "url", &to->url, err) < 0)
		return -1;
	if (!slice_is_set(to->id))
		to->id = to->url;
	if (!slice_is_set(to->id))
		return err_set(err, ERR_INPUT, "\"account\" has neither \"uri\" nor \"url\"");
	if (acct.len == 0)
		acct = json_get_str(account, "username");
	to->handle = full_handle(acct, ctx, a);
	if (acct.len > 0 && acct.len <= NAME_MAX_BYTES && !slice_is_set(to->handle))
		return nomem(err);
	if (keep(a, json_get_str(account, "display_name"), NAME_MAX_BYTES, &to->name, err) < 0)
		return -1;
	if (slice_is_set(note) && html_to_text(note, MASTODON_BIO_MAX, a, &to->bio, NULL, err) < 0)
		return -1;
	to->followers = count_of(account, "followers_count");
	to->following = count_of(account, "following_count");
	to->posts = count_of(account, "statuses_count");
	to->created_at_ms = time_of(account, "created_at");
	to->is_bot = tristate_of(account, "bot");
	to->is_verified = verified(account);
	to->objects_to_profiling = objects(account, to->bio);
	return 0;
}

/* --- the text ------------------------------------------------------------- */

/* What pictures show, for posts that are only pictures. */
static int
read_descriptions(const struct json *status, struct arena *a, struct slice *to, struct err *err)
{
	const struct json *media = json_get(status, "media_attachments");
	struct buf out;
	int rc;

	buf_init(&out, POST_TEXT_MAX);
	for (size_t i = 0; i < json_count(media); i++) {
		struct slice one = slice_trim(json_get_str(json_at(media, i), "description"));
		if (one.len == 0 || out.len + one.len + 2 > POST_TEXT_MAX)
			continue;
		if (out.len > 0)
			buf_add_char(&out, '\n');
		buf_add_slice(&out, one);
	}
	rc = buf_failed(&out) ? nomem(err) : keep(a, buf_slice(&out), POST_TEXT_MAX, to, err);
	buf_fini(&out);
	return rc;
}

/* A content warning is part of what was said and stands in front. */
static int
read_text(const struct json *status, struct arena *a, struct post *p, struct err *err)
{
	struct slice content = json_get_str(status, "content");
	struct slice warning = slice_trim(json_get_str(status, "spoiler_text"));
	struct slice text = SLICE_LIT("");

	if (!slice_is_set(content))
		return err_set(err, ERR_INPUT, "\"content\" is missing");
	if (html_to_text(content, POST_TEXT_MAX, a, &text, &p->is_text_cut, err) < 0)
		return -1;
	if (text.len == 0 && read_descriptions(status, a, &text, err) < 0)
		return -1;
	if (warning.len > 0) {
		if (html_to_text(warning, POST_TEXT_MAX, a, &warning, NULL, err) < 0)
			return -1;
		text = slice_of(arena_printf(a, "%.*s\n%.*s", SLICE_ARG(warning), SLICE_ARG(text)));
		if (!slice_is_set(text))
			return nomem(err);
		text = slice_trim(text);
	}
	p->is_text_cut |= text.len > POST_TEXT_MAX;
	p->text = utf8_prefix(text, POST_TEXT_MAX);
	return 0;
}

static int
read_names(const struct json *array, const char *key, const struct mastodon_context *complete_with,
    struct arena *a, struct slice_list *to, struct err *err)
{
	size_t count = json_type(array) == JSON_ARRAY ? json_count(array) : 0;
	struct slice *items;

	if (count == 0)
		return 0;
	if (count > POST_TAGS_MAX)
		count = POST_TAGS_MAX;
	items = arena_array(a, count, sizeof(*items));
	if (items == NULL)
		return nomem(err);
	to->items = items;
	for (size_t i = 0; i < count; i++) {
		struct slice name = json_get_str(json_at(array, i), key);
		if (name.len == 0)
			continue;
		if (complete_with != NULL)
			items[to->count] = full_handle(name, complete_with, a);
		else if (keep(a, name, NAME_MAX_BYTES, &items[to->count], err) < 0)
			return -1;
		if (slice_is_set(items[to->count]))
			to->count++;
	}
	return 0;
}

/* --- relations ------------------------------------------------------------ */

static int
read_reply_to(const struct json *status, const struct mastodon_context *ctx, struct arena *a,
    struct post *p, struct err *err)
{
	struct slice parent = json_get_str(status, "in_reply_to_id");

	if (parent.len == 0 || parent.len > NAME_MAX_BYTES)
		return 0;
	for (size_t i = 0; i < json_count(ctx->page); i++) {
		const struct json *other = json_at(ctx->page, i);
		if (slice_eq(json_get_str(other, "id"), parent) &&
		    json_get_str(other, "uri").len > 0)
			return keep_id(a, other, "uri", &p->reply_to, err);
	}
	p->reply_to = slice_of(arena_printf(
	    a, "%.*s/api/v1/statuses/%.*s", SLICE_ARG(ctx->server), SLICE_ARG(parent)));
	return slice_is_set(p->reply_to) ? 0 : nomem(err);
}

/* Mastodon 4.4 wraps the quoted status, others give it as it is. */
static int
read_quote(const struct json *status, struct arena *a, struct post *p, struct err *err)
{
	const struct json *quote = json_get(status, "quote");
	const struct json *quoted = json_get(quote, "quoted_status");

	return keep_id(a, quoted != NULL ? quoted : quote, "uri", &p->quote_of, err);
}

/* What a reply there needs. */
static int
read_handle(const struct json *status, const struct mastodon_context *ctx, struct slice id,
    struct arena *a, struct post *p, struct err *err)
{
	struct json_writer w;
	struct buf out;
	int rc;

	buf_init(&out, HANDLE_JSON_MAX);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_str(&w, "server", ctx->server);
	json_kv_str(&w, "status_id", id);
	json_kv_str(&w, "acct",
	    utf8_prefix(json_get_str(json_get(status, "account"), "acct"), NAME_MAX_BYTES));
	if (slice_is_set(json_get_str(status, "uri")))
		json_kv_str(&w, "uri", json_get_str(status, "uri"));
	json_object_end(&w);
	rc = buf_failed(&out) ? nomem(err)
			      : keep(a, buf_slice(&out), HANDLE_JSON_MAX, &p->reply_handle, err);
	buf_fini(&out);
	return rc;
}

static bool
is_open(const struct json *status)
{
	struct slice visibility = json_get_str(status, "visibility");

	return slice_eq_str(visibility, "public") || slice_eq_str(visibility, "unlisted");
}

/* Everything but the text and what hangs on it: also good for the outer status of a reblog. */
static int
read_frame(const struct json *status, const struct mastodon_context *ctx, struct arena *a,
    struct post *p, struct err *err)
{
	post_init(p);
	p->source = SLICE_LIT("mastodon");
	if (keep_id(a, status, "uri", &p->id, err) < 0 ||
	    keep_id(a, status, "url", &p->url, err) < 0)
		return -1;
	if (!slice_is_set(p->id))
		return err_set(err, ERR_INPUT, "\"uri\" is missing");
	if (!slice_is_set(p->url) && slice_starts_with(p->id, "http"))
		p->url = p->id;
	p->created_at_ms = time_of(status, "created_at");
	p->fetched_at_ms = ctx->now_ms;
	return read_account(json_get(status, "account"), ctx, a, &p->author, err);
}

static int
read_post(const struct json *status, const struct mastodon_context *ctx, struct slice id,
    struct arena *a, struct post *p, struct err *err)
{
	if (read_frame(status, ctx, a, p, err) < 0 || read_text(status, a, p, err) < 0 ||
	    keep(a, json_get_str(status, "language"), LANG_MAX, &p->lang, err) < 0 ||
	    read_names(json_get(status, "tags"), "name", NULL, a, &p->tags, err) < 0 ||
	    read_names(json_get(status, "mentions"), "acct", ctx, a, &p->mentions, err) < 0 ||
	    read_reply_to(status, ctx, a, p, err) < 0 || read_quote(status, a, p, err) < 0)
		return -1;
	p->likes = count_of(status, "favourites_count");
	p->replies = count_of(status, "replies_count");
	p->reposts = count_of(status, "reblogs_count");
	return read_handle(status, ctx, id, a, p, err);
}

/* The outer status of a reblog has no text of its own; it carries the inner one's. */
static int
read_repost(const struct json *outer, const struct mastodon_context *ctx, struct arena *a,
    struct mastodon_status *to, struct err *err)
{
	if (read_frame(outer, ctx, a, &to->repost, err) < 0)
		return -1;
	to->repost.text = to->post.text;
	to->repost.is_text_cut = to->post.is_text_cut;
	to->repost.lang = to->post.lang;
	to->repost.tags = to->post.tags;
	to->repost.mentions = to->post.mentions;
	to->repost.repost_of = to->post.id;
	to->repost.reply_handle = to->post.reply_handle;
	to->has_repost = true;
	return 0;
}

int
mastodon_parse_status(const struct json *status, const struct mastodon_context *ctx,
    struct arena *a, struct mastodon_status *status_r, struct err *err)
{
	const struct json *inner = json_get(status, "reblog");
	struct mastodon_status made = {.id = SLICE_NONE};
	struct slice inner_id;

	status_r->id = SLICE_NONE;
	status_r->has_repost = false;
	if (json_type(status) != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "a status is %s, expected an object",
		    json_type_name(json_type(status)));
	if (keep_id(a, status, "id", &made.id, err) < 0)
		return -1;
	status_r->id = made.id;
	if (!slice_is_set(made.id))
		return err_set(err, ERR_INPUT, "\"id\" is missing");
	if (!is_open(status) || (json_type(inner) == JSON_OBJECT && !is_open(inner)))
		return 0;
	if (json_type(inner) != JSON_OBJECT) {
		if (read_post(status, ctx, made.id, a, &made.post, err) < 0)
			return -1;
	} else {
		inner_id = json_get_str(inner, "id");
		if (read_post(inner, ctx, inner_id, a, &made.post, err) < 0 ||
		    read_repost(status, ctx, a, &made, err) < 0)
			return -1;
	}
	*status_r = made;
	return 1;
}

/* --- paging --------------------------------------------------------------- */

struct slice
mastodon_link_param(struct slice link_header, const char *rel, const char *param, struct arena *a)
{
	struct slice rest = link_header;
	char wanted[32], bare[32];

	(void)snprintf(wanted, sizeof(wanted), "rel=\"%s\"", rel);
	(void)snprintf(bare, sizeof(bare), "rel=%s", rel);
	while (slice_is_set(rest)) {
		struct slice part = slice_trim(slice_split(&rest, ','));
		const char *open = memchr(part.ptr, '<', part.len);
		const char *close = memchr(part.ptr, '>', part.len);
		if (open == NULL || close == NULL || close < open)
			continue;
		size_t behind = part.len - (size_t)(close - part.ptr);
		if (memmem(close, behind, wanted, strlen(wanted)) == NULL &&
		    memmem(close, behind, bare, strlen(bare)) == NULL)
			continue;
		const char *query = memchr(open, '?', (size_t)(close - open));
		if (query == NULL)
			return SLICE_NONE;
		return http_query_get(a, slice_make(query + 1, (size_t)(close - query) - 1), param);
	}
	return SLICE_NONE;
}
