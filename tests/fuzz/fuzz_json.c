/*
 * JSON that is read is valid UTF-8 throughout, and written and read again it is the same.  What the plain reader takes, jansson takes
 * with the same answer.  A post
 * that is read is within its ceilings, and written and read again it is the same post.
 */
#include "core/json.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/json_internal.h"
#include "core/post.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz_law.h"
#include "tests/support/json_same.h"

static void
written(const struct json_doc *doc, struct buf *out)
{
	struct json_writer w;

	buf_init(out, 16 * 1024 * 1024);
	json_writer_init(&w, out);
	json_put_value(&w, json_root(doc));
}

static void
json_law(struct slice text)
{
	struct json_doc *doc = NULL, *again = NULL;
	struct buf first, second;
	struct err err = {0};
	size_t repaired = 0;

	if (json_parse(text, &doc, &repaired, &err) < 0) {
		LAW(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		LAW(err.text[0] != '\0' && doc == NULL);
		return;
	}
	written(doc, &first);
	if (!buf_failed(&first)) {
		LAW(utf8_is_valid(buf_slice(&first)));
		LAW(json_parse(buf_slice(&first), &again, &repaired, &err) == 0);
		LAW(repaired == 0);
		written(again, &second);
		LAW(slice_eq(buf_slice(&first), buf_slice(&second)));
		buf_fini(&second);
	}
	json_doc_free(again);
	buf_fini(&first);
	json_doc_free(doc);
}

static void
readers_law(struct slice text)
{
	struct arena *a = arena_new(64 * 1024 * 1024);
	const struct json *plain, *other;
	struct node_failure failure;

	if (a != NULL && utf8_is_valid(text) && node_read_plain(text, a, &plain) == 1) {
		other = node_parse(text, a, &failure);
		LAW(other != NULL && json_is_same(plain, other));
	}
	arena_free(a);
}

static void
post_law(struct slice text)
{
	struct arena *a = arena_new(8 * 1024 * 1024);
	struct buf first, second;
	struct post p, again;
	struct err err = {0};

	if (a == NULL)
		return;
	if (post_parse(text, a, INT64_C(1795255200000), &p, NULL, &err) < 0) {
		LAW(err.text[0] != '\0' && utf8_is_valid(slice_of(err.text)));
		goto out;
	}
	LAW(slice_is_set(p.id) && p.id.len <= POST_ID_MAX);
	LAW(p.is_deleted || slice_is_set(p.text));
	LAW(p.text.len <= POST_TEXT_MAX && utf8_is_valid(p.text));
	LAW(p.tags.count <= POST_TAGS_MAX && p.mentions.count <= POST_TAGS_MAX);
	LAW(p.likes >= COUNT_UNKNOWN && p.author.followers >= COUNT_UNKNOWN);
	LAW(post_event_at_ms(&p) <= p.fetched_at_ms);
	buf_init(&first, 16 * 1024 * 1024);
	buf_init(&second, 16 * 1024 * 1024);
	post_to_json(&p, &first);
	/* Escapes may make it longer than a post may be. */
	if (first.len <= POST_JSON_MAX) {
		LAW(post_parse(buf_slice(&first), a, 0, &again, NULL, &err) == 0);
		post_to_json(&again, &second);
		LAW(slice_eq(buf_slice(&first), buf_slice(&second)));
	}
	buf_fini(&first);
	buf_fini(&second);
out:
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);

	json_law(text);
	readers_law(text);
	post_law(text);
	return 0;
}
