/*
 * store_internal.h - what the files of this room share: the connection, statements, caches, JSON of
 * rows.
 *
 * Statements: `query_open(&q, st, SQL, err)` with a literal; it is prepared once a connection and
 * found again by the literal's address.  Bind all parameters in order, then query_run() for a
 * change, or query_step() and query_close().
 * Errors:    whatever fails inside a transaction breaks it: store_commit() will refuse, so no
 *            half-done work is ever committed, not even by a caller that overlooks a -1.
 */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"
#include "core/timefmt.h"
#include "store/erasure.h"
#include "store/overlay.h"
#include "store/link_codes.h"
#include "store/pauses.h"
#include "store/outbox.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/segments.h"
#include "store/store.h"
#include "store/times.h"

/* Limits of this room. */
#define STORE_STATEMENT_SLOTS 1024 /* power of two; about a third is used */
#define STORE_BUSY_MS 5000 /* how long a writer waits for another one */
#define STORE_ROW_MAX (64 * 1024 * 1024) /* bytes of one value or row */
#define STORE_KEY_MAX (64 * 1024) /* bytes of a cache key, of joined brand ids */
#define STORE_CACHE_ENTRIES 65536
#define STORE_WAL_KEEP_BYTES                                                                       \
	(64 * 1024 * 1024) /* a log that grew beyond is cut when it starts anew */
#define STORE_WAL_CEILING_BYTES (INT64_C(512) * 1024 * 1024)
#define STORE_EXCERPT_MAX 500 /* bytes of a rejected input that are kept */

enum store_cache {
	CACHE_COUNTERS, /* rule_state: struct rule_counter */
	CACHE_TIMES_MANY, /* rule_times: struct rule_times, of rows with more than TIMES_FEW */
	CACHE_TIMES, /* rule_times: struct few_times */
	CACHE_AUTHORS, /* authors: struct author_state */
	CACHE_AUTHOR_LINK, /* author id -> int64_t link_no in force */
	CACHE_HANDLE_LINKS, /* handle -> char: has links in force */
	CACHE_TAGGED, /* who -> char: has tags */
	CACHE_LISTED, /* who -> char: is in some list */
	CACHE_LINK_CODES, /* "" -> int64_t until when the last open code is good */
	CACHE_PAUSED, /* what is paused -> int64_t until when */
	CACHE_STANDING, /* author_standing: author_no -> struct standing_row */
	CACHE_TOPIC_STANDING, /* topic_standing: struct topic_row */
	CACHE_TOPICS, /* topics: struct topic_size */
	CACHE_ITEMS, /* items: name -> struct item_row */
	CACHE_PLACES, /* item_authors: item_no, author_no -> place and time */
	CACHE_COUNT
};

struct statement {
	const char *sql;
	sqlite3_stmt *stmt;
};

/* touched.c: customers that this transaction changed something of. */
struct touched {
	struct map *seen;
	char **ids;
	size_t count;
	store_judge_fn *judge;
	void *cookie;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *rollback;
	const struct erasure_book *book; /* NULL: nobody is erased */
	enum erasures {
		ERASURES_UNKNOWN,
		ERASURES_NONE,
		ERASURES_SOME
	} erasures; /* whether anybody is */
	bool must_scrub; /* an erasure's pages are still in the log */
	char *path;
	enum store_mode mode;
	int schema_version, schema_found;
	bool is_in_transaction;
	bool is_broken; /* something failed in it; broken says what */
	struct err broken;
	int64_t data_version; /* SQLite's mark that another connection wrote */
	int wal_pages, checkpoint_pages, checkpoint_at_pages, idle_at_pages;
	int64_t wal_ceiling_bytes, wal_begin_bytes;
	struct statement statements[STORE_STATEMENT_SLOTS];
	size_t statement_count;
	struct overlay *caches[CACHE_COUNT]; /* NULL for readers: their caches would grow stale */
	struct touched touched;
	struct buf json_a, json_b, key; /* scratch of one call */
	char short_key[256]; /* likewise: keys of almost everybody */
};

/* --- query.c --- */
struct query {
	struct store *st;
	sqlite3_stmt *stmt;
	int bound;
	int rc; /* first failure of a bind or a read */
	bool is_arena_short;
	const struct arena *arena;
};

int query_open(struct query *q, struct store *st, const char *sql, struct err *err);
void query_close(struct query *q);
/* Whether a reader's snapshot kept the log from being emptied for longer than allowed; and where it
 * began. */
