/*
 * Any bytes as a feed: an answer in words, or items whose texts are plain, valid and bounded, and
 * whose posts have an id; the same bytes give the same ids again.
 */
#include <assert.h>
#include <stdint.h>

#include "collectors/feed_parse.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

#define NOW INT64_C(1795000000000)
#define URL SLICE_LIT("https://f.example/feed")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct slice s)
{
	assert(s.len == 0 || utf8_is_valid(s));
	assert(s.len <= POST_TEXT_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct arena *a = arena_new(FEED_ARENA_BYTES);
	struct feed_doc one, two;
	struct err err = {0};

	assert(a != NULL);
	if (feed_parse(in, SLICE_NONE, URL, a, &one, &err) < 0) {
		assert(err.text[0] != '\0' && err.kind != ERR_NOMEM);
		goto out;
	}
	assert(one.format != NULL && one.encoding != NULL && one.count <= FEED_ITEMS_MAX);
	assert(feed_parse(in, SLICE_NONE, URL, a, &two, &err) == 0 && two.count == one.count);
	for (size_t i = 0; i < one.count && i < 50; i++) {
		const struct feed_item *it = &one.items[i];
		struct post p, q;
		check_text(it->title);
		check_text(it->summary);
		check_text(it->content);
		check_text(it->author_name);
		assert(it->tags.count <= POST_TAGS_MAX);
		if (feed_item_to_post(&one, it, URL, NOW, a, &p, &err) < 0) {
			assert(err.kind == ERR_INPUT);
			continue;
		}
		assert(p.id.len > 0 && p.id.len <= POST_ID_MAX && p.text.len > 0);
		check_text(p.text);
		assert(feed_item_to_post(&two, &two.items[i], URL, NOW, a, &q, &err) == 0);
		assert(slice_eq(p.id, q.id) && slice_eq(p.text, q.text));
	}
out:
	arena_free(a);
	return 0;
}
