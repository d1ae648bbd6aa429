#include "collectors/feed_parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "collectors/charset.h"
#include "collectors/feed_internal.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "core/utf8.h"

int
feed_item_add(struct feed_doc *doc, struct arena *a, struct feed_item **item_r)
{
	struct feed_item *it;

	if (doc->count >= FEED_ITEMS_MAX) {
		doc->left_out++;
		return 0;
	}
	/* at 0, 16, 32, 64, ...: the outgrown arrays stay in the arena */
	if (doc->count == 0 || (doc->count >= 16 && (doc->count & (doc->count - 1)) == 0)) {
		size_t room = doc->count == 0 ? 16 : 2 * doc->count;
		struct feed_item *grown = arena_array(a, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		if (doc->count > 0)
			memcpy(grown, doc->items, doc->count * sizeof(*grown));
		doc->items = grown;
	}
	it = &doc->items[doc->count++];
	it->published_at_ms = TIME_UNKNOWN;
	it->updated_at_ms = TIME_UNKNOWN;
	*item_r = it;
	return 1;
}

int
feed_parse(struct slice body, struct slice content_type, struct slice base_url, struct arena *a,
    struct feed_doc *doc_r, struct err *err)
{
	struct feed_doc doc = {0};
	struct slice text;
	int rc;

	if (body.len > FEED_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the feed has %zu bytes, at most %d are accepted",
		    body.len, FEED_BYTES_MAX);
	if (slice_trim(body).len == 0)
		return err_set(err, ERR_INPUT, "the answer is empty, expected a feed");
	text = charset_to_utf8(a, body, content_type, &doc.encoding, &doc.repaired);
	if (!slice_is_set(text))
		return err_set(err, ERR_NOMEM, "no memory for a feed of %zu bytes", body.len);
	text = slice_trim(text);
	if (text.len > 0 && (text.ptr[0] == '{' || text.ptr[0] == '['))
		rc = feed_parse_json(text, base_url, a, &doc, err);
	else if (text.len > 0 && memchr(text.ptr, '<', text.len) != NULL)
		rc = feed_parse_xml(text, base_url, a, &doc, err);
	else
		rc = err_set(err, ERR_INPUT, "the answer is text, but no feed");
	if (rc == 0)
		*doc_r = doc;
	return rc;
}

/* A short name for what is too long or not there: 128 bits. */
static struct slice
hash_name(struct arena *a, struct slice feed_url, struct slice s)
{
	return slice_of(arena_printf(a, "%.*s#%016" PRIx64 "%016" PRIx64, SLICE_ARG(feed_url),
	    hash_siphash(1, 1, s), hash_siphash(2, 2, s)));
}

static struct slice
global_id(struct slice id, struct slice feed_url, struct arena *a)
{
	if (id.len + feed_url.len + 1 > POST_ID_MAX)
		return hash_name(a, feed_url, id);
	if (feed_is_absolute(id))
		return id;
	return slice_of(arena_printf(a, "%.*s#%.*s", SLICE_ARG(feed_url), SLICE_ARG(id)));
}

static struct slice
item_id(const struct feed_item *it, struct slice feed_url, struct arena *a)
{
	struct slice text = slice_is_set(it->content) ? it->content : it->summary;
	const char *joined;

	if (it->id.len > 0)
		return global_id(it->id, feed_url, a);
	if (it->link.len > 0)
		return global_id(it->link, feed_url, a);
	/* With a title the text may be corrected and the item stays the same one. */
	joined = arena_printf(a, "%.*s\n%lld\n%.*s", SLICE_ARG(it->title),
	    (long long)it->published_at_ms,
	    SLICE_ARG(
		it->title.len > 0 && it->published_at_ms != TIME_UNKNOWN ? SLICE_NONE : text));
	return joined == NULL ? SLICE_NONE : hash_name(a, feed_url, slice_of(joined));
}

/* Title, blank line, text; one of them when the other is missing or says the same. */
static struct slice
item_text(const struct feed_item *it, struct arena *a)
{
	struct slice text = slice_is_set(it->content) ? it->content : it->summary;
	const char *made;

	if (it->title.len == 0)
		return text;
	if (text.len == 0 ||
	    (text.len <= it->title.len && memcmp(text.ptr, it->title.ptr, text.len) == 0))
		return it->title;
	if (text.len >= it->title.len && memcmp(text.ptr, it->title.ptr, it->title.len) == 0)
		return text;
	made = arena_printf(a, "%.*s\n\n%.*s", SLICE_ARG(it->title), SLICE_ARG(text));
	return slice_of(made);
}

static void
set_author(struct author *author, struct slice name, struct slice uri, struct slice email,
    struct slice feed_url, struct arena *a)
{
	author->name = name;
	if (uri.len > 0 && feed_is_absolute(uri) && uri.len <= POST_ID_MAX) {
		author->id = uri;
		author->url = uri;
	} else if (email.len > 0 && email.len < 320)
		author->id = slice_of(arena_printf(a, "mailto:%.*s", SLICE_ARG(email)));
	else if (name.len > 0) {
		char *id = arena_printf(a, "author=%.*s", SLICE_ARG(name));
		author->id = id == NULL ? SLICE_NONE : global_id(slice_of(id), feed_url, a);
	}
}

int
feed_item_to_post(const struct feed_doc *doc, const struct feed_item *it, struct slice feed_url,
    int64_t now_ms, struct arena *a, struct post *post_r, struct err *err)
{
	struct post p;

	post_init(&p);
	p.id = item_id(it, feed_url, a);
	p.text = item_text(it, a);
	if (!slice_is_set(p.id))
		return err_set(err, ERR_NOMEM, "no memory for an item of a feed");
	if (p.text.len == 0)
		return err_set(err, ERR_INPUT, "item \"%.*s\" has neither title nor text",
		    (int)(p.id.len > 100 ? 100 : p.id.len), p.id.ptr);
	p.is_text_cut = it->is_cut;
	if (p.text.len > POST_TEXT_MAX) {
		p.text = utf8_prefix(p.text, POST_TEXT_MAX);
		p.is_text_cut = true;
	}
	p.source = SLICE_LIT("feed");
	if (it->link.len <= POST_ID_MAX)
		p.url = it->link;
	p.lang = slice_is_set(it->lang) ? it->lang : doc->lang;
	p.created_at_ms =
	    it->published_at_ms != TIME_UNKNOWN ? it->published_at_ms : it->updated_at_ms;
	p.fetched_at_ms = now_ms;
	if (it->author_name.len > 0 || it->author_uri.len > 0 || it->author_email.len > 0)
		set_author(
		    &p.author, it->author_name, it->author_uri, it->author_email, feed_url, a);
	else
		set_author(
		    &p.author, doc->author_name, doc->author_uri, doc->author_email, feed_url, a);
	if (it->reply_to.len > 0)
		p.reply_to = global_id(it->reply_to, feed_url, a);
	p.tags = it->tags;
	*post_r = p;
	return 0;
}
