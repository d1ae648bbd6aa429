/*
 * JSON Feed 1.0 and 1.1 (jsonfeed.org): wrongly typed members are treated as absent, an item
 * without any text is left to the caller.
 */
#include "collectors/feed_internal.h"

#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

/* An id may be any scalar: numbers are written as they would be in JSON. */
static struct slice
scalar(const struct json *v, struct arena *a)
{
	int64_t integer;
	double real;

	if (json_type(v) == JSON_STRING)
		return arena_slice_dup(a, slice_trim(json_str(v)));
	if (json_i64(v, &integer))
		return slice_of(arena_printf(a, "%lld", (long long)integer));
	if (json_f64(v, &real))
		return slice_of(arena_printf(a, "%.17g", real));
	return SLICE_NONE;
}

/* Version 1.1 has "authors", 1.0 "author"; of several the first counts. */
static int
read_author(const struct json *obj, struct arena *a, struct slice *name_r, struct slice *uri_r,
    struct err *err)
{
	const struct json *author = json_at(json_get(obj, "authors"), 0);
	struct slice uri;

	if (author == NULL)
		author = json_get(obj, "author");
	if (feed_line(json_get_str(author, "name"), FEED_PLAIN, a, name_r, err) < 0)
		return -1;
	uri = slice_trim(json_get_str(author, "url"));
	if (uri.len > 0)
		*uri_r = arena_slice_dup(a, uri);
	return 0;
}

static int
read_tags(const struct json *array, struct arena *a, struct slice_list *tags, struct err *err)
{
	size_t count = json_count(array);
	struct slice *items;

	if (json_type(array) != JSON_ARRAY || count == 0)
		return 0;
	if (count > POST_TAGS_MAX)
		count = POST_TAGS_MAX;
	items = arena_array(a, count, sizeof(*items));
	if (items == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the tags of a feed");
	tags->items = items;
	for (size_t i = 0; i < count; i++) {
		struct slice tag = SLICE_NONE;
		if (feed_line(json_str(json_at(array, i)), FEED_PLAIN, a, &tag, err) < 0)
			return -1;
		if (slice_is_set(tag))
			items[tags->count++] = tag;
	}
	return 0;
}

static int
read_item(const struct json *obj, struct slice base_url, struct arena *a, struct feed_doc *doc,
    struct err *err)
{
	struct slice html = json_get_str(obj, "content_html");
	struct slice text = json_get_str(obj, "content_text");
	struct slice link = json_get_str(obj, "url");
	struct feed_item *it;
	int rc = feed_item_add(doc, a, &it);

	if (rc <= 0)
		return rc < 0 ? err_set(err, ERR_NOMEM, "no memory for a feed's items") : 0;
	it->id = scalar(json_get(obj, "id"), a);
	if (!slice_is_set(link))
		link = json_get_str(obj, "external_url");
	if (slice_is_set(link))
		it->link = feed_resolve(link, base_url, a);
	it->published_at_ms = feed_date(json_get_str(obj, "date_published"));
	it->updated_at_ms = feed_date(json_get_str(obj, "date_modified"));
	if (feed_line(json_get_str(obj, "language"), FEED_PLAIN, a, &it->lang, err) < 0 ||
	    feed_line(json_get_str(obj, "title"), FEED_PLAIN, a, &it->title, err) < 0 ||
	    feed_text(json_get_str(obj, "summary"), FEED_PLAIN, a, &it->summary, &it->is_cut, err) <
		0 ||
	    feed_text(slice_is_set(text) ? text : html, slice_is_set(text) ? FEED_PLAIN : FEED_HTML,
		a, &it->content, &it->is_cut, err) < 0 ||
	    read_author(obj, a, &it->author_name, &it->author_uri, err) < 0)
		return -1;
	return read_tags(json_get(obj, "tags"), a, &it->tags, err);
}

int
feed_parse_json(struct slice text, struct slice base_url, struct arena *a, struct feed_doc *doc,
    struct err *err)
{
	struct json_doc *json = NULL;
	const struct json *root, *items;
	struct slice version;
	int rc = -1;

	if (json_parse(text, &json, &doc->repaired, err) < 0)
		return err_prefix(err, "the feed is not JSON that can be read");
	root = json_root(json);
	version = json_get_str(root, "version");
	items = json_get(root, "items");
	if (!slice_starts_with(version, "https://jsonfeed.org/version/") &&
	    !slice_starts_with(version, "http://jsonfeed.org/version/")) {
		err_set(err, ERR_INPUT, "the answer is JSON, but not a JSON Feed");
		goto out;
	}
	if (json_type(items) != JSON_ARRAY) {
		err_set(err, ERR_INPUT, "the JSON Feed has no list of \"items\"");
		goto out;
	}
	doc->format = "JSON Feed";
	if (feed_line(json_get_str(root, "title"), FEED_PLAIN, a, &doc->title, err) < 0 ||
	    feed_line(json_get_str(root, "language"), FEED_PLAIN, a, &doc->lang, err) < 0 ||
	    read_author(root, a, &doc->author_name, &doc->author_uri, err) < 0)
		goto out;
	for (size_t i = 0; i < json_count(items); i++)
		if (json_type(json_at(items, i)) == JSON_OBJECT &&
		    read_item(json_at(items, i), base_url, a, doc, err) < 0)
			goto out;
	rc = 0;
out:
	json_doc_free(json);
	return rc;
}
