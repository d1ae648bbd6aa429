/*
 * Every write, sync, cut, opening and shared-memory page fails in turn: the batch is refused with
 * words, nothing of it is kept, and done again once the disk is well it gives the rows of an
 * undisturbed run.
 *
 * The short form takes a part of the operations; EARSHOT_LONG=1 takes all.
 */
#include <string.h>

#include "tests/store/disk_world.h"
#include "tests/store/fault_vfs.h"

static int
open_faulty(const struct world *w, struct store **st_r)
{
	struct store_options o = {.path = w->path,
	    .mode = STORE_WRITER,
	    .now_ms = FIXTURE_NOW_MS,
	    .vfs = FAULT_VFS,
	    .checkpoint_pages = 60,
	    .cache_entries = 4};

	return store_open(&o, st_r, ERR);
}

struct failing {
	const char *name;
	unsigned mask;
	int code;
	bool is_sticky;
	const char *words; /* what a refused batch says */
};

static const struct failing failings[] = {
    {"one write fails", FAULT_WRITE, SQLITE_IOERR_WRITE, false, "I/O error"},
    {"writes fail", FAULT_WRITE, SQLITE_IOERR_WRITE, true, "I/O error"},
    {"one write finds the disk full", FAULT_WRITE, SQLITE_FULL, false, "disk full: cannot write"},
    {"the disk is full", FAULT_WRITE, SQLITE_FULL, true, "disk full: cannot write"},
    {"one sync fails", FAULT_SYNC, SQLITE_IOERR_FSYNC, false, "I/O error"},
    {"syncs fail", FAULT_SYNC, SQLITE_IOERR_FSYNC, true, "I/O error"},
    {"a file cannot be cut", FAULT_TRUNCATE, SQLITE_IOERR_TRUNCATE, true, "I/O error"},
    {"shared memory cannot grow", FAULT_SHM, SQLITE_IOERR_SHMSIZE, true, "I/O error"},
    {"all of it fails", FAULT_WRITE | FAULT_SYNC | FAULT_TRUNCATE | FAULT_SHM | FAULT_OPEN,
	SQLITE_IOERR_WRITE, true, "I/O error"},
};

/* One batch until it holds; the disk is mended after the second refusal. */
static unsigned
batch_in_spite(struct store *st, int batch, const struct failing *how, const char *note)
{
	unsigned refused = 0;

	while (work_batch(st, batch) < 0) {
		assert_false(store_in_transaction(st));
		if (fixture_err.kind != ERR_STORE || strstr(fixture_err.text, how->words) == NULL)
			fail_msg("%s: %s", note, fixture_err.text);
		if (!fault.has_hit)
			fail_msg("%s: refused although nothing failed: %s", note, fixture_err.text);
		if (++refused >= 2)
			fault_vfs_arm(0, 0, false, 0);
		if (refused > 3)
			fail_msg("%s: still refused on a mended disk: %s", note, fixture_err.text);
	}
	return refused;
}

/* True when the fault was reached. */
static bool
fail_at(const struct world *w, const struct failing *how, unsigned nth, unsigned *refused_r)
{
	struct store *st;
	char note[96];
	char *rows;
	bool hit;

	snprintf(note, sizeof note, "%s, nth %u", how->name, nth);
	forget_files(w);
	OK(open_faulty(w, &st));
	OK(work_prepare(st));
	fault_vfs_arm(how->mask, nth, how->is_sticky, how->code);
	for (int b = 0; b < WORKLOAD_BATCHES; b++)
		*refused_r += batch_in_spite(st, b, how, note);
	store_close(st); /* with the fault, when no batch met it */
	hit = fault.has_hit;
	fault_vfs_arm(0, 0, false, 0);
	assert_sound(w->path);
	rows = dump_all(w->path);
	assert_same_rows(rows, w->references[WORKLOAD_BATCHES], note);
	mem_free(rows);
	return hit;
}

static void
a_batch_refused_by_the_disk_and_done_again_gives_the_same_rows(void **state)
{
	const struct world *w = *state;
	unsigned stride = getenv("EARSHOT_LONG") != NULL ? 1 : 13;
	unsigned runs = 0, refused = 0;

	for (size_t i = 0; i < sizeof failings / sizeof failings[0]; i++) {
		const struct failing *how = &failings[i];
		unsigned step = (how->mask & FAULT_WRITE) != 0 ? stride : 1;

		for (unsigned nth = 1; fail_at(w, how, nth, &refused); nth += step)
			runs++;
		runs++;
	}
	print_message("# %u runs, %u batches refused\n", runs, refused);
	assert_true(refused > runs / 3);
}

