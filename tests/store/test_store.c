/*
 * Opening, migrating, the transaction, small tables.
 */
#include "tests/store/store_fixture.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/support/faults.h"

static void
a_new_database_is_made_at_the_newest_schema(void **state)
{
	struct fixture *f = *state;
	struct slice created;
	struct stat info;

	assert_int_equal(store_schema_version(f->st), store_schema_latest());
	assert_int_equal(store_meta_get(f->st, "created_at", f->a, &created, ERR), 1);
	assert_string_equal(created.ptr, "2026-11-21T10:00:00Z");
	assert_int_equal(store_meta_get(f->st, "migration.0001_spine", f->a, &created, ERR), 1);
	assert_int_equal(stat(f->path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(ask_number(f->path, "PRAGMA user_version"), store_schema_latest());
	assert_sound(f->path);
}

static void
opening_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	fixture_close(f);
	before = dump_all(f->path);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
	fixture_close(f);
	after = dump_all(f->path);
	assert_string_equal(before, after);
	mem_free(before);
	mem_free(after);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
nothing_is_committed_into_a_file_that_is_gone(void **state)
{
	struct fixture *f = *state;
	char elsewhere[512];

	snprintf(elsewhere, sizeof elsewhere, "%s.elsewhere", f->path);
	assert_int_equal(rename(f->path, elsewhere), 0);
	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "a", SLICE_LIT("b"), ERR));
	assert_int_equal(store_commit(f->st, ERR), -1);
	assert_int_equal(ERR->kind, ERR_STORE);
	assert_non_null(strstr(ERR->text, "deleted or moved"));
	assert_false(store_in_transaction(f->st));
	/* back in its place, it goes on */
	assert_int_equal(rename(elsewhere, f->path), 0);
	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "a", SLICE_LIT("b"), ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM meta WHERE key = 'a'"), 1);
}

static void
what_cannot_be_opened_is_refused_with_words(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name, *sql, *bytes;
		enum store_mode mode;
		enum err_kind kind;
		const char *words;
	} cases[] = {
	    {"missing.db", NULL, NULL, STORE_READER, ERR_NOT_FOUND, "there is no database"},
	    {"no/such/folder.db", NULL, NULL, STORE_WRITER, ERR_STORE, "No such file or directory"},
	    {"newer.db", "PRAGMA user_version=999; PRAGMA application_id=1161908819", NULL,
		STORE_WRITER, ERR_STORE, "written by a newer Earshot (schema 999"},
	    {"newer2.db", "PRAGMA user_version=999; PRAGMA application_id=1161908819", NULL,
		STORE_READER, ERR_STORE, "written by a newer Earshot (schema 999"},
	    {"older.db", "PRAGMA user_version=0; PRAGMA application_id=1161908819", NULL,
		STORE_READER, ERR_STORE, "start the daemon once"},
	    {"foreign.db", "CREATE TABLE songs (title TEXT)", NULL, STORE_WRITER, ERR_STORE,
		"another program"},
	    {"foreign2.db", "PRAGMA user_version=1", NULL, STORE_WRITER, ERR_STORE,
		"another program"},
	    {"text.db", NULL,
		"This is a letter to my grandmother, not a database, and long enough so.",
		STORE_WRITER, ERR_STORE, "damaged"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *path = path_join(f->dir, cases[i].name);
		struct store *st = NULL;
		size_t before = 0, after = 0;
		char *was = NULL, *is = NULL;

		if (cases[i].sql != NULL)
			run_sql(path, cases[i].sql);
		if (cases[i].bytes != NULL)
			support_write_text(path, cases[i].bytes);
		was = support_read(path, &before);
		memset(ERR, 0, sizeof *ERR);
		assert_int_equal(fixture_open(path, cases[i].mode, NULL, &st), -1);
		assert_null(st);
		if (ERR->kind != cases[i].kind || strstr(ERR->text, cases[i].words) == NULL)
			fail_msg("%s: %s \"%s\", want %s \"...%s...\"", cases[i].name,
			    err_kind_name(ERR->kind), ERR->text, err_kind_name(cases[i].kind),
			    cases[i].words);
		is = support_read(path, &after);
		if (was != NULL) { /* what is not ours stays as it was, byte for byte */
			assert_int_equal(before, after);
			assert_memory_equal(was, is, before);
		}
		mem_free(was);
		mem_free(is);
		mem_free(path);
	}
}

