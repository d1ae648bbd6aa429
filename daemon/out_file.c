#include "daemon/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"

int
out_file_open(struct out_file *f, const char *path, struct err *err)
{
	size_t size;
	int fd;

	*f = (struct out_file){.out = stdout};
	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	f->path = path;
	f->out = NULL;
	size = strlen(path) + 8;
	f->part_path = mem_zalloc(size);
	if (f->part_path == NULL)
		return err_set(err, ERR_NOMEM, "no memory to write '%s'", path);
	snprintf(f->part_path, size, "%s.part", path);
	fd = open(f->part_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	f->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (f->out != NULL)
		return 0;
	err_set(err, ERR_IO, "cannot write '%s': %s", f->part_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int
out_file_end(struct out_file *f, struct err *err)
{
	const char *name = f->path == NULL ? "standard output" : f->path;

	if (fflush(f->out) != 0 || ferror(f->out) || (f->path != NULL && fsync(fileno(f->out)) < 0))
		return err_set(err, ERR_IO, "cannot write '%s': %s", name, strerror(errno));
	if (f->path == NULL)
		return 0;
	if (fclose(f->out) != 0 || rename(f->part_path, f->path) < 0) {
		f->out = NULL;
		return err_set(err, ERR_IO, "cannot write '%s': %s", name, strerror(errno));
	}
	f->out = NULL;
	mem_free(f->part_path);
	f->part_path = NULL;
	return 0;
}

void
out_file_close(struct out_file *f)
{
	if (f->path != NULL && f->out != NULL)
		fclose(f->out);
	if (f->part_path != NULL)
		unlink(f->part_path);
	mem_free(f->part_path);
	f->part_path = NULL;
}
