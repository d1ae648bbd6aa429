/*
 * customers_export.c - customers as text that an import reads again.
 *
 * GET /api/v1/customers/export?after=&limit=   200: JSON lines, a customer each, by id; the next
 * page is behind the last line's id, and a page without a line is the end
 */
#include "api/api_internal.h"

#include "people/export.h"
#include "store/records.h"

#define EXPORT_LIMIT_MAX 5000
#define EXPORT_LIMIT_DEFAULT 500
#define EXPORT_PAGE_BYTES (16u * 1024 * 1024) /* of records in memory: then a page ends early */

int
api_customers_export(struct api_call *c, struct err *err)
{
	struct customer_record **list;
	size_t count;
	int64_t limit;

	if (api_query_i64(c, "limit", 1, EXPORT_LIMIT_MAX, EXPORT_LIMIT_DEFAULT, &limit) < 0)
		return -1;
	if (store_records_list(c->env->store, api_query(c, "after"), (size_t)limit,
		EXPORT_PAGE_BYTES, clock_now_ms(c->env->clock), c->env->arena, &list, &count,
		err) < 0)
		return -1;
	c->reply->status = 200;
	c->reply->content_type = "application/x-ndjson";
	for (size_t i = 0; i < count; i++)
		export_jsonl(list[i], &c->reply->body);
	return 0;
}
