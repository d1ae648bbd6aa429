#include "store/overlay_key_internal.h"

#include <string.h>

#include "core/map.h"

void
overlay_key_maker_init(struct overlay_key_maker *m, uint64_t seed)
{
	m->seed = seed;
	m->tail_len = SIZE_MAX; /* none was made */
}

static uint64_t
tail_hash(struct overlay_key_maker *m, struct slice tail)
{
	if (tail.len > sizeof m->tail)
		return hash_bytes_quick(m->seed, tail);
	if (m->tail_len != tail.len || memcmp(m->tail, tail.ptr, tail.len) != 0) {
		m->tail_hash = hash_bytes_quick(m->seed, tail);
		m->tail_len = tail.len;
		memcpy(m->tail, tail.ptr, tail.len);
	}
	return m->tail_hash;
}

void
overlay_key_make(struct overlay_key_maker *m, struct slice head, uint64_t head_hash, char kind,
    struct slice tail, struct overlay_key *k_r)
{
	uint64_t of_kind = ((uint64_t)(unsigned char)kind + 1) * UINT64_C(0x9E3779B97F4A7C15), h;

	if (tail.len == 0)
		tail = SLICE_LIT("");
	h = (head_hash ^ of_kind ^ tail_hash(m, tail)) * UINT64_C(0x94D049BB133111EB);
	k_r->head = head;
	k_r->tail = tail;
	k_r->hash = h ^ h >> 32;
	k_r->has_tail = true;
	k_r->kind = kind;
}

size_t
overlay_key_len(const struct overlay_key *k)
{
	return k->head.len + (k->has_tail ? 2 + k->tail.len : 0);
}

bool
overlay_key_is(const struct overlay_key *k, struct slice joined)
{
	const char *tail;

	if (joined.len != overlay_key_len(k) ||
	    (k->head.len > 0 && memcmp(joined.ptr, k->head.ptr, k->head.len) != 0))
		return false;
	if (!k->has_tail)
		return true;
	tail = joined.ptr + k->head.len + 2;
	return tail[-2] == '\0' && tail[-1] == k->kind &&
	    memcmp(tail, k->tail.ptr, k->tail.len) == 0;
}

void
overlay_key_write(const struct overlay_key *k, char *out)
{
	if (k->head.len > 0)
		memcpy(out, k->head.ptr, k->head.len);
	if (!k->has_tail)
		return;
	out += k->head.len;
	*out++ = '\0';
	*out++ = k->kind;
	memcpy(out, k->tail.ptr, k->tail.len);
}
