/*
 * caches.c - which tables have an overlay, and the way to it.
 *
 * A reader has none: it would have to notice each commit of the writer.  It loads straight from its
 * snapshot.
 */
#include "store/ahead.h"

#include "core/decision.h"
#include "core/map.h"
#include "store/store_internal.h"
#include "store/standing_internal.h"

#include <assert.h>
#include <string.h>

#define MB ((size_t)1024 * 1024)

/* With keys of the usual length the entries fill these; the sum is in docs/operations.md. */
static const struct {
	size_t value_size;
	struct overlay_ops ops;
	size_t max_bytes;
} kinds[CACHE_COUNT] = {
    [CACHE_COUNTERS] = {sizeof(struct rule_counter), {counter_row_load, counter_row_save}, 14 * MB},
    [CACHE_TIMES_MANY] = {sizeof(struct rule_times), {times_many_load, times_many_save}, 6 * MB},
    [CACHE_TIMES] = {sizeof(struct few_times), {times_row_load, times_row_save}, 18 * MB},
    [CACHE_AUTHORS] = {sizeof(struct author_state), {author_row_load, author_row_save}, 15 * MB},
    [CACHE_AUTHOR_LINK] = {sizeof(int64_t), {author_link_load, NULL}, 12 * MB},
    [CACHE_HANDLE_LINKS] = {sizeof(char), {handle_links_load, NULL}, 12 * MB},
    [CACHE_TAGGED] = {sizeof(char), {tagged_load, NULL}, 12 * MB},
    [CACHE_PAUSED] = {sizeof(int64_t), {pause_row_load, NULL}, 1 * MB},
    [CACHE_LINK_CODES] = {sizeof(int64_t), {link_codes_open_load, NULL}, MB / 16},
    [CACHE_LISTED] = {sizeof(char), {listed_load, NULL}, 12 * MB},
    [CACHE_STANDING] = {sizeof(struct standing_row), {standing_row_load, standing_row_save},
	24 * MB},
    [CACHE_TOPIC_STANDING] = {sizeof(struct topic_row), {topic_row_load, topic_row_save}, 12 * MB},
    [CACHE_TOPICS] = {sizeof(struct topic_size), {topic_size_load, topic_size_save}, 1 * MB},
    [CACHE_ITEMS] = {sizeof(struct item_row), {item_row_load, item_row_save}, 8 * MB},
    [CACHE_PLACES] = {PLACE_CACHED_BYTES, {place_row_load, place_row_save}, 8 * MB},
};

int
caches_new(struct store *st, uint64_t hash_seed, size_t max_entries, struct err *err)
{
	for (size_t i = 0; i < CACHE_COUNT; i++) {
		size_t entries = max_entries == 0 ? STORE_CACHE_ENTRIES : max_entries;

		/* A kilobyte each: few keys have so many times. */
		if (i == CACHE_TIMES_MANY)
			entries = (entries + 15) / 16;
		st->caches[i] =
		    overlay_new(kinds[i].value_size, &kinds[i].ops, st, hash_seed, entries);
		if (st->caches[i] == NULL)
			return err_set(
			    err, ERR_NOMEM, "no memory for the caches of '%s'", st->path);
		overlay_bound(st->caches[i], kinds[i].max_bytes);
	}
	return 0;
}

/* The overlay's own failures (no memory) break the transaction as a statement's do. */
static int
watch(struct store *st, int rc, const struct err *own, struct err *err)
{
	if (rc >= 0)
		return rc;
	if (err != NULL)
		*err = *own;
	return store_break(st, own);
}

int
cache_get(
    struct store *st, enum store_cache which, struct slice key, void *value_r, struct err *err)
{
	struct err own;

	if (st->caches[which] == NULL)
		return kinds[which].ops.load(st, key, value_r, err);
	return watch(st, overlay_get(st->caches[which], key, value_r, &own), &own, err);
}

int
cache_put(
    struct store *st, enum store_cache which, struct slice key, const void *value, struct err *err)
{
	struct err own;

	assert(st->is_in_transaction && st->caches[which] != NULL);
	return watch(st, overlay_put(st->caches[which], key, value, &own), &own, err);
}

int
cache_put_saved(
    struct store *st, enum store_cache which, struct slice key, const void *value, struct err *err)
{
	struct err own;

