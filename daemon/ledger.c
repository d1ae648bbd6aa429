#include "daemon/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/slice.h"
#include "people/erasure.h"
#include "platform/crypto.h"
#include "platform/file.h"
#include "platform/sysclock.h"
#include "store/erasure.h"
#include "store/store.h"

#define KEY_BYTES 32
#define CHECK_DIGITS 16
#define HASH_DIGITS (ERASURE_HASH_SIZE - 1)
#define LEDGER_BYTES_MAX (256u * 1024 * 1024)
#define LEDGER_LINES_MAX (LEDGER_BYTES_MAX / HASH_DIGITS)
#define HEAD "earshot-erasures 1 "

struct ledger {
	char *path, *key_path;
	uint8_t key[KEY_BYTES];
	struct erasure_book book;
};

/* ---- hashes ---------------------------------------------------------------- */

static void
hash_id(void *cookie, enum erasure_kind kind, struct slice id, char hash_r[ERASURE_HASH_SIZE])
{
	const struct ledger *l = cookie;
	uint8_t inner[CRYPTO_SHA256_BYTES], bytes[CRYPTO_SHA256_BYTES];
	char word[1] = {(char)kind};
	struct slice parts[2] = {slice_make(word, 1), id};

	crypto_sha256_parts(parts, 2, inner);
	crypto_hmac_sha256(slice_make((const char *)l->key, KEY_BYTES),
	    slice_make((const char *)inner, sizeof inner), bytes);
	crypto_hex(bytes, sizeof bytes, hash_r);
}

static void
check_of(const struct ledger *l, char check_r[CHECK_DIGITS + 1])
{
	uint8_t bytes[CRYPTO_SHA256_BYTES];
	char hex[2 * CRYPTO_SHA256_BYTES + 1];

	crypto_hmac_sha256(
	    slice_make((const char *)l->key, KEY_BYTES), slice_of("which key"), bytes);
	crypto_hex(bytes, sizeof bytes, hex);
	memcpy(check_r, hex, CHECK_DIGITS);
	check_r[CHECK_DIGITS] = '\0';
}

/* ---- files ----------------------------------------------------------------- */

static int
write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text = slice_make(text.ptr + n, text.len - (size_t)n);
	}
	return 0;
}

static int
sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_strdup(".") : mem_strdup(path);
	int fd, rc = -1;

	if (dir == NULL)
		return -1;
	if (slash != NULL)
		dir[slash == path ? 1 : slash - path] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		rc = fsync(fd);
		close(fd);
	}
	mem_free(dir);
	return rc;
}

