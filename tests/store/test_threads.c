/*
 * A writer and readers at the same time, each with its own connection: a reader sees whole batches
 * only, in a snapshot that stands still.
 */
#include "tests/store/workload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define READERS 3
#define ROUNDS 60

struct watch {
	const char *path;
	atomic_bool is_over;
	atomic_int looks, torn;
	char words[READERS][ERR_TEXT_MAX];
};

struct reader {
	struct watch *w;
	int number;
	pthread_t thread;
};

static int64_t
whole_batches(struct store *st, struct arena *a, struct err *err)
{
	int64_t posts, decisions, messages;
	struct source_row row;
	int rc = store_source_get(st, SLICE_LIT("fediverse"), a, &row, err);

	if (rc < 0 || store_count(st, "posts", &posts, err) < 0 ||
	    store_count(st, "decisions", &decisions, err) < 0 ||
	    store_count(st, "outbox", &messages, err) < 0)
		return -1;
	if (rc == 0)
		return posts == 0 && decisions == 0 && messages == 0 ? 0 : -2;
	return posts == row.posts && posts % WORKLOAD_POSTS == 0 && decisions == posts / 2 &&
		messages == decisions
	    ? posts
	    : -2;
}

/* Once in a snapshot, and again in the same: nothing may have moved. */
static int
look(struct store *st, struct arena *a, struct err *err)
{
	int64_t first, second;

	if (store_begin(st, err) < 0)
		return -1;
	first = whole_batches(st, a, err);
	second = whole_batches(st, a, err);
	if (store_commit(st, err) < 0 || first == -1 || second == -1)
		return -1;
	return first == second && first >= 0;
}

static void *
read_on(void *cookie)
{
	struct reader *r = cookie;
	struct watch *w = r->w;
	struct store *st = NULL;
	struct arena *a = arena_new(1 << 20);
	struct store_options o = {.path = w->path, .mode = STORE_READER};
	struct err err = {0};
	int rc = store_open(&o, &st, &err);

	while (rc >= 0 && !atomic_load(&w->is_over)) {
		rc = look(st, a, &err);
		if (rc == 0)
			atomic_fetch_add(&w->torn, 1);
		atomic_fetch_add(&w->looks, 1);
		arena_reset(a);
	}
	if (rc < 0)
		snprintf(w->words[r->number], ERR_TEXT_MAX, "%s", err.text);
	store_close(st);
	arena_free(a);
	return NULL;
}

static void
readers_beside_a_writer_see_whole_batches_only(void **state)
{
	struct fixture *f = *state;
	struct watch w = {.path = f->path};
	struct reader readers[READERS];

	OK(work_prepare(f->st));
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.w = &w, .number = i};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (int b = 0; b < ROUNDS || atomic_load(&w.looks) < 30; b++) {
		if (b % 7 == 3) { /* some do not hold */
			OK(store_begin(f->st, ERR));
			OK(store_source_advance(
			    f->st, SLICE_LIT("fediverse"), SLICE_LIT("x"), 1, 1, true, ERR));
			store_rollback(f->st);
		}
		OK(work_batch(f->st, b));
	}
	atomic_store(&w.is_over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	for (int i = 0; i < READERS; i++)
		assert_string_equal(w.words[i], "");
	assert_int_equal(w.torn, 0);
	assert_sound(f->path);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(readers_beside_a_writer_see_whole_batches_only),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
