/*
 * erase_hashes.c - what stays of an erased person: hashes of their ids, and of where they were reached, so that a
 * file that has them still is told of.
 *
 * An address that somebody else has as well (a family's, a shop's till) is not noted: it is theirs still.  And
 * whatever is somebody's here again, because the person came back by themselves, is no longer asked about.
 */
#include "store/erase_internal.h"

#include <string.h>

#include "core/mem.h"

#define SHARERS_MAX 100 /* customers with one address; more are somebody else for certain */

struct place {
	struct slice id, channel, address;
};

static int
read_place(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct place *p = row;

	(void)err;
	p->id = query_text(q, 0, a);
	p->channel = query_text(q, 1, a);
	p->address = query_text(q, 2, a);
	return 0;
}

/* However it is written: letters of a mail address in any case, a number with or without its signs. */
static struct slice
address_key(struct slice channel, struct slice address, char *out)
{
	bool is_mail = slice_eq_str(channel, "email");
	bool is_number = slice_eq_str(channel, "sms") || slice_eq_str(channel, "voice");
	struct slice kind = is_number ? SLICE_LIT("tel") : channel;
	size_t n = 0;

	memcpy(out, kind.ptr, kind.len);
	n = kind.len;
	out[n++] = ':';
	for (size_t i = 0; i < address.len; i++) {
		char c = address.ptr[i];

		if (is_mail && c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (!is_number || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	return slice_make(out, n);
}

static int
hash_address(struct store *st, struct slice channel, struct slice address,
    char hash_r[ERASURE_HASH_SIZE], struct err *err)
{
	char *room = mem_alloc(channel.len + address.len + sizeof "tel:");

	if (room == NULL)
		return store_nomem(st, NULL, err);
	st->book->hash(
	    st->book->cookie, ERASURE_ADDRESS, address_key(channel, address, room), hash_r);
	mem_free(room);
	return 0;
}

static bool
is_of_person(const struct person *p, struct slice id)
{
	for (size_t i = 0; i < p->customer_count; i++)
		if (slice_eq(p->customers[i], id))
			return true;
	return false;
}

/* Does nobody else have it?  1, 0, -1. */
static int
is_theirs_alone(struct erasing *e, const struct place *place)
{
	struct slice *ids;
	struct query q;
	size_t count;

	if (query_open(&q, e->st,
		"SELECT DISTINCT customer_id FROM endpoints WHERE channel = ?1 AND address = ?2 "
		"LIMIT 100",
		e->err) < 0)
		return -1;
	query_bind_text(&q, place->channel);
	query_bind_text(&q, place->address);
	if (query_rows(&q, e->a, sizeof *ids, query_read_text, &ids, &count, e->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!is_of_person(e->p, ids[i]))
			return 0;
	return count < SHARERS_MAX;
}

struct hash_list {
	char (*hashes)[ERASURE_HASH_SIZE]; /* in the arena of the erasure */
	size_t count, room;
};

static int
note(struct erasing *e, struct hash_list *l, const char *hash)
{
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 16 : 2 * l->room;
		char(*more)[ERASURE_HASH_SIZE] = arena_array(e->a, room, sizeof *more);

		if (more == NULL)
			return store_nomem(e->st, e->a, e->err);
		if (l->count > 0)
			memcpy(more, l->hashes, l->count * sizeof *more);
		l->hashes = more;
		l->room = room;
	}
	memcpy(l->hashes[l->count++], hash, ERASURE_HASH_SIZE);
	return store_erasure_put(e->st, hash, e->now_ms, e->err) < 0 ? -1 : 0;
}

static int
note_id(struct erasing *e, struct hash_list *l, enum erasure_kind kind, struct slice id)
{
	char hash[ERASURE_HASH_SIZE];

	e->st->book->hash(e->st->book->cookie, kind, id, hash);
	return note(e, l, hash);
}

static int
note_place(struct erasing *e, struct hash_list *l, const struct place *place)
{
	char hash[ERASURE_HASH_SIZE];
	int rc;

	if (note_id(e, l, ERASURE_ENDPOINT, place->id) < 0)
		return -1;
	rc = place->address.len == 0 ? 0 : is_theirs_alone(e, place);
	if (rc <= 0)
		return rc;
	if (hash_address(e->st, place->channel, place->address, hash, e->err) < 0)
		return -1;
	return note(e, l, hash);
}

static int
note_places_of(struct erasing *e, struct hash_list *l, struct slice customer_id)
{
	struct place *places;
	struct query q;
	size_t count;

	if (query_open(&q, e->st,
		"SELECT id, channel, address FROM endpoints WHERE customer_id = ?1 LIMIT 1000",
		e->err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	if (query_rows(&q, e->a, sizeof *places, read_place, &places, &count, e->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (note_place(e, l, &places[i]) < 0)
			return -1;
	return 0;
}

int
erase_note_hashes(struct erasing *e)
{
	const struct person *p = e->p;
	struct hash_list l = {NULL, 0, 0};

	for (size_t i = 0; i < p->customer_count; i++)
		if (note_id(e, &l, ERASURE_CUSTOMER, p->customers[i]) < 0 ||
		    note_places_of(e, &l, p->customers[i]) < 0)
			return -1;
	for (size_t i = 0; i < p->author_count; i++)
		if (note_id(e, &l, ERASURE_AUTHOR, p->authors[i].id) < 0)
			return -1;
	for (size_t i = 0; i < p->handle_count; i++)
		if (note_id(e, &l, ERASURE_HANDLE, p->handles[i]) < 0)
			return -1;
	e->counts->hashes = (const char(*)[ERASURE_HASH_SIZE])l.hashes;
	e->counts->hash_count = l.count;
	return 0;
}

/* ---- asked ------------------------------------------------------------------------ */

/* Of somebody who is here?  1, 0, -1. */
static int
is_somebodys(
    struct store *st, struct slice id, struct slice channel, struct slice address, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT 1 WHERE EXISTS (SELECT 1 FROM endpoints WHERE id = ?1) OR EXISTS (SELECT 1 "
		"FROM endpoints WHERE channel = ?2 AND address = ?3)",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, channel);
	query_bind_text(&q, address);
	return query_has_row(&q, err);
}

/* Is it in the ledger, and nobody's here?  1, 0, -1. */
static int
is_erased_address(struct store *st, struct slice channel, struct slice address, struct err *err)
{
	char hash[ERASURE_HASH_SIZE];
	int rc;

	if (!slice_is_set(address) || address.len == 0)
		return 0;
	if (hash_address(st, channel, address, hash, err) < 0)
		return -1;
	rc = erasures_have(st, hash, err);
	if (rc <= 0)
		return rc;
	rc = is_somebodys(st, SLICE_NONE, channel, address, err);
	return rc < 0 ? -1 : !rc;
}

/* An address is asked for whatever its endpoint: one that is here may get it. */
int
store_endpoint_is_erased(
    struct store *st, struct slice id, struct slice channel, struct slice address, struct err *err)
{
	int rc = erasures_any(st, err);

	if (rc <= 0)
		return rc;
	rc = is_erased_address(st, channel, address, err);
	if (rc != 0)
		return rc;
	rc = store_is_erased(st, ERASURE_ENDPOINT, id, err);
	if (rc <= 0)
		return rc;
	rc = is_somebodys(st, id, channel, address, err);
	return rc < 0 ? -1 : !rc;
}
