/*
 * store_fixture.h - what the tests of this room share: a store in a folder of its own, rows made
 * from a random number, and all tables as one text to compare.
 */
#ifndef TESTS_STORE_STORE_FIXTURE_H
#define TESTS_STORE_STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/rng.h"
#include "store/outbox.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/store.h"
#include "tests/support/files.h"

#define FIXTURE_NOW_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

#define OK(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, fixture_err.text);    \
	} while (0)

static struct err fixture_err;
#define ERR (&fixture_err)

/* A memory file system when there is one: these tests sync a lot. */
__attribute__((unused)) static void
fixture_use_memory_files(void)
{
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
}

struct fixture {
	char *dir, *path;
	struct store *st;
	struct arena *a;
};

__attribute__((unused)) static int
fixture_open(const char *path, enum store_mode mode, const char *vfs, struct store **st_r)
{
	struct store_options o = {.path = path, .mode = mode, .now_ms = FIXTURE_NOW_MS, .vfs = vfs};

	return store_open(&o, st_r, ERR);
}

__attribute__((unused)) static int
fixture_setup(void **state)
{
	struct fixture *f = mem_zalloc(sizeof *f);

	assert_non_null(f);
	f->dir = temp_dir_new();
	f->path = path_join(f->dir, "earshot.db");
	f->a = arena_new(256 * 1024 * 1024);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
	*state = f;
	return 0;
}

__attribute__((unused)) static void
fixture_close(struct fixture *f)
{
	store_close(f->st);
	f->st = NULL;
}

__attribute__((unused)) static int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	fixture_close(f);
	arena_free(f->a);
	mem_free(f->path);
	temp_dir_free(f->dir);
	mem_free(f);
	return 0;
}

/* ---- random rows ------------------------------------------------------ */

/* Unknown, empty, or a text with what a text may have in it. */
__attribute__((unused)) static struct slice
random_text(struct rng *r, struct arena *a)
{
	static const char *const pieces[] = {"a", "Z", " ", "\"", "\\", "\n", "\t", "ü", "漢", "😀",
	    "\x01", "{", "}", "null", "'", ";", "%", "\xe2\x80\xa8", "</script>", "0"};
	size_t count = rng_below(r, 4) == 0 ? 200 : rng_below(r, 12);
	struct buf b;
	struct slice s;

	if (rng_below(r, 4) == 0)
		return SLICE_NONE;
	buf_init(&b, 8192);
	buf_add_str(&b, "");
	for (size_t i = 0; i < count; i++)
		buf_add_str(&b, pieces[rng_below(r, sizeof pieces / sizeof pieces[0])]);
	s = arena_slice_dup(a, slice_of(buf_str(&b)));
	buf_fini(&b);
	return s;
}

__attribute__((unused)) static struct slice
random_id(struct rng *r, struct arena *a)
{
	return slice_of(
	    arena_printf(a, "https://example.org/%llu", (unsigned long long)rng_next(r)));
}

__attribute__((unused)) static struct slice_list
random_list(struct rng *r, struct arena *a)
{
	size_t count = rng_below(r, 4);
	struct slice *items = count == 0 ? NULL : arena_array(a, count, sizeof *items);

	for (size_t i = 0; i < count; i++)
		do {
			items[i] = random_text(r, a);
		} while (!slice_is_set(items[i]));
	return (struct slice_list){items, count};
}

/* Unknown, zero, or large. */
__attribute__((unused)) static int64_t
random_count(struct rng *r)
{
	uint64_t pick = rng_below(r, 3);

	return pick == 0 ? COUNT_UNKNOWN : pick == 1 ? 0 : (int64_t)rng_below(r, INT64_MAX);
}

__attribute__((unused)) static int64_t
random_time(struct rng *r)
{
	return rng_below(r, 3) == 0
	    ? TIME_UNKNOWN
	    : FIXTURE_NOW_MS - TIME_DAY_MS + (int64_t)rng_below(r, TIME_DAY_MS);
}

__attribute__((unused)) static void
random_author(struct rng *r, struct arena *a, struct author *au)
{
	*au = (struct author){
	    .id = rng_below(r, 5) == 0 ? SLICE_NONE : random_id(r, a),
	    .handle = random_text(r, a),
	    .name = random_text(r, a),
	    .bio = random_text(r, a),
	    .url = random_text(r, a),
	    .followers = random_count(r),
	    .following = random_count(r),
	    .posts = random_count(r),
	    .listed = random_count(r),
	    .is_verified = (enum tristate)((int)rng_below(r, 3) - 1),
	    .is_bot = (enum tristate)((int)rng_below(r, 3) - 1),
	    .created_at_ms = random_time(r),
	    .objects_to_profiling = rng_below(r, 2) == 0,
	};
}

