/*
 * One table for both directions would need a kind per field and offsets into two structs; two
 * straight lists of calls, one reading and one writing, say the same and can be read.
 */
#include "core/post.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

#define SHOWN_MAX 40 /* bytes of a wrong value in a message */

/* Reads the members of one object; the first problem is kept and the rest of the reads do nothing.
 */
struct reading {
	const struct json *obj;
	const char *prefix; /* "author." */
	struct arena *a;
	struct err *err;
	bool has_failed;
};

static void
wrong_type(struct reading *r, const char *key, enum json_type is, const char *expected)
{
	err_set(r->err, ERR_INPUT, "\"%s%s\" is %s, expected %s", r->prefix, key,
	    json_type_name(is), expected);
	r->has_failed = true;
}

/* The member when it is there and of type want, else NULL; of another type is a failure. */
static const struct json *
member(struct reading *r, const char *key, enum json_type want, const char *expected)
{
	if (r->has_failed)
		return NULL;
	const struct json *v = json_get(r->obj, key);
	enum json_type is = json_type(v);
	if (is == JSON_ABSENT || is == JSON_NULL)
		return NULL;
	if (is != want) {
		wrong_type(r, key, is, expected);
		return NULL;
	}
	return v;
}

static int
no_room(const struct arena *a, struct err *err)
{
	if (arena_is_full(a))
		return err_set(err, ERR_LIMIT, "a post takes more memory than a post may");
	return err_set(err, ERR_NOMEM, "no memory for a post");
}

static struct slice
keep(struct reading *r, struct slice s)
{
	struct slice copy = arena_slice_dup(r->a, s);

	if (slice_is_set(s) && !slice_is_set(copy)) {
		no_room(r->a, r->err);
		r->has_failed = true;
	}
	return copy;
}

/* Cut at max_bytes. */
static struct slice
read_text(struct reading *r, const char *key, size_t max_bytes, bool *is_cut_r)
{
	struct slice s = json_str(member(r, key, JSON_STRING, "a string"));
	struct slice cut = utf8_prefix(s, max_bytes);

	if (is_cut_r != NULL && cut.len < s.len)
		*is_cut_r = true;
	return keep(r, cut);
}

/* An empty one is none; one over the ceiling is an error, because half an id is another id. */
static struct slice
read_id(struct reading *r, const char *key)
{
	struct slice s = json_str(member(r, key, JSON_STRING, "a string"));

	if (s.len == 0)
		return SLICE_NONE;
	if (s.len > POST_ID_MAX) {
		err_set(r->err, ERR_LIMIT, "\"%s%s\" has %zu bytes, at most %d are accepted",
		    r->prefix, key, s.len, POST_ID_MAX);
		r->has_failed = true;
		return SLICE_NONE;
	}
	return keep(r, s);
}

static int64_t
read_count(struct reading *r, const char *key)
{
	const struct json *v = member(r, key, JSON_NUMBER, "a whole number");
	int64_t n;
	double real = 0;

	if (v == NULL)
		return COUNT_UNKNOWN;
	if (!json_i64(v, &n)) {
		json_f64(v, &real);
		err_set(r->err, ERR_INPUT, "\"%s%s\" is %g, expected a whole number", r->prefix,
		    key, real);
	} else if (n < 0) {
		err_set(r->err, ERR_INPUT, "\"%s%s\" is %" PRId64 ", expected 0 or more", r->prefix,
		    key, n);
	} else {
		return n;
	}
	r->has_failed = true;
	return COUNT_UNKNOWN;
}

static int64_t
read_time(struct reading *r, const char *key)
{
	struct slice s =
	    json_str(member(r, key, JSON_STRING, "a time such as \"2026-11-21T10:00:00Z\""));
	struct slice shown = utf8_prefix(s, SHOWN_MAX);
	const char *dots = shown.len < s.len ? "..." : "";
	int64_t at_ms;

	if (!slice_is_set(s))
		return TIME_UNKNOWN;
	if (!time_parse_rfc3339(s, &at_ms)) {
		err_set(r->err, ERR_INPUT,
		    "\"%s%s\" is \"%.*s%s\", expected a time such as \"2026-11-21T10:00:00Z\"",
		    r->prefix, key, SLICE_ARG(shown), dots);
	} else if (at_ms < POST_TIME_MIN_MS || at_ms >= POST_TIME_MAX_MS) {
		err_set(r->err, ERR_INPUT,
		    "\"%s%s\" is \"%.*s%s\", expected a time between 1990 and 2200", r->prefix, key,
		    SLICE_ARG(shown), dots);
	} else {
		return at_ms;
	}
	r->has_failed = true;
	return TIME_UNKNOWN;
}

