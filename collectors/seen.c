#include "collectors/seen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/json.h"
#include "core/map.h"
#include "core/mem.h"

#define SEEN_HEX 24

void
seen_init(struct seen *s)
{
	*s = (struct seen){NULL, 0, 0};
}

void
seen_fini(struct seen *s)
{
	mem_free(s->items);
	seen_init(s);
}

uint64_t
seen_hash(struct slice id)
{
	return hash_bytes(0, id);
}

uint32_t
seen_text_hash(struct slice text)
{
	return (uint32_t)hash_bytes(1, text);
}

/* From the newest on: what repeats is mostly recent. */
static struct seen_item *
find(const struct seen *s, uint64_t id)
{
	for (size_t i = s->count; i-- > 0;)
		if (s->items[i].id == id)
			return &s->items[i];
	return NULL;
}

enum seen_answer
seen_look(const struct seen *s, uint64_t id, uint32_t text)
{
	const struct seen_item *item = find(s, id);

	if (item == NULL)
		return SEEN_NEW;
	return item->text == text ? SEEN_SAME : SEEN_CHANGED;
}

int
seen_add_at(struct seen *s, size_t place, uint64_t id, uint32_t text)
{
	struct seen_item *item = find(s, id);

	assert(place <= s->count);
	if (item != NULL) {
		item->text = text;
		return 0;
	}
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
		void *grown = mem_realloc_array(s->items, cap, sizeof(*s->items));
		if (grown == NULL)
			return -1;
		s->items = grown;
		s->cap = cap;
	}
	memmove(&s->items[place + 1], &s->items[place], (s->count - place) * sizeof(*s->items));
	s->items[place] = (struct seen_item){id, text};
	s->count++;
	return 0;
}

int
seen_add(struct seen *s, uint64_t id, uint32_t text)
{
	return seen_add_at(s, s->count, id, text);
}

void
seen_remove(struct seen *s, uint64_t id)
{
	struct seen_item *item = find(s, id);
	size_t index;

	if (item == NULL)
		return;
	index = (size_t)(item - s->items);
	memmove(item, item + 1, (s->count - index - 1) * sizeof(*item));
	s->count--;
}

void
seen_trim(struct seen *s, size_t max)
{
	size_t gone;

	if (s->count <= max)
		return;
	gone = s->count - max;
	memmove(s->items, s->items + gone, max * sizeof(*s->items));
	s->count = max;
}

void
seen_write(const struct seen *s, struct json_writer *w)
{
	json_array_begin(w);
	for (size_t i = 0; i < s->count; i++) {
		char hex[SEEN_HEX + 1];
		(void)snprintf(
		    hex, sizeof(hex), "%016" PRIx64 "%08" PRIx32, s->items[i].id, s->items[i].text);
		json_put_cstr(w, hex);
	}
	json_array_end(w);
}

static bool
hex_read(const char *p, size_t digits, uint64_t *value_r)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits; i++) {
		char c = p[i];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*value_r = value;
	return true;
}

int
seen_read(struct seen *s, const struct json *array, size_t max)
{
	size_t count = json_count(array);

	for (size_t i = count > max ? count - max : 0; i < count; i++) {
		struct slice hex = json_str(json_at(array, i));
		uint64_t id, text;
		if (hex.len != SEEN_HEX || !hex_read(hex.ptr, 16, &id) ||
		    !hex_read(hex.ptr + 16, 8, &text))
			continue;
		if (seen_add(s, id, (uint32_t)text) < 0)
			return -1;
	}
	return 0;
}
