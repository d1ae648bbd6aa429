/*
 * fault_vfs.h - a file system for SQLite that fails on demand and forgets on a power cut.
 *
 * It lies over the default VFS and does two things.
 *
 * Faults: the nth operation of the chosen kinds answers with the chosen code, once or from then on.
 * A quota makes every write that extends a file beyond it answer SQLITE_FULL.
 *
 * Power: each file has an image of what is safely on disk.  Writes go to the real file, so that
 * SQLite reads them back, and are remembered; xSync applies them to the image.  When the power is
 * cut (at the nth write, sync, cut or deletion) everything answers SQLITE_IOERR, and
 * fault_vfs_restore() puts the images back: with none, all, or some of what was not synced, torn at
 * sectors of 512 bytes and in any combination, as a disk with a cache may leave it.  Names made or
 * removed hold once the folder is synced, which SQLite does with the first sync of a new log or
 * journal, and with some deletions.
 */
#ifndef TESTS_STORE_FAULT_VFS_H
#define TESTS_STORE_FAULT_VFS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/rng.h"

#define FAULT_VFS "fault"
#define FAULT_SECTOR 512

enum fault_op {
	FAULT_OPEN = 1,
	FAULT_WRITE = 2,
	FAULT_SYNC = 4,
	FAULT_TRUNCATE = 8,
	FAULT_DELETE = 16,
	FAULT_SHM = 32,
	FAULT_READ = 64,
};

enum power_cut {
	POWER_LOSE_ALL,
	POWER_KEEP_ALL,
	POWER_KEEP_SOME,
	POWER_CUT_COUNT
};

enum change_kind {
	CHANGE_WRITE,
	CHANGE_TRUNCATE,
	CHANGE_CREATE,
	CHANGE_UNLINK
};

struct fault_change {
	struct fault_change *next;
	enum change_kind kind;
	sqlite3_int64 offset;
	size_t len;
	unsigned char bytes[];
};

struct fault_image {
	struct fault_image *next;
	char path[512];
	bool is_there;
	unsigned char *bytes;
	size_t len;
	struct fault_change *first, **last;
};

struct fault_state {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	/* faults */
	unsigned mask, nth;
	bool is_sticky, has_hit;
	int code;
	sqlite3_int64 quota_bytes; /* 0: none */
	/* power */
	bool has_power_images, is_dead;
	unsigned long operations, cut_at;
	struct fault_image *images;
};

static struct fault_state fault;

struct fault_file {
	sqlite3_file base;
	struct fault_image *image; /* NULL: not watched */
	sqlite3_file *real;
};

/* ---- images ----------------------------------------------------------- */

static void
image_add_change(struct fault_image *im, enum change_kind kind, sqlite3_int64 offset,
    const void *bytes, size_t len)
{
	struct fault_change *c = malloc(sizeof *c + len);

	assert(c != NULL);
	*c = (struct fault_change){NULL, kind, offset, len};
	if (bytes != NULL)
		memcpy(c->bytes, bytes, len);
	*im->last = c;
	im->last = &c->next;
}

static void
image_resize(struct fault_image *im, size_t len)
{
	if (len > im->len) {
		im->bytes = realloc(im->bytes, len);
		assert(im->bytes != NULL);
		memset(im->bytes + im->len, 0, len - im->len);
	}
	im->len = len;
}

static void
image_write(struct fault_image *im, sqlite3_int64 offset, const unsigned char *bytes, size_t len)
{
	if ((size_t)offset + len > im->len)
		image_resize(im, (size_t)offset + len);
	memcpy(im->bytes + offset, bytes, len);
}

/* r NULL: the whole change; else each of its sectors with even odds. */
static void
image_apply(struct fault_image *im, const struct fault_change *c, struct rng *r)
{
	switch (c->kind) {
	case CHANGE_CREATE: im->is_there = true; break;
	case CHANGE_UNLINK:
		im->is_there = false;
		im->len = 0;
		break;
	case CHANGE_TRUNCATE:
		if (im->is_there)
			image_resize(im, (size_t)c->offset);
		break;
	case CHANGE_WRITE:
		for (size_t at = 0; im->is_there && at < c->len; at += FAULT_SECTOR) {
			size_t len = c->len - at < FAULT_SECTOR ? c->len - at : FAULT_SECTOR;

			if (r == NULL || rng_below(r, 2) == 0)
				image_write(im, c->offset + (sqlite3_int64)at, c->bytes + at, len);
		}
		break;
	}
}

static void
image_clear_changes(struct fault_image *im)
{
	while (im->first != NULL) {
		struct fault_change *c = im->first;

		im->first = c->next;
		free(c);
	}
	im->last = &im->first;
}

