/*
 * out_file.h - a file that appears when it is whole, or standard output.
 *
 * What it holds is of persons: mode 0600.
 */
#ifndef DAEMON_OUT_FILE_H
#define DAEMON_OUT_FILE_H

#include <stdio.h>

struct err;

struct out_file {
	const char *path; /* borrowed; NULL: standard output */
	char *part_path; /* the file until it is whole */
	FILE *out;
};

/* path NULL or "-": standard output. */
int out_file_open(struct out_file *f, const char *path, struct err *err);
/* Synced and in place.  0, -1. */
int out_file_end(struct out_file *f, struct err *err);
/* What is not whole does not stay; also after the end. */
void out_file_close(struct out_file *f);

#endif