static enum tristate
read_tristate(struct reading *r, const char *key)
{
	bool b = false;

	if (!json_bool(member(r, key, JSON_BOOL, "true or false"), &b))
		return TRI_UNKNOWN;
	return b ? TRI_YES : TRI_NO;
}

/* Elements that are null are left out; those beyond POST_TAGS_MAX are cut off. */
static struct slice_list
read_list(struct reading *r, const char *key)
{
	const struct json *v = member(r, key, JSON_ARRAY, "a list of strings");
	struct slice_list none = {NULL, 0};
	size_t count = 0, elements = json_count(v);
	char at[64];

	if (elements == 0)
		return none;
	size_t room = elements < POST_TAGS_MAX ? elements : POST_TAGS_MAX;
	struct slice *items = arena_array(r->a, room, sizeof(*items));
	if (items == NULL) {
		no_room(r->a, r->err);
		r->has_failed = true;
		return none;
	}
	for (size_t i = 0; i < elements && !r->has_failed; i++) {
		const struct json *element = json_at(v, i);
		if (json_type(element) == JSON_NULL)
			continue;
		if (json_type(element) != JSON_STRING) {
			snprintf(at, sizeof(at), "%s[%zu]", key, i);
			wrong_type(r, at, json_type(element), "a string");
		} else if (count < room) {
			items[count++] = keep(r, utf8_prefix(json_str(element), POST_NAME_MAX));
		}
	}
	if (r->has_failed || count == 0)
		return none;
	return (struct slice_list){items, count};
}

/* An object, kept as its JSON text. */
static struct slice
read_reply_handle(struct reading *r)
{
	const struct json *v = member(r, "reply_handle", JSON_OBJECT, "an object");
	struct slice kept = SLICE_NONE;
	struct json_writer w;
	struct buf text;

	if (v == NULL)
		return SLICE_NONE;
	buf_init(&text, POST_ID_MAX);
	json_writer_init(&w, &text);
	json_put_value(&w, v);
	if (buf_is_full(&text)) {
		err_set(r->err, ERR_LIMIT, "\"reply_handle\" has more than %d bytes", POST_ID_MAX);
		r->has_failed = true;
	} else if (buf_failed(&text)) {
		no_room(r->a, r->err);
		r->has_failed = true;
	} else {
		kept = keep(r, buf_slice(&text));
	}
	buf_fini(&text);
	return kept;
}

static void
read_author(struct reading *of_post, struct author *au)
{
	const struct json *v = member(of_post, "author", JSON_OBJECT, "an object");
	struct reading r = {v, "author.", of_post->a, of_post->err, false};

	if (v == NULL)
		return;
	au->id = read_id(&r, "id");
	au->handle = read_id(&r, "handle");
	au->name = read_text(&r, "name", POST_NAME_MAX, NULL);
	au->bio = read_text(&r, "bio", POST_TEXT_MAX, NULL);
	au->url = read_id(&r, "url");
	au->followers = read_count(&r, "followers");
	au->following = read_count(&r, "following");
	au->posts = read_count(&r, "posts");
	au->listed = read_count(&r, "listed");
	au->is_verified = read_tristate(&r, "verified");
	au->is_bot = read_tristate(&r, "bot");
	au->created_at_ms = read_time(&r, "created_at");
	au->objects_to_profiling = read_tristate(&r, "objects_to_profiling") == TRI_YES;
	of_post->has_failed = r.has_failed;
}

static void
read_members(struct reading *r, struct post *p)
{
	p->is_deleted = read_tristate(r, "deleted") == TRI_YES;
	p->id = read_id(r, "id");
	p->source = read_id(r, "source");
	p->url = read_id(r, "url");
	p->is_text_cut = read_tristate(r, "text_cut") == TRI_YES;
	p->text = read_text(r, "text", POST_TEXT_MAX, &p->is_text_cut);
	p->lang = read_id(r, "lang");
	p->created_at_ms = read_time(r, "created_at");
	p->fetched_at_ms = read_time(r, "fetched_at");
	read_author(r, &p->author);
	p->reply_to = read_id(r, "reply_to");
	p->repost_of = read_id(r, "repost_of");
	p->quote_of = read_id(r, "quote_of");
	p->thread = read_id(r, "thread");
	p->likes = read_count(r, "likes");
	p->replies = read_count(r, "replies");
	p->reposts = read_count(r, "reposts");
	p->tags = read_list(r, "tags");
	p->mentions = read_list(r, "mentions");
	p->place = read_text(r, "place", POST_NAME_MAX, NULL);
	p->reply_handle = read_reply_handle(r);
}