/* Names are on disk from here on; contents are not. */
static void
image_sync_name(struct fault_image *im)
{
	struct fault_change *todo = im->first, *next;

	im->first = NULL;
	im->last = &im->first;
	for (struct fault_change *c = todo; c != NULL; c = next) {
		next = c->next;
		c->next = NULL;
		if (c->kind == CHANGE_UNLINK)
			image_clear_changes(im); /* what was written to it is gone with it */
		if (c->kind == CHANGE_CREATE || c->kind == CHANGE_UNLINK) {
			image_apply(im, c, NULL);
			free(c);
		} else {
			*im->last = c;
			im->last = &c->next;
		}
	}
}

static void
folder_sync(void)
{
	for (struct fault_image *im = fault.images; im != NULL; im = im->next)
		image_sync_name(im);
}

static void
image_sync(struct fault_image *im)
{
	bool is_new = false;

	for (struct fault_change *c = im->first; c != NULL; c = c->next) {
		is_new |= c->kind == CHANGE_CREATE;
		image_apply(im, c, NULL);
	}
	image_clear_changes(im);
	if (is_new)
		folder_sync();
}

static struct fault_image *
image_of(const char *path)
{
	struct fault_image *im;
	FILE *in;

	for (im = fault.images; im != NULL; im = im->next)
		if (strcmp(im->path, path) == 0)
			return im;
	im = calloc(1, sizeof *im);
	assert(im != NULL && strlen(path) < sizeof im->path);
	snprintf(im->path, sizeof im->path, "%s", path);
	im->last = &im->first;
	in = fopen(path, "rb");
	if (in != NULL) {
		unsigned char block[4096];
		size_t n;

		im->is_there = true;
		while ((n = fread(block, 1, sizeof block, in)) > 0)
			image_write(im, (sqlite3_int64)im->len, block, n);
		fclose(in);
	}
	im->next = fault.images;
	fault.images = im;
	return im;
}

/* ---- control ---------------------------------------------------------- */

static bool
fault_is_due(enum fault_op op)
{
	if ((fault.mask & op) == 0 || fault.nth == 0)
		return false;
	if (fault.nth > 1) {
		fault.nth--;
		return false;
	}
	fault.has_hit = true;
	if (!fault.is_sticky)
		fault.nth = 0;
	return true;
}

/* True when the power is gone, perhaps with this operation. */
static bool
power_is_gone(void)
{
	if (fault.has_power_images && !fault.is_dead && ++fault.operations == fault.cut_at)
		fault.is_dead = true;
	return fault.is_dead;
}

__attribute__((unused)) static void
fault_vfs_arm(unsigned mask, unsigned nth, bool is_sticky, int code)
{
	fault.mask = mask;
	fault.nth = nth;
	fault.is_sticky = is_sticky;
	fault.code = code;
	fault.has_hit = false;
}

/* cut_at 0: never, but the operations are counted. */
__attribute__((unused)) static void
fault_vfs_power(unsigned long cut_at)
{
	fault.has_power_images = true;
	fault.is_dead = false;
	fault.operations = 0;
	fault.cut_at = cut_at;
}

static void
image_put_back(struct fault_image *im, enum power_cut how, struct rng *r)
{
	bool names_hold = true;
	FILE *out;

	for (struct fault_change *c = im->first; c != NULL && how != POWER_LOSE_ALL; c = c->next) {
		bool is_name = c->kind == CHANGE_CREATE || c->kind == CHANGE_UNLINK;

		if (how == POWER_KEEP_SOME && is_name)
			names_hold = names_hold && rng_below(r, 2) == 0;
		if (how == POWER_KEEP_SOME && c->kind == CHANGE_TRUNCATE && rng_below(r, 2) == 0)
			continue;
		if (!is_name || names_hold)
			image_apply(im, c, how == POWER_KEEP_SOME ? r : NULL);
	}
	unlink(im->path);
	if (im->is_there) {
		out = fopen(im->path, "wb");
		assert(out != NULL);
		if (im->len > 0)
			assert(fwrite(im->bytes, 1, im->len, out) == im->len);
		fclose(out);
	}
}

/* After everything was closed: the files are as the disk has them.  Shared memory is gone. */
__attribute__((unused)) static void
fault_vfs_restore(enum power_cut how, struct rng *r)
{
	while (fault.images != NULL) {
		struct fault_image *im = fault.images;
		char shm[600];

		fault.images = im->next;
		if (fault.is_dead) {
			image_put_back(im, how, r);
			snprintf(shm, sizeof shm, "%s-shm", im->path);
			unlink(shm);
		}
		image_clear_changes(im);
		free(im->bytes);
		free(im);
	}
	fault.has_power_images = fault.is_dead = false;
}

/* ---- files ------------------------------------------------------------ */

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct fault_file *)f)->real;
}

static int
file_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
file_read_at(sqlite3_file *f, void *p, int len, sqlite3_int64 offset)
{
	if (fault.is_dead)
		return SQLITE_IOERR_READ;
	if (fault_is_due(FAULT_READ))
		return SQLITE_IOERR_READ;
	return real_of(f)->pMethods->xRead(real_of(f), p, len, offset);
}

