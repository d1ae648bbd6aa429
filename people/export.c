#include "people/export.h"

#include "core/buf.h"
#include "store/records.h"

void
export_jsonl(const struct customer_record *r, struct buf *out)
{
	store_record_json(r, out);
	buf_add_char(out, '\n');
}
