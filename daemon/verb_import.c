/*
 * verb_import.c - customers from a file: what became of the rows, and which could not be taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/diag.h"
#include "people/csv.h"
#include "people/mapping.h"
#include "platform/file.h"
#include "platform/sysclock.h"

#include "daemon/client.h"
#include "daemon/config.h"
#include "daemon/import_file.h"
#include "daemon/progress.h"
#include "daemon/verb_list.h"

#define IMPORT_PIECE_ROWS 5000
/* The daemon takes a piece in parts, posts and others' changes in between; but trying one is a transaction
 * that nobody else gets into, and nobody is to wait for much more than 50 milliseconds. */
#define IMPORT_PIECE_ROWS_TRIED 500
#define IMPORT_MAPPING_BYTES (1024 * 1024)
#define IMPORT_FINDINGS_TOLD 200
#define IMPORT_FINDINGS_BYTES (4u * 1024 * 1024)
#define IMPORT_CHUNK_BYTES (256 * 1024)
#define IMPORT_BUSY_TRIES 60 /* seconds */

struct totals {
	long long rows, created, updated, unchanged, rejected, links, errors, warnings;
};

struct importing {
	struct verb_call *call;
	struct client *client;
	const char *path, *name; /* "-" is standard input */
	struct mapping *mapping;
	struct diag_list *diags; /* of the mapping */
	struct import_file *file;
	struct progress progress;
	int64_t size_bytes; /* 0: not known */
	FILE *rejects;
	const char *rejects_path;
	struct totals totals;
	struct buf answer;
	/* --json: the findings so far, as elements. */
	struct buf findings;
	struct json_writer w;
	size_t finding_count;
};

/* ---- the answer to a piece ------------------------------------------------------- */

static void
add_totals(struct totals *t, const struct json *root)
{
	t->rows += list_number(root, "rows");
	t->created += list_number(root, "created");
	t->updated += list_number(root, "updated");
	t->unchanged += list_number(root, "unchanged");
	t->rejected += list_number(root, "rejected");
	t->links += list_number(root, "links");
	t->errors += list_number(root, "errors");
	t->warnings += list_number(root, "warnings");
}

/* The first ones are told; a file of rejected rows has them all. */
static void
take_findings(struct importing *m, const struct json *findings)
{
	size_t count = json_count(findings);

	for (size_t k = 0; k < count && m->finding_count < IMPORT_FINDINGS_TOLD; k++) {
		m->finding_count++;
		json_put_value(&m->w, json_at(findings, k));
	}
}

/* The row as it stood, with line and reason in front, or a remark above a line of JSON. */
static void
put_reject(struct importing *m, const struct json *reject)
{
	struct slice reason = json_get_str(reject, "reason"), row;
	long long line = list_number(reject, "line");
	struct buf b;

	row = import_file_row(m->file, (size_t)line);
	if (!slice_is_set(row))
		return;
	buf_init(&b, LIST_ANSWER_MAX);
	if (import_file_is_jsonl(m->file)) {
		buf_addf(&b, "# line %lld: ", line);
		buf_add_slice(&b, reason);
		buf_add_char(&b, '\n');
	} else {
		buf_addf(&b, "%lld,", line);
		csv_put(&b, reason, true);
		buf_add_char(&b, ',');
	}
	buf_add_slice(&b, row);
	buf_add_char(&b, '\n');
	fwrite(buf_str(&b), 1, b.len, m->rejects);
	buf_fini(&b);
}

static void
put_rejects(struct importing *m, const struct json *rejects)
{
	if (m->rejects == NULL || json_count(rejects) == 0)
		return;
	if (ftello(m->rejects) == 0 && !import_file_is_jsonl(m->file)) {
		struct slice header = import_file_header(m->file);

		if (slice_starts_with(header, IMPORT_REJECTS_HEAD))
			header = slice_make(header.ptr + sizeof IMPORT_REJECTS_HEAD - 1,
			    header.len - (sizeof IMPORT_REJECTS_HEAD - 1));
		fprintf(m->rejects, IMPORT_REJECTS_HEAD "%.*s\n", SLICE_ARG(header));
	}
	for (size_t k = 0; k < json_count(rejects); k++)
		put_reject(m, json_at(rejects, k));
}

