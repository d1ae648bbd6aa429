/*
 * verb_backup.c - the database into a file, while the daemon runs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/timefmt.h"
#include "platform/sysclock.h"
#include "store/backup.h"

#include "daemon/config.h"
#include "daemon/progress.h"
#include "daemon/verb.h"

#define PATH_BYTES 4096

static void
tell(void *cookie, int64_t pages_done, int64_t pages)
{
	progress_tell(cookie, pages_done, pages_done, pages);
}

/* Appears under its name when it is whole. */
static int
put_in_place(const char *part, const char *path, struct err *err)
{
	if (link(part, path) == 0) {
		unlink(part);
		return 0;
	}
	unlink(part);
	return err_set(
	    err, ERR_CONFLICT, "'%s' is there already: a backup overwrites nothing", path);
}

static void
report(const struct verb_call *call, const char *path, const struct backup_facts *facts)
{
	char newest[TIME_TEXT_MAX] = "none";

	if (facts->newest_at_ms != TIME_UNKNOWN)
		time_format_rfc3339(facts->newest_at_ms / 1000 * 1000, newest);
	if (call->is_json)
		printf("{\"schema\":%d,\"posts\":%lld,\"customers\":%lld}\n", facts->schema_version,
		    (long long)facts->posts, (long long)facts->customers);
	else
		printf("%s: whole; %lld posts (newest %s), %lld customers\n", path,
		    (long long)facts->posts, newest, (long long)facts->customers);
}

static int
back_up(
    const struct verb_call *call, const struct config *config, const char *path, struct err *err)
{
	char part[PATH_BYTES];
	struct backup_facts facts;
	struct progress progress;
	int rc;

	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return err_set(err, ERR_INPUT, "the name is too long");
	if (access(path, F_OK) == 0)
		return err_set(
		    err, ERR_CONFLICT, "'%s' is there already: a backup overwrites nothing", path);
	unlink(part); /* of a run that was killed */
	progress_init(&progress, sysclock(), "pages", call->is_json);
	rc = store_backup(config->store_path, part, tell, &progress, err);
	progress_clear(&progress);
	if (rc < 0)
		return -1;
	if (store_file_check(part, &facts, err) < 0) {
		unlink(part);
		return -1;
	}
	if (put_in_place(part, path, err) < 0)
		return -1;
	report(call, path, &facts);
	return 0;
}

static int
run(struct verb_call *call)
{
	struct config *config;
	struct err err = {ERR_NONE, ""};
	int code;

	if (call->arg_count != 1)
		return verb_usage(call, "it needs the name of a file to write");
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	if (back_up(call, config, call->args[0], &err) < 0)
		code = verb_cannot(call, &err);
	config_unref(config);
	return code;
}

static const struct flag flags[] = {{0}};

const struct verb verb_backup = {
    "backup",
    "FILE",
    "the database into a file, also while the daemon runs",
    "One moment of it, looked through before it gets its name; nothing is overwritten.  The key of "
    "the "
    "erasures' ledger\n(DATABASE-erasures.key) and the ledger are not in it: keep these apart from "
    "backups.",
    "  earshot backup /backup/earshot-$(date +%F).db",
    flags,
    run,
};