	assert(st->is_in_transaction && st->caches[which] != NULL);
	return watch(st, overlay_put_saved(st->caches[which], key, value, &own), &own, err);
}

/* "head, NUL, kind, tail": good until the next call. */
static int
key_join(struct store *st, struct slice head, char kind, struct slice tail, struct slice *joined_r,
    struct err *err)
{
	size_t len = head.len + 2 + tail.len;
	char *at = st->short_key;

	if (len <= sizeof st->short_key) {
		if (head.len > 0)
			memcpy(at, head.ptr, head.len);
		at += head.len;
		*at++ = '\0';
		*at++ = kind;
		if (tail.len > 0)
			memcpy(at, tail.ptr, tail.len);
		*joined_r = slice_make(st->short_key, len);
		return 0;
	}
	buf_clear(&st->key);
	buf_add_slice(&st->key, head);
	buf_add_char(&st->key, '\0');
	buf_add_char(&st->key, kind);
	buf_add_slice(&st->key, tail);
	if (store_buf_check(st, &st->key, err) < 0)
		return -1;
	*joined_r = buf_slice(&st->key);
	return 0;
}

int
cache_get_key(struct store *st, enum store_cache which, struct slice head, char kind,
    struct slice tail, void *value_r, struct err *err)
{
	struct overlay *o = st->caches[which];
	struct overlay_key k;
	struct slice joined;
	struct err own;

	if (o == NULL)
		return key_join(st, head, kind, tail, &joined, err) < 0
		    ? -1
		    : kinds[which].ops.load(st, joined, value_r, err);
	k = overlay_key_of(o, head, kind, tail);
	return watch(st, overlay_get_key(o, &k, value_r, &own), &own, err);
}

int
cache_put_key(struct store *st, enum store_cache which, struct slice head, char kind,
    struct slice tail, const void *value, struct err *err)
{
	struct overlay *o = st->caches[which];
	struct overlay_key k;
	struct err own;

	assert(st->is_in_transaction && o != NULL);
	k = overlay_key_of(o, head, kind, tail);
	return watch(st, overlay_put_key(o, &k, value, &own), &own, err);
}

static void
ahead(struct store *st, enum store_cache which, const struct rule_head *rule, char kind,
    struct slice tail, struct store_ahead *a_r)
{
	uint64_t hash = rule->id_hash != 0 ? rule->id_hash : hash_own(rule->id);

	a_r->in = st->caches[which];
	if (a_r->in == NULL) {
		a_r->spot.key = (struct overlay_key){.head = rule->id, .tail = tail, .kind = kind};
		return;
	}
	overlay_spot_of(a_r->in, rule->id, hash, kind, tail, &a_r->spot);
	overlay_spot_fetch(a_r->in, &a_r->spot);
}

void
store_counter_ahead(struct store *st, const struct rule_head *rule, enum state_kind kind,
    struct slice key, struct store_ahead *a_r)
{
	ahead(st, CACHE_COUNTERS, rule, (char)kind, key, a_r);
}

void
store_times_ahead(struct store *st, const struct rule_head *rule, enum times_part part,
    struct slice key, struct store_ahead *a_r)
{
	ahead(st, CACHE_TIMES, rule, (char)part, key, a_r);
}

void
store_ahead_value(struct store_ahead *a)
{
	if (a->in != NULL)
		overlay_spot_fetch_value(a->in, &a->spot);
}

int
cache_get_at(
    struct store *st, enum store_cache which, struct store_ahead *a, void *value_r, struct err *err)
{
	const struct overlay_key *k = &a->spot.key;
	struct err own;

	if (a->in == NULL)
		return cache_get_key(st, which, k->head, k->kind, k->tail, value_r, err);
	assert(a->in == st->caches[which]);
	return watch(st, overlay_get_at(a->in, &a->spot, value_r, &own), &own, err);
}

int
cache_put_at(struct store *st, enum store_cache which, struct store_ahead *a, const void *value,
    struct err *err)
{
	struct err own;

	assert(st->is_in_transaction && a->in != NULL && a->in == st->caches[which]);
	return watch(st, overlay_put_at(a->in, &a->spot, value, &own), &own, err);
}

void
cache_forget(struct store *st, enum store_cache which, struct slice key)
{
	assert(st->caches[which] != NULL);
	overlay_forget(st->caches[which], key);
}