static void
readers_see_only_what_is_committed_and_keep_their_snapshot(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	struct slice value;

	OK(fixture_open(f->path, STORE_READER, NULL, &reader));
	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "color", SLICE_LIT("green"), ERR));
	assert_int_equal(store_meta_get(f->st, "color", f->a, &value, ERR), 1);
	assert_int_equal(store_meta_get(reader, "color", f->a, &value, ERR), 0);
	OK(store_begin(reader, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_meta_get(reader, "color", f->a, &value, ERR), 0);
	OK(store_commit(reader, ERR));
	assert_int_equal(store_meta_get(reader, "color", f->a, &value, ERR), 1);
	assert_string_equal(value.ptr, "green");
	store_close(reader);
}

static void
a_rollback_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct slice value;
	struct rule_counter c;

	OK(store_begin(f->st, ERR));
	assert_true(store_in_transaction(f->st));
	OK(store_meta_set(f->st, "color", SLICE_LIT("green"), ERR));
	OK(store_counter_put(
	    f->st, SLICE_LIT("r"), STATE_TOTAL, SLICE_LIT(""), &(struct rule_counter){5, 1}, ERR));
	store_rollback(f->st);
	assert_false(store_in_transaction(f->st));
	assert_int_equal(store_meta_get(f->st, "color", f->a, &value, ERR), 0);
	assert_int_equal(
	    store_counter_get(f->st, SLICE_LIT("r"), STATE_TOTAL, SLICE_LIT(""), &c, ERR), 0);
	assert_int_equal(c.count, 0);
	assert_true(c.last_at_ms == TIME_UNKNOWN);
	store_rollback(f->st); /* nothing open: nothing happens */
}

static void
a_transaction_in_which_something_failed_cannot_be_committed(void **state)
{
	struct fixture *f = *state;
	struct slice value;
	struct message m = {.message_no = 12345, .channel = SLICE_LIT("file")};

	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "color", SLICE_LIT("green"), ERR));
	assert_int_equal(store_message_update(f->st, &m, ERR), -1);
	assert_int_equal(ERR->kind, ERR_NOT_FOUND);
	/* Somebody overlooks it and goes on. */
	assert_int_equal(store_meta_set(f->st, "shape", SLICE_LIT("round"), ERR), -1);
	assert_int_equal(store_commit(f->st, ERR), -1);
	assert_string_equal(ERR->text, "there is no message number 12345");
	assert_false(store_in_transaction(f->st));
	assert_int_equal(store_meta_get(f->st, "color", f->a, &value, ERR), 0);
	/* The next one is a fresh start. */
	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "color", SLICE_LIT("blue"), ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_meta_get(f->st, "color", f->a, &value, ERR), 1);
}

static void
a_second_writer_is_told_that_the_database_is_locked(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;
	struct store *st = f->st;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	OK(store_begin(st, ERR));
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
	store_rollback(st);
	sqlite3_close(db);
}

static void
what_another_connection_wrote_is_seen_in_the_next_transaction(void **state)
{
	struct fixture *f = *state;
	struct rule_counter c = {1000, 1};
	struct author au = {.id = SLICE_LIT("a1"), .followers = COUNT_UNKNOWN};
	struct author_facts facts;

	OK(store_begin(f->st, ERR));
	OK(store_counter_put(f->st, SLICE_LIT("r"), STATE_TOTAL, SLICE_LIT(""), &c, ERR));
	OK(store_author_see(f->st, &au, FIXTURE_NOW_MS, true, &facts, ERR));
	OK(store_commit(f->st, ERR));
	run_sql(f->path,
	    "UPDATE rule_state SET count = 42; UPDATE authors SET posts_seen = 9;"
	    "INSERT INTO tags (who, tag, at_ms) VALUES ('a:x', 'vip', 0)");
	OK(store_begin(f->st, ERR));
	assert_int_equal(
	    store_counter_get(f->st, SLICE_LIT("r"), STATE_TOTAL, SLICE_LIT(""), &c, ERR), 1);
	assert_int_equal(c.count, 42);
	OK(store_author_see(f->st, &au, FIXTURE_NOW_MS, true, &facts, ERR));
	assert_int_equal(facts.posts_seen, 10);
	OK(store_commit(f->st, ERR));
}

