#include "platform/blackbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/err.h"

#define BLACKBOX_MAGIC 0x45425831u /* "EBX1" */

const char *
blackbox_phase_name(enum blackbox_phase p)
{
	static const char *const names[PHASE_COUNT] = {
	    "idle", "parsing", "before commit", "in commit", "after commit"};

	return (unsigned)p < PHASE_COUNT ? names[p] : "unknown";
}

int
blackbox_open(const char *path, struct blackbox **box_r, struct blackbox *last_r, struct err *err)
{
	struct blackbox *box;
	void *map;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	if (ftruncate(fd, sizeof *box) < 0) {
		err_set(err, ERR_IO, "cannot size '%s': %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	map = mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_set(err, ERR_IO, "cannot map '%s': %s", path, strerror(errno));
	box = map;
	memset(last_r, 0, sizeof *last_r);
	if (box->magic == BLACKBOX_MAGIC) {
		last_r->is_running = box->is_running;
		last_r->phase = box->phase;
		last_r->claimed = box->claimed;
		last_r->unrecorded = box->unrecorded;
		last_r->pid = box->pid;
	}
	box->magic = BLACKBOX_MAGIC;
	box->phase = PHASE_IDLE;
	box->claimed = 0;
	box->unrecorded = 0;
	box->pid = (uint32_t)getpid();
	box->is_running = 1;
	*box_r = box;
	return 0;
}

void
blackbox_close(struct blackbox *box)
{
	if (box == NULL)
		return;
	box->phase = PHASE_IDLE;
	box->is_running = 0;
	munmap(box, sizeof *box);
}
