/*
 * disk_world.h - a database to try again and again: for the tests that make its disk fail or its
 * power go away.
 */
#ifndef TESTS_STORE_DISK_WORLD_H
#define TESTS_STORE_DISK_WORLD_H

#include "tests/store/workload.h"

/* The database of a trial, and what its rows are after each batch without any trouble. */
struct world {
	char *dir, *path, *wal, *shm;
	char *references[WORKLOAD_BATCHES + 1];
};

static int
setup(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);

	assert_non_null(w);
	w->dir = temp_dir_new();
	w->path = path_join(w->dir, "earshot.db");
	w->wal = path_join(w->dir, "earshot.db-wal");
	w->shm = path_join(w->dir, "earshot.db-shm");
	work_references(w->dir, w->references);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	for (int k = 0; k <= WORKLOAD_BATCHES; k++)
		mem_free(w->references[k]);
	mem_free(w->path);
	mem_free(w->wal);
	mem_free(w->shm);
	temp_dir_free(w->dir);
	mem_free(w);
	return 0;
}

static void
forget_files(const struct world *w)
{
	unlink(w->path);
	unlink(w->wal);
	unlink(w->shm);
}

#endif
