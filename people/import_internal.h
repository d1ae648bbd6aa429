/*
 * import_internal.h - an import under way: what a row says (import_row.c for CSV, import_line.c and
 * import_pinpoint.c, import_own.c for JSON lines), judged (import_judge.c), brought together with
 * what is there (import_merge.c, import_consent.c) and written (import_write.c, import_links.c, import_segments.c).
 */
#ifndef PEOPLE_IMPORT_INTERNAL_H
#define PEOPLE_IMPORT_INTERNAL_H

#include "core/diag.h"
#include "core/occurrence.h"
#include "core/slice.h"
#include "people/csv.h"
#include "people/import.h"
#include "people/jsonl.h"
#include "people/targets.h"
#include "store/records.h"

struct arena;
struct json;

#define IMPORT_BATCH_ROWS 5000
#define IMPORT_ARENA_BYTES (64u * 1024 * 1024) /* of one row and the customer it belongs to */
#define IMPORT_ID_BYTES_MAX 512 /* of ids */
#define IMPORT_ADDRESS_BYTES_MAX 4096 /* a push token can be long */
#define IMPORT_WORD_BYTES_MAX 256 /* of tags, lists, sources of consent */
#define IMPORT_HANDLES_MAX 16 /* of one customer */

struct import {
	struct store *st;
	struct import_options o;
	struct diag_list *diags;
	/* One of the two, once the first bytes say which. */
	struct csv *csv;
	struct jsonl *lines;
	struct arena *head; /* columns */
	struct arena *row; /* emptied after each row */
	struct target *columns;
	size_t column_count; /* with constants */
	size_t cell_count; /* of a row: without them */
	bool has_header;
	bool is_pinpoint; /* by its header */
	const char *source; /* of the row under way */
	size_t batch;
	bool has_begun; /* a transaction, which is ours: between two parts it may be another's */
	struct import_report report;
	/* The row under way. */
	const struct csv_row *at; /* NULL: it is a line */
	struct slice line_text;
	size_t line;
	char reason[DIAG_TEXT_MAX + 16]; /* the first error in it */
	struct slice
	    zone_known; /* the last zone that was found to be one: most rows have the same */
	char zone_text[64];
};

/* What a row says of an endpoint; what it does not say is SLICE_NONE or has_ false. */
struct row_endpoint {
	struct endpoint e;
	struct slice type; /* Pinpoint's */
	bool has_type; /* the row says it; else it is the usual one of the channel */
	bool has_opt_out, has_status;
	bool is_pinpoint; /* its opt-out speaks of consent */
	struct slice allowed; /* Earshot.Allowed: that is said outright instead */
	struct attribute *attributes; /* while they grow; e has them in the end */
	size_t attribute_count;
	struct customer_metric *metrics;
	size_t metric_count;
	struct customer_metric *extra; /* other columns, with their texts */
	size_t extra_count;
};

struct row_consent {
	struct consent c; /* source, text_version: SLICE_NONE unless said */
	bool has_given, has_at;
};

/* In one of the segments whose members are imported, or no longer. */
struct row_segment {
	struct slice segment;
	bool is_in;
	bool is_kept; /* told by an export: the row is taken without it if need be */
	size_t column; /* that says so */
};

/* A row as it was read. */
struct person_row {
	struct slice user_id, timezone, locale, country, merged_into;
	struct attribute *attributes; /* with their values, in column order */
	size_t attribute_count;
	struct customer_metric *metrics;
	size_t metric_count;
	struct row_endpoint *endpoints;
	size_t endpoint_count;
	struct row_consent *consents;
	size_t consent_count;
	struct tag_row *tags; /* at_ms TIME_UNKNOWN: now, unless it is there */
	size_t tag_count;
	struct slice *lists;
	size_t list_count;
	struct row_segment *segments;
	size_t segment_count;
	bool has_links; /* our own export says which there are, though it be none */
	struct link_row *links;
	size_t link_count;
	bool is_pinpoint; /* of one of Pinpoint's files */
};

/* ---- import.c ---- */
/* About the row under way; names the field of CSV that is wrong, and nothing narrower than the line
 * otherwise. */
