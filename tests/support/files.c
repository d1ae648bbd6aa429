#include "tests/support/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/mem.h"

char *
support_read(const char *path, size_t *len_r)
{
	FILE *in = fopen(path, "rb");
	size_t len = 0, cap = 4096;
	char *text = mem_alloc(cap + 1);

	assert_non_null(text);
	if (in == NULL) {
		mem_free(text);
		return NULL;
	}
	for (;;) {
		size_t n = fread(text + len, 1, cap - len, in);
		len += n;
		if (n == 0)
			break;
		if (len == cap) {
			cap *= 2;
			text = mem_realloc(text, cap + 1);
			assert_non_null(text);
		}
	}
	assert_int_equal(ferror(in), 0);
	fclose(in);
	text[len] = '\0';
	if (len_r != NULL)
		*len_r = len;
	return text;
}

void
support_write(const char *path, const void *bytes, size_t len)
{
	FILE *out = fopen(path, "wb");

	if (out == NULL)
		fail_msg("cannot write '%s': %s", path, strerror(errno));
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

void
support_write_text(const char *path, const char *text)
{
	support_write(path, text, strlen(text));
}

bool
support_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

char *
path_join(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = mem_alloc(size);

	assert_non_null(path);
	snprintf(path, size, "%s/%s", dir, name);
	return path;
}

char *
temp_dir_new(void)
{
	const char *base = getenv("TMPDIR");
	char *path = path_join(base == NULL ? "/tmp" : base, "earshot-test-XXXXXX");

	if (mkdtemp(path) == NULL)
		fail_msg("cannot make a folder '%s': %s", path, strerror(errno));
	return path;
}

static void
tree_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		unlink(path);
		return;
	}
	DIR *dir = opendir(path);
	if (dir == NULL)
		return;
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		char *child = path_join(path, e->d_name);
		tree_remove(child);
		mem_free(child);
	}
	closedir(dir);
	rmdir(path);
}

void
temp_dir_free(char *path)
{
	if (path == NULL)
		return;
	tree_remove(path);
	mem_free(path);
}