/* Refused as a whole or not, the answer has the same members: where rows were read, the others go
 * on. */
static int
take_answer(struct importing *m, int status, struct err *err)
{
	struct json_doc *doc = NULL;
	const struct json *root;
	struct slice detail;
	int rc = 0;

	if (json_parse(buf_slice(&m->answer), &doc, NULL, err) < 0)
		return -1;
	root = json_root(doc);
	add_totals(&m->totals, root);
	take_findings(m, json_get(root, "findings"));
	put_rejects(m, json_get(root, "rejects"));
	if (status >= 400 && json_get(root, "rows") == NULL) {
		detail = json_get_str(root, "detail");
		rc = err_set(err, status == 400 || status == 422 ? ERR_INPUT : ERR_STORE, "%.*s",
		    SLICE_ARG(detail));
	}
	json_doc_free(doc);
	return rc;
}

/* ---- sending ----------------------------------------------------------------------- */

/* A daemon that is busy is asked again. */
static int
call_patiently(
    struct importing *m, const char *path, struct slice text, int *status_r, struct err *err)
{
	for (int tries = 0;; tries++) {
		buf_clear(&m->answer);
		if (client_call(m->client, "POST", path, text, status_r, &m->answer, err) < 0)
			return -1;
		if (*status_r != 503 || tries == IMPORT_BUSY_TRIES)
			return 0;
		poll(NULL, 0, 1000);
	}
}

static int
on_piece(void *cookie, const struct import_piece *piece, struct err *err)
{
	struct importing *m = cookie;
	char offset[32];
	struct buf path;
	int status = 0, rc;

	snprintf(offset, sizeof offset, "%zu", piece->line_offset);
	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/customers/import");
	list_query(&path, "dry_run", verb_flag(m->call, "--dry-run") != NULL ? "1" : NULL);
	list_query(&path, "handle_attribute", verb_flag(m->call, "--handle-attribute"));
	list_query(&path, "file", m->name);
	list_query(&path, "line_offset", offset);
	list_query(&path, "continued", piece->is_first ? NULL : "1");
	list_query(&path, "returned", verb_flag(m->call, "--returned") != NULL ? "1" : NULL);
	rc = call_patiently(m, buf_str(&path), piece->text, &status, err);
	buf_fini(&path);
	if (rc == 0)
		rc = take_answer(m, status, err);
	if (rc == 0)
		progress_tell(
		    &m->progress, m->totals.rows, (int64_t)piece->bytes_read, m->size_bytes);
	return rc;
}

static int
send_all(struct importing *m, int fd, struct err *err)
{
	char chunk[IMPORT_CHUNK_BYTES];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(
			    err, ERR_IO, "cannot read '%s': %s", m->name, strerror(errno));
		if (import_file_feed(m->file, slice_make(chunk, (size_t)n), err) < 0)
			return -1;
	}
	return import_file_end(m->file, err);
}

