/*
 * Every allocation of a batch fails in turn, SQLite's own among them: the batch is refused whole,
 * or done whole; done again on the same connection it gives the rows of an undisturbed run.
 *
 * The short form takes a part of the allocations; EARSHOT_LONG=1 takes all.
 */
#include <string.h>

#include "tests/store/workload.h"
#include "tests/support/files.h"

/* SQLite asks for the size of what it has: it stands before it. */
#define HEAD 16

static void *
sqlite_alloc(int size)
{
	unsigned char *p = mem_alloc((size_t)size + HEAD);

	if (p == NULL)
		return NULL;
	memcpy(p, &size, sizeof size);
	return p + HEAD;
}

static void
sqlite_free(void *p)
{
	if (p != NULL)
		mem_free((unsigned char *)p - HEAD);
}

static int
sqlite_size(void *p)
{
	int size = 0;

	if (p != NULL)
		memcpy(&size, (unsigned char *)p - HEAD, sizeof size);
	return size;
}

static void *
sqlite_resize(void *old, int size)
{
	unsigned char *p = mem_realloc((unsigned char *)old - HEAD, (size_t)size + HEAD);

	if (p == NULL)
		return NULL;
	memcpy(p, &size, sizeof size);
	return p + HEAD;
}

static int
sqlite_roundup(int size)
{
	return (size + 7) & ~7;
}

static int
sqlite_start(void *cookie)
{
	(void)cookie;
	return SQLITE_OK;
}

static void
sqlite_stop(void *cookie)
{
	(void)cookie;
}

static const sqlite3_mem_methods methods = {sqlite_alloc, sqlite_free, sqlite_resize, sqlite_size,
    sqlite_roundup, sqlite_start, sqlite_stop, NULL};

/* The database every batch begins with: made once, for making it takes longer than the batch. */
static char *
make_start(struct fixture *f, size_t *len_r)
{
	struct store *st;

	unlink(f->path);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &st));
	OK(work_prepare(st));
	store_close(st);
	return support_read(f->path, len_r);
}

/* True when an allocation failed. */
static bool
batch_with_short_memory(struct fixture *f, struct slice start, unsigned nth, bool sticky,
    const char *want, unsigned *refused_r)
{
	char note[64], *rows;
	struct store *st;
	bool hit;
	int rc;

	snprintf(note, sizeof note, "allocation %u, sticky %d", nth, sticky);
	unlink(f->path);
	support_write(f->path, start.ptr, start.len);
	OK(fixture_open(f->path, STORE_WRITER, NULL, &st));
	mem_fault_arm(nth, sticky);
	rc = work_batch(st, 0);
	hit = mem_fault_hit();
	mem_fault_arm(0, false);
	assert_false(store_in_transaction(st));
	if (rc < 0) {
		(*refused_r)++;
		if (fixture_err.kind != ERR_NOMEM)
			fail_msg("%s: %s", note, fixture_err.text);
		if (work_batch(st, 0) < 0)
			fail_msg("%s, again: %s", note, fixture_err.text);
	}
	store_close(st);
	rows = dump_all(f->path);
	assert_same_rows(rows, want, note);
	mem_free(rows);
	return hit;
}

static void
a_batch_without_memory_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	unsigned stride = getenv("EARSHOT_LONG") != NULL ? 1 : 41, runs = 0, refused = 0;
	char *references[WORKLOAD_BATCHES + 1];
	struct slice start;
	char *bytes;

	fixture_close(f);
	work_references(f->dir, references);
	bytes = make_start(f, &start.len);
	start.ptr = bytes;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;
		     batch_with_short_memory(f, start, nth, sticky != 0, references[1], &refused);
		     nth += stride)
			runs++;
	print_message("# %u runs, %u batches refused\n", runs, refused);
	assert_true(refused > 20);
	mem_free(bytes);
	for (int k = 0; k <= WORKLOAD_BATCHES; k++)
		mem_free(references[k]);
}

static void
opening_without_memory_fails_cleanly(void **state)
{
	struct fixture *f = *state;
	unsigned stride = getenv("EARSHOT_LONG") != NULL ? 1 : 61, refused = 0;
	bool hit = true;

	fixture_close(f);
	for (unsigned nth = 1; hit; nth += stride) {
		struct store *st = NULL;

		unlink(f->path);
		mem_fault_arm(nth, false);
		if (fixture_open(f->path, STORE_WRITER, NULL, &st) < 0) {
			refused++;
			assert_null(st);
		}
		store_close(st);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &st));
		assert_int_equal(store_schema_version(st), store_schema_latest());
		store_close(st);
	}
	assert_true(refused > 10);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_batch_without_memory_is_refused_whole),
	    T(opening_without_memory_fails_cleanly),
	};

	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
