/*
 * fuzz_spikes.c - any bytes as a series of counts, given to the verb that reads one.  The first byte
 * says whether for machines.  Law: it ends with an answer, or says that the file is no series.
 */
#include <fcntl.h>

#include "daemon/verb.h"
#include "tests/fuzz/fuzz_file.h"

extern const struct verb verb_spikes;

static void
set_flag(struct verb_call *call, const char *name, const char *value)
{
	size_t i = 0;

	while (call->verb->flags[i].name != NULL && strcmp(call->verb->flags[i].name, name) != 0)
		i++;
	LAW(call->verb->flags[i].name != NULL);
	call->flag_values[i] = value;
}

/* What it prints is nobody's: the fuzzer talks on standard error and keeps that. */
static int
run_quietly(struct verb_call *call)
{
	static int null_fd;
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), rc;

	if (null_fd == 0)
		null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	LAW(null_fd > 0 && out >= 0 && err >= 0);
	LAW(dup2(null_fd, STDOUT_FILENO) >= 0 && dup2(null_fd, STDERR_FILENO) >= 0);
	rc = verb_spikes.run(call);
	fflush(stdout);
	LAW(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
	close(out);
	close(err);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct verb_call call = {.verb = &verb_spikes};
	int rc;

	if (size == 0)
		return 0;
	call.is_json = data[0] % 2 == 0;
	set_flag(&call, "--series", fuzz_file(&file, slice_make((const char *)data + 1, size - 1)));
	rc = run_quietly(&call);
	LAW(rc == EXIT_DONE || rc == EXIT_FOUND || rc == EXIT_CANNOT);
	return 0;
}
