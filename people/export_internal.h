/*
 * export_internal.h - what both of Pinpoint's formats say of an endpoint.
 */
#ifndef PEOPLE_EXPORT_INTERNAL_H
#define PEOPLE_EXPORT_INTERNAL_H

#include "core/json.h"
#include "people/export.h"
#include "store/records.h"

#define EXPORT_ALLOWED_MAX 64

struct export_row {
	const struct customer_record *r;
	const struct endpoint *e; /* NULL: a row of the user alone */
	struct json_doc *doc; /* of the other columns */
	const struct json *extra;
	struct slice type; /* Pinpoint's */
	struct slice timezone, locale, country;
	const char *opt_out; /* NONE, ALL */
	char allowed[EXPORT_ALLOWED_MAX]; /* "": OptOut says it all */
};

/* Must the customer have a row of its own, in front? */
bool export_needs_user_row(const struct customer_record *r);
/* e_index: an endpoint, or r->c.endpoint_count for the user's. */
void export_row_init(struct export_row *row, const struct customer_record *r, size_t e_index);
void export_row_fini(struct export_row *row);

#endif
