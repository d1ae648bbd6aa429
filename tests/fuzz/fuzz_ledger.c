/*
 * fuzz_ledger.c - any bytes as the ledger of who was erased.  Laws: it is refused, or both sides agree
 * afterwards: a second look finds nothing to do.
 *
 * The first byte says whether the right head stands before the bytes, or nothing would get past it.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "daemon/ledger.h"
#include "platform/file.h"
#include "store/erasure.h"
#include "tests/fuzz/store_again.h"

#define NOW INT64_C(1795255200000)
#define PATH_BYTES 128

struct desk {
	struct store_again store;
	char dir[PATH_BYTES], db[PATH_BYTES], ledger[PATH_BYTES + 16], key[PATH_BYTES + 16];
	char head[80]; /* the first line of a ledger with our key */
};

static struct desk desk;

static void
put_file(const char *path, struct slice text)
{
	FILE *out = fopen(path, "wb");

	LAW(out != NULL && fwrite(text.ptr, 1, text.len, out) == text.len && fclose(out) == 0);
}

static void
sweep(void)
{
	unlink(desk.ledger);
	unlink(desk.key);
	rmdir(desk.dir);
}

static struct store *
use_store(void)
{
	static const struct store_options o = {
	    .mode = STORE_MEMORY, .now_ms = NOW, .hash_seed = 7, .cache_entries = 64};

	return store_again(&desk.store, &o);
}

/* A ledger with one line, made by a store with one erasure: its first line is the head. */
static void
open_desk(void)
{
	static const char hash[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct ledger_sync done;
	struct ledger *l = NULL;
	struct store *st = use_store();
	struct slice text;
	struct buf made;

	snprintf(desk.dir, sizeof desk.dir, "%s/fuzz-ledger-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	LAW(mkdtemp(desk.dir) != NULL);
	snprintf(desk.db, sizeof desk.db, "%.100s/db", desk.dir);
	snprintf(desk.ledger, sizeof desk.ledger, "%s-erasures", desk.db);
	snprintf(desk.key, sizeof desk.key, "%s-erasures.key", desk.db);
	atexit(sweep);
	LAW(ledger_open(desk.db, &l, NULL) == 0);
	LAW(store_begin(st, NULL) == 0);
	LAW(store_erasure_put(st, hash, NOW, NULL) >= 0);
	LAW(store_commit(st, NULL) == 0);
	LAW(ledger_sync(l, st, NOW, &done, NULL) == 0 && done.appended == 1);
	store_set_book(st, NULL);
	ledger_free(l);
	buf_init(&made, 4096);
	LAW(file_read(desk.ledger, 4000, &made, NULL) == 0);
	text = buf_slice(&made);
	text = slice_split(&text, '\n');
	snprintf(desk.head, sizeof desk.head, "%.*s\n", SLICE_ARG(text));
	buf_fini(&made);
}

static void
write_ledger(bool with_head, struct slice text)
{
	struct buf file;

	buf_init(&file, 1u << 21);
	if (with_head)
		buf_add_str(&file, desk.head);
	buf_add_slice(&file, text);
	LAW(!buf_failed(&file));
	put_file(desk.ledger, buf_slice(&file));
	buf_fini(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {ERR_NONE, ""};
	struct ledger_sync done;
	struct ledger *l = NULL;
	struct store *st;
	int rc;

	if (size == 0)
		return 0;
	if (desk.head[0] == '\0')
		open_desk();
	write_ledger(data[0] % 4 != 0, slice_make((const char *)data + 1, size - 1));
	st = use_store();
	LAW(ledger_open(desk.db, &l, &err) == 0);
	rc = ledger_sync(l, st, NOW, &done, &err);
	LAW(rc == 0 || err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
	if (rc == 0) {
		LAW(done.appended == 0 && done.persons == 0);
		LAW(ledger_sync(l, st, NOW, &done, &err) == 0);
		LAW(done.appended == 0 && done.missing == 0);
	}
	store_set_book(st, NULL);
	ledger_free(l);
	return 0;
}