/* No file may grow past a quota: what a full disk is. */
static void
a_full_disk_that_is_freed_loses_nothing(void **state)
{
	const struct world *w = *state;
	unsigned refused = 0;

	for (sqlite3_int64 quota = 260 * 1024; quota < 520 * 1024; quota += 24 * 1024) {
		struct store *st;
		char *rows;
		int b = 0;

		forget_files(w);
		OK(open_faulty(w, &st));
		OK(work_prepare(st));
		fault.quota_bytes = quota;
		while (b < WORKLOAD_BATCHES) {
			if (work_batch(st, b) == 0) {
				b++;
				continue;
			}
			assert_non_null(strstr(fixture_err.text, "disk full: cannot write"));
			assert_non_null(strstr(fixture_err.text, w->path));
			/* Nothing of it is there, also for a reader; then somebody makes room. */
			rows = dump_all(w->path);
			assert_same_rows(rows, w->references[b], "while the disk is full");
			mem_free(rows);
			fault.quota_bytes = 0;
			refused++;
		}
		fault.quota_bytes = 0;
		store_close(st);
		assert_sound(w->path);
		rows = dump_all(w->path);
		assert_same_rows(rows, w->references[WORKLOAD_BATCHES], "after the disk was freed");
		mem_free(rows);
	}
	assert_true(refused >= 3);
}

static void
opening_on_a_failing_disk_fails_or_succeeds_whole(void **state)
{
	const struct world *w = *state;
	static const unsigned masks[] = {FAULT_OPEN, FAULT_WRITE, FAULT_SYNC, FAULT_SHM,
	    FAULT_DELETE, FAULT_READ, FAULT_TRUNCATE};
	unsigned stride = getenv("EARSHOT_LONG") != NULL ? 1 : 5;
	unsigned refused = 0;

	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++)
		for (int sticky = 0; sticky <= 1; sticky++)
			for (unsigned nth = 1;; nth += masks[i] == FAULT_WRITE ? stride : 1) {
				struct store *st = NULL;
				bool hit;
				char *rows;

				forget_files(w);
				fault_vfs_arm(masks[i], nth, sticky != 0, SQLITE_IOERR);
				if (open_faulty(w, &st) < 0) {
					assert_null(st);
					refused++;
				} else {
					store_close(st);
				}
				hit = fault.has_hit;
				fault_vfs_arm(0, 0, false, 0);
				OK(open_faulty(w, &st));
				OK(work_prepare(st));
				store_close(st);
				assert_sound(w->path);
				rows = dump_all(w->path);
				assert_same_rows(rows, w->references[0], "after a failed opening");
				mem_free(rows);
				if (!hit)
					break;
			}
	assert_true(refused > 20);
}

/* A reader on a failing disk says so and goes on when it can read again. */
static void
reading_on_a_failing_disk_is_an_error_not_an_answer(void **state)
{
	const struct world *w = *state;
	struct store *st, *reader;
	struct arena *a = arena_new(1 << 20);
	struct stored_post *sp;
	struct store_options o = {.path = w->path, .mode = STORE_READER, .vfs = FAULT_VFS};

	forget_files(w);
	OK(open_faulty(w, &st));
	OK(work_prepare(st));
	OK(work_batch(st, 0));
	OK(store_open(&o, &reader, ERR));
	fault_vfs_arm(FAULT_READ, 1, true, SQLITE_IOERR_READ);
	assert_int_equal(
	    store_post_load(reader, SLICE_LIT("https://example.org/statuses/0-3"), a, &sp, ERR),
	    -1);
	assert_int_equal(fixture_err.kind, ERR_STORE);
	fault_vfs_arm(0, 0, false, 0);
	assert_int_equal(
	    store_post_load(reader, SLICE_LIT("https://example.org/statuses/0-3"), a, &sp, ERR), 1);
	assert_int_equal(sp->score.score_milli, -700);
	store_close(reader);
	store_close(st);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_batch_refused_by_the_disk_and_done_again_gives_the_same_rows),
	    cmocka_unit_test(a_full_disk_that_is_freed_loses_nothing),
	    cmocka_unit_test(opening_on_a_failing_disk_fails_or_succeeds_whole),
	    cmocka_unit_test(reading_on_a_failing_disk_is_an_error_not_an_answer),
	};

	fixture_use_memory_files();
	fault_vfs_register();
	return cmocka_run_group_tests(tests, setup, teardown);
}
