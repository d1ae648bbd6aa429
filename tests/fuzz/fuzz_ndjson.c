/*
 * Any bytes as lines and as a request body: however they are cut into chunks, the splitter says the
 * same; and every item of a body ends as a post or a reject.
 */
#include <assert.h>
#include <stdint.h>

#include "collectors/collector.h"
#include "collectors/ndjson.h"
#include "collectors/posts_body.h"
#include "core/err.h"
#include "core/map.h"
#include "core/utf8.h"

#define LINE_MAX_BYTES 256
#define NOW INT64_C(1795000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
digest(struct slice in, size_t chunk)
{
	struct ndjson *n = ndjson_new(LINE_MAX_BYTES);
	struct ndjson_line line;
	uint64_t sum = 0, last = 0;
	size_t pos = 0;

	assert(n != NULL);
	for (bool is_finished = false;;) {
		while (ndjson_next(n, &line) > 0) {
			assert(line.number > last && line.end_offset <= in.len);
			assert(line.is_too_long == (line.length > LINE_MAX_BYTES));
			assert(line.text.len > 0 && line.text.len <= LINE_MAX_BYTES);
			last = line.number;
			sum = hash_bytes(
			    sum ^ line.number ^ line.end_offset ^ line.length, line.text);
		}
		if (is_finished)
			break;
		size_t take = in.len - pos < chunk ? in.len - pos : chunk;
		if (take == 0) {
			ndjson_finish(n);
			is_finished = true;
			continue;
		}
		assert(ndjson_push(n, slice_make(in.ptr + pos, take)) == 0);
		pos += take;
	}
	ndjson_free(n);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size);
	struct posts_body *b = NULL;
	struct err err = {0};

	if (size > 65536)
		return 0;
	uint64_t whole = digest(in, size + 1);
	assert(digest(in, 1) == whole);
	assert(digest(in, 7) == whole);
	assert(digest(in, 300) == whole);
	if (posts_body_new(in, NOW, &b, &err) < 0) {
		assert(err.kind == ERR_INPUT && err.text[0] != '\0');
		return 0;
	}
	for (int rc = 1; rc > 0;) {
		struct page *p = page_new(SLICE_LIT("fuzz"));
		size_t seen = 0;
		assert(p != NULL);
		rc = posts_body_next(b, p, &seen, &err);
		assert(rc >= 0 && seen == p->count + p->reject_count);
		for (size_t i = 0; i < p->count; i++) {
			assert(p->posts[i].id.len > 0 && p->posts[i].id.len <= POST_ID_MAX);
			assert(p->posts[i].text.len == 0 || utf8_is_valid(p->posts[i].text));
			assert(p->posts[i].text.len <= POST_TEXT_MAX);
		}
		for (size_t i = 0; i < p->reject_count; i++)
			assert(p->rejects[i].reason.len > 0 && p->rejects[i].excerpt.len <= 200);
		page_free(p);
	}
	posts_body_free(b);
	return 0;
}
