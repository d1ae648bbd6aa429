#include "people/jsonl.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

struct jsonl {
	jsonl_line_fn *fn;
	void *cookie;
	struct buf line; /* the line under way, as far as it came */
	size_t number;
	bool is_too_long;
	bool saw_cr; /* an LF that follows belongs to it */
};

struct jsonl *
jsonl_new(jsonl_line_fn *fn, void *cookie)
{
	struct jsonl *j = mem_zalloc(sizeof *j);

	assert(fn != NULL);
	if (j == NULL)
		return NULL;
	j->fn = fn;
	j->cookie = cookie;
	j->number = 1;
	buf_init(&j->line, JSONL_LINE_BYTES_MAX + 1);
	return j;
}

void
jsonl_free(struct jsonl *j)
{
	if (j == NULL)
		return;
	buf_fini(&j->line);
	mem_free(j);
}

static int
keep(struct jsonl *j, const char *p, size_t len, struct err *err)
{
	size_t room = JSONL_LINE_BYTES_MAX - j->line.len;

	j->is_too_long |= len > room;
	if (buf_add(&j->line, p, len > room ? room : len) < 0)
		return err_set(err, ERR_NOMEM, "no memory for a line");
	return 0;
}

static int
end_line(struct jsonl *j, struct err *err)
{
	struct jsonl_line line = {buf_slice(&j->line), j->number, j->is_too_long};
	int rc = 0;

	if (j->number == 1 && slice_starts_with(line.text, "\xef\xbb\xbf"))
		line.text = slice_make(line.text.ptr + 3, line.text.len - 3);
	if (slice_trim(line.text).len > 0)
		rc = j->fn(j->cookie, &line, err);
	j->number++;
	j->is_too_long = false;
	buf_clear(&j->line);
	return rc;
}

/* Where the line ends in what is left, or NULL. */
static const char *
find_end(struct slice s)
{
	const char *lf = memchr(s.ptr, '\n', s.len);
	const char *cr = memchr(s.ptr, '\r', lf == NULL ? s.len : (size_t)(lf - s.ptr));

	return cr != NULL ? cr : lf;
}

int
jsonl_feed(struct jsonl *j, struct slice chunk, struct err *err)
{
	while (chunk.len > 0) {
		const char *end;
		size_t len;

		if (j->saw_cr && chunk.ptr[0] == '\n') {
			chunk = slice_make(chunk.ptr + 1, chunk.len - 1);
			j->saw_cr = false;
			continue;
		}
		j->saw_cr = false;
		end = find_end(chunk);
		len = end == NULL ? chunk.len : (size_t)(end - chunk.ptr);
		if (keep(j, chunk.ptr, len, err) < 0)
			return -1;
		if (end == NULL)
			return 0;
		j->saw_cr = *end == '\r';
		chunk = slice_make(end + 1, chunk.len - len - 1);
		if (end_line(j, err) < 0)
			return -1;
	}
	return 0;
}

int
jsonl_end(struct jsonl *j, struct err *err)
{
	return j->line.len > 0 ? end_line(j, err) : 0;
}