void import_finding(struct import *i, enum diag_severity severity, const char *code, size_t field,
    const char *help, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
int import_nomem(const struct import *i, struct err *err);

/* ---- import_columns.c ---- */
int import_columns_read(struct import *i, struct err *err);
/* The column of a kind, or of an attribute, for a finding; the first column when there is none. */
size_t import_column(const struct import *i, enum target_kind kind);
size_t import_attribute_column(const struct import *i, const char *name);

/* ---- reading: 0 with *p filled; 1 when the row is to be left out (a finding says why); -1 ---- */
int import_row_read(struct import *i, struct person_row *p, struct err *err);
int import_line_read(struct import *i, struct slice text, struct person_row *p, struct err *err);
int
import_pinpoint_read(struct import *i, const struct json *v, struct person_row *p, struct err *err);
int import_own_read(struct import *i, const struct json *v, struct person_row *p, struct err *err);

/* Lists that grow in the row's arena: room for one more, or NULL.  The items move. */
void *import_grow(struct import *i, void *items, size_t count, size_t size);
#define IMPORT_GROW(i, list, count) import_grow((i), (list), (count), sizeof *(list))
/* Adds a value to the attribute of that name, which is added when it is new. 0, -1 no memory. */
int import_add_value(struct import *i, struct attribute **list, size_t *count, struct slice name,
    struct slice value);
/* The slot of a consent, added when it is new; NULL: no memory. */
struct row_consent *import_consent_slot(
    struct import *i, struct person_row *p, struct slice channel, enum purpose purpose);

/* ---- import_line.c: what both kinds of lines share ---- */
/* Members of an object that nobody knows: a warning each, with the nearest name. */
void import_warn_unknown(
    struct import *i, const struct json *v, const char *const *known, size_t known_count);
/* A text member into the row's arena; SLICE_NONE when it is not there, null or empty.  0; 1 it is no
 * text (a finding says so); -1. */
int import_text(struct import *i, const struct json *obj, const char *key, struct slice *text_r);
/* A text, or a number or truth as it is written.  0; 1 it is none of them; -1. */
int import_value_text(struct import *i, const struct json *v, struct slice *text_r);
int import_object(struct import *i, const struct json *obj, const char *key, const struct json **r);
int import_attributes(struct import *i, const struct json *obj, const char *key,
    struct attribute **list_r, size_t *count_r);
int import_metrics(struct import *i, const struct json *obj, const char *key,
    struct customer_metric **list_r, size_t *count_r);
int import_bool(struct import *i, const struct json *obj, const char *key, bool *v_r);

/* ---- import_judge.c ---- */
/* Is everything what it says it is?  Also gives the ids that are missing.  0, 1, -1. */
int import_judge(struct import *i, struct person_row *p, struct err *err);

/* ---- import_merge.c, import_consent.c ---- */
/* What the customer is with this row: before is NULL for a new one.  0; 1 left out; -1. */
int import_merge(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct customer_record *after_r, struct err *err);
int import_merge_consents(struct import *i, const struct person_row *p,
    const struct customer_record *before, struct customer_record *after, struct err *err);
const struct endpoint *import_endpoint_of(const struct customer_record *r, struct slice id);
/* Did an import make the last change of a field? 1, 0 (somebody here did, or nobody knows), -1. */
int
import_is_imported(struct import *i, struct slice customer_id, const char *field, struct err *err);

/* ---- import_segments.c ---- */
/* Does each segment take members from files?  0; 1 the row is left out (a finding says why); -1. */
int import_segments_judge(struct import *i, const struct person_row *p, struct err *err);
/* Within the transaction; the customer is there.  1 changed, 0, -1. */
int import_segments_write(struct import *i, const struct person_row *p, struct err *err);

/* ---- import_write.c, import_links.c ---- */
/* Into the store, within a transaction; counts what became of it. 0, 1 left out, -1. */
int import_row_write(struct import *i, const struct person_row *p, struct err *err);
/* 1 changed, 0, -1. */
int import_links_write(struct import *i, const struct person_row *p,
    const struct customer_record *before, const struct customer_record *after, struct err *err);

#endif
