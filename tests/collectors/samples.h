/*
 * samples.h - recorded answers beside the repository; tests that need them skip, naming what is
 * missing, when they are not there.
 */
#ifndef TESTS_COLLECTORS_SAMPLES_H
#define TESTS_COLLECTORS_SAMPLES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"

#define SAMPLES "../shared/samples"

static inline bool
sample_has(const char *dir)
{
	char path[512];
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", SAMPLES, dir);
	d = opendir(path);
	if (d == NULL) {
		print_message("missing: %s\n", path);
		return false;
	}
	closedir(d);
	return true;
}

/* The file's bytes in b (an empty buf, to be buf_fini()ed). */
static inline struct slice
sample_load(const char *dir, const char *name, struct buf *b)
{
	char path[512], chunk[65536];
	size_t got;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/%s", SAMPLES, dir, name);
	buf_init(b, 16 << 20);
	in = fopen(path, "rb");
	if (in == NULL)
		fail_msg("cannot open %s", path);
	while ((got = fread(chunk, 1, sizeof(chunk), in)) > 0)
		assert_int_equal(buf_add(b, chunk, got), 0);
	fclose(in);
	return slice_make(buf_str(b), b->len);
}

typedef void sample_fn(void *cookie, const char *dir, const char *name);

/* In alphabetical order; false when there is no such folder. */
static inline bool
sample_each(const char *dir, const char *suffix, sample_fn *visit, void *cookie)
{
	struct dirent **list = NULL;
	char path[512];
	int count;

	if (!sample_has(dir))
		return false;
	snprintf(path, sizeof(path), "%s/%s", SAMPLES, dir);
	count = scandir(path, &list, NULL, alphasort);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		if (slice_ends_with(slice_of(list[i]->d_name), suffix))
			visit(cookie, dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return true;
}

#endif