static void
small_values_are_set_replaced_and_removed(void **state)
{
	struct fixture *f = *state;
	struct slice value;

	OK(store_begin(f->st, ERR));
	OK(store_meta_set(f->st, "k", SLICE_LIT(""), ERR));
	assert_int_equal(store_meta_get(f->st, "k", f->a, &value, ERR), 1);
	assert_true(slice_is_set(value) && value.len == 0);
	OK(store_meta_set(f->st, "k", SLICE_LIT("two"), ERR));
	assert_int_equal(store_meta_get(f->st, "k", f->a, &value, ERR), 1);
	assert_string_equal(value.ptr, "two");
	OK(store_meta_set(f->st, "k", SLICE_NONE, ERR));
	assert_int_equal(store_meta_get(f->st, "k", f->a, &value, ERR), 0);
	OK(store_commit(f->st, ERR));
}

static void
answers_and_audit_lines_are_kept(void **state)
{
	struct fixture *f = *state;
	struct stored_answer answer = {SLICE_LIT("hash"), 202, SLICE_LIT("{\"a\":1}")}, got;
	int64_t count;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_answer_get(f->st, SLICE_LIT("key"), f->a, &got, ERR), 0);
	OK(store_answer_put(f->st, SLICE_LIT("key"), FIXTURE_NOW_MS, &answer, ERR));
	assert_int_equal(store_answer_get(f->st, SLICE_LIT("key"), f->a, &got, ERR), 1);
	assert_string_equal(got.request_hash.ptr, "hash");
	assert_string_equal(got.body.ptr, "{\"a\":1}");
	assert_int_equal(got.status, 202);
	OK(store_audit(f->st, FIXTURE_NOW_MS, "cli:root", "sending.stop", ERR));
	OK(store_count(f->st, "audit", &count, ERR));
	assert_int_equal(count, 1);
	OK(store_commit(f->st, ERR));
}

static void
the_check_says_ok_and_finds_damage(void **state)
{
	struct fixture *f = *state;
	bool ok = false;
	size_t len;
	char *bytes;
	struct store *st;

	OK(store_check(f->st, &ok, ERR));
	assert_true(ok);
	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 500; i++) {
		char key[32];

		snprintf(key, sizeof key, "key %d", i);
		OK(store_meta_set(
		    f->st, key, SLICE_LIT("a value of some length, to fill pages"), ERR));
	}
	OK(store_commit(f->st, ERR));
	fixture_close(f);
	bytes = support_read(f->path, &len);
	memset(bytes + 4096 + 200, 0x5a, len - 4096 - 200 < 40960 ? len - 4096 - 200 : 40960);
	support_write(f->path, bytes, len);
	mem_free(bytes);
	if (fixture_open(f->path, STORE_WRITER, NULL, &st) == 0) {
		int rc = store_check(st, &ok, ERR);

		assert_true(rc < 0 || !ok);
		assert_non_null(strstr(ERR->text, "damaged"));
		store_close(st);
	}
	unlink(f->path);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
}

static void
a_database_in_memory_works_the_same(void **state)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = FIXTURE_NOW_MS};
	struct store *st;
	struct arena *a = arena_new(1 << 20);
	struct slice value;

	(void)state;
	OK(store_open(&o, &st, ERR));
	OK(store_begin(st, ERR));
	OK(store_meta_set(st, "k", SLICE_LIT("v"), ERR));
	OK(store_commit(st, ERR));
	OK(store_begin(st, ERR));
	OK(store_meta_set(st, "k", SLICE_LIT("w"), ERR));
	store_rollback(st);
	assert_int_equal(store_meta_get(st, "k", a, &value, ERR), 1);
	assert_string_equal(value.ptr, "v");
	store_close(st);
	arena_free(a);
}

