/*
 * import_internal.h - an import under way: columns (import_columns.c), rows judged (import_row.c),
 * rows written (import_write.c).
 */
#ifndef PEOPLE_IMPORT_INTERNAL_H
#define PEOPLE_IMPORT_INTERNAL_H

#include "core/diag.h"
#include "core/occurrence.h"
#include "core/slice.h"
#include "people/csv.h"
#include "people/import.h"

struct arena;

#define IMPORT_BATCH_ROWS 500
#define IMPORT_ARENA_BYTES (32u * 1024 * 1024) /* of one row and the customer it belongs to */
#define IMPORT_ID_BYTES_MAX 512 /* of ids */
#define IMPORT_NAME_BYTES_MAX 256 /* of a header */
#define IMPORT_ADDRESS_BYTES_MAX 4096 /* a push token can be long */
#define IMPORT_HANDLES_MAX 16 /* of one customer */

/* What a column is for. */
enum column_kind {
	COLUMN_SKIPPED,
	COLUMN_CHANNEL,
	COLUMN_ADDRESS,
	COLUMN_ID,
	COLUMN_OPT_OUT,
	COLUMN_STATUS,
	COLUMN_USER_ID,
	COLUMN_COUNTRY,
	COLUMN_LOCALE,
	COLUMN_TIMEZONE,
	COLUMN_ENDPOINT_ATTRIBUTE,
	COLUMN_USER_ATTRIBUTE,
	COLUMN_EXTRA, /* kept as it is, for the export */
};

struct column {
	enum column_kind kind;
	struct slice name; /* of the attribute, or the whole header */
};

struct import {
	struct store *st;
	struct import_options o;
	struct diag_list *diags;
	struct csv *csv;
	struct arena *head; /* columns */
	struct arena *row; /* emptied after each row */
	struct column *columns;
	size_t column_count;
	bool has_header;
	size_t batch;
	struct import_report report;
	const struct csv_row *at; /* the row under way */
};

/* A row as it was read; what the file does not say is SLICE_NONE or has_ false. */
struct person_row {
	struct slice channel_type, channel, address, endpoint_id, user_id;
	struct slice country, locale, timezone;
	bool has_endpoint;
	bool has_opt_out, is_opted_out;
	bool has_status, is_inactive;
	struct attribute *user, *own; /* attributes with their values, in column order */
	size_t user_count, own_count;
	struct slice extra_json;
};

/* About the row under way; names the field that is wrong. */
void import_finding(struct import *i, enum diag_severity severity, const char *code, size_t field,
    const char *help, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The column of a kind, or of an attribute, for a finding; the first column when there is none. */
size_t import_column(const struct import *i, enum column_kind kind);
size_t import_attribute_column(const struct import *i, const char *name);

int import_columns_read(struct import *i, struct err *err);
/* 0 with *p filled; 1 when the row is to be left out (a finding says why); -1. */
int import_row_read(struct import *i, struct person_row *p, struct err *err);
/* Into the store, within a transaction; counts what became of it. */
int import_row_write(struct import *i, const struct person_row *p, struct err *err);

#endif
