#include "daemon/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/post.h"

/* Lines by their ends; what stands behind the last end is one more. */
static void
count_lines(struct slice chunk, uint64_t *count, bool *is_within)
{
	const char *at = chunk.ptr, *end = chunk.ptr + chunk.len;

	if (chunk.len > 0)
		*is_within = end[-1] != '\n';
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		++*count;
		at++;
	}
}

static int
take_lines(struct ndjson *n, lines_fn *fn, void *cookie, struct err *err)
{
	struct ndjson_line line;

	while (ndjson_next(n, &line) == 1)
		if (fn(cookie, &line, err) < 0)
			return -1;
	return 0;
}

int
lines_read(int fd, const char *name, lines_fn *line, lines_pause_fn *pause, void *cookie,
    uint64_t *count_r, struct err *err)
{
	struct ndjson *n = ndjson_new(POST_JSON_MAX);
	char *chunk = mem_alloc(NDJSON_CHUNK_MAX);
	uint64_t count = 0;
	bool is_within = false;
	ssize_t got = 1;
	int rc = -1;

	if (n == NULL || chunk == NULL) {
		err_set(err, ERR_NOMEM, "no memory to read '%s'", name);
		goto out;
	}
	while (got != 0) {
		got = read(fd, chunk, NDJSON_CHUNK_MAX);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_set(err, ERR_IO, "cannot read '%s': %s", name, strerror(errno));
			goto out;
		}
		if (got == 0) {
			ndjson_finish(n);
		} else if (ndjson_push(n, slice_make(chunk, (size_t)got)) < 0) {
			err_set(err, ERR_NOMEM, "no memory to read '%s'", name);
			goto out;
		}
		count_lines(slice_make(chunk, (size_t)got), &count, &is_within);
		if (take_lines(n, line, cookie, err) < 0 ||
		    (pause != NULL && pause(cookie, err) < 0))
			goto out;
	}
	if (count_r != NULL)
		*count_r = count + is_within;
	rc = 0;
out:
	mem_free(chunk);
	ndjson_free(n);
	return rc;
}

int
lines_read_file(const char *path, lines_fn *line, lines_pause_fn *pause, void *cookie,
    uint64_t *count_r, struct err *err)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return lines_read(
		    STDIN_FILENO, "standard input", line, pause, cookie, count_r, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	rc = lines_read(fd, path, line, pause, cookie, count_r, err);
	close(fd);
	return rc;
}
