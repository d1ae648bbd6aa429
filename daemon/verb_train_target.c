/*
 * verb_train_target.c - where a run may write, asked before it learns.
 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/file.h"

#include "daemon/verb_train.h"

#define HEAD_BYTES 200

/* Learning takes minutes: a folder that is not there is told before. */
static int
check_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int rc = 0;

	if (slash == NULL || slash == path)
		return 0;
	folder = mem_strndup(path, (size_t)(slash - path));
	if (folder == NULL)
		rc = err_set(err, ERR_NOMEM, "no memory");
	else if (!file_is_dir(folder))
		rc = err_set(err, ERR_NOT_FOUND, "there is no folder for '%s'", path);
	mem_free(folder);
	return rc;
}

/* A file of somebody's own words, or the labelled posts themselves, are not written over: what we wrote says
 * so in its first lines. */
static int
check_file(const char *path, struct err *err)
{
	char head[HEAD_BYTES + 1];
	size_t n;
	FILE *in;

	if (file_exists(path) && !file_is_regular(path)) /* reading a pipe may never end */
		return err_set(err, ERR_INPUT,
		    "'%s' is a folder, device or pipe; name a file to be written", path);
	in = fopen(path, "r");
	if (in == NULL) /* not there; or not readable, which is told when it is written */
		return 0;
	n = fread(head, 1, HEAD_BYTES, in);
	fclose(in);
	head[n] = '\0';
	if (n == 0 || strstr(head, "earshot train") != NULL)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "'%s' is there, and earshot train has not written it: take another name, or move it",
	    path);
}

int
train_check_target(const char *path, struct err *err)
{
	if (path == NULL)
		return 0;
	return check_folder(path, err) < 0 ? -1 : check_file(path, err);
}
