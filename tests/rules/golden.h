/*
 * golden.h - texts as they are written down: every NAME.rules of a folder gives NAME and a suffix.
 * UPDATE_GOLDEN=1 writes those anew; look at the difference before committing it.
 */
#ifndef TESTS_RULES_GOLDEN_H
#define TESTS_RULES_GOLDEN_H

#include <dirent.h>

#include "tests/rules/rules_testing.h"

#define GOLDEN_TEXT_MAX (1024 * 1024)

/* Writes what a file's text gives. */
typedef void golden_fn(const char *name, const struct buf *text, struct buf *found);

static bool
golden_read(const char *path, struct buf *out)
{
	char part[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	fclose(f);
	return true;
}

static void
golden_write(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(buf_str(b), 1, b->len, f), b->len);
	fclose(f);
}

/* Returns whether the case is as written down. */
static bool
golden_case(const char *folder, const char *name, const char *suffix, golden_fn *give)
{
	char path[512], expected_path[512];
	struct buf text, found, expected;
	bool is_same = true;

	buf_init(&text, GOLDEN_TEXT_MAX);
	buf_init(&found, GOLDEN_TEXT_MAX);
	buf_init(&expected, GOLDEN_TEXT_MAX);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(expected_path, sizeof expected_path, "%s/%.*s%s", folder, (int)(strlen(name) - 6),
	    name, suffix);
	assert_true(golden_read(path, &text));
	give(name, &text, &found);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		golden_write(expected_path, &found);
	} else if (!golden_read(expected_path, &expected) ||
	    !slice_eq(buf_slice(&found), buf_slice(&expected))) {
		print_message("%s: found\n%swanted\n%s", name, buf_str(&found), buf_str(&expected));
		is_same = false;
	}
	buf_fini(&text);
	buf_fini(&found);
	buf_fini(&expected);
	return is_same;
}

/* All of a folder, at least so many. */
static void
golden_folder(const char *folder, const char *suffix, size_t at_least, golden_fn *give)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t count = 0, wrong = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (!slice_ends_with(slice_of(entry->d_name), ".rules"))
			continue;
		count++;
		wrong += !golden_case(folder, entry->d_name, suffix, give);
	}
	closedir(d);
	assert_int_equal(wrong, 0);
	assert_true(count >= at_least);
}

#endif
