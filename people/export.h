/*
 * export.h - customers as files that an import reads again.
 *
 * jsonl: one customer a line with everything (docs/import.md); into an empty database it gives the
 * same customers, into the same database it changes nothing.
 *
 * Amazon Pinpoint's: one endpoint a line or row, with what Pinpoint knows: no tags, lists, segments,
 * links, numbers of the customer, and no source or time of consent.  A customer without endpoints, or whose
 * own time zone, locale or country is another than the first endpoint's, has a row of the user alone
 * in front, which says those.  OptOut is NONE only where the person takes messages for both purposes; where that says
 * less than is known, Earshot.Allowed says the rest to our own import, and ALL is what others read.
 *
 * CSV: a column for each attribute that any of them has, as often as it has values; so the columns are
 * collected first, over all records.
 *
 * Errors:  the buffer's (buf_failed()); ERR_LIMIT: more columns than CSV may have.
 * Threads: pure.
 */
#ifndef PEOPLE_EXPORT_H
#define PEOPLE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct customer_record;
struct err;
struct export_columns;

enum export_format {
	EXPORT_JSONL,
	EXPORT_PINPOINT_JSONL,
	EXPORT_PINPOINT_CSV,
	EXPORT_FORMAT_COUNT
};
extern const char *const export_format_names[EXPORT_FORMAT_COUNT]; /* "pinpoint-csv" */

/* One line with its end, appended. */
void export_jsonl(const struct customer_record *r, struct buf *out);
/* A line for each endpoint. */
void export_pinpoint_jsonl(const struct customer_record *r, struct buf *out);

struct export_columns *export_columns_new(void);
void export_columns_free(struct export_columns *c);
/* The columns a record needs, as well. */
int export_columns_add(struct export_columns *c, const struct customer_record *r, struct err *err);
/* The header, and the rows of one record.  guard: what a spreadsheet would run as a formula is
 * prefixed with ' (and is no longer what it was: not for an import). */
void export_csv_header(const struct export_columns *c, struct buf *out);
void export_csv(
    const struct export_columns *c, const struct customer_record *r, bool guard, struct buf *out);

#endif