bool query_is_overdue(struct store *st);
void query_note_begin(struct store *st);
void query_bind_text(struct query *q, struct slice s); /* SLICE_NONE: NULL */
void query_bind_blob(struct query *q, struct slice bytes);
void query_bind_int(struct query *q, int64_t v);
void query_bind_time(struct query *q, int64_t at_ms); /* TIME_UNKNOWN: NULL */
void query_bind_count(struct query *q, int64_t n); /* COUNT_UNKNOWN (or TRI_UNKNOWN): NULL */
/* Two parameters: the range of hexadecimal ids that begin with prefix. -1: the arena gave nothing.
 */
int query_bind_prefix(struct query *q, struct slice prefix, struct arena *a);
int query_step(struct query *q, struct err *err); /* 1 a row, 0 the end, -1 */
int query_run(struct query *q, struct err *err); /* to the end, and closes; 0, -1 */
int query_change(struct query *q, struct err *err); /* query_run; 1 when it changed rows, 0, -1 */
int query_has_row(struct query *q, struct err *err); /* closes; 1 there is a row, 0, -1 */
/* The first column of the first row; closes.  1, 0 there is no row and *n_r is as it was, -1. */
int query_number(struct query *q, int64_t *n_r, struct err *err);
int64_t query_int(struct query *q, int column);
int64_t query_time(struct query *q, int column);
int64_t query_count(struct query *q, int column);
struct slice query_text(struct query *q, int column, struct arena *a);
struct slice query_peek_blob(struct query *q, int column); /* likewise */
struct slice query_peek(struct query *q, int column); /* good until the next step */
int
query_check(struct query *q, struct err *err); /* 0 when all reads of the row were fine, else -1 */

/* All rows of a query, read one by one into an array in the arena (zeroed before), and the query closed.
 * read returns -1 with err for what it cannot take; that the columns could be read is checked here.
 * rows_r: where the pointer to the rows goes; unchanged, as *count_r, on failure.  0, -1 */
typedef int query_read_fn(struct query *q, struct arena *a, void *row, struct err *err);
int query_rows(struct query *q, struct arena *a, size_t size, query_read_fn *read, void *rows_r,
    size_t *count_r, struct err *err);
query_read_fn query_read_text; /* row: struct slice, of the first column */

