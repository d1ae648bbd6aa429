/*
 * files.h - files for tests: reading whole ones, folders that are gone afterwards.
 *
 * All of these fail the test themselves when the system does not do what is asked.
 */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* The whole file with a NUL behind it; free with mem_free().  NULL when there is no such file. */
char *support_read(const char *path, size_t *len_r);
void support_write(const char *path, const void *bytes, size_t len);
void support_write_text(const char *path, const char *text);
bool support_exists(const char *path);

/* A new folder; free the path with temp_dir_free(), which removes the folder and what is in it. */
char *temp_dir_new(void);
void temp_dir_free(char *path);
/* "dir/name" with mem_alloc(). */
char *path_join(const char *dir, const char *name);

#endif
