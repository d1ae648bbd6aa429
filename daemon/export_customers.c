/*
 * export_customers.c - all customers, page by page, into a file or a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"
#include "platform/sysclock.h"

#include "daemon/client.h"
#include "daemon/progress.h"
#include "daemon/verb_export.h"
#include "daemon/verb_list.h"

#define PAGE_CUSTOMERS "1000"

struct exporting {
	struct verb_call *call;
	struct client *client;
	struct progress progress;
	const char *path; /* NULL: standard output */
	struct buf part_path; /* the file until it is whole */
	FILE *out;
	struct buf after; /* id of the last customer */
	long long count;
};

/* ---- where to ------------------------------------------------------------------ */

static int
out_open(struct exporting *x, struct err *err)
{
	int fd;

	x->out = stdout;
	if (x->path == NULL)
		return 0;
	buf_addf(&x->part_path, "%s.part", x->path);
	fd = open(buf_str(&x->part_path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	x->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (x->out != NULL)
		return 0;
	if (fd >= 0)
		close(fd);
	return err_set(
	    err, ERR_IO, "cannot write '%s': %s", buf_str(&x->part_path), strerror(errno));
}

static int
out_end(struct exporting *x, struct err *err)
{
	const char *path = x->path == NULL ? "standard output" : x->path;

	if (fflush(x->out) != 0 || ferror(x->out) || (x->path != NULL && fsync(fileno(x->out)) < 0))
		return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (x->path == NULL)
		return 0;
	if (fclose(x->out) != 0 || rename(buf_str(&x->part_path), x->path) < 0) {
		x->out = NULL;
		return err_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
	}
	x->out = NULL;
	buf_clear(&x->part_path);
	return 0;
}

/* What is not whole does not stay. */
static void
out_close(struct exporting *x)
{
	if (x->path == NULL)
		return;
	if (x->out != NULL)
		fclose(x->out);
	if (x->part_path.len > 0)
		unlink(buf_str(&x->part_path));
}

/* ---- pages ---------------------------------------------------------------------- */

/* The last line's id is where the next page begins. */
static int
note_page(struct exporting *x, struct slice page, struct err *err)
{
	struct slice body = slice_make(page.ptr, page.len - 1), last;
	const char *line = memrchr(body.ptr, '\n', body.len);
	struct json_doc *doc = NULL;

	last = line == NULL ? body : slice_make(line + 1, body.len - (size_t)(line + 1 - body.ptr));
	if (json_parse(last, &doc, NULL, err) < 0)
		return -1;
	buf_clear(&x->after);
	buf_add_slice(&x->after, json_get_str(json_root(doc), "id"));
	json_doc_free(doc);
	for (const char *p = page.ptr; (p = memchr(p, '\n', page.len - (size_t)(p - page.ptr)));
	     p++)
		x->count++;
	return 0;
}

/* 1 there was one, 0 the end, -1. */
static int
next_page(struct exporting *x, struct buf *answer, struct err *err)
{
	struct buf path;
	int status = 0, rc;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/export?limit=" PAGE_CUSTOMERS);
	list_query(&path, "after", x->after.len > 0 ? buf_str(&x->after) : NULL);
	buf_clear(answer);
	rc = client_call(x->client, "GET", buf_str(&path), SLICE_NONE, &status, answer, err);
	buf_fini(&path);
	if (rc < 0)
		return -1;
	if (status >= 400)
		return err_set(err, ERR_STORE, "the daemon answered %d: %.*s", status,
		    SLICE_ARG(buf_slice(answer)));
	return answer->len == 0 ? 0 : note_page(x, buf_slice(answer), err) < 0 ? -1 : 1;
}

static int
write_all(struct exporting *x, struct err *err)
{
	struct buf answer;
	int rc;

	buf_init(&answer, LIST_ANSWER_MAX);
	while ((rc = next_page(x, &answer, err)) > 0) {
		if (fwrite(buf_str(&answer), 1, answer.len, x->out) != answer.len)
			break;
		progress_tell(&x->progress, x->count, 0, 0);
	}
	buf_fini(&answer);
	progress_clear(&x->progress);
	return rc < 0 ? -1 : out_end(x, err);
}

int
export_customers(struct verb_call *call)
{
	struct exporting x = {.call = call};
	struct config *config;
	struct err err = {ERR_NONE, ""};
	int code = verb_config(call, &config);

	if (code != EXIT_DONE)
		return code;
	if (call->arg_count == 1 && strcmp(call->args[0], "-") != 0)
		x.path = call->args[0];
	buf_init(&x.part_path, LIST_PATH_MAX);
	buf_init(&x.after, LIST_PATH_MAX);
	progress_init(&x.progress, sysclock(), "customers", x.path == NULL || call->is_json);
	if (client_new(config, &x.client, &err) < 0 || out_open(&x, &err) < 0 ||
	    write_all(&x, &err) < 0)
		code = verb_cannot(call, &err);
	else if (x.path != NULL && !call->is_json)
		printf("%lld customers\n", x.count);
	out_close(&x);
	client_free(x.client);
	buf_fini(&x.part_path);
	buf_fini(&x.after);
	return code;
}