static int
file_write_at(sqlite3_file *f, const void *p, int len, sqlite3_int64 offset)
{
	struct fault_image *im = ((struct fault_file *)f)->image;

	if (fault.is_dead)
		return SQLITE_IOERR_WRITE;
	if (fault_is_due(FAULT_WRITE))
		return fault.code;
	if (fault.quota_bytes > 0 && offset + len > fault.quota_bytes) {
		fault.has_hit = true;
		return SQLITE_FULL;
	}
	if (im != NULL)
		image_add_change(im, CHANGE_WRITE, offset, p, (size_t)len);
	if (power_is_gone())
		return SQLITE_IOERR_WRITE;
	return real_of(f)->pMethods->xWrite(real_of(f), p, len, offset);
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct fault_image *im = ((struct fault_file *)f)->image;

	if (fault.is_dead)
		return SQLITE_IOERR_TRUNCATE;
	if (fault_is_due(FAULT_TRUNCATE))
		return fault.code;
	if (im != NULL)
		image_add_change(im, CHANGE_TRUNCATE, size, NULL, 0);
	if (power_is_gone())
		return SQLITE_IOERR_TRUNCATE;
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int
file_sync(sqlite3_file *f, int flags)
{
	struct fault_image *im = ((struct fault_file *)f)->image;

	(void)flags;
	if (fault.is_dead || power_is_gone())
		return SQLITE_IOERR_FSYNC;
	if (fault_is_due(FAULT_SYNC))
		return fault.code;
	if (im != NULL)
		image_sync(im);
	return SQLITE_OK; /* the disk of these tests is the image */
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *size_r)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size_r);
}

static int
file_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
file_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
file_check_lock(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
file_control(sqlite3_file *f, int op, void *arg)
{
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK; /* would change the file past our books */
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
file_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
file_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **pp)
{
	if (fault.is_dead)
		return SQLITE_IOERR_SHMMAP;
	if (fault_is_due(FAULT_SHM))
		return SQLITE_IOERR_SHMSIZE;
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, pp);
}

static int
file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void
file_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
file_shm_unmap(sqlite3_file *f, int delete)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read_at,
    .xWrite = file_write_at,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---------------------------------------------------------- */

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *flags_r)
{
	struct fault_file *file = (struct fault_file *)f;
	struct fault_image *im = NULL;
	bool was_there = false;
	int rc;

	(void)vfs;
	memset(file, 0, sizeof *file);
	if (fault.is_dead)
		return SQLITE_CANTOPEN;
	if (fault_is_due(FAULT_OPEN))
		return SQLITE_CANTOPEN;
	if (fault.has_power_images && name != NULL) {
		im = image_of(name);
		was_there = access(name, F_OK) == 0;
	}
	file->real = (sqlite3_file *)(file + 1);
	rc = fault.real->xOpen(fault.real, name, file->real, flags, flags_r);
	if (rc != SQLITE_OK)
		return rc;
	file->base.pMethods = &fault_methods;
	file->image = im;
	if (im != NULL && !was_there)
		image_add_change(im, CHANGE_CREATE, 0, NULL, 0);
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	(void)vfs;
	if (fault.is_dead)
		return SQLITE_IOERR_DELETE;
	if (fault_is_due(FAULT_DELETE))
		return SQLITE_IOERR_DELETE;
	if (fault.has_power_images) {
		struct fault_image *im = image_of(name);

		image_add_change(im, CHANGE_UNLINK, 0, NULL, 0);
		if (power_is_gone())
			return SQLITE_IOERR_DELETE;
		if (sync_folder)
			folder_sync();
	}
	return fault.real->xDelete(fault.real, name, sync_folder);
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *r)
{
	(void)vfs;
	return fault.real->xAccess(fault.real, name, flags, r);
}

static int
vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return fault.real->xFullPathname(fault.real, name, size, out);
}

static int
vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	return fault.real->xRandomness(fault.real, n, out);
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return fault.real->xSleep(fault.real, us);
}

static int
vfs_time(sqlite3_vfs *vfs, double *now_r)
{
	(void)vfs;
	return fault.real->xCurrentTime(fault.real, now_r);
}

static int
vfs_last_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	(void)n;
	(void)out;
	return 0;
}

__attribute__((unused)) static void
fault_vfs_register(void)
{
	fault.real = sqlite3_vfs_find(NULL);
	assert(fault.real != NULL);
	fault.vfs = (sqlite3_vfs){
	    .iVersion = 1,
	    .szOsFile = (int)sizeof(struct fault_file) + fault.real->szOsFile,
	    .mxPathname = fault.real->mxPathname,
	    .zName = FAULT_VFS,
	    .xOpen = vfs_open,
	    .xDelete = vfs_delete,
	    .xAccess = vfs_access,
	    .xFullPathname = vfs_full_path,
	    .xRandomness = vfs_randomness,
	    .xSleep = vfs_sleep,
	    .xCurrentTime = vfs_time,
	    .xGetLastError = vfs_last_error,
	};
	assert(sqlite3_vfs_register(&fault.vfs, 0) == SQLITE_OK);
}

#endif
