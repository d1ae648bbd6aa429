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
#include "people/csv_merge.h"
#include "people/export.h"
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
	struct buf page;
	enum export_format format;
	struct csv_merge *merge; /* of CSV */
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

/* Lines: the last one's id is where the next page begins. */
static int
note_lines(struct exporting *x, struct slice page, struct err *err)
{
	struct slice body = slice_make(page.ptr, page.len - 1), last;
	const char *line = memrchr(body.ptr, '\n', body.len);
	struct json_doc *doc = NULL;
	const struct json *root;

	last = line == NULL ? body : slice_make(line + 1, body.len - (size_t)(line + 1 - body.ptr));
	if (json_parse(last, &doc, NULL, err) < 0)
		return -1;
	root = json_root(doc);
	buf_clear(&x->after);
	buf_add_slice(&x->after,
	    x->format == EXPORT_JSONL ? json_get_str(root, "id")
				      : json_get_str(json_get(root, "User"), "UserId"));
	json_doc_free(doc);
	for (const char *p = page.ptr; (p = memchr(p, '\n', page.len - (size_t)(p - page.ptr)));
	     p++)
		x->count++;
	return 0;
}

static int
note_csv(struct exporting *x, struct slice page, struct err *err)
{
	size_t rows;

	if (csv_merge_add(x->merge, page, &rows, err) < 0)
		return -1;
	buf_clear(&x->after);
	buf_add_slice(&x->after, csv_merge_last(x->merge));
	x->count += (long long)rows;
	return 0;
}

/* 1 there was one, 0 the end, -1. */
static int
next_page(struct exporting *x, struct err *err)
{
	struct buf path;
	int status = 0, rc;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/export?limit=" PAGE_CUSTOMERS);
	list_query(&path, "format", export_format_names[x->format]);
	list_query(&path, "guard", verb_flag(x->call, "--guard") != NULL ? "1" : NULL);
	list_query(&path, "after", x->after.len > 0 ? buf_str(&x->after) : NULL);
	buf_clear(&x->page);
	rc = client_call(x->client, "GET", buf_str(&path), SLICE_NONE, &status, &x->page, err);
	buf_fini(&path);
	if (rc < 0)
		return -1;
	if (status >= 400)
		return err_set(err, ERR_STORE, "the answer was %d: %.*s", status,
		    SLICE_ARG(buf_slice(&x->page)));
	if (x->page.len == 0)
		return 0;
	rc = x->format == EXPORT_PINPOINT_CSV ? note_csv(x, buf_slice(&x->page), err)
					      : note_lines(x, buf_slice(&x->page), err);
	if (rc == 0)
		progress_tell(&x->progress, x->count, 0, 0);
	return rc < 0 ? -1 : 1;
}

static int
write_lines(struct exporting *x, struct err *err)
{
	int rc;

	while ((rc = next_page(x, err)) > 0)
		if (fwrite(buf_str(&x->page), 1, x->page.len, x->out) != x->page.len)
			return 0; /* out_end() says so */
	return rc;
}

/* ---- CSV: the columns are known behind the last page ------------------------------- */

/* Pages lie in a file without a name, each behind its length. */
static int
spool_pages(struct exporting *x, FILE *spool, struct err *err)
{
	int rc;

	while ((rc = next_page(x, err)) > 0) {
		size_t len = x->page.len;

		if (fwrite(&len, sizeof len, 1, spool) != 1 ||
		    fwrite(buf_str(&x->page), 1, len, spool) != len)
			return err_set(
			    err, ERR_IO, "cannot write a temporary file: %s", strerror(errno));
	}
	return rc;
}

static int
read_spooled(struct exporting *x, FILE *spool, size_t len, struct err *err)
{
	char chunk[64 * 1024];

	buf_clear(&x->page);
	while (len > 0) {
		size_t n = len < sizeof chunk ? len : sizeof chunk;

		if (fread(chunk, 1, n, spool) != n || buf_add(&x->page, chunk, n) < 0)
			return err_set(
			    err, ERR_IO, "cannot read a temporary file: %s", strerror(errno));
		len -= n;
	}
	return 0;
}

