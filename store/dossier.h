/*
 * dossier.h - everything that is stored about one person, section by section, as JSON objects: what a
 * page shows of it, and what an export has whole.
 *
 * Threads: as the store.  Errors: -1 and err.  Sections go through indexes by the person's ids alone.
 */
#ifndef STORE_DOSSIER_H
#define STORE_DOSSIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct json_writer;
struct person;
struct store;

size_t store_dossier_sections(void);
const char *store_dossier_name(size_t section); /* "posts" */
/* Has it pages?  Else its rows are few by what they are, and come at once. */
bool store_dossier_is_paged(size_t section);
/* The table most of its rows are of, for what is said about where they come from. */
const char *store_dossier_table(size_t section);

/* Where to go on in a section: behind that row of that one of the person's ids. */
struct dossier_place {
	size_t key;
	int64_t before_no; /* 0: from the newest */
};
struct dossier_page {
	size_t count; /* objects written */
	bool more;
	struct dossier_place next; /* when there are more */
};
/* How rows are written. */
struct dossier_how {
	bool is_brief; /* for a page: without what only an export is to have */
	/* Writes what people keep in bytes (people/standing.h; people/topics.h when is_topic) as JSON:
	 * this room does not know what they say. */
	void (*put_state)(struct slice state, bool is_topic, int64_t now_ms, struct json_writer *w);
	int64_t now_ms; /* what fades is written as of then */
};
/* Writes at most limit rows as objects into an array the caller has begun, the newest first. */
int store_dossier_rows(struct store *st, const struct person *person, size_t section,
    const struct dossier_how *how, struct dossier_place from, size_t limit, struct arena *a,
    struct json_writer *w, struct dossier_page *page_r, struct err *err);
/* How many there are, counted up to so many for each id. */
#define DOSSIER_COUNT_MAX 1000
int store_dossier_count(struct store *st, const struct person *person, size_t section,
    struct arena *a, int64_t *count_r, struct err *err);

#endif
