#include "platform/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/crypto.h"

#define DIR_MODE 0750
#define FILE_MODE 0640
#define READ_BLOCK_BYTES 65536
#define TEMP_NAME_BYTES 32
#define LINKS_MAX 40
#define FOLLOW_BYTES                                                                               \
	(4u * LINKS_MAX * PATH_MAX) /* each link: its folder, and what it is joined to */

/* "cannot read 'x': No such file or directory" with the kind that errno means. */
static int
set_errno(struct err *err, const char *what, const char *path)
{
	enum err_kind kind = ERR_IO;
	int code = errno;

	if (code == ENOENT || code == ENOTDIR)
		kind = ERR_NOT_FOUND;
	else if (code == EACCES || code == EPERM || code == EROFS)
		kind = ERR_DENIED;
	else if (code == EEXIST)
		kind = ERR_CONFLICT;
	else if (code == ENAMETOOLONG)
		kind = ERR_INPUT;
	return err_set(err, kind, "cannot %s '%s': %s", what, path, strerrordesc_np(code));
}

/* The name is there, in a listing too, and what it stands for is not: that deserves other words. */
static int
cannot_open(const char *path, struct err *err)
{
	int code = errno;
	struct stat st;

	if (code == ENOENT && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, ERR_NOT_FOUND,
		    "cannot open '%s': it is a link to something that is not there", path);
	errno = code;
	return set_errno(err, "open", path);
}

int
file_read(const char *path, size_t max_bytes, struct buf *out, struct err *err)
{
	size_t total = 0;
	char *block = NULL;
	int fd, rc = -1;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		cannot_open(path, err);
		goto out;
	}
	block = mem_alloc(READ_BLOCK_BYTES);
	if (block == NULL) {
		err_set(err, ERR_NOMEM, "no memory to read '%s'", path);
		goto out;
	}
	for (;;) {
		ssize_t got = read(fd, block, READ_BLOCK_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			set_errno(err, "read", path);
			goto out;
		}
		if (got == 0)
			break;
		if ((size_t)got > max_bytes - total) {
			err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", path, max_bytes);
			goto out;
		}
		total += (size_t)got;
		if (buf_add(out, block, (size_t)got) < 0) {
			err_set(err, ERR_NOMEM, "no memory to read '%s'", path);
			goto out;
		}
	}
	rc = 0;
out:
	mem_free(block);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- writing ------------------------------------------------------------- */

static int
write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t done = write(fd, text.ptr, text.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text.ptr += done;
		text.len -= (size_t)done;
	}
	return 0;
}

/* Moves name to base inside the folder; with exclusive, 1 when base is there already. */
static int
put_in_place(int dir, const char *name, const char *base, bool exclusive)
{
	if (!exclusive)
		return renameat(dir, name, dir, base);
	if (renameat2(dir, name, dir, base, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST)
		return 1;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without that flag: a second name does the same, with two names for a
	 * moment. */
	if (linkat(dir, name, dir, base, 0) != 0)
		return errno == EEXIST ? 1 : -1;
	return unlinkat(dir, name, 0);
}

/* The temporary name starts with a dot and does not grow with the base, so what a crash leaves is
 * neither listed nor mistaken for the file, and the longest base is possible. */
static int
write_in_dir(
    int dir, const char *path, const char *base, struct slice text, bool exclusive, struct err *err)
{
	uint8_t random[8];
	char name[TEMP_NAME_BYTES], hex[2 * sizeof random + 1];
	bool is_left = false;
	int fd, rc = -1;

	crypto_random(random, sizeof random);
	crypto_hex(random, sizeof random, hex);
	snprintf(name, sizeof name, ".%s.new", hex);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd < 0) {
		set_errno(err, "write", path);
		goto out;
	}
	is_left = true;
	if (write_all(fd, text) < 0 || fsync(fd) < 0) {
		set_errno(err, "write", path);
		goto out;
	}
	rc = put_in_place(dir, name, base, exclusive);
	if (rc < 0) {
		set_errno(err, "write", path);
		goto out;
	}
	is_left = rc == 1;
	if (rc == 0 && fsync(dir) < 0)
		rc = set_errno(err, "sync the folder of", path);
out:
	if (fd >= 0)
		close(fd);
	if (is_left)
		unlinkat(dir, name, 0);
	return rc;
}

static int
write_to(const char *path, const char *target, struct slice text, bool exclusive, struct err *err)
{
	const char *slash = strrchr(target, '/');
	const char *base = slash == NULL ? target : slash + 1;
	char *folder = NULL;
	int dir = -1, rc = -1;

	if (*base == '\0') {
		err_set(err, ERR_INPUT, "'%s' is not the name of a file", path);
		goto out;
	}
	/* With its slash: "/" stays "/". */
	folder = slash == NULL ? mem_strdup(".") : mem_strndup(target, (size_t)(base - target));
	if (folder == NULL) {
		err_set(err, ERR_NOMEM, "no memory to write '%s'", path);
		goto out;
	}
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		set_errno(err, "open the folder", folder);
		goto out;
	}
	rc = write_in_dir(dir, path, base, text, exclusive, err);
out:
	if (dir >= 0)
		close(dir);
	mem_free(folder);
	return rc;
}

