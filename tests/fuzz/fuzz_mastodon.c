/*
 * Any JSON as a timeline, any bytes as a Link header: a status becomes a post with global ids and
 * valid, bounded texts, or there are words for what is wrong.
 */
#include <assert.h>
#include <stdint.h>

#include "collectors/mastodon_parse.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_post(const struct post *p)
{
	assert(p->id.len > 0 && p->id.len <= POST_ID_MAX);
	assert(p->author.id.len > 0 && p->author.id.len <= POST_ID_MAX);
	assert(p->text.ptr != NULL && p->text.len <= POST_TEXT_MAX);
	assert(p->text.len == 0 || utf8_is_valid(p->text));
	assert(p->tags.count <= POST_TAGS_MAX && p->mentions.count <= POST_TAGS_MAX);
	assert(p->likes >= COUNT_UNKNOWN && p->author.followers >= COUNT_UNKNOWN);
	if (p->author.bio.len > 0)
		assert(utf8_is_valid(p->author.bio) && p->author.bio.len <= MASTODON_BIO_MAX);
}

static void
try_status(const struct json *v, const struct json *page, struct arena *a)
{
	struct mastodon_context ctx = {SLICE_LIT("https://m.example"), 1795000000000, page};
	struct mastodon_status st;
	struct err err = {0};
	int rc = mastodon_parse_status(v, &ctx, a, &st, &err);

	if (rc < 0)
		assert(err.text[0] != '\0' && err.kind != ERR_NOMEM);
	if (rc <= 0)
		return;
	check_post(&st.post);
	assert(st.post.reply_handle.len > 0);
	if (st.has_repost) {
		check_post(&st.repost);
		assert(slice_eq(st.repost.repost_of, st.post.id));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct arena *a = arena_new((size_t)128 << 20);
	struct json_doc *doc = NULL;

	assert(a != NULL);
	if (size == 0)
		in = SLICE_LIT("");
	(void)mastodon_link_param(in, "next", "max_id", a);
	if (json_parse(in, &doc, NULL, NULL) == 0) {
		const struct json *root = json_root(doc);
		if (json_type(root) == JSON_ARRAY)
			for (size_t i = 0; i < json_count(root) && i < 40; i++)
				try_status(json_at(root, i), root, a);
		else
			try_status(root, NULL, a);
		json_doc_free(doc);
	}
	arena_free(a);
	return 0;
}
