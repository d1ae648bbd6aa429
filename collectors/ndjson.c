#include "collectors/ndjson.h"

#include <assert.h>

#include "core/buf.h"
#include "core/mem.h"

#define EXCERPT_BYTES 200

struct ndjson {
	struct buf held; /* from `start` on not yet given out */
	size_t start;
	size_t scanned; /* no line end before this position */
	size_t max_line;
	uint64_t offset; /* in the stream, of held.ptr[start] */
	uint64_t number; /* of the last line that ended */
	uint64_t skipped; /* of the line being skipped, bytes dropped so far */
	bool is_skipping; /* too long: only its first bytes are still held, at start */
	bool is_finished;
};

struct ndjson *
ndjson_new(size_t max_line_bytes)
{
	struct ndjson *n;

	assert(max_line_bytes >= EXCERPT_BYTES);
	n = mem_zalloc(sizeof(*n));
	if (n == NULL)
		return NULL;
	n->max_line = max_line_bytes;
	buf_init(&n->held, max_line_bytes + 2 * (size_t)NDJSON_CHUNK_MAX + 2);
	return n;
}

void
ndjson_free(struct ndjson *n)
{
	if (n == NULL)
		return;
	buf_fini(&n->held);
	mem_free(n);
}

void
ndjson_resume(struct ndjson *n, uint64_t offset, uint64_t lines_before)
{
	assert(n->held.len == 0 && n->number == 0 && !n->is_finished);
	n->offset = offset;
	n->number = lines_before;
}

int
ndjson_push(struct ndjson *n, struct slice chunk)
{
	assert(chunk.len <= NDJSON_CHUNK_MAX && !n->is_finished);
	buf_drop_front(&n->held, n->start);
	n->scanned -= n->start;
	n->start = 0;
	return buf_add(&n->held, chunk.ptr, chunk.len);
}

void
ndjson_finish(struct ndjson *n)
{
	n->is_finished = true;
}

bool
ndjson_is_within_line(const struct ndjson *n)
{
	return n->is_skipping || n->held.len > n->start;
}

static bool
is_blank(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r')
			return false;
	return true;
}

/* The held line is over the limit: keeps its beginning for the report and forgets the rest so far.
 */
static void
skip_begin(struct ndjson *n)
{
	n->is_skipping = true;
	n->skipped = n->held.len - n->start - EXCERPT_BYTES;
	n->held.len = n->start + EXCERPT_BYTES;
	n->scanned = n->held.len;
}

/* Drops what has arrived of the line behind its kept beginning, up to `end`. */
static void
skip_more(struct ndjson *n, size_t end)
{
	size_t from = n->start + EXCERPT_BYTES;
	size_t rest = n->held.len - end;

	n->skipped += end - from;
	memmove(n->held.ptr + from, n->held.ptr + end, rest);
	n->held.len = from + rest;
	n->scanned = from;
}

/* The line ends at held.ptr[end]; terminator bytes follow (1, or 0 at the end of the stream). */
static void
line_take(struct ndjson *n, size_t end, size_t terminator, struct ndjson_line *line_r)
{
	size_t len = end - n->start;
	struct slice text = slice_make(n->held.ptr + n->start, len);

	n->number++;
	n->offset += len + n->skipped + terminator;
	line_r->number = n->number;
	line_r->length = len + n->skipped;
	line_r->end_offset = n->offset;
	line_r->is_too_long = n->is_skipping || len > n->max_line;
	if (line_r->is_too_long && text.len > EXCERPT_BYTES)
		text.len = EXCERPT_BYTES;
	if (n->number == 1 && slice_starts_with(text, "\xEF\xBB\xBF")) {
		text.ptr += 3;
		text.len -= 3;
	}
	if (!line_r->is_too_long && text.len > 0 && text.ptr[text.len - 1] == '\r')
		text.len--;
	line_r->text = text;
	n->start = end + terminator;
	n->scanned = n->start;
	n->is_skipping = false;
	n->skipped = 0;
}

int
ndjson_next(struct ndjson *n, struct ndjson_line *line_r)
{
	for (;;) {
		const char *lf = n->scanned < n->held.len
		    ? memchr(n->held.ptr + n->scanned, '\n', n->held.len - n->scanned)
		    : NULL;
		size_t end = lf == NULL ? n->held.len : (size_t)(lf - n->held.ptr);

		if (n->is_skipping)
			skip_more(n, end);
		if (lf == NULL && !n->is_finished) {
			n->scanned = n->held.len;
			if (!n->is_skipping && n->held.len - n->start > n->max_line)
				skip_begin(n);
			return 0;
		}
		if (n->is_skipping)
			end = n->start + EXCERPT_BYTES;
		if (lf == NULL && !ndjson_is_within_line(n))
			return 0;
		line_take(n, end, lf == NULL ? 0 : 1, line_r);
		if (line_r->is_too_long || !is_blank(line_r->text))
			return 1;
	}
}
