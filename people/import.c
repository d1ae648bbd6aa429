/*
 * import.c - the import as a whole: rows as they come out of the file, in transactions of some
 * thousand.
 */
#include "people/import.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "people/import_internal.h"
#include "store/erasure.h"
#include "store/store.h"

static void
note_reason(struct import *i, const char *code, const char *message)
{
	if (i->reason[0] == '\0')
		snprintf(i->reason, sizeof i->reason, "%s %s", code, message);
}

void
import_finding(struct import *i, enum diag_severity severity, const char *code, size_t field,
    const char *help, const char *fmt, ...)
{
	struct csv_place at = {i->line_text, i->line, 0, i->line_text.len};
	char message[DIAG_TEXT_MAX];
	va_list ap;

	if (i->diags == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	if (i->at != NULL) {
		at = csv_place(i->at, field);
		at.line += i->has_header ? i->o.line_offset : 0;
	}
	if (severity == DIAG_ERROR)
		note_reason(i, code, message);
	diag_add_row(i->diags, severity, code, i->o.file, at.line, at.text, at.start, at.len, help,
	    "%s", message);
}

int
import_nomem(const struct import *i, struct err *err)
{
	return arena_is_full(i->row) || arena_is_full(i->head)
	    ? err_set(err, ERR_LIMIT, "a row and its customer take more than %u MB",
		  IMPORT_ARENA_BYTES >> 20)
	    : err_set(err, ERR_NOMEM, "no memory for an import");
}

/* ---- rows -------------------------------------------------------------------- */

static void
batch_undo(struct import *i)
{
	if (i->has_begun)
		store_rollback(i->st);
	i->has_begun = false;
}

static int
batch_begin(struct import *i, struct err *err)
{
	if (!i->has_begun && store_begin(i->st, err) < 0)
		return -1;
	i->has_begun = true;
	return 0;
}

static int
batch_end(struct import *i, struct err *err)
{
	i->batch = 0;
	if (i->has_begun && !i->o.is_dry_run && store_commit(i->st, err) < 0)
		return -1;
	if (i->o.is_dry_run)
		batch_undo(i);
	i->has_begun = false;
	return 0;
}

static int
reject(struct import *i)
{
	i->report.rejected++;
	if (i->o.on_reject != NULL)
		i->o.on_reject(i->o.cookie, i->line, i->reason);
	return 0;
}

static void
row_begin(struct import *i, size_t line)
{
	i->line = line + i->o.line_offset;
	i->reason[0] = '\0';
	i->report.rows++;
	arena_reset(i->row);
}

/* Nor under another id, by a file that nobody of them had a hand in.  1, 0, -1. */
static int
has_erased_place(struct import *i, const struct person_row *p, struct err *err)
{
	enum target_kind kind = TARGET_ADDRESS;
	int rc = 0;

	for (size_t k = 0; k < p->endpoint_count && rc == 0 && !i->o.has_returned; k++) {
		const struct endpoint *e = &p->endpoints[k].e;

		kind = p->endpoints[k].is_pinpoint ? TARGET_ADDRESS : TARGET_CONTACT;
		rc = store_endpoint_is_erased(i->st, e->id, e->channel, e->address, err);
	}
	if (rc <= 0)
		return rc;
	import_finding(i, DIAG_WARNING, "I029", import_column(i, kind),
	    "take them out of the file as well; if they came back by themselves, import it with "
	    "--returned",
	    "an endpoint of somebody who was erased; the row is left out");
	note_reason(i, "I029", "an endpoint of somebody who was erased");
	return 1;
}

/* Who was erased is not made anew by the file that has them still.  1, 0, -1. */
static int
is_erased(struct import *i, const struct person_row *p, struct err *err)
{
	int rc = store_is_erased(i->st, ERASURE_CUSTOMER, p->user_id, err);

	if (rc == 0)
		return has_erased_place(i, p, err);
	if (rc < 0)
		return -1;
	import_finding(i, DIAG_WARNING, "I024", 0, "take them out of the file as well",
	    "the customer was erased; the row is left out");
	note_reason(i, "I024", "the customer was erased");
	return 1;
}

/* A row that was read: 0 it can be, 1 it is left out, -1. */
static int
take_row(struct import *i, int rc, struct person_row *p, struct err *err)
{
	i->source = i->o.source != NULL ? i->o.source
	    : p->is_pinpoint            ? "pinpoint import"
					: "import";
	if (rc == 0)
		rc = import_judge(i, p, err);
	if (rc != 0)
		return rc < 0 ? -1 : reject(i);
	/* A dry run writes as well, and rolls everything back at the end, or when it pauses: later rows
	 * must see the earlier ones. */
	if (batch_begin(i, err) < 0)
		return -1;
	rc = is_erased(i, p, err);
	if (rc == 0)
		rc = import_row_write(i, p, err);
	if (rc != 0)
		return rc < 0 ? -1 : reject(i);
	if (++i->batch >= i->o.batch_rows && !i->o.is_dry_run)
		return batch_end(i, err);
	return 0;
}

static int
read_row(struct import *i, const struct csv_row *row, struct err *err)
{
	struct person_row p;

	if (row->problem != NULL) {
		import_finding(
		    i, DIAG_ERROR, "I001", row->problem_field, row->help, "%s", row->problem);
		return reject(i);
	}
	/* Trailing empty fields may be missing; but a text behind a wrong quote is taken for a row
	 * only when it has all. */
	if (row->count > i->cell_count || (row->is_recovered && row->count < i->cell_count)) {
		import_finding(i, DIAG_ERROR, "I011",
		    row->count > i->cell_count ? i->cell_count : row->count,
		    row->is_recovered ? "it may be the rest of the row before"
				      : "quote fields that hold a comma",
		    "the row has %zu field%s, the header %zu", row->count,
		    row->count == 1 ? "" : "s", i->cell_count);
		return reject(i);
	}
	return take_row(i, import_row_read(i, &p, err), &p, err);
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct import *i = cookie;

	i->at = row;
	if (!i->has_header)
		return import_columns_read(i, err);
	row_begin(i, row->line);
	if (read_row(i, row, err) == 0)
		return 0;
	return err_prefix(err, "%s:%zu", i->o.file, i->line);
}

static int
on_line(void *cookie, const struct jsonl_line *line, struct err *err)
{
	struct import *i = cookie;
	struct person_row p;

	/* "# line 7: why" is what a file of rejected rows says of the line that follows. */
	if (slice_trim(line->text).ptr[0] == '#')
		return 0;
	row_begin(i, line->number);
	i->line_text = utf8_is_valid(line->text) ? line->text : SLICE_LIT("");
	if (line->is_too_long) {
		import_finding(i, DIAG_ERROR, "I001", 0, "is a line end missing?",
		    "the line is longer than %d KB", JSONL_LINE_BYTES_MAX / 1024);
		return reject(i);
	}
	if (take_row(i, import_line_read(i, line->text, &p, err), &p, err) == 0)
		return 0;
	return err_prefix(err, "%s:%zu", i->o.file, i->line);
}

/* ---- public --------------------------------------------------------------- */

bool
import_is_jsonl(struct slice front)
{
	if (slice_starts_with(front, "\xef\xbb\xbf"))
		front = slice_make(front.ptr + 3, front.len - 3);
	front = slice_trim(front);
	return front.len > 0 && (front.ptr[0] == '{' || front.ptr[0] == '#');
}

int
import_new(struct store *st, const struct import_options *o, struct diag_list *diags,
    struct import **i_r, struct err *err)
{
	struct import *i = mem_zalloc(sizeof *i);

	assert(!store_in_transaction(st) && diags != NULL);
	if (i == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	i->st = st;
	i->o = *o;
	if (i->o.file == NULL)
		i->o.file = "customers.csv";
	if (i->o.handle_attribute == NULL)
		i->o.handle_attribute = "SocialHandle";
	if (i->o.batch_rows == 0)
		i->o.batch_rows = IMPORT_BATCH_ROWS;
	i->diags = diags;
	i->csv = i->o.is_jsonl ? NULL : csv_new(on_row, i);
	i->lines = i->o.is_jsonl ? jsonl_new(on_line, i) : NULL;
	i->head = arena_new(4 * CSV_ROW_BYTES_MAX);
	i->row = arena_new(IMPORT_ARENA_BYTES);
	if ((i->csv == NULL && i->lines == NULL) || i->head == NULL || i->row == NULL) {
		import_free(i);
		return err_set(err, ERR_NOMEM, "no memory for an import");
	}
	*i_r = i;
	return 0;
}

int
import_feed(struct import *i, struct slice chunk, struct err *err)
{
	int rc = i->csv != NULL ? csv_feed(i->csv, chunk, err) : jsonl_feed(i->lines, chunk, err);

	if (rc < 0)
		batch_undo(i);
	return rc;
}

int
import_pause(struct import *i, struct err *err)
{
	if (batch_end(i, err) == 0)
		return 0;
	batch_undo(i);
	return -1;
}

int64_t
import_rows(const struct import *i)
{
	return i->report.rows;
}

int
import_end(struct import *i, struct import_report *report_r, struct err *err)
{
	int rc = i->csv != NULL ? csv_end(i->csv, err) : jsonl_end(i->lines, err);

	if (rc < 0) {
		batch_undo(i);
		return -1;
	}
	if (i->csv != NULL && !i->has_header)
		return err_set(err, ERR_INPUT,
		    "%s: the file is empty, expected a header line with Address or User.UserId",
		    i->o.file);
	if (batch_end(i, err) < 0)
		return -1;
	*report_r = i->report;
	return 0;
}

void
import_free(struct import *i)
{
	if (i == NULL)
		return;
	batch_undo(i);
	csv_free(i->csv);
	jsonl_free(i->lines);
	arena_free(i->head);
	arena_free(i->row);
	mem_free(i);
}
