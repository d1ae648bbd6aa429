/*
 * import.c - the import as a whole: rows as they come out of the file, in transactions of some
 * hundred.
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
#include "store/store.h"

void
import_finding(struct import *i, enum diag_severity severity, const char *code, size_t field,
    const char *help, const char *fmt, ...)
{
	char message[DIAG_TEXT_MAX];
	struct csv_place at = csv_place(i->at, field);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	diag_add_row(i->diags, severity, code, i->o.file, at.line, at.text, at.start, at.len, help,
	    "%s", message);
}

static int
batch_end(struct import *i, struct err *err)
{
	i->batch = 0;
	if (!store_in_transaction(i->st))
		return 0;
	if (!i->o.is_dry_run)
		return store_commit(i->st, err);
	store_rollback(i->st);
	return 0;
}

static int
reject(struct import *i)
{
	i->report.rejected++;
	return 0;
}

static int
take_row(struct import *i, struct err *err)
{
	struct person_row p;
	int rc = import_row_read(i, &p, err);

	if (rc != 0)
		return rc < 0 ? -1 : reject(i);
	/* A dry run writes as well, and rolls everything back at the end: later rows must see the
	 * earlier ones. */
	if (!store_in_transaction(i->st) && store_begin(i->st, err) < 0)
		return -1;
	if (import_row_write(i, &p, err) < 0)
		return -1;
	if (++i->batch >= i->o.batch_rows && !i->o.is_dry_run)
		return batch_end(i, err);
	return 0;
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct import *i = cookie;

	i->at = row;
	if (!i->has_header)
		return import_columns_read(i, err);
	i->report.rows++;
	arena_reset(i->row);
	if (row->problem != NULL) {
		import_finding(
		    i, DIAG_ERROR, "I001", row->problem_field, row->help, "%s", row->problem);
		return reject(i);
	}
	/* Trailing empty fields may be missing; but a text behind a wrong quote is taken for a row
	 * only when it has all. */
	if (row->count > i->column_count || (row->is_recovered && row->count < i->column_count)) {
		import_finding(i, DIAG_ERROR, "I011",
		    row->count > i->column_count ? i->column_count : row->count,
		    row->is_recovered ? "it may be the rest of the row before"
				      : "quote fields that hold a comma",
		    "the row has %zu field%s, the header %zu", row->count,
		    row->count == 1 ? "" : "s", i->column_count);
		return reject(i);
	}
	if (take_row(i, err) == 0)
		return 0;
	return err_prefix(err, "%s:%zu", i->o.file, row->line);
}

/* ---- public --------------------------------------------------------------- */

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
	if (i->o.source == NULL)
		i->o.source = "pinpoint import";
	if (i->o.batch_rows == 0)
		i->o.batch_rows = IMPORT_BATCH_ROWS;
	i->diags = diags;
	i->csv = csv_new(on_row, i);
	i->head = arena_new(4 * CSV_ROW_BYTES_MAX);
	i->row = arena_new(IMPORT_ARENA_BYTES);
	if (i->csv == NULL || i->head == NULL || i->row == NULL) {
		import_free(i);
		return err_set(err, ERR_NOMEM, "no memory for an import");
	}
	*i_r = i;
	return 0;
}

int
import_feed(struct import *i, struct slice chunk, struct err *err)
{
	if (csv_feed(i->csv, chunk, err) == 0)
		return 0;
	store_rollback(i->st);
	return -1;
}

int
import_end(struct import *i, struct import_report *report_r, struct err *err)
{
	if (csv_end(i->csv, err) < 0) {
		store_rollback(i->st);
		return -1;
	}
	if (!i->has_header)
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
	store_rollback(i->st);
	csv_free(i->csv);
	arena_free(i->head);
	arena_free(i->row);
	mem_free(i);
}
