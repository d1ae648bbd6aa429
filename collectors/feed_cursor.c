#include "collectors/feed_cursor.h"

#include <string.h>

#include "collectors/collector.h"
#include "collectors/feed_parse.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"

#define CURSOR_BYTES_MAX (512 * 1024)

void
feed_cursor_init(struct feed_cursor *k, const char *url)
{
	memset(k, 0, sizeof *k);
	k->url = url;
	seen_init(&k->seen);
}

void
feed_cursor_fini(struct feed_cursor *k)
{
	seen_fini(&k->seen);
	mem_free(k->moved_to);
	mem_free(k->etag);
	mem_free(k->last_modified);
}

static char *
text_dup(struct slice s, size_t max)
{
	return s.len == 0 || s.len > max ? NULL : mem_strndup(s.ptr, s.len);
}

int
feed_cursor_read(struct feed_cursor *k, struct slice text, struct err *err)
{
	struct json_doc *doc = NULL;
	const struct json *root;

	if (!slice_is_set(text))
		return 0;
	if (json_parse(text, &doc, NULL, err) < 0)
		return -1;
	root = json_root(doc);
	if (slice_eq_str(json_get_str(root, "for"), k->url)) {
		k->moved_to = text_dup(json_get_str(root, "url"), FEED_URL_MAX);
		k->etag = text_dup(json_get_str(root, "etag"), FEED_VALIDATOR_MAX);
		k->last_modified =
		    text_dup(json_get_str(root, "last_modified"), FEED_VALIDATOR_MAX);
		(void)json_bool(json_get(root, "fetched"), &k->has_fetched);
		/* without memory some items are given twice, which the store notices */
		(void)seen_read(&k->seen, json_get(root, "seen"), FEED_ITEMS_MAX + FEED_SEEN_KEPT);
	}
	json_doc_free(doc);
	return 0;
}

int
feed_cursor_write(const struct feed_cursor *k, struct page *p)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, CURSOR_BYTES_MAX);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_cstr(&w, "for", k->url);
	if (k->moved_to != NULL)
		json_kv_cstr(&w, "url", k->moved_to);
	if (k->etag != NULL)
		json_kv_cstr(&w, "etag", k->etag);
	if (k->last_modified != NULL)
		json_kv_cstr(&w, "last_modified", k->last_modified);
	json_kv_bool(&w, "fetched", k->has_fetched);
	json_key(&w, "seen");
	seen_write(&k->seen, &w);
	json_object_end(&w);
	return page_take_cursor(p, &out);
}
