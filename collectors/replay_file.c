/*
 * The file, pipe or standard input behind a replay, and where in it we are.
 */
#include "collectors/replay_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"

#define READ_BYTES (128 * 1024)
#define LINES_MAX (INT64_MAX / 2) /* of a file, and rounds over it: more is no count of ours */

int64_t
replay_now_ms(const struct replay *r)
{
	return clock_now_ms(collector_host(r->c)->clock);
}

struct source_status *
replay_status(const struct replay *r)
{
	return collector_status_edit(r->c);
}

/* --- the cursor ----------------------------------------------------------- */

void
replay_cursor_read(struct replay *r, struct slice cursor)
{
	struct json_doc *doc = NULL;
	const struct json *root;
	int64_t offset = 0, line = 0, round = 1, at_ms = TIME_UNKNOWN;

	if (!slice_is_set(cursor) || r->is_stream)
		return;
	if (json_parse(cursor, &doc, NULL, NULL) < 0)
		return;
	root = json_root(doc);
	if (slice_eq_str(json_get_str(root, "file"), r->path) &&
	    json_i64(json_get(root, "offset"), &offset) && offset >= 0 &&
	    json_i64(json_get(root, "line"), &line) && line >= 0 && line <= LINES_MAX) {
		r->offset = (uint64_t)offset;
		r->line = (uint64_t)line;
		/* the time is reckoned with: one that no post has would run over */
		(void)json_i64(json_get(root, "round"), &round);
		(void)json_i64(json_get(root, "at_ms"), &at_ms);
		r->round = round >= 1 && round <= LINES_MAX ? round : 1;
		r->at_ms =
		    at_ms >= POST_TIME_MIN_MS && at_ms <= POST_TIME_MAX_MS ? at_ms : TIME_UNKNOWN;
	}
	json_doc_free(doc);
}

int
replay_cursor_write(const struct replay *r, struct page *p)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 16384);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_kv_cstr(&w, "file", r->path);
	json_kv_i64(&w, "offset", (int64_t)r->offset);
	json_kv_i64(&w, "line", (int64_t)r->line);
	json_kv_i64(&w, "round", r->round);
	if (r->at_ms != TIME_UNKNOWN)
		json_kv_i64(&w, "at_ms", r->at_ms);
	json_object_end(&w);
	return page_take_cursor(p, &out);
}

/* --- reading -------------------------------------------------------------- */

void
replay_problem(struct replay *r, enum source_health health, const char *what, const char *why)
{
	bool is_known = replay_status(r)->health == health;

	replay_status(r)->health = health;
	snprintf(replay_status(r)->detail, sizeof(replay_status(r)->detail), "%s%s%s", what,
	    why == NULL ? "" : ": ", why == NULL ? "" : why);
	if (is_known) /* said once */
		return;
	log_event(collector_host(r->c)->log, LOG_WARN, "source.failed", "source",
	    collector_name(r->c), "detail", replay_status(r)->detail, NULL);
}

int
replay_lines_begin(struct replay *r, uint64_t offset, uint64_t line)
{
	ndjson_free(r->lines);
	r->lines = ndjson_new(POST_JSON_MAX);
	if (r->lines == NULL)
		return -1;
	ndjson_resume(r->lines, offset, line);
	r->offset = offset;
	r->line = line;
	r->is_at_end = false;
	r->posts_in_round = 0;
	return 0;
}

int
replay_seek(struct replay *r)
{
	struct stat st;

	if (r->is_stream)
		return replay_lines_begin(r, 0, 0);
	if (fstat(r->fd, &st) == 0 && (uint64_t)st.st_size < r->offset) {
		log_event(collector_host(r->c)->log, LOG_WARN, "replay.file_is_shorter", "source",
		    collector_name(r->c), "file", r->path, NULL);
		r->offset = r->line = 0;
		r->at_ms = TIME_UNKNOWN;
	}
	if (lseek(r->fd, (off_t)r->offset, SEEK_SET) < 0)
		return -1;
	return replay_lines_begin(r, r->offset, r->line);
}

enum replay_fill
replay_fill(struct replay *r)
{
	char chunk[READ_BYTES];
	struct pollfd ready = {.fd = r->fd, .events = POLLIN};
	ssize_t got;

	if (r->is_stream && poll(&ready, 1, 0) <= 0)
		return REPLAY_FILL_LATER;
	got = read(r->fd, chunk, sizeof(chunk));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return REPLAY_FILL_LATER;
	if (got < 0) {
		char why[128] = "";
		replay_problem(
		    r, SOURCE_FAILING, "cannot read on", strerror_r(errno, why, sizeof(why)));
		return REPLAY_FILL_FAILED;
	}
	if (got == 0)
		return REPLAY_FILL_END;
	if (ndjson_push(r->lines, slice_make(chunk, (size_t)got)) < 0) {
		replay_problem(r, SOURCE_FAILING, "no memory to read on", NULL);
		return REPLAY_FILL_FAILED;
	}
	return REPLAY_FILL_GOT;
}

int
replay_file_open(struct replay *r, const char *path, struct err *err)
{
	struct slice s = slice_of(path);
	char why[128] = "";
	struct stat st;

	/* a path is made absolute by whoever reads the configuration, this name as well */
	if (slice_eq_str(s, "-") || slice_ends_with(s, "/-")) {
		r->fd = STDIN_FILENO;
		r->is_stream = true;
		return 0;
	}
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return err_set(
		    err, ERR_IO, "cannot open '%s': %s", path, strerror_r(errno, why, sizeof(why)));
	if (fstat(r->fd, &st) < 0 || S_ISDIR(st.st_mode))
		return err_set(err, ERR_IO, "'%s' is a folder, expected a file", path);
	r->is_stream = !S_ISREG(st.st_mode);
	return 0;
}
