/*
 * fuzz_backup.c - a backup that the disk or the way here damaged.  Laws: looking through it never harms and
 * never changes it; it is refused with words, or it can be opened; what is then read of it are rows, or
 * words.
 *
 * The input's first two bytes may cut the file; behind them, five bytes at a time put a byte at a place, or
 * flip bits of it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "platform/file.h"
#include "store/backup.h"
#include "store/outbox.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/records.h"
#include "store/store.h"
#include "tests/fuzz/fuzz_law.h"

#define NOW INT64_C(1795255200000)
#define FILE_MAX ((size_t)8 << 20)
#define PATH_BYTES 128
#define CHANGE_BYTES 5
#define ROWS 40

struct desk {
	char dir[PATH_BYTES], path[PATH_BYTES + 16], other[PATH_BYTES + 16];
	struct buf whole; /* a backup as it was made */
};

static struct desk desk;

static void
sweep(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal", "-state"};
	char path[PATH_BYTES + 32];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", desk.path, ends[i]);
		unlink(path);
		snprintf(path, sizeof path, "%s%s", desk.other, ends[i]);
		unlink(path);
	}
}

static void
sweep_all(void)
{
	sweep();
	rmdir(desk.dir);
	buf_fini(&desk.whole);
}

static int
open_store(const char *path, struct store **st_r, struct err *err)
{
	struct store_options o = {.path = path, .mode = STORE_WRITER, .now_ms = NOW};

	return store_open(&o, st_r, err);
}

/* A database with some of everything, and the backup of it. */
static void
make_backup(void)
{
	struct store *st = NULL;

	LAW(open_store(desk.other, &st, NULL) == 0);
	LAW(store_begin(st, NULL) == 0);
	for (int i = 0; i < ROWS; i++) {
		struct stored_post sp = {.rules_version = 1, .feed = SLICE_LIT("town")};
		char id[32];
		bool created;

		snprintf(id, sizeof id, "id-%d", i);
		sp.post = (struct post){.id = slice_of(id),
		    .source = SLICE_LIT("mastodon"),
		    .text = SLICE_LIT("good coffee"),
		    .created_at_ms = NOW + i,
		    .fetched_at_ms = NOW + i,
		    .likes = COUNT_UNKNOWN,
		    .replies = COUNT_UNKNOWN,
		    .reposts = COUNT_UNKNOWN};
		LAW(store_post_insert(st, &sp, NULL) >= 0);
		LAW(store_customer_put(st, slice_of(id), SLICE_LIT("UTC"), SLICE_NONE,
			SLICE_LIT("AT"), NOW, "test", &created, NULL) >= 0);
	}
	LAW(store_commit(st, NULL) == 0);
	store_close(st);
	LAW(store_backup(desk.other, desk.path, NULL, NULL, NULL) == 0);
	buf_init(&desk.whole, FILE_MAX);
	LAW(file_read(desk.path, FILE_MAX, &desk.whole, NULL) == 0);
	sweep();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	snprintf(desk.dir, sizeof desk.dir, "%s/fuzz-backup-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	LAW(mkdtemp(desk.dir) != NULL);
	snprintf(desk.path, sizeof desk.path, "%.100s/db", desk.dir);
	snprintf(desk.other, sizeof desk.other, "%.100s/other", desk.dir);
	atexit(sweep_all);
	make_backup();
	return 0;
}

/* The backup with the changes that data asks for. */
static void
damage(const uint8_t *data, size_t size, struct buf *file)
{
	buf_add_slice(file, buf_slice(&desk.whole));
	LAW(!buf_failed(file));
	for (size_t at = 2; at + CHANGE_BYTES <= size; at += CHANGE_BYTES) {
		size_t place =
		    ((size_t)data[at] << 16 | (size_t)data[at + 1] << 8 | data[at + 2]) % file->len;

		file->ptr[place] =
		    (char)(data[at + 4] % 2 == 0 ? data[at + 3]
						 : (uint8_t)file->ptr[place] ^ data[at + 3]);
	}
	if (data[0] % 4 == 3) /* somewhere in the first quarters, or a few bytes short */
		file->len = data[0] < 128 ? file->len * data[1] / 256 : file->len - data[1] % 64;
}

static void
put_file(struct slice text)
{
	FILE *out = fopen(desk.path, "wb");

	LAW(out != NULL && fwrite(text.ptr, 1, text.len, out) == text.len && fclose(out) == 0);
}

static void
refused(const struct err *err)
{
	LAW(err->kind != ERR_NONE && err->text[0] != '\0');
}

/* What a page of rows says is asked for nowhere: that it is read to its end is all. */
static void
read_rows(struct store *st)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct err err = {ERR_NONE, ""};
	struct stored_post **posts;
	struct customer_record **records;
	struct rules_version rules = {0};
	int64_t held;
	size_t count;

	LAW(a != NULL);
	if (store_posts_list(st, 0, 2 * ROWS, a, &posts, &count, &err) < 0)
		refused(&err);
	if (store_records_list(
		st, SLICE_NONE, 2 * ROWS, SIZE_MAX / 2, NOW, a, &records, &count, &err) < 0)
		refused(&err);
	if (store_rules_live(st, a, &rules, &err) < 0)
		refused(&err);
	if (store_begin(st, &err) < 0 || store_hold_restored(st, NOW, &held, &err) < 0 ||
	    store_commit(st, &err) < 0)
		refused(&err);
	store_rollback(st);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct backup_facts facts;
	struct err err = {ERR_NONE, ""};
	struct store *st = NULL;
	struct buf file, after;
	bool is_whole;

	if (size < 2)
		return 0;
	buf_init(&file, FILE_MAX);
	buf_init(&after, FILE_MAX);
	damage(data, size, &file);
	put_file(buf_slice(&file));
	is_whole = store_file_check(desk.path, &facts, &err) == 0;
	if (!is_whole)
		refused(&err);
	LAW(file_read(desk.path, FILE_MAX, &after, NULL) == 0);
	LAW(slice_eq(buf_slice(&file), buf_slice(&after)));
	if (slice_eq(buf_slice(&file), buf_slice(&desk.whole)))
		LAW(is_whole && facts.posts == ROWS && facts.customers == ROWS);
	if (open_store(desk.path, &st, &err) < 0) {
		refused(&err);
	} else {
		read_rows(st);
		store_close(st);
	}
	sweep();
	buf_fini(&file);
	buf_fini(&after);
	return 0;
}
