/*
 * Whatever a file of customers is: how its bytes arrive changes nothing, a second import changes
 * nothing, and what it made is exported and imported again as the same.
 */
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "people/export.h"
#include "people/import.h"
#include "store/records.h"
#include "tests/fuzz/fuzz_law.h"
#include "tests/fuzz/store_again.h"

#define NOW INT64_C(1795255200000)
#define OUT_MAX (64u * 1024 * 1024)
#define CUSTOMERS_MAX 100000

static struct store *
use_store(struct store_again *desk)
{
	static const struct store_options o = {
	    .mode = STORE_MEMORY, .now_ms = NOW, .hash_seed = 7, .cache_entries = 64};

	return store_again(desk, &o);
}

/* 0, or -1 when the file as a whole makes no sense. */
static int
read_file(struct store *st, struct slice text, size_t chunk, struct import_report *r)
{
	struct import_options o = {
	    .file = "x", .now_ms = NOW, .is_jsonl = import_is_jsonl(text), .batch_rows = 3};
	struct diag_list *diags = diag_list_new();
	struct import *i = NULL;
	struct err err = {ERR_NONE, ""};
	int rc;

	LAW(diags != NULL);
	LAW(import_new(st, &o, diags, &i, &err) == 0);
	rc = 0;
	for (size_t at = 0; at < text.len && rc == 0; at += chunk)
		rc = import_feed(i,
		    slice_make(text.ptr + at, text.len - at < chunk ? text.len - at : chunk), &err);
	if (rc == 0)
		rc = import_end(i, r, &err);
	LAW(rc == 0 || err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
	if (rc == 0)
		LAW(r->rows == r->created + r->updated + r->unchanged + r->rejected);
	import_free(i);
	diag_list_free(diags);
	return rc;
}

static void
write_file(struct store *st, struct buf *out)
{
	struct arena *a = arena_new(512u * 1024 * 1024);
	struct customer_record **list;
	struct err err;
	size_t count;

	LAW(store_records_list(
		st, SLICE_NONE, CUSTOMERS_MAX, SIZE_MAX / 2, NOW, a, &list, &count, &err) == 0);
	for (size_t k = 0; k < count; k++)
		export_jsonl(list[k], out);
	LAW(!buf_failed(out));
	arena_free(a);
}

static void
check_again(const struct buf *whole)
{
	static struct store_again desk;
	struct store *st = use_store(&desk);
	struct import_report r = {0};
	struct buf again;

	buf_init(&again, OUT_MAX);
	if (whole->len > 0) {
		LAW(read_file(st, buf_slice(whole), whole->len, &r) == 0);
		LAW(r.rejected == 0);
	}
	write_file(st, &again);
	LAW(slice_eq(buf_slice(whole), buf_slice(&again)));
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store_again desk, desk_of_parts;
	struct slice text = slice_make((const char *)data, size);
	struct store *st = use_store(&desk), *parts = use_store(&desk_of_parts);
	struct import_report r = {0}, by_parts = {0};
	struct buf whole, other;
	int rc = read_file(st, text, size + 1, &r);

	buf_init(&whole, OUT_MAX);
	buf_init(&other, OUT_MAX);
	LAW(read_file(parts, text, 7, &by_parts) == rc);
	write_file(st, &whole);
	write_file(parts, &other);
	LAW(slice_eq(buf_slice(&whole), buf_slice(&other)));
	if (rc == 0)
		check_again(&whole);
	buf_fini(&whole);
	buf_fini(&other);
	return 0;
}