int store_error(struct store *st, int rc, struct err *err);
/* The arena, or the heap when a is NULL, gave nothing. */
int store_nomem(struct store *st, const struct arena *a, struct err *err);
/* 0, or -1 when the buffer could not hold what was added. */
int store_buf_check(struct store *st, const struct buf *b, struct err *err);
int store_fail(struct store *st, enum err_kind kind, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Notes what was reported already as the end of the transaction. Returns -1. */
int store_break(struct store *st, const struct err *e);
int store_exec(struct store *st, const char *sql, struct err *err);
/* The statements are finalized (before the connection closes). */
void store_statements_end(struct store *st);

/* Room for one more in an array that grows in an arena: *items_r moves. */
int rows_grow(struct store *st, struct arena *a, void **items_r, size_t count, size_t *cap,
    size_t size, struct err *err);
#define ROWS_GROW(st, a, items, count, cap, err)                                                   \
	rows_grow((st), (a), (void **)(items), (count), (cap), sizeof(**(items)), (err))

/* --- caches.c --- */
int caches_new(struct store *st, uint64_t hash_seed, size_t max_entries, struct err *err);
int cache_get(
    struct store *st, enum store_cache which, struct slice key, void *value_r, struct err *err);
int cache_put(
    struct store *st, enum store_cache which, struct slice key, const void *value, struct err *err);
int cache_put_saved(
    struct store *st, enum store_cache which, struct slice key, const void *value, struct err *err);
/* The same by a key in parts (overlay.h). */
int cache_get_key(struct store *st, enum store_cache which, struct slice head, char kind,
    struct slice tail, void *value_r, struct err *err);
int cache_put_key(struct store *st, enum store_cache which, struct slice head, char kind,
    struct slice tail, const void *value, struct err *err);
/* The same of a row that was looked for ahead (ahead.h). */
struct store_ahead;
int cache_get_at(struct store *st, enum store_cache which, struct store_ahead *a, void *value_r,
    struct err *err);
int cache_put_at(struct store *st, enum store_cache which, struct store_ahead *a, const void *value,
    struct err *err);
void cache_forget(struct store *st, enum store_cache which, struct slice key);

/* What each cache loads and saves; cookie is the store. */
int counter_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int counter_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int times_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int times_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int times_many_load(void *cookie, struct slice key, void *value_r, struct err *err);
int times_many_save(void *cookie, struct slice key, const void *value, struct err *err);
int link_codes_open_load(void *cookie, struct slice key, void *value_r, struct err *err);
int pause_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int author_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int author_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int author_link_load(void *cookie, struct slice key, void *value_r, struct err *err);
int handle_links_load(void *cookie, struct slice key, void *value_r, struct err *err);
int tagged_load(void *cookie, struct slice key, void *value_r, struct err *err);
int listed_load(void *cookie, struct slice key, void *value_r, struct err *err);
int standing_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int standing_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int topic_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int topic_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int topic_size_load(void *cookie, struct slice key, void *value_r, struct err *err);
int topic_size_save(void *cookie, struct slice key, const void *value, struct err *err);
int item_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int item_row_save(void *cookie, struct slice key, const void *value, struct err *err);
int place_row_load(void *cookie, struct slice key, void *value_r, struct err *err);
int place_row_save(void *cookie, struct slice key, const void *value, struct err *err);
#define PLACE_CACHED_BYTES 16

/* How many times a row holds and, when they are few, which: times.c says why. */
#define TIMES_FEW 6
struct few_times {
	size_t count;
	int64_t at_ms[TIMES_FEW];
};

struct author_state {
	int64_t author_no;
	int64_t first_seen_at_ms, last_seen_at_ms, posts_seen;
	uint64_t profile_hash; /* of the profile as last seen */
};

/* --- erasure.c --- */
#define ERASED_POST_PREFIX "erased:"
#define ERASED_POST_ID_SIZE 48
/* What takes the place of the id of an erased person's post.  Only with a book. */
void erased_post_id(struct store *st, struct slice id, char masked_r[ERASED_POST_ID_SIZE]);

/* --- touched.c --- */
/* Something of this customer changes (an attribute, an endpoint, a consent, a tag, a list, a link, what they
 * did): their segments are judged anew before the transaction commits.  store_history_add() calls it; what
 * leaves no history must.  who: "c:<customer id>"; others are nobody's. */
int store_customer_touched(struct store *st, struct slice id, struct err *err);
int store_who_touched(struct store *st, struct slice who, struct err *err);
/* Before a commit: to the judge, and who is left into the queue. */
int touched_settle(struct store *st, struct err *err);
void touched_clear(struct store *st);
void touched_fini(struct store *st);
/* A row of history that touches nobody: of what the judge itself finds. */
int history_write(
    struct store *st, struct slice customer_id, const struct history_row *row, struct err *err);

/* --- times.c --- */
#define TIMES_PACKED_BYTES 8
void times_pack(int64_t at_ms, unsigned char *out);
int64_t times_unpack(const char *packed);
/* Both of its caches. */
int times_flush(struct store *st, struct err *err);

/* --- posts.c --- */
#define POST_COLUMNS                                                                               \
	"post_no, id, feed, source, author_no, subject, created_at_ms, fetched_at_ms, text, "      \
	"lang, "                                                                                   \
	"label, score_milli, brands, likes, replies, reposts, inert, rules_version, revision, "    \
	"is_deleted, is_expired, post_json, score_json, behind_ms"
/* Of the row of POST_COLUMNS the query stands on: are its texts gone; the post itself, with_reasons or
 * without the score's reasons; and who its author was linked to. */
bool post_row_is_gone(struct query *q);
int post_row_read(struct query *q, struct arena *a, bool with_reasons, struct stored_post **sp_r,
    struct err *err);
int post_row_customer(struct store *st, struct stored_post *sp, struct arena *a, struct err *err);
/* The same from a column of a row at hand. */
int post_customer_read(
    struct query *q, int column, struct stored_post *sp, struct arena *a, struct err *err);
/* Takes the words out of a row and marks it deleted or expired. */
int post_row_empty(struct store *st, int64_t post_no, bool is_deletion, struct err *err);

/* --- migrate.c --- */
int migrate_run(struct store *st, int64_t now_ms, struct err *err);
int migrate_version_read(struct store *st, int *version_r, struct err *err);

/* --- row_json.c, row_json_post.c, row_json_score.c: what is kept as JSON inside rows because nothing
 * searches for it --- */
void row_json_post(const struct stored_post *sp, struct buf *out);
int row_json_read_post(struct slice json, struct arena *a, struct stored_post *sp, struct err *err);
void row_json_score(const struct score *s, struct buf *out);
int row_json_read_score(
    struct slice json, bool with_reasons, struct arena *a, struct score *s, struct err *err);
void row_json_customer(const struct customer *c, struct buf *out);
int
row_json_read_customer(struct slice json, struct arena *a, struct customer **c_r, struct err *err);
void row_json_values(struct slice_list values, struct buf *out);
int row_json_read_values(
    struct slice json, struct arena *a, struct slice_list *values_r, struct err *err);
void row_json_attributes(const struct attribute *list, size_t count, struct buf *out);
int row_json_read_attributes(struct slice json, struct arena *a, const struct attribute **list_r,
    size_t *count_r, struct err *err);

#endif
