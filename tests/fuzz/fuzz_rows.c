/*
 * fuzz_rows.c - any bytes in a column that holds JSON: what a damaged disk, another program or another
 * release left there.  Laws: it is refused with words, or what is read of it and written is read and
 * written as the same again; a history of any changes tells one whole object, at any instant.
 *
 * The first byte says which column it is.
 */
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"
#include "store/as_of.h"
#include "store/posts.h"
#include "store/records_internal.h"
#include "store/store_internal.h"
#include "tests/fuzz/store_again.h"

#define NOW INT64_C(1795255200000)
#define COLUMN_MAX ((size_t)4 << 20)
#define CHANGES_MAX 20

/* Reads a column and writes it again: 0, -1 with err. */
typedef int again_fn(struct slice json, struct arena *a, struct buf *out, struct err *err);

static int
customer_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	struct customer *c;

	if (row_json_read_customer(json, a, &c, err) < 0)
		return -1;
	row_json_customer(c, out);
	return 0;
}

static int
values_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	struct slice_list values;

	if (row_json_read_values(json, a, &values, err) < 0)
		return -1;
	row_json_values(values, out);
	return 0;
}

static int
attributes_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	const struct attribute *list;
	size_t count;

	if (row_json_read_attributes(json, a, &list, &count, err) < 0)
		return -1;
	row_json_attributes(list, count, out);
	return 0;
}

static int
metrics_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	const struct customer_metric *list;
	struct json_writer w;
	size_t count;

	if (record_metrics_read(json, a, &list, &count, err) < 0)
		return -1;
	buf_clear(out);
	json_writer_init(&w, out);
	metrics_json(list, count, &w);
	return 0;
}

static int
post_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	struct stored_post sp = {0};

	if (row_json_read_post(json, a, &sp, err) < 0)
		return -1;
	LAW(sp.post.author.is_verified >= TRI_UNKNOWN && sp.post.author.is_verified <= TRI_YES);
	LAW(sp.post.author.is_bot >= TRI_UNKNOWN && sp.post.author.is_bot <= TRI_YES);
	row_json_post(&sp, out);
	return 0;
}

/* What is read without its reasons is the same but for them. */
static int
score_again(struct slice json, struct arena *a, struct buf *out, struct err *err)
{
	struct score s = {0}, bare = {0};

	if (row_json_read_score(json, true, a, &s, err) < 0)
		return -1;
	LAW(row_json_read_score(json, false, a, &bare, err) == 0);
	row_json_score(&s, out);
	LAW(row_json_read_score(buf_slice(out), false, a, &bare, err) == 0);
	LAW(bare.negative_milli == s.negative_milli && bare.neutral_milli == s.neutral_milli &&
	    bare.positive_milli == s.positive_milli && bare.intents == s.intents &&
	    bare.is_unsure == s.is_unsure && bare.is_scored == s.is_scored);
	return 0;
}

static void
check_again(again_fn *again, struct slice json, struct arena *a)
{
	struct err err = {ERR_NONE, ""};
	struct buf first, second;

	buf_init(&first, COLUMN_MAX);
	buf_init(&second, COLUMN_MAX);
	if (again(json, a, &first, &err) == 0) {
		LAW(!buf_failed(&first));
		LAW(again(buf_slice(&first), a, &second, &err) == 0);
		LAW(slice_eq(buf_slice(&first), buf_slice(&second)));
	} else {
		LAW(err.kind == ERR_STORE && err.text[0] != '\0');
	}
	buf_fini(&first);
	buf_fini(&second);
}

/* ---- history -------------------------------------------------------------------- */

static struct store_again desk;

static struct store *
use_store(void)
{
	static const struct store_options o = {
	    .mode = STORE_MEMORY, .now_ms = NOW, .hash_seed = 7, .cache_entries = 64};

	return store_again(&desk, &o);
}

/* A line: the field, the old value and the new one, with tabs between; an empty one is none. */
static void
put_change(struct slice line, int64_t at_ms)
{
	static const char sql[] = "INSERT INTO customer_history (customer_id, at_ms, field, old, "
				  "new, source) VALUES ('u', ?1, ?2, ?3, ?4, 'test')";
	static sqlite3_stmt *stmt;

	if (stmt == NULL)
		LAW(sqlite3_prepare_v2(desk.st->db, sql, -1, &stmt, NULL) == SQLITE_OK);
	LAW(sqlite3_bind_int64(stmt, 1, at_ms) == SQLITE_OK);
	for (int i = 2; i <= 4; i++) {
		struct slice part = slice_split(&line, '\t');

		LAW((part.len > 0 || i == 2
			    ? sqlite3_bind_text(stmt, i, part.len > 0 ? part.ptr : "",
				  (int)part.len, SQLITE_STATIC)
			    : sqlite3_bind_null(stmt, i)) == SQLITE_OK);
	}
	LAW(sqlite3_step(stmt) == SQLITE_DONE && sqlite3_reset(stmt) == SQLITE_OK);
}

static void
check_past(struct store *st, int64_t at_ms, struct arena *a)
{
	struct err err = {ERR_NONE, ""};
	struct json_doc *doc = NULL;
	struct slice_list ids;
	struct buf out;
	int rc;

	buf_init(&out, COLUMN_MAX);
	rc = store_record_as_of(st, SLICE_LIT("u"), at_ms, a, &out, &err);
	LAW(rc >= 0 || (err.kind == ERR_STORE && err.text[0] != '\0'));
	if (rc > 0)
		LAW(json_parse(buf_slice(&out), &doc, NULL, &err) == 0 &&
		    json_type(json_root(doc)) == JSON_OBJECT);
	json_doc_free(doc);
	buf_fini(&out);
	rc = store_tree_as_of(st, SLICE_LIT("u"), at_ms, a, &ids, &err);
	LAW(rc >= 0 || (err.kind == ERR_STORE && err.text[0] != '\0'));
}

static void
check_history(struct slice lines, struct arena *a)
{
	struct store *st = use_store();
	/* texts were made UTF-8 at the border */
	struct slice u = SLICE_LIT("u"), rest = utf8_repair(a, lines, NULL);
	bool created;
	int64_t count = 0;

	LAW(store_begin(st, NULL) == 0);
	LAW(store_customer_put(st, u, SLICE_LIT("Europe/Vienna"), SLICE_NONE, SLICE_LIT("AT"), NOW,
		"test", &created, NULL) >= 0);
	while (slice_is_set(rest) && count < CHANGES_MAX)
		put_change(slice_split(&rest, '\n'), NOW + ++count * 1000);
	LAW(store_commit(st, NULL) == 0);
	check_past(st, NOW, a);
	check_past(st, NOW + count * 500, a);
	check_past(st, INT64_MAX, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static again_fn *const columns[] = {
	    customer_again, values_again, attributes_again, metrics_again, post_again, score_again};
	const size_t column_count = sizeof columns / sizeof *columns;
	struct arena *a = arena_new((size_t)64 << 20);
	struct slice text;

	LAW(a != NULL);
	if (size > 0) {
		text = slice_make((const char *)data + 1, size - 1);
		if (data[0] % 8 < column_count)
			check_again(columns[data[0] % 8], text, a);
		else
			check_history(text, a);
	}
	arena_free(a);
	return 0;
}
