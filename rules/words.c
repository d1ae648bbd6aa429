#include "rules/words_internal.h"

#include <assert.h>

#include "core/mem.h"
#include "core/prefetch.h"
#include "rules/fold_internal.h"

#define SLOTS_FIRST 64
#define WORDS_MAX 100000000u

int
words_init(struct words *w)
{
	*w = (struct words){.slot_mask = SLOTS_FIRST - 1, .count = 1, .cap = SLOTS_FIRST};
	w->slots = mem_array(SLOTS_FIRST, sizeof *w->slots);
	w->texts = mem_array(SLOTS_FIRST, sizeof *w->texts);
	if (w->slots != NULL && w->texts != NULL)
		return 0;
	words_fini(w);
	return -1;
}

void
words_fini(struct words *w)
{
	mem_free(w->slots);
	mem_free(w->texts);
	mem_free(w->bytes);
	*w = (struct words){0};
}

static inline uint64_t
bytes_at(const char *p, size_t n)
{
	uint64_t eight;
	uint32_t four;

	if (n == 8) {
		memcpy(&eight, p, 8);
		return eight;
	}
	memcpy(&four, p, 4);
	return four;
}

#define NOT_ASKED 0
#define HEAD_BYTES WORDS_SHORT

/* Short texts are told apart by their heads alone. */
static inline uint64_t
head_of(struct slice s)
{
	uint64_t head = 0;

	if (s.len > HEAD_BYTES)
		return bytes_at(s.ptr, 8) << 8 >> 8 | UINT64_C(0xff) << 56;
	if (s.len >= 4)
		head = bytes_at(s.ptr, 4) | bytes_at(s.ptr + s.len - 4, 4) << (s.len - 4) * 8;
	else
		for (size_t i = 0; i < s.len; i++)
			head |= (uint64_t)(unsigned char)s.ptr[i] << i * 8;
	return head | (uint64_t)s.len << 56;
}

static inline uint32_t
hash_end(uint64_t h, uint64_t last)
{
	h = (h ^ last) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)(h ^ h >> 32) | 1;
}

static inline uint64_t
hash_begin(size_t len)
{
	return len * UINT64_C(0x9E3779B97F4A7C15);
}

/* Eight bytes at a time, the last of them overlapping, multiplied and mixed; good enough for a table
 * at half load.  Never NOT_ASKED. */
static inline uint32_t
hash_text(struct slice s)
{
	uint64_t h = hash_begin(s.len);
	size_t i = 0;

	for (; i + 8 < s.len; i += 8) {
		h = (h ^ bytes_at(s.ptr + i, 8)) * UINT64_C(0xBF58476D1CE4E5B9);
		h ^= h >> 29;
	}
	return hash_end(h, s.len > HEAD_BYTES ? bytes_at(s.ptr + s.len - 8, 8) : head_of(s));
}

static inline unsigned char
first_byte(struct slice s)
{
	return s.len == 0 ? 0 : (unsigned char)s.ptr[0];
}

static int
grow(struct words *w)
{
	uint32_t slots = (w->slot_mask + 1) * 2;
	struct words_slot *bigger = mem_array(slots, sizeof *bigger);

	if (bigger == NULL)
		return -1;
	for (uint32_t i = 0; i <= w->slot_mask; i++) {
		uint32_t at;

		if (w->slots[i].id == 0)
			continue;
		for (at = w->slots[i].hash >> 1 & (slots - 1); bigger[at].id != 0;
		     at = (at + 1) & (slots - 1))
			;
		bigger[at] = w->slots[i];
	}
	mem_free(w->slots);
	w->slots = bigger;
	w->slot_mask = slots - 1;
	return 0;
}

/* The lowest bit of a hash says nothing. */
static inline uint32_t
place_of(const struct words *w, uint32_t hash)
{
	return hash >> 1 & w->slot_mask;
}

uint32_t
words_ask(const struct words *w, struct slice text)
{
	uint32_t hash;

	if (!words_may_have(w, first_byte(text), text.len))
		return NOT_ASKED;
	hash = hash_text(text);
	prefetch(&w->slots[place_of(w, hash)]);
	return hash;
}

static inline bool
is_text(const struct words *w, const struct words_slot *slot, struct slice text)
{
	return text.len <= HEAD_BYTES || slice_eq(w->texts[slot->id], text);
}

uint32_t
words_answer(const struct words *w, struct slice text, uint32_t asked)
{
	const struct words_slot *slot;
	uint64_t head;

	if (asked == NOT_ASKED)
		return 0;
	head = head_of(text);
	for (uint32_t at = place_of(w, asked); w->slots[at].id != 0; at = (at + 1) & w->slot_mask) {
		slot = &w->slots[at];
		if (slot->head == head && slot->hash == asked && is_text(w, slot, text))
			return slot->id;
	}
	return 0;
}

uint32_t
words_find(const struct words *w, struct slice text)
{
	return words_answer(w, text, words_ask(w, text));
}

/* The length in a head's last byte is none of the letters that folding changes. */
bool
words_find_short(const struct words *w, struct slice text, uint32_t *id_r)
{
	uint64_t head;

	if (text.len > HEAD_BYTES || ((head = head_of(text)) & FOLD_HIGH_BITS) != 0)
		return false;
	head = fold_eight(head);
	*id_r = 0;
	for (uint32_t at = place_of(w, hash_end(hash_begin(text.len), head)); w->slots[at].id != 0;
	     at = (at + 1) & w->slot_mask) {
		if (w->slots[at].head == head) {
			*id_r = w->slots[at].id;
			break;
		}
	}
	return true;
}

uint32_t
words_add(struct words *w, struct slice text)
{
	uint32_t id = words_find(w, text), hash = hash_text(text), at;
	struct slice *texts;

	if (id != 0)
		return id;
	if (w->count >= WORDS_MAX || (w->count * 2 > w->slot_mask && grow(w) < 0))
		return 0;
	if (w->count == w->cap) {
		texts = mem_realloc_array(w->texts, (size_t)w->cap * 2, sizeof *texts);
		if (texts == NULL)
			return 0;
		w->texts = texts;
		w->cap *= 2;
	}
	for (at = place_of(w, hash); w->slots[at].id != 0; at = (at + 1) & w->slot_mask)
		;
	w->texts[w->count] = text;
	w->lengths[first_byte(text)] |= UINT64_C(1) << (text.len < 63 ? text.len : 63);
	w->slots[at] = (struct words_slot){head_of(text), hash, w->count};
	return w->count++;
}

int
words_finish(struct words *w)
{
	size_t size = 0, used = 0;

	for (uint32_t i = 1; i < w->count; i++)
		size += w->texts[i].len;
	w->bytes = mem_alloc(size + 1);
	if (w->bytes == NULL)
		return -1;
	for (uint32_t i = 1; i < w->count; i++) {
		struct slice *text = &w->texts[i];

		if (text->len > 0)
			memcpy(w->bytes + used, text->ptr, text->len);
		text->ptr = w->bytes + used;
		used += text->len;
	}
	return 0;
}
