/*
 * A power cut at every write, sync and deletion: what was acknowledged is there, the batch under
 * way is there whole or not at all, and the work goes on.
 *
 * The short form cuts at a part of the operations; EARSHOT_LONG=1 cuts at all of them, with several
 * random losses each.
 */
#include <string.h>

#include "tests/store/disk_world.h"
#include "tests/store/fault_vfs.h"

static int
open_small_log(const struct world *w, const char *vfs, struct store **st_r)
{
	/* Copied back often, so that cuts fall into that as well. */
	struct store_options o = {.path = w->path,
	    .mode = STORE_WRITER,
	    .now_ms = FIXTURE_NOW_MS,
	    .vfs = vfs,
	    .checkpoint_pages = 60};

	return store_open(&o, st_r, ERR);
}

/* As far as the power lasts.  Returns the batches acknowledged; -1: not even the codes. */
static int
work_until_dark(const struct world *w)
{
	struct store *st;
	int done = -1;

	if (open_small_log(w, FAULT_VFS, &st) < 0)
		return -1;
	if (work_prepare(st) == 0)
		for (done = 0; done < WORKLOAD_BATCHES && work_batch(st, done) == 0; done++)
			;
	store_close(st);
	return done;
}

/* The rows as they are must be those of `acknowledged` batches, or of one more: the one whose
 * commit was cut. */
static void
check_rows(const struct world *w, int acknowledged, const char *note)
{
	int there = work_cursor(w->path);
	char *rows = dump_all(w->path);

	if (there < acknowledged || there > acknowledged + 1)
		fail_msg("%s: %d batches acknowledged, %d there", note, acknowledged, there);
	assert_same_rows(rows, w->references[there], note);
	mem_free(rows);
}

static void
cut_at(const struct world *w, unsigned long operation, enum power_cut how, uint64_t seed)
{
	struct rng r;
	struct store *st;
	char note[96];
	char *rows;
	int acknowledged;

	snprintf(note, sizeof note, "cut at %lu, loss %d, seed %llu", operation, (int)how,
	    (unsigned long long)seed);
	rng_init(&r, seed);
	forget_files(w);
	fault_vfs_power(operation);
	acknowledged = work_until_dark(w);
	assert_true(fault.is_dead);
	fault_vfs_restore(how, &r);

	if (open_small_log(w, NULL, &st) < 0)
		fail_msg("%s: %s", note, fixture_err.text);
	store_close(st);
	assert_sound(w->path);
	if (acknowledged >= 0)
		check_rows(w, acknowledged, note);
	OK(open_small_log(w, NULL, &st));
	if (acknowledged < 0)
		OK(work_prepare(st));
	for (int b = 0; b < WORKLOAD_BATCHES; b++)
		OK(work_batch(st, b));
	store_close(st);
	rows = dump_all(w->path);
	assert_same_rows(rows, w->references[WORKLOAD_BATCHES], note);
	mem_free(rows);
}

static void
what_was_acknowledged_survives_a_power_cut_at_any_operation(void **state)
{
	const struct world *w = *state;
	bool is_long = getenv("EARSHOT_LONG") != NULL;
	unsigned long operations, stride = is_long ? 1 : 11;
	unsigned losses = is_long ? 5 : 1;
	unsigned cuts = 0;

	forget_files(w);
	fault_vfs_power(0);
	assert_int_equal(work_until_dark(w), WORKLOAD_BATCHES);
	operations = fault.operations;
	fault_vfs_restore(POWER_KEEP_ALL, NULL);
	assert_true(operations > 200);
	for (int how = 0; how < POWER_CUT_COUNT; how++)
		for (unsigned long at = 1 + (unsigned long)how % stride; at <= operations;
		     at += stride)
			for (unsigned n = 0; n < (how == POWER_KEEP_SOME ? losses : 1); n++, cuts++)
				cut_at(w, at, (enum power_cut)how, at * 100 + n);
	print_message("# %lu operations, %u power cuts\n", operations, cuts);
}

/* A cut while the database recovers from a cut. */
static void
a_second_cut_during_recovery_loses_nothing_either(void **state)
{
	const struct world *w = *state;
	unsigned seeds = getenv("EARSHOT_LONG") != NULL ? 400 : 30;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct rng r;
		struct store *st;
		char note[64];
		int acknowledged;

		snprintf(note, sizeof note, "seed %llu", (unsigned long long)seed);
		rng_init(&r, seed);
		forget_files(w);
		fault_vfs_power(60 + rng_below(&r, 200));
		acknowledged = work_until_dark(w);
		fault_vfs_restore(POWER_KEEP_SOME, &r);
		fault_vfs_power(1 + rng_below(&r, 12));
		if (open_small_log(w, FAULT_VFS, &st) == 0)
			store_close(st);
		fault_vfs_restore(POWER_KEEP_SOME, &r);
		if (open_small_log(w, NULL, &st) < 0)
			fail_msg("%s: %s", note, fixture_err.text);
		store_close(st);
		assert_sound(w->path);
		if (acknowledged >= 0)
			check_rows(w, acknowledged, note);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_acknowledged_survives_a_power_cut_at_any_operation),
	    cmocka_unit_test(a_second_cut_during_recovery_loses_nothing_either),
	};

	fixture_use_memory_files();
	fault_vfs_register();
	return cmocka_run_group_tests(tests, setup, teardown);
}
