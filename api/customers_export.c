/*
 * customers_export.c - customers as text that an import reads again.
 *
 * GET /api/v1/customers/export?format=&after=&limit=   200: by id; the next page is behind the last
 * customer's id, and a page without one is the end
 */
#include "api/api_internal.h"

#include "people/export.h"
#include "store/records.h"

#define EXPORT_LIMIT_MAX 5000
#define EXPORT_LIMIT_DEFAULT 500
#define EXPORT_PAGE_BYTES (16u * 1024 * 1024) /* of records in memory: then a page ends early */

/* A page of CSV is a file of its own: its header has the columns that its customers need. */
static int
put_csv(
    struct customer_record *const *list, size_t count, bool guard, struct buf *out, struct err *err)
{
	struct export_columns *columns = export_columns_new();
	int rc = columns == NULL ? err_set(err, ERR_NOMEM, "no memory for an export") : 0;

	for (size_t k = 0; k < count && rc == 0; k++)
		rc = export_columns_add(columns, list[k], err);
	if (rc == 0 && count > 0)
		export_csv_header(columns, out);
	for (size_t k = 0; k < count && rc == 0; k++)
		export_csv(columns, list[k], guard, out);
	export_columns_free(columns);
	return rc;
}

int
api_customers_export(struct api_call *c, struct err *err)
{
	struct customer_record **list;
	struct buf *out = &c->reply->body;
	size_t count;
	int64_t limit;
	bool guard;
	int format, rc = 0;

	if (api_query_i64(c, "limit", 1, EXPORT_LIMIT_MAX, EXPORT_LIMIT_DEFAULT, &limit) < 0 ||
	    api_query_bool(c, "guard", &guard) < 0 ||
	    api_query_word(c, "format", export_format_names, EXPORT_FORMAT_COUNT, &format) < 0)
		return -1;
	if (store_records_list(c->env->store, api_query(c, "after"), (size_t)limit,
		EXPORT_PAGE_BYTES, clock_now_ms(c->env->clock), c->env->arena, &list, &count,
		err) < 0)
		return -1;
	if (format == EXPORT_PINPOINT_CSV)
		rc = put_csv(list, count, guard, out, err);
	else
		for (size_t k = 0; k < count; k++)
			(format == EXPORT_PINPOINT_JSONL ? export_pinpoint_jsonl : export_jsonl)(
			    list[k], out);
	if (rc < 0)
		return -1;
	c->reply->status = 200;
	c->reply->content_type =
	    format == EXPORT_PINPOINT_CSV ? "text/csv; charset=utf-8" : "application/x-ndjson";
	return 0;
}
