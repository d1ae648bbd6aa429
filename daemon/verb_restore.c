/*
 * verb_restore.c - a backup in the place of the database.
 *
 * The copy is made ready beside the database (brought up to this program's schema, persons of the ledger
 * erased, waiting messages held) and takes its place by one rename; what was there gets another name.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "platform/file.h"
#include "platform/sysclock.h"
#include "store/backup.h"
#include "store/erasure.h"
#include "store/store.h"

#include "daemon/config.h"
#include "daemon/ledger.h"
#include "daemon/progress.h"
#include "daemon/verb.h"

struct restoring {
	struct verb_call *call;
	const char *from;
	const char *path; /* the database, links followed */
	const char *copy; /* made ready here */
	const char *aside; /* where what was there goes */
	struct arena *a;
	int64_t now_ms;
	struct backup_facts facts;
	struct ledger_sync synced;
	int64_t held;
	bool had_old;
};

static void
tell(void *cookie, int64_t pages_done, int64_t pages)
{
	progress_tell(cookie, pages_done, pages_done, pages);
}

static const char *
with(struct restoring *r, const char *path, const char *suffix)
{
	return arena_printf(r->a, "%s%s", path, suffix);
}

static void
drop_copy(struct restoring *r)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		const char *path = with(r, r->copy, suffixes[i]);

		if (path != NULL)
			unlink(path);
	}
}

static int
hold_messages(struct restoring *r, struct store *st, struct err *err)
{
	char what[120];

	if (store_begin(st, err) < 0)
		return -1;
	if (store_hold_restored(st, r->now_ms, &r->held, err) < 0)
		goto failed;
	snprintf(what, sizeof what, "restore held=%lld erased=%lld", (long long)r->held,
	    (long long)r->synced.persons);
	if (store_audit(st, r->now_ms, "command line", what, err) < 0)
		goto failed;
	return store_commit(st, err);
failed:
	store_rollback(st);
	return -1;
}

/* Brings the copy up to date; nobody else has seen it yet. */
static int
make_ready(struct restoring *r, struct err *err)
{
	struct store_options o = {.path = r->copy, .mode = STORE_WRITER, .now_ms = r->now_ms};
	struct ledger *ledger = NULL;
	struct store *st = NULL;
	int rc = -1;

	o.hash_seed = sysclock_random_seed();
	if (store_open(&o, &st, err) == 0 && ledger_open(r->path, &ledger, err) == 0 &&
	    ledger_sync(ledger, st, r->now_ms, &r->synced, err) == 0 &&
	    hold_messages(r, st, err) == 0)
		rc = store_scrub(st) == 1
		    ? 0
		    : err_set(err, ERR_STORE, "the log of '%s' cannot be copied back", r->copy);
	store_close(st);
	ledger_free(ledger);
	return rc;
}

/* What was there keeps its log, should that not have been copied back (a damaged file). */
static int
move_aside(struct restoring *r, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm"};
	struct err why;

	r->had_old = file_exists(r->path);
	if (!r->had_old)
		return 0;
	if (store_file_settle(r->path, &why) < 0)
		fprintf(stderr, "earshot restore: what was there is put aside as it is: %s\n",
		    why.text);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		const char *from = with(r, r->path, suffixes[i]),
			   *to = with(r, r->aside, suffixes[i]);

		if (from == NULL || to == NULL)
			return err_set(err, ERR_NOMEM, "no memory");
		if (file_exists(from) && rename(from, to) < 0)
			return err_set(
			    err, ERR_IO, "cannot rename '%s': %s", from, strerror(errno));
	}
	if (link(r->path, r->aside) < 0)
		return err_set(err, ERR_IO, "cannot keep '%s' as '%s': %s", r->path, r->aside,
		    strerror(errno));
	return 0;
}

static int
put_in_place(struct restoring *r, struct err *err)
{
	if (move_aside(r, err) < 0)
		return -1;
	if (rename(r->copy, r->path) < 0)
		return err_set(err, ERR_IO, "cannot rename '%s': %s", r->copy, strerror(errno));
	return 0;
}

static void
report(const struct restoring *r)
{
	if (r->call->is_json) {
		printf("{\"posts\":%lld,\"customers\":%lld,\"persons_erased\":%lld,"
		       "\"messages_held\":%lld}\n",
		    (long long)r->facts.posts, (long long)r->facts.customers,
		    (long long)r->synced.persons, (long long)r->held);
		return;
	}
	printf("restored: %lld posts, %lld customers\n", (long long)r->facts.posts,
	    (long long)r->facts.customers);
	printf("  %lld customers and accounts of the ledger erased from it\n",
	    (long long)r->synced.persons);
	printf("  %lld waiting messages are held: they may have been sent since; `earshot outbox` "
	       "shows them\n",
	    (long long)r->held);
	if (r->had_old)
		printf("  what was there is %s\n", r->aside);
}

static int
restore(struct restoring *r, struct err *err)
{
	struct progress progress;
	int rc;

	if (store_file_check(r->from, &r->facts, err) < 0)
		return -1;
	drop_copy(r); /* of a run that was killed */
	progress_init(&progress, sysclock(), "pages", r->call->is_json);
	rc = store_backup(r->from, r->copy, tell, &progress, err);
	progress_clear(&progress);
	if (rc == 0)
		rc = make_ready(r, err);
	if (rc == 0)
		rc = put_in_place(r, err);
	if (rc < 0)
		drop_copy(r);
	return rc;
}

static int
lock_and_restore(struct restoring *r, const struct config *config, struct err *err)
{
	char at[TIME_TEXT_MAX];
	const char *lock_path;
	int fd = -1, rc;

	r->path = file_follow(r->a, config->store_path, err);
	if (r->path == NULL || file_make_dirs(file_dir(r->a, r->path), err) < 0)
		return -1;
	time_format_rfc3339(r->now_ms / 1000 * 1000, at);
	lock_path = with(r, r->path, "-lock");
	r->copy = with(r, r->path, "-restoring");
	r->aside = arena_printf(r->a, "%s-before-%s", r->path, at);
	if (lock_path == NULL || r->copy == NULL || r->aside == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = file_lock(lock_path, &fd, err);
	if (rc == 1)
		return err_set(err, ERR_BUSY, "the database '%s' is in use: stop the daemon first",
		    config->store_path);
	if (rc < 0)
		return -1;
	rc = restore(r, err);
	file_unlock(fd);
	return rc;
}

static int
run(struct verb_call *call)
{
	struct restoring r = {.call = call, .now_ms = clock_now_ms(sysclock())};
	struct config *config;
	struct err err = {ERR_NONE, ""};
	int code;

	if (call->arg_count != 1)
		return verb_usage(call, "it needs a file made by `earshot backup`");
	r.from = call->args[0];
	code = verb_config(call, &config);
	if (code != EXIT_DONE)
		return code;
	r.a = arena_new(256 * 1024);
	if (r.a == NULL)
		err_set(&err, ERR_NOMEM, "no memory");
	if (r.a == NULL || lock_and_restore(&r, config, &err) < 0)
		code = verb_cannot(call, &err);
	else
		report(&r);
	arena_free(r.a);
	config_unref(config);
	return code;
}

static const struct flag flags[] = {{0}};

const struct verb verb_restore = {
    "restore",
    "FILE",
    "a backup in the place of the database; no daemon may run",
    "The file is looked through first.  Persons whom the ledger beside the database names as "
    "erased are "
    "erased from it\nbefore anything else sees it, and messages that waited in it are held.  What "
    "was "
    "there is kept under another name.",
    "  earshot restore /backup/earshot-2026-11-21.db",
    flags,
    run,
};
