/*
 * import_columns.c - the header line: what each column is for.
 */
#include "people/import_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

size_t
import_column(const struct import *i, enum target_kind kind)
{
	for (size_t k = 0; k < i->column_count; k++)
		if (i->columns[k].kind == kind)
			return k;
	return 0;
}

size_t
import_attribute_column(const struct import *i, const char *name)
{
	for (size_t k = 0; k < i->column_count; k++) {
		const struct target *t = &i->columns[k];

		if (t->kind == TARGET_HANDLE ||
		    ((t->kind == TARGET_ATTRIBUTE || t->kind == TARGET_ENDPOINT_ATTRIBUTE) &&
			slice_eq_str(t->name, name)))
			return k;
	}
	return 0;
}

static struct target
column_make(struct import *i, size_t k, struct slice header)
{
	struct target t = {TARGET_SKIPPED, .name = header};
	struct target_problem problem = {"", ""};

	if (header.len > TARGET_NAME_BYTES_MAX) {
		import_finding(i, DIAG_WARNING, "I002", k, "shorten it",
		    "the column's name has %zu bytes, more than %d; it is left out", header.len,
		    TARGET_NAME_BYTES_MAX);
		t.name = SLICE_LIT("");
		return t;
	}
	if (header.len == 0) {
		import_finding(
		    i, DIAG_WARNING, "I002", k, NULL, "the column has no name; it is left out");
		return t;
	}
	if (target_read(header, &t, &problem) == 0) {
		i->is_pinpoint |= t.kind == TARGET_CHANNEL || t.kind == TARGET_ADDRESS ||
		    slice_eq_str(header, "User.UserId");
		return t;
	}
	import_finding(i, DIAG_WARNING, "I002", k, problem.help[0] == '\0' ? NULL : problem.help,
	    "%s; it is left out", problem.why);
	return (struct target){TARGET_SKIPPED, .name = header};
}

static void
warn_repeated(struct import *i)
{
	for (size_t k = 1; k < i->column_count; k++) {
		enum target_kind kind = i->columns[k].kind;

		if (!target_may_repeat(kind) && import_column(i, kind) != k)
			import_finding(i, DIAG_WARNING, "I014", k,
			    "only attributes may have several columns",
			    "the column '%.*s' is there twice; the last filled one counts",
			    SLICE_ARG(i->columns[k].name));
	}
}

/* The likely reason why a header makes no sense. */
static const char *
header_hint(struct slice raw)
{
	if (raw.len >= 2 &&
	    (memcmp(raw.ptr, "\xff\xfe", 2) == 0 || memcmp(raw.ptr, "\xfe\xff", 2) == 0))
		return "the file is UTF-16: save it as CSV in UTF-8";
	if (memchr(raw.ptr, ';', raw.len) != NULL)
		return "its fields are separated by ';': save it with commas";
	if (memchr(raw.ptr, '\t', raw.len) != NULL)
		return "its fields are separated by tabs: save it with commas";
	return "the first line holds the columns' names; name other columns with a mapping";
}

static bool
names_somebody(const struct import *i)
{
	for (size_t k = 0; k < i->column_count; k++)
		if (i->columns[k].kind == TARGET_ADDRESS || i->columns[k].kind == TARGET_USER_ID ||
		    i->columns[k].kind == TARGET_CONTACT)
			return true;
	return false;
}

int
import_columns_read(struct import *i, struct err *err)
{
	const struct csv_row *row = i->at;
	struct diag_list *diags = i->diags;

	if (row->problem != NULL)
		return err_set(err, ERR_INPUT, "%s:%zu: the header cannot be read: %s; %s",
		    i->o.file, row->line, row->problem, row->help);
	i->columns = arena_array(i->head, row->count + 1, sizeof *i->columns);
	if (i->columns == NULL)
		return import_nomem(i, err);
	if (i->o.is_continued)
		i->diags = NULL;
	for (size_t k = 0; k < row->count; k++) {
		struct slice header = utf8_repair(i->head, slice_trim(row->fields[k]), NULL);

		if (slice_is_set(header))
			header = arena_slice_dup(i->head, header);
		if (!slice_is_set(header)) {
			i->diags = diags;
			return import_nomem(i, err);
		}
		i->columns[k] = column_make(i, k, header);
		i->column_count = k + 1;
		if (!i->columns[k].is_constant)
			i->cell_count = k + 1;
	}
	warn_repeated(i);
	i->diags = diags;
	if (!names_somebody(i))
		return err_set(err, ERR_INPUT,
		    "%s:%zu: the first line names neither Address nor User.UserId; %s", i->o.file,
		    row->line, header_hint(row->raw));
	i->has_header = true;
	return 0;
}