/* A name in place of a device or a pipe would take it from everybody. */
int
file_write_atomic(const char *path, struct slice text, bool exclusive, struct err *err)
{
	const char *target;
	struct arena *a;
	int rc = -1;

	if (exclusive)
		return write_to(path, path, text, true, err);
	if (file_exists(path) && !file_is_regular(path))
		return err_set(err, ERR_INPUT,
		    "'%s' is a folder, device or pipe; only a file can be written over", path);
	a = arena_new(FOLLOW_BYTES);
	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to write '%s'", path);
	target = file_follow(a, path, err);
	if (target != NULL)
		rc = write_to(path, target, text, false, err);
	arena_free(a);
	return rc;
}

/* ---- folders ------------------------------------------------------------- */

static int
make_dir(const char *path, struct err *err)
{
	if (mkdir(path, DIR_MODE) == 0 || (errno == EEXIST && file_is_dir(path)))
		return 0;
	if (errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "'%s' is there and not a folder", path);
	return set_errno(err, "make the folder", path);
}

int
file_make_dirs(const char *path, struct err *err)
{
	char *part;
	int rc = 0;

	if (*path == '\0')
		return err_set(err, ERR_INPUT, "a folder needs a name");
	part = mem_strdup(path);
	if (part == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the folder '%s'", path);
	for (char *at = part + 1; *at != '\0' && rc == 0; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		rc = make_dir(part, err);
		*at = '/';
	}
	if (rc == 0)
		rc = make_dir(part, err);
	mem_free(part);
	return rc;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool
file_is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool
file_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct name_list {
	char **names; /* the texts are the arena's */
	size_t count, cap;
};

static int
name_list_add(struct name_list *l, struct arena *a, const char *name)
{
	char *copy = arena_strdup(a, name);

	if (copy == NULL)
		return -1;
	if (l->count == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;
		char **more = mem_realloc_array(l->names, cap, sizeof *more);

		if (more == NULL)
			return -1;
		l->names = more;
		l->cap = cap;
	}
	l->names[l->count++] = copy;
	return 0;
}

static int
read_names(DIR *d, const char *dir, size_t max_names, struct arena *a, struct name_list *l,
    struct err *err)
{
	for (;;) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(d);
		if (entry == NULL)
			return errno == 0 ? 0 : set_errno(err, "list", dir);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (l->count == max_names)
			return err_set(
			    err, ERR_LIMIT, "more than %zu names in '%s'", max_names, dir);
		if (name_list_add(l, a, entry->d_name) < 0)
			return err_set(err, ERR_NOMEM, "no memory to list '%s'", dir);
	}
}

int
file_list(const char *dir, size_t max_names, struct arena *a, const char *const **names_r,
    size_t *count_r, struct err *err)
{
	struct name_list l = {0};
	const char **names;
	DIR *d;
	int rc = -1;

	d = opendir(dir);
	if (d == NULL) {
		set_errno(err, "list", dir);
		goto out;
	}
	if (read_names(d, dir, max_names, a, &l, err) < 0)
		goto out;
	names = arena_array(a, l.count + 1, sizeof *names);
	if (names == NULL) {
		err_set(err, ERR_NOMEM, "no memory to list '%s'", dir);
		goto out;
	}
	for (size_t i = 0; i < l.count; i++)
		names[i] = l.names[i];
	qsort(names, l.count, sizeof *names, compare_names);
	*names_r = names;
	*count_r = l.count;
	rc = 0;
out:
	if (d != NULL)
		closedir(d);
	mem_free(l.names);
	return rc;
}

char *
file_join(struct arena *a, const char *base_dir, const char *path)
{
	size_t len = strlen(base_dir);

	if (path[0] == '/' || len == 0)
		return arena_strdup(a, path);
	return arena_printf(a, base_dir[len - 1] == '/' ? "%s%s" : "%s/%s", base_dir, path);
}

char *
file_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return arena_strdup(a, ".");
	if (slash == path)
		return arena_strdup(a, "/");
	return arena_strndup(a, path, (size_t)(slash - path));
}

char *
file_follow(struct arena *a, const char *path, struct err *err)
{
	char target[PATH_MAX];
	char *at = arena_strdup(a, path);

	for (int links = 0; at != NULL && links < LINKS_MAX; links++) {
		ssize_t len = readlink(at, target, sizeof target - 1);

		if (len < 0)
			return at; /* no link; what else is wrong shows when it is opened */
		target[len] = '\0';
		at = file_dir(a, at);
		if (at != NULL)
			at = file_join(a, at, target);
	}
	if (at == NULL)
		err_set(err, ERR_NOMEM, "no memory to follow '%s'", path);
	else
		err_set(err, ERR_INPUT, "'%s' is a link that leads nowhere", path);
	return NULL;
}

/* ---- locks --------------------------------------------------------------- */

/* flock: belongs to the open file, so it goes with the process however that ends, and two opens in
 * one process exclude each other as two processes do. */
int
file_lock(const char *path, int *fd_r, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return set_errno(err, "open the lock", path);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int rc;

		if (errno == EINTR)
			continue;
		rc = errno == EWOULDBLOCK ? 1 : set_errno(err, "lock", path);
		close(fd);
		return rc;
	}
	*fd_r = fd;
	return 0;
}

void
file_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}