__attribute__((unused)) static void
random_post(struct rng *r, struct arena *a, struct post *p)
{
	post_init(p);
	p->id = random_id(r, a);
	p->source = SLICE_LIT("mastodon");
	p->url = random_text(r, a);
	p->text = random_text(r, a);
	if (!slice_is_set(p->text))
		p->text = SLICE_LIT("");
	p->lang = random_text(r, a);
	p->created_at_ms = random_time(r);
	p->fetched_at_ms = FIXTURE_NOW_MS;
	random_author(r, a, &p->author);
	p->reply_to = random_text(r, a);
	p->repost_of = random_text(r, a);
	p->quote_of = random_text(r, a);
	p->thread = random_text(r, a);
	p->likes = random_count(r);
	p->replies = random_count(r);
	p->reposts = random_count(r);
	p->tags = random_list(r, a);
	p->mentions = random_list(r, a);
	p->place = random_text(r, a);
	p->is_text_cut = rng_below(r, 2) == 0;
	p->reply_handle = random_text(r, a);
}

__attribute__((unused)) static struct attribute *
random_attributes(struct rng *r, struct arena *a, size_t *count_r)
{
	size_t count = rng_below(r, 4);
	struct attribute *list = count == 0 ? NULL : arena_array(a, count, sizeof *list);

	for (size_t i = 0; i < count; i++) {
		list[i].name =
		    slice_of(arena_printf(a, "Attribute%zu.%c", i, (int)('a' + rng_below(r, 26))));
		list[i].values = random_list(r, a);
	}
	*count_r = count;
	return list;
}

__attribute__((unused)) static struct customer *
random_customer(struct rng *r, struct arena *a)
{
	struct customer *c = ARENA_NEW(a, struct customer);
	struct endpoint *e;
	struct consent *k;

	c->id = random_id(r, a);
	c->timezone = random_text(r, a);
	c->locale = random_text(r, a);
	c->country = random_text(r, a);
	c->attributes = random_attributes(r, a, &c->attribute_count);
	c->endpoint_count = rng_below(r, 3);
	c->endpoints = e =
	    c->endpoint_count == 0 ? NULL : arena_array(a, c->endpoint_count, sizeof *e);
	for (size_t i = 0; i < c->endpoint_count; i++) {
		e[i] = (struct endpoint){.id = random_id(r, a),
		    .channel = SLICE_LIT("email"),
		    .address = random_id(r, a),
		    .is_opted_out = rng_below(r, 2) == 0,
		    .is_inactive = rng_below(r, 2) == 0,
		    .timezone = random_text(r, a),
		    .locale = random_text(r, a),
		    .country = random_text(r, a)};
		e[i].attributes = random_attributes(r, a, &e[i].attribute_count);
	}
	c->consent_count = rng_below(r, 3);
	c->consents = k =
	    c->consent_count == 0 ? NULL : arena_array(a, c->consent_count, sizeof *k);
	for (size_t i = 0; i < c->consent_count; i++)
		k[i] = (struct consent){.channel = i == 0 ? SLICE_LIT("email") : SLICE_LIT("sms"),
		    .purpose = rng_below(r, 2) == 0 ? PURPOSE_SERVICE : PURPOSE_MARKETING,
		    .is_given = rng_below(r, 2) == 0};
	c->tags = random_list(r, a);
	c->link.linked_at_ms = TIME_UNKNOWN;
	if (rng_below(r, 2) == 0)
		c->link = (struct link_facts){.proof = SLICE_LIT("imported handle"),
		    .handle = random_text(r, a),
		    .basis = random_text(r, a),
		    .confidence = (int32_t)rng_below(r, 101),
		    .linked_at_ms = (int64_t)rng_below(r, 1000)};
	return c;
}

__attribute__((unused)) static void
random_score(struct rng *r, struct arena *a, struct score *s)
{
	*s = (struct score){
	    .label = (enum sentiment_label)rng_below(r, 3),
	    .score_milli = (int32_t)rng_below(r, 2001) - 1000,
	    .negative_milli = (int32_t)rng_below(r, 500),
	    .neutral_milli = (int32_t)rng_below(r, 500),
	    .is_unsure = rng_below(r, 2) == 0,
	    .is_scored = rng_below(r, 2) == 0,
	    .intents = (uint32_t)rng_below(r, 1u << INTENT_COUNT),
	    .lexicon = rng_below(r, 3) == 0 ? NULL : "en-3f2a91c0",
	    .reason_count = rng_below(r, 4),
	};
	s->positive_milli = 1000 - s->negative_milli - s->neutral_milli;
	snprintf(s->lang, sizeof s->lang, "%s", rng_below(r, 2) == 0 ? "und" : "de");
	if (s->reason_count > 0)
		s->reasons = arena_array(a, s->reason_count, sizeof *s->reasons);
	struct score_entry *entries = arena_array(a, s->reason_count + 1, sizeof *entries);
	for (size_t i = 0; i < s->reason_count; i++) {
		uint32_t start = (uint32_t)rng_below(r, 1000), len = (uint32_t)rng_below(r, 50);
		struct slice text = random_text(r, a);
		entries[i] = (struct score_entry){
		    text.ptr, (uint32_t)text.len, (uint8_t)rng_below(r, ENTRY_SOURCE_COUNT)};
		s->reasons[i] =
		    (struct contribution){start, len, &entries[i], random_text(r, a).ptr,
			(int32_t)rng_below(r, 8000) - 4000, (int32_t)rng_below(r, 8000) - 4000};
	}
}

