#include "collectors/mastodon_internal.h"

#include "collectors/collector.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"

#define CURSOR_BYTES_MAX (1024 * 1024)

static char *
id_dup(const struct json *obj, const char *key)
{
	struct slice s = json_get_str(obj, key);

	return s.len == 0 || s.len > MASTODON_ID_MAX ? NULL : mem_strndup(s.ptr, s.len);
}

static int
tag_read(const struct json *obj, struct mastodon_tag *tag)
{
	int64_t place;

	tag->base = id_dup(obj, "base");
	tag->walk_top = id_dup(obj, "walk_top");
	tag->walk_max = id_dup(obj, "walk_max");
	if (tag->walk_top == NULL || tag->walk_max == NULL) {
		mem_free(tag->walk_top);
		mem_free(tag->walk_max);
		tag->walk_top = tag->walk_max = NULL;
	}
	(void)json_bool(json_get(obj, "fetched"), &tag->has_fetched);
	if (seen_read(&tag->seen, json_get(obj, "seen"), 2 * (size_t)MASTODON_SEEN_MAX) < 0)
		return -1;
	if (json_i64(json_get(obj, "walk_place"), &place) && place >= 0 &&
	    (uint64_t)place <= tag->seen.count)
		tag->walk_place = (size_t)place;
	return 0;
}

int
mastodon_cursor_read(
    struct slice cursor, const char *server, struct mastodon_tag *tags, size_t count)
{
	struct json_doc *doc = NULL;
	const struct json *root;
	int rc = 0;

	if (!slice_is_set(cursor))
		return 0;
	if (json_parse(cursor, &doc, NULL, NULL) < 0)
		return -1;
	root = json_root(doc);
	if (slice_eq_str(json_get_str(root, "server"), server))
		for (size_t i = 0; i < count; i++) {
			const struct json *obj = json_get(json_get(root, "tags"), tags[i].name);
			if (obj != NULL && tag_read(obj, &tags[i]) < 0)
				rc = -1;
		}
	json_doc_free(doc);
	return rc;
}

int
mastodon_cursor_write(
    const char *server, const struct mastodon_tag *tags, size_t count, struct page *p)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, CURSOR_BYTES_MAX);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_cstr(&w, "server", server);
	json_key(&w, "tags");
	json_object_begin(&w);
	for (size_t i = 0; i < count; i++) {
		const struct mastodon_tag *tag = &tags[i];
		json_key(&w, tag->name);
		json_object_begin(&w);
		json_kv_bool(&w, "fetched", tag->has_fetched);
		if (tag->base != NULL)
			json_kv_cstr(&w, "base", tag->base);
		if (tag->walk_max != NULL) {
			json_kv_cstr(&w, "walk_top", tag->walk_top);
			json_kv_cstr(&w, "walk_max", tag->walk_max);
			json_kv_i64(&w, "walk_place", (int64_t)tag->walk_place);
		}
		json_key(&w, "seen");
		seen_write(&tag->seen, &w);
		json_object_end(&w);
	}
	json_object_end(&w);
	json_object_end(&w);
	return page_take_cursor(p, &out);
}