/* The log grows while a reader stays; then the reader is told to go, and the log is small again. */
static void
a_long_reader_cannot_make_the_log_grow_for_ever(void **state)
{
	struct fixture *f = *state;
	struct store_options o = {
	    .path = f->path, .mode = STORE_READER, .wal_ceiling_bytes = 4 * 1024 * 1024};
	struct store *reader;
	char *wal = path_join(f->dir, "earshot.db-wal"), *text = mem_zalloc(60001);
	struct stat info;
	struct slice value;
	int rounds = 0;

	memset(text, 'x', 60000);
	OK(store_open(&o, &reader, ERR));
	OK(store_begin(reader, ERR));
	while (store_meta_get(reader, "k", f->a, &value, ERR) == 0 && rounds < 5000) {
		char key[32];

		snprintf(key, sizeof key, "fill %d", rounds++ % 50);
		memset(
		    text, 'a' + rounds % 26, 60000); /* SQLite does not write what is as it was */
		OK(store_begin(f->st, ERR));
		OK(store_meta_set(f->st, key, slice_make(text, 60000), ERR));
		OK(store_commit(f->st, ERR));
	}
	if (ERR->kind != ERR_BUSY)
		fail_msg("%d rounds: %s", rounds, ERR->text);
	assert_int_equal(stat(wal, &info), 0);
	assert_in_range(info.st_size, 4 * 1024 * 1024, 5 * 1024 * 1024);
	/* It stays refused until the snapshot ends. */
	assert_int_equal(store_meta_get(reader, "k", f->a, &value, ERR), -1);
	store_rollback(reader);
	assert_int_equal(store_meta_get(reader, "fill 1", f->a, &value, ERR), 1);
	for (int i = 0; i < 2000; i++) {
		memset(text, 'a' + i % 26, 60000);
		OK(store_begin(f->st, ERR));
		OK(store_meta_set(f->st, "fill 1", slice_make(text, 60000), ERR));
		OK(store_commit(f->st, ERR));
	}
	/* 2,000 times 60 KB were written; the log started anew again and again. */
	assert_int_equal(stat(wal, &info), 0);
	assert_true(info.st_size < 40 * 1024 * 1024);
	store_close(reader);
	mem_free(text);
	mem_free(wal);
}

static off_t
log_size(const struct fixture *f)
{
	char *wal = path_join(f->dir, "earshot.db-wal");
	struct stat info;

	assert_int_equal(stat(wal, &info), 0);
	mem_free(wal);
	return info.st_size;
}

static void
fill_log(struct fixture *f, int rounds)
{
	char *text = mem_zalloc(60001);

	for (int i = 0; i < rounds; i++) {
		memset(text, 'a' + i % 26, 60000);
		OK(store_begin(f->st, ERR));
		OK(store_meta_set(f->st, "fill", slice_make(text, 60000), ERR));
		OK(store_commit(f->st, ERR));
	}
	mem_free(text);
}

/* 100 rounds are 1,600 pages: less than a commit copies back by itself, enough for an idle moment.
 */
static void
an_idle_moment_empties_the_log_without_waiting_for_a_busy_commit(void **state)
{
	struct fixture *f = *state;
	off_t size;

	fill_log(f, 100);
	size = log_size(f);
	store_idle(f->st);
	fill_log(f, 90);
	assert_int_equal(log_size(f), size); /* it started anew */
	fill_log(f, 90);
	assert_true(log_size(f) > size); /* and went on growing without an idle moment */
	assert_sound(f->path);
}

static void
an_idle_moment_without_need_does_nothing(void **state)
{
	struct fixture *f = *state;
	off_t size;

	fill_log(f, 2);
	size = log_size(f);
	store_idle(f->st);
	fill_log(f, 2);
	assert_true(log_size(f) > size);
}

static int
open_and_close(void *cookie)
{
	struct fixture *f = cookie;
	struct store *st;

	if (fixture_open(f->path, STORE_READER, NULL, &st) < 0)
		return -1;
	store_close(st);
	return 0;
}

static void
opening_with_short_memory_fails_cleanly(void **state)
{
	assert_true(faults_run(open_and_close, *state, true) > 2);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_new_database_is_made_at_the_newest_schema),
	    T(opening_again_changes_nothing),
	    T(nothing_is_committed_into_a_file_that_is_gone),
	    T(what_cannot_be_opened_is_refused_with_words),
	    T(readers_see_only_what_is_committed_and_keep_their_snapshot),
	    T(a_rollback_leaves_no_trace),
	    T(a_transaction_in_which_something_failed_cannot_be_committed),
	    T(a_second_writer_is_told_that_the_database_is_locked),
	    T(what_another_connection_wrote_is_seen_in_the_next_transaction),
	    T(small_values_are_set_replaced_and_removed),
	    T(answers_and_audit_lines_are_kept),
	    T(the_check_says_ok_and_finds_damage),
	    T(a_database_in_memory_works_the_same),
	    T(a_long_reader_cannot_make_the_log_grow_for_ever),
	    T(an_idle_moment_empties_the_log_without_waiting_for_a_busy_commit),
	    T(an_idle_moment_without_need_does_nothing),
	    T(opening_with_short_memory_fails_cleanly),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