static int
send_file(struct importing *m, struct err *err)
{
	bool is_stdin = strcmp(m->path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(m->path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "cannot open '%s': %s", m->path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		m->size_bytes = st.st_size;
	rc = S_ISDIR(st.st_mode) ? err_set(err, ERR_INPUT, "'%s' is a folder", m->path)
				 : send_all(m, fd, err);
	if (!is_stdin)
		close(fd);
	return rc;
}

/* ---- the report ---------------------------------------------------------------------- */

/* err: what broke it off; the counts are of what went before. */
static void
print_json(struct importing *m, const struct err *err)
{
	const struct totals *t = &m->totals;
	struct json_writer w;
	struct buf error;

	buf_init(&error, LIST_ANSWER_MAX);
	json_writer_init(&w, &error);
	if (err->kind == ERR_NONE)
		json_put_raw(&w, SLICE_LIT("null"));
	else
		json_put_cstr(&w, err->text);

	printf("{\"dry_run\":%s,\"rows\":%lld,\"created\":%lld,\"updated\":%lld,\"unchanged\":%lld,"
	       "\"rejected\":%lld,\"links\":%lld,\"errors\":%lld,\"warnings\":%lld,\"findings\":%s,"
	       "\"error\":%s}"
	       "\n",
	    verb_flag(m->call, "--dry-run") != NULL ? "true" : "false", t->rows, t->created,
	    t->updated, t->unchanged, t->rejected, t->links, t->errors, t->warnings,
	    buf_str(&m->findings), buf_str(&error));
	buf_fini(&error);
}

static void
print_words(struct importing *m)
{
	const struct totals *t = &m->totals;
	struct json_doc *doc = NULL;

	if (json_parse(buf_slice(&m->findings), &doc, NULL, NULL) == 0)
		list_print_findings(json_root(doc));
	json_doc_free(doc);
	if (t->errors + t->warnings > (long long)m->finding_count)
		fprintf(stderr, "and %lld more%s\n",
		    t->errors + t->warnings - (long long)m->finding_count,
		    m->rejects != NULL    ? ""
			: t->rejected > 0 ? "; --rejects FILE keeps the rows with their reasons"
					  : "");
	printf("%s%lld rows: %lld created, %lld updated, %lld unchanged, %lld rejected; "
	       "%lld handles linked\n",
	    verb_flag(m->call, "--dry-run") != NULL ? "dry run, nothing was written: " : "",
	    t->rows, t->created, t->updated, t->unchanged, t->rejected, t->links);
	if (m->rejects != NULL && t->rejected > 0)
		printf("the rejected rows are in %s: mend them and import that file\n",
		    m->rejects_path);
}

static int
report(struct importing *m, const struct err *err)
{
	progress_clear(&m->progress);
	json_array_end(&m->w);
	if (!m->call->is_json && diag_kept(m->diags) > 0)
		verb_print_diags(m->call, m->diags);
	if (m->call->is_json && (m->totals.rows > 0 || err->kind == ERR_NONE))
		print_json(m, err);
	else if (m->totals.rows > 0 || err->kind == ERR_NONE)
		print_words(m);
	if (err->kind != ERR_NONE) {
		verb_cannot(m->call, err);
		if (m->totals.rows > 0 && verb_flag(m->call, "--dry-run") == NULL)
			fprintf(stderr,
			    "  help: what was counted is in; sending the file again is "
			    "safe\n");
		return err->kind == ERR_INPUT ? EXIT_FOUND : EXIT_CANNOT;
	}
	return m->totals.rejected > 0 ? EXIT_FOUND : EXIT_DONE;
}

/* ---- the mapping ------------------------------------------------------------------------ */

static int
read_mapping_file(struct importing *m, const char *path, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, IMPORT_MAPPING_BYTES);
	rc = file_read(path, IMPORT_MAPPING_BYTES - 1, &text, err);
	if (rc == 0)
		rc = mapping_read(m->mapping, path, buf_slice(&text), m->diags, err);
	buf_fini(&text);
	return rc;
}

/* 0, 1 with findings, -1. */
static int
read_mapping(struct importing *m, struct err *err)
{
	const char *path = verb_flag(m->call, "--mapping"), *maps[VERB_ARGS_MAX];
	size_t count = verb_flag_values(m->call, "--map", maps, VERB_ARGS_MAX);
	int rc = 0, worst = 0;

	if (path == NULL && count == 0)
		return 0;
	m->mapping = mapping_new();
	if (m->mapping == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a mapping");
	if (path != NULL)
		worst = rc = read_mapping_file(m, path, err);
	for (size_t k = 0; k < count && rc >= 0; k++) {
		rc = mapping_add(m->mapping, slice_of(maps[k]), m->diags, err);
		worst = rc > worst ? rc : worst;
	}
	return rc < 0 ? -1 : worst;
}

/* ---- the verb ------------------------------------------------------------------------------ */

static int
open_rejects(struct importing *m, struct err *err)
{
	m->rejects_path = verb_flag(m->call, "--rejects");
	if (m->rejects_path == NULL)
		return 0;
	m->rejects = fopen(m->rejects_path, "we");
	if (m->rejects == NULL)
		return err_set(
		    err, ERR_IO, "cannot write '%s': %s", m->rejects_path, strerror(errno));
	return 0;
}

static int
close_rejects(struct importing *m, struct err *err)
{
	bool has_failed;

	if (m->rejects == NULL)
		return 0;
	has_failed = ferror(m->rejects) != 0;
	has_failed |= fclose(m->rejects) != 0;
	if (has_failed)
		return err_set(
		    err, ERR_IO, "cannot write '%s': %s", m->rejects_path, strerror(errno));
	return 0;
}

static int
open_file(struct importing *m, struct err *err)
{
	bool is_tried = verb_flag(m->call, "--dry-run") != NULL && client_has_daemon(m->client);
	size_t rows = is_tried ? IMPORT_PIECE_ROWS_TRIED : IMPORT_PIECE_ROWS;

	m->file = import_file_new(m->name, m->mapping, m->diags, rows, on_piece, m);
	return m->file != NULL ? 0 : err_set(err, ERR_NOMEM, "no memory for '%s'", m->name);
}

static int
import(struct importing *m, struct config *config)
{
	struct err err = {ERR_NONE, ""}, closing = {ERR_NONE, ""};
	int rc = read_mapping(m, &err);

	if (rc != 0) {
		config_unref(config);
		verb_print_diags(m->call, m->diags);
		return rc < 0 ? verb_cannot(m->call, &err) : EXIT_FOUND;
	}
	rc = client_new(config, &m->client, &err);
	if (rc == 0)
		rc = open_file(m, &err);
	if (rc == 0)
		rc = open_rejects(m, &err);
	if (rc == 0)
		rc = send_file(m, &err);
	if (close_rejects(m, &closing) < 0 && rc == 0) {
		rc = -1;
		err = closing;
	}
	if (rc == 0)
		err.kind = ERR_NONE; /* what went well may have left words of what was tried */
	return report(m, &err);
}

static int
run(struct verb_call *call)
{
	struct importing m = {.call = call};
	struct config *config;
	int code;

	if (call->arg_count != 1)
		return verb_usage(call, "it needs one file, or - for standard input");
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	m.path = call->args[0];
	m.name = strcmp(m.path, "-") == 0 ? "standard input" : m.path;
	m.diags = diag_list_new();
	if (m.diags == NULL) {
		config_unref(config);
		return verb_cannot(call, &(struct err){ERR_NOMEM, "no memory"});
	}
	buf_init(&m.answer, LIST_ANSWER_MAX);
	buf_init(&m.findings, IMPORT_FINDINGS_BYTES);
	json_writer_init(&m.w, &m.findings);
	json_array_begin(&m.w);
	progress_init(&m.progress, sysclock(), "rows", call->is_json);
	code = import(&m, config);
	client_free(m.client);
	import_file_free(m.file);
	mapping_free(m.mapping);
	diag_list_free(m.diags);
	buf_fini(&m.answer);
	buf_fini(&m.findings);
	return code;
}

static const struct flag flags[] = {
    {"--dry-run", NULL, NULL, "judge everything, write nothing", false},
    {"--map", NULL, "COLUMN=TARGET", "what a column of any CSV is for; may be repeated", true},
    {"--mapping", NULL, "FILE", "the same as a file in YAML, with constants", false},
    {"--rejects", NULL, "FILE", "keep the rejected rows as they stood, with line and reason",
	false},
    {"--returned", NULL, NULL, "whoever has an address of an erased person came back by themselves",
	false},
    {"--handle-attribute", NULL, "NAME",
	"attribute with the social handle; default: customers.handle_attribute", false},
    {0},
};

const struct verb verb_import = {
    "import",
    "[--dry-run] [--rejects FILE] FILE [--map COLUMN=TARGET ...]",
    "customers from Amazon Pinpoint's files, any CSV, or an export",
    "Reads Pinpoint's CSV and JSON lines, a CSV whose columns are mapped, and what `earshot export "
    "--customers` wrote;\n"
    "- is standard input.  Safe to repeat: what is as it was is not written again.  A row that "
    "cannot be read is reported\n"
    "with line, column and reason (and exit code 1 at the end); the others go in.  Targets: id, "
    "timezone, locale, country,\n"
    "attribute:NAME, metric:NAME, handle, endpoint:CHANNEL, consent:CHANNEL:PURPOSE (and :at, "
    ":source, :text behind it),\n"
    "tag, tag:NAME, list:NAME, segment, segment:NAME, skip; behind them split \"C\", date "
    "\"DD.MM.YYYY\", decimal \",\".",
    "  earshot import --dry-run customers.csv\n"
    "  earshot import people.csv --rejects bad.csv --map \"No=id\" \"E-mail=endpoint:email\"",
    flags,
    run,
};