int
post_from_json(
    const struct json *v, struct arena *a, int64_t now_ms, struct post *post_r, struct err *err)
{
	struct reading r = {v, "", a, err, false};
	struct post p;

	if (json_type(v) != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "a post is %s, expected an object",
		    json_type_name(json_type(v)));
	post_init(&p);
	read_members(&r, &p);
	if (r.has_failed)
		return -1;
	if (p.is_deleted && !slice_is_set(p.id))
		return err_set(err, ERR_INPUT,
		    "\"id\" is missing, expected a string: a deletion must say which post");
	if (!p.is_deleted && !slice_is_set(p.text))
		return err_set(err, ERR_INPUT, "\"text\" is %s, expected a string",
		    json_type_name(json_type(json_get(v, "text"))));
	if (p.fetched_at_ms == TIME_UNKNOWN)
		p.fetched_at_ms = now_ms;
	if (post_finish(&p, a) < 0)
		return no_room(a, err);
	*post_r = p;
	return 0;
}

int
post_parse(struct slice text, struct arena *a, int64_t now_ms, struct post *post_r,
    size_t *repaired_r, struct err *err)
{
	struct json_doc *doc = NULL;
	size_t repaired = 0;

	if (text.len > POST_JSON_MAX)
		return err_set(err, ERR_LIMIT, "a post has %zu bytes, at most %d are accepted",
		    text.len, POST_JSON_MAX);
	if (json_parse(text, &doc, &repaired, err) < 0)
		return -1;
	int rc = post_from_json(json_root(doc), a, now_ms, post_r, err);
	if (rc == 0 && repaired_r != NULL)
		*repaired_r = repaired;
	json_doc_free(doc);
	return rc;
}

/* ---- writing ---- */

static void
write_count(struct json_writer *w, const char *key, int64_t n)
{
	if (n < 0)
		json_kv_null(w, key);
	else
		json_kv_i64(w, key, n);
}

static void
write_tristate(struct json_writer *w, const char *key, enum tristate t)
{
	if (t == TRI_UNKNOWN)
		json_kv_null(w, key);
	else
		json_kv_bool(w, key, t == TRI_YES);
}

static void
write_list(struct json_writer *w, const char *key, struct slice_list list)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < list.count; i++)
		json_put_str(w, list.items[i]);
	json_array_end(w);
}

static void
write_author(struct json_writer *w, const struct author *au)
{
	json_key(w, "author");
	json_object_begin(w);
	json_kv_str(w, "id", au->id);
	json_kv_str(w, "handle", au->handle);
	json_kv_str(w, "name", au->name);
	write_count(w, "followers", au->followers);
	write_count(w, "following", au->following);
	write_count(w, "posts", au->posts);
	write_count(w, "listed", au->listed);
	write_tristate(w, "verified", au->is_verified);
	write_tristate(w, "bot", au->is_bot);
	json_kv_time(w, "created_at", au->created_at_ms);
	json_kv_str(w, "bio", au->bio);
	json_kv_str(w, "url", au->url);
	if (au->objects_to_profiling)
		json_kv_bool(w, "objects_to_profiling", true);
	json_object_end(w);
}

void
post_members_to_json(const struct post *p, bool with_lang, struct json_writer *w)
{
	json_kv_str(w, "id", p->id);
	json_kv_str(w, "source", p->source);
	json_kv_str(w, "url", p->url);
	json_kv_str(w, "text", p->text);
	if (with_lang)
		json_kv_str(w, "lang", p->lang);
	json_kv_time(w, "created_at", p->created_at_ms);
	json_kv_time(w, "fetched_at", p->fetched_at_ms);
	write_author(w, &p->author);
	json_kv_str(w, "reply_to", p->reply_to);
	json_kv_str(w, "repost_of", p->repost_of);
	json_kv_str(w, "quote_of", p->quote_of);
	json_kv_str(w, "thread", p->thread);
	write_count(w, "likes", p->likes);
	write_count(w, "replies", p->replies);
	write_count(w, "reposts", p->reposts);
	write_list(w, "tags", p->tags);
	write_list(w, "mentions", p->mentions);
	json_kv_str(w, "place", p->place);
	json_kv_bool(w, "deleted", p->is_deleted);
	if (p->is_text_cut)
		json_kv_bool(w, "text_cut", true);
	if (slice_is_set(p->reply_handle)) {
		json_key(w, "reply_handle");
		json_put_raw(w, p->reply_handle);
	}
}

void
post_to_json(const struct post *p, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	post_members_to_json(p, true, &w);
	json_object_end(&w);
}