/* Appends and syncs; a new file is its owner's alone, and its name is synced too. */
static int
append_text(const char *path, int flags, struct slice text, struct err *err)
{
	bool is_new = !file_exists(path);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0600);

	if (fd < 0 || write_all(fd, text) < 0 || fsync(fd) < 0 || (is_new && sync_dir(path) < 0)) {
		err_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int
make_key(struct ledger *l, struct err *err)
{
	char hex[2 * KEY_BYTES + 2];

	if (file_exists(l->path))
		return err_set(err, ERR_INPUT,
		    "'%s' is there, but its key '%s' is not: put the key back, or who was erased "
		    "cannot be told",
		    l->path, l->key_path);
	crypto_random(l->key, sizeof l->key);
	crypto_hex(l->key, sizeof l->key, hex);
	hex[2 * KEY_BYTES] = '\n';
	return append_text(l->key_path, O_EXCL, slice_make(hex, 2 * KEY_BYTES + 1), err);
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_key(struct ledger *l, struct err *err)
{
	struct buf text;
	struct slice hex;
	int rc;

	buf_init(&text, 1024);
	rc = file_read(l->key_path, 512, &text, err);
	hex = slice_trim(buf_slice(&text));
	if (rc == 0 && hex.len != 2 * KEY_BYTES)
		rc = -2;
	for (size_t i = 0; rc == 0 && i < KEY_BYTES; i++) {
		int high = digit(hex.ptr[2 * i]), low = digit(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			rc = -2;
		else
			l->key[i] = (uint8_t)(high << 4 | low);
	}
	if (rc == -2)
		err_set(err, ERR_INPUT, "'%s' is no key: 64 hexadecimal digits were expected",
		    l->key_path);
	buf_fini(&text);
	return rc < 0 ? -1 : 0;
}

/* ---- lines ------------------------------------------------------------------- */

/* 1 a hash, 0 nothing to read (a line torn by a crash is written again at the next sync). */
static int
read_line(struct slice line, char hash_r[ERASURE_HASH_SIZE], int64_t *at_ms_r)
{
	char number[24];

	if (line.len < HASH_DIGITS + 2 || line.len > HASH_DIGITS + 21 ||
	    line.ptr[HASH_DIGITS] != ' ')
		return 0;
	for (size_t i = 0; i < HASH_DIGITS; i++)
		if (digit(line.ptr[i]) < 0)
			return 0;
	memcpy(hash_r, line.ptr, HASH_DIGITS);
	hash_r[HASH_DIGITS] = '\0';
	snprintf(number, sizeof number, "%.*s", (int)(line.len - HASH_DIGITS - 1),
	    line.ptr + HASH_DIGITS + 1);
	*at_ms_r = strtoll(number, NULL, 10);
	return 1;
}

static int
check_head(const struct ledger *l, struct slice line, struct err *err)
{
	char check[CHECK_DIGITS + 1], want[64];

	check_of(l, check);
	snprintf(want, sizeof want, HEAD "%s", check);
	if (slice_eq_str(line, want))
		return 0;
	return err_set(err, ERR_INPUT,
	    "'%s' was written with another key than '%s': put both of one installation in place",
	    l->path, l->key_path);
}

/* A line torn by a crash or a full disk has no end. */
static bool
is_torn(const char *path)
{
	char last = '\n';
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		last = '\0';
	if (fd >= 0)
		close(fd);
	return last != '\n';
}

/* What stands before new lines: the head of a new file, the end of a torn line. */
static const char *
head_of(const struct ledger *l, char head_r[64])
{
	char check[CHECK_DIGITS + 1];

	check_of(l, check);
	snprintf(head_r, 64, HEAD "%s\n", check);
	return !file_exists(l->path) ? head_r : is_torn(l->path) ? "\n" : "";
}

static int
append(void *cookie, const char (*hashes)[ERASURE_HASH_SIZE], size_t count, int64_t at_ms,
    struct err *err)
{
	struct ledger *l = cookie;
	char head[64];
	struct buf text;
	int rc;

	if (count == 0)
		return 0;
	buf_init(&text, LEDGER_BYTES_MAX);
	buf_add_str(&text, head_of(l, head));
	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%s %lld\n", hashes[i], (long long)at_ms);
	rc = buf_failed(&text) ? err_set(err, ERR_NOMEM, "no memory for the ledger")
			       : append_text(l->path, 0, buf_slice(&text), err);
	buf_fini(&text);
	return rc;
}

int
ledger_open(const char *store_path, struct ledger **l_r, struct err *err)
{
	struct ledger *l = mem_zalloc(sizeof *l);
	size_t size = strlen(store_path) + 32;
	int rc;

	if (l == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the ledger");
	l->path = mem_zalloc(size);
	l->key_path = mem_zalloc(size);
	if (l->path == NULL || l->key_path == NULL) {
		ledger_free(l);
		return err_set(err, ERR_NOMEM, "no memory for the ledger");
	}
	snprintf(l->path, size, "%s-erasures", store_path);
	snprintf(l->key_path, size, "%s-erasures.key", store_path);
	l->book = (struct erasure_book){l, hash_id, append};
	rc = file_exists(l->key_path) ? read_key(l, err) : make_key(l, err);
	if (rc < 0) {
		ledger_free(l);
		return -1;
	}
	*l_r = l;
	return 0;
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	memset(l->key, 0, sizeof l->key);
	mem_free(l->path);
	mem_free(l->key_path);
	mem_free(l);
}

struct ledger *
ledger_of(const struct store *st)
{
	const struct erasure_book *book = st == NULL ? NULL : store_book(st);

	return book == NULL ? NULL : book->cookie;
}

/* ---- both sides agree ----------------------------------------------------------- */

struct syncing {
	struct ledger *l;
	struct store *st;
	int64_t now_ms;
	struct map *in_file; /* hash -> itself: a mark */
	struct map *missing; /* of these, what the database lacks */
	struct arena *a;
	struct buf text; /* the file */
	struct buf lacking; /* lines the file lacks */
	struct ledger_sync *done;
};

static char mark; /* what maps point at */

static int
nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the ledger");
}

static int
read_file(struct syncing *s, struct err *err)
{
	struct slice rest, line;
	char hash[ERASURE_HASH_SIZE];
	int64_t at_ms;

	if (!file_exists(s->l->path))
		return 0;
	if (file_read(s->l->path, LEDGER_BYTES_MAX - 1, &s->text, err) < 0)
		return -1;
	rest = buf_slice(&s->text);
	line = slice_split(&rest, '\n');
	if (check_head(s->l, line, err) < 0)
		return -1;
	while (slice_is_set(rest)) {
		line = slice_split(&rest, '\n');
		if (read_line(line, hash, &at_ms) == 1 &&
		    (map_put(s->in_file, slice_of(hash), &mark) < 0 ||
			map_put(s->missing, slice_of(hash), &mark) < 0))
			return nomem(err);
	}
	return 0;
}

static int
compare_row(void *cookie, const char *hash, int64_t at_ms, struct err *err)
{
	struct syncing *s = cookie;

	(void)err;
	map_remove(s->missing, slice_of(hash));
	if (map_get(s->in_file, slice_of(hash)) != NULL)
		return 0;
	buf_addf(&s->lacking, "%s %lld\n", hash, (long long)at_ms);
	s->done->appended++;
	return 0;
}

static int
append_lacking(struct syncing *s, struct err *err)
{
	char head[64];
	struct buf text;
	int rc;

	if (s->done->appended == 0)
		return 0;
	buf_init(&text, LEDGER_BYTES_MAX);
	buf_add_str(&text, head_of(s->l, head));
	buf_add_slice(&text, buf_slice(&s->lacking));
	rc = buf_failed(&text) || buf_failed(&s->lacking)
	    ? nomem(err)
	    : append_text(s->l->path, 0, buf_slice(&text), err);
	buf_fini(&text);
	return rc;
}

static bool
is_missing(void *cookie, enum erasure_kind kind, struct slice id)
{
	struct syncing *s = cookie;
	char hash[ERASURE_HASH_SIZE];

	hash_id(s->l, kind, id, hash);
	return map_get(s->missing, slice_of(hash)) != NULL;
}

/* Those of whom this database knows nothing: noted, so that they are not taken in. */
static int
note_rest(struct syncing *s, struct err *err)
{
	struct slice hash;
	size_t pos = 0;

	if (store_begin(s->st, err) < 0)
		return -1;
	while (map_next(s->missing, &pos, &hash) != NULL) {
		char text[ERASURE_HASH_SIZE];

		memcpy(text, hash.ptr, HASH_DIGITS);
		text[HASH_DIGITS] = '\0';
		if (store_erasure_put(s->st, text, s->now_ms, err) < 0) {
			store_rollback(s->st);
			return -1;
		}
	}
	return store_commit(s->st, err);
}

static int
erase_missing(struct syncing *s, struct err *err)
{
	struct erasure_report report = {0};

	s->done->missing = (int64_t)map_count(s->missing);
	if (s->done->missing == 0)
		return 0;
	if (erasure_replay(s->st, is_missing, s, s->now_ms, &report, err) < 0 ||
	    note_rest(s, err) < 0)
		return -1;
	s->done->persons = report.persons;
	s->done->rows = report.rows;
	return 0;
}

int
ledger_sync(
    struct ledger *l, struct store *st, int64_t now_ms, struct ledger_sync *done_r, struct err *err)
{
	struct syncing s = {.l = l, .st = st, .now_ms = now_ms, .done = done_r};
	int rc = -1;

	memset(done_r, 0, sizeof *done_r);
	store_set_book(st, &l->book);
	buf_init(&s.text, LEDGER_BYTES_MAX);
	buf_init(&s.lacking, LEDGER_BYTES_MAX);
	s.in_file = map_new(sysclock_random_seed(), LEDGER_LINES_MAX, NULL);
	s.missing = map_new(sysclock_random_seed(), LEDGER_LINES_MAX, NULL);
	if (s.in_file == NULL || s.missing == NULL)
		nomem(err);
	else if (read_file(&s, err) == 0 && store_erasures_each(st, compare_row, &s, err) == 0 &&
	    append_lacking(&s, err) == 0 && erase_missing(&s, err) == 0)
		rc = 0;
	map_free(s.in_file);
	map_free(s.missing);
	buf_fini(&s.text);
	buf_fini(&s.lacking);
	return rc;
}