static int
write_spooled(struct exporting *x, FILE *spool, struct buf *rows, struct err *err)
{
	size_t len;

	csv_merge_header(x->merge, rows);
	do {
		if (fwrite(buf_str(rows), 1, rows->len, x->out) != rows->len)
			return 0; /* out_end() says so */
		buf_clear(rows);
		if (fread(&len, sizeof len, 1, spool) != 1)
			return 0;
		if (read_spooled(x, spool, len, err) < 0 ||
		    csv_merge_rows(x->merge, buf_slice(&x->page), rows, err) < 0)
			return -1;
	} while (true);
}

static int
write_csv(struct exporting *x, struct err *err)
{
	FILE *spool = tmpfile();
	struct buf rows;
	int rc;

	buf_init(&rows, 2 * LIST_ANSWER_MAX);
	x->merge = csv_merge_new("User.UserId");
	if (spool == NULL || x->merge == NULL)
		rc = err_set(err, spool == NULL ? ERR_IO : ERR_NOMEM,
		    "cannot make a temporary file: %s", strerror(errno));
	else
		rc = spool_pages(x, spool, err);
	if (rc == 0) {
		rewind(spool);
		rc = write_spooled(x, spool, &rows, err);
	}
	if (spool != NULL)
		fclose(spool);
	csv_merge_free(x->merge);
	buf_fini(&rows);
	return rc;
}

static int
write_all(struct exporting *x, struct err *err)
{
	int rc = x->format == EXPORT_PINPOINT_CSV ? write_csv(x, err) : write_lines(x, err);

	progress_clear(&x->progress);
	return rc < 0 ? -1 : out_end(x, err);
}

/* ---- the command -------------------------------------------------------------------- */

static bool
read_format(struct exporting *x, const char *name)
{
	for (int k = 0; k < EXPORT_FORMAT_COUNT; k++)
		if (strcmp(name, export_format_names[k]) == 0) {
			x->format = (enum export_format)k;
			return true;
		}
	return false;
}

static int
run(struct exporting *x, struct config *config)
{
	struct err err = {ERR_NONE, ""};

	if (client_new(config, &x->client, &err) < 0 || out_open(x, &err) < 0 ||
	    write_all(x, &err) < 0)
		return verb_cannot(x->call, &err);
	if (x->path != NULL && !x->call->is_json)
		printf("%lld %s\n", x->count,
		    x->format == EXPORT_JSONL ? "customers" : "endpoints and users");
	return EXIT_DONE;
}

int
export_customers(struct verb_call *call)
{
	const char *format = verb_flag(call, "--format");
	struct exporting x = {.call = call};
	struct config *config;
	int code;

	if (call->arg_count > 1)
		return verb_usage(call, "it takes one file");
	if (format != NULL && !read_format(&x, format))
		return verb_usage(
		    call, "there is no format '%s'; jsonl, pinpoint-jsonl or pinpoint-csv", format);
	if (verb_flag(call, "--guard") != NULL && x.format != EXPORT_PINPOINT_CSV)
		return verb_usage(call, "--guard is for --format pinpoint-csv");
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	if (call->arg_count == 1 && strcmp(call->args[0], "-") != 0)
		x.path = call->args[0];
	buf_init(&x.part_path, LIST_PATH_MAX);
	buf_init(&x.after, LIST_PATH_MAX);
	buf_init(&x.page, LIST_ANSWER_MAX);
	progress_init(&x.progress, sysclock(), "customers", x.path == NULL || call->is_json);
	code = run(&x, config);
	out_close(&x);
	client_free(x.client);
	buf_fini(&x.part_path);
	buf_fini(&x.after);
	buf_fini(&x.page);
	return code;
}