static struct influence
random_influence(struct rng *r)
{
	struct influence in = {.is_known = rng_below(r, 2) == 0};

	if (!in.is_known)
		return in;
	in.total_milli = (int32_t)rng_below(r, 100001);
	in.bot_milli = (int32_t)rng_below(r, 1001);
	in.discount_milli = (int32_t)rng_below(r, 50001);
	in.assumed = (uint32_t)rng_below(r, 1u << INFLUENCE_PART_COUNT);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		in.parts_milli[i] = (int32_t)rng_below(r, 50001);
	return in;
}

static const struct adoption *
random_adoption(struct rng *r, struct arena *a)
{
	struct adoption *ad;

	if (rng_below(r, 2) == 0)
		return NULL;
	ad = ARENA_NEW(a, struct adoption);
	*ad = (struct adoption){rng_below(r, 2) == 0, (int32_t)rng_below(r, 1001),
	    (int64_t)rng_below(r, 90), (int64_t)rng_below(r, 30), random_text(r, a)};
	return ad;
}

__attribute__((unused)) static struct stored_post *
random_stored_post(struct rng *r, struct arena *a)
{
	static const struct slice brands[] = {{"acme", 4}, {"other", 5}};
	struct stored_post *sp = ARENA_NEW(a, struct stored_post);

	random_post(r, a, &sp->post);
	random_score(r, a, &sp->score);
	sp->brand_ids = (struct slice_list){brands, rng_below(r, 3)};
	sp->author = (struct author_facts){.author_no = (int64_t)rng_below(r, 3),
	    .posts_seen = (int64_t)rng_below(r, 9),
	    .first_seen_at_ms = random_time(r),
	    .tags = random_list(r, a),
	    .influence = random_influence(r)};
	sp->author.has_topic_influence = rng_below(r, 2) == 0;
	if (sp->author.has_topic_influence)
		sp->author.topic_influence = (int32_t)rng_below(r, 101);
	sp->author.adoption = random_adoption(r, a);
	sp->customer = rng_below(r, 3) == 0 ? random_customer(r, a) : NULL;
	sp->subject = rng_below(r, 3) == 0 ? SLICE_NONE : random_id(r, a);
	sp->feed = SLICE_LIT("fediverse");
	sp->inert = rng_below(r, 2) == 0 ? NULL : INERT_FIRST_FETCH;
	sp->rules_version = (int64_t)rng_below(r, 5);
	return sp;
}

/* ---- all rows as a text ----------------------------------------------- */

static void
dump_value(sqlite3_stmt *stmt, int i, struct buf *out)
{
	const unsigned char *bytes;

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL: buf_add_str(out, "NULL"); break;
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(stmt, i);
		for (int k = 0; k < sqlite3_column_bytes(stmt, i); k++)
			buf_addf(out, "%02x", bytes[k]);
		break;
	default: buf_add_str(out, (const char *)sqlite3_column_text(stmt, i)); break;
	}
}

__attribute__((unused)) static void
dump_rows(sqlite3 *db, const char *sql, struct buf *out)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			buf_add_str(out, i == 0 ? "" : "|");
			dump_value(stmt, i, out);
		}
		buf_add_char(out, '\n');
	}
	sqlite3_finalize(stmt);
}

__attribute__((unused)) static int
table_columns(sqlite3 *db, const char *name)
{
	char sql[160];
	sqlite3_stmt *stmt;
	int count;

	snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	count = sqlite3_column_count(stmt);
	sqlite3_finalize(stmt);
	return count;
}

/* Every row of every table, in a fixed order; read through SQLite's own connection.  Free with
 * mem_free(). */
__attribute__((unused)) static char *
dump_all(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *tables;
	struct buf out;

	buf_init(&out, 512 * 1024 * 1024);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
			     "name NOT LIKE 'sqlite_%' ORDER BY name",
			     -1, &tables, NULL),
	    SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		char sql[160];
		const char *name = (const char *)sqlite3_column_text(tables, 0);
		int columns = table_columns(db, name);

		snprintf(sql, sizeof sql, "SELECT '%s', * FROM %s ORDER BY 2, 3%s", name, name,
		    columns > 2 ? ", 4" : "");
		dump_rows(db, sql, &out);
	}
	sqlite3_finalize(tables);
	sqlite3_close(db);
	assert_false(buf_failed(&out));
	return buf_detach(&out, NULL);
}

/* One number of a query. */
__attribute__((unused)) static int64_t
ask_number(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t n;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

__attribute__((unused)) static void
assert_sound(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	const char *answer;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("integrity_check of '%s': %s", path, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = (const char *)sqlite3_column_text(stmt, 0);
	assert_string_equal(answer, "ok");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

#endif
