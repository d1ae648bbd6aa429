/*
 * file.h - whole files and folders, with words for what went wrong.
 */
#ifndef PLATFORM_FILE_H
#define PLATFORM_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct arena;
struct buf;
struct err;

/* Reads a whole file of at most max_bytes into *out (appended). */
int file_read(const char *path, size_t max_bytes, struct buf *out, struct err *err);
/* Writes under a temporary name in the same folder (".<hex>.new", which a crash may leave), syncs
 * file and folder, and renames over path: all or nothing; mode 0640.  With exclusive, an existing
 * path is left alone and the call returns 1; without, a link stays one (what it leads to is written), and
 * what is no regular file is refused. */
int file_write_atomic(const char *path, struct slice text, bool exclusive, struct err *err);
int file_make_dirs(const char *path, struct err *err); /* like mkdir -p, mode 0750 */
bool file_exists(const char *path);
bool file_is_regular(const char *path); /* no folder, device, pipe */
bool file_is_dir(const char *path);
/* Names in a folder, sorted bytewise, without "." and ".."; at most max_names (more: ERR_LIMIT). */
int file_list(const char *dir, size_t max_names, struct arena *a, const char *const **names_r,
    size_t *count_r, struct err *err);
/* base_dir + "/" + path, or path itself when it is absolute. */
char *file_join(struct arena *a, const char *base_dir, const char *path);
/* The folder of a path: "a/b" of "a/b/c", "." of "c". */
char *file_dir(struct arena *a, const char *path);
/* Where a path leads when its last part is a symbolic link, also to nothing yet; else path itself.
 * NULL with err: links in a circle, no memory. */
char *file_follow(struct arena *a, const char *path, struct err *err);
/* An exclusive lock on a file (created when missing) held until file_unlock() or the process ends.
 * 0 with *fd_r; 1 when another process has it; -1. */
int file_lock(const char *path, int *fd_r, struct err *err);
void file_unlock(int fd);

#endif
