/*
 * seen.h - the bounded list of what a source has already given, kept in its cursor: per item a hash
 * of its id and one of its text, so that an edit is told from a repeat.  Ids are hashed (64 bits,
 * the same on every machine) because cursors are written with every page.
 */
#ifndef COLLECTORS_SEEN_H
#define COLLECTORS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct json;
struct json_writer;

struct seen_item {
	uint64_t id;
	uint32_t text;
};

struct seen {
	struct seen_item *items; /* oldest first */
	size_t count, cap;
};

void seen_init(struct seen *s);
void seen_fini(struct seen *s);
uint64_t seen_hash(struct slice id);
uint32_t seen_text_hash(struct slice text);

enum seen_answer {
	SEEN_NEW,
	SEEN_SAME,
	SEEN_CHANGED
};
enum seen_answer seen_look(const struct seen *s, uint64_t id, uint32_t text);
/* Adds as the newest, or updates the text.  -1 without memory. */
int seen_add(struct seen *s, uint64_t id, uint32_t text);
/* The same at a place of the order: 0 is before the oldest. */
int seen_add_at(struct seen *s, size_t place, uint64_t id, uint32_t text);
void seen_remove(struct seen *s, uint64_t id);
/* Forgets the oldest until at most max are left. */
void seen_trim(struct seen *s, size_t max);

/* As an array of 24 hex digits each. */
void seen_write(const struct seen *s, struct json_writer *w);
/* Adds what the array holds, at most max; entries that are none are left out.  -1 without memory.
 */
int seen_read(struct seen *s, const struct json *array, size_t max);

#endif
