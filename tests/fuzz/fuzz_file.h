/*
 * fuzz_file.h - bytes as a file that readers of files can open, in memory.
 */
#ifndef TESTS_FUZZ_FUZZ_FILE_H
#define TESTS_FUZZ_FUZZ_FILE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/slice.h"
#include "tests/fuzz/fuzz_law.h"

struct fuzz_file {
	int fd; /* 0: not made yet */
	char path[32];
};

/* The file's path; what was in it before is gone. */
static inline const char *
fuzz_file(struct fuzz_file *f, struct slice text)
{
	if (f->fd == 0) {
		f->fd = memfd_create("fuzz", MFD_CLOEXEC);
		LAW(f->fd > 0);
		snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
	}
	LAW(ftruncate(f->fd, 0) == 0);
	LAW(pwrite(f->fd, text.ptr, text.len, 0) == (ssize_t)text.len);
	return f->path;
}

#endif
