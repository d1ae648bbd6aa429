/*
 * dossier.h - everything about one person on one page: what is held, where it came from, and on what
 * ground it is held.
 *
 * Threads: as the store, inside a transaction.  Errors: -1 and err.
 */
#ifndef PEOPLE_DOSSIER_H
#define PEOPLE_DOSSIER_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/dossier.h"

struct arena;
struct err;
struct influence_weights;
struct json_writer;
struct person;
struct store;

/* Rows of a section that a page shows. */
#define DOSSIER_SHOWN 20

/* Members of an object: person {customers, accounts}, influence (of each account, with its parts), and
 * sections [{name, title, from, ground, count, more, items}]; empty ones are left out and named in
 * "nothing_in".  count is exact up to DOSSIER_COUNT_MAX ("more" is true when the items are not all). */
int dossier_write(struct store *st, const struct person *person,
    const struct influence_weights *weights, int64_t now_ms, struct arena *a, struct json_writer *w,
    struct err *err);

/* The section of a name, with what it is; 1, 0 there is none. */
struct dossier_section {
	size_t no;
	const char *name, *title, *from, *ground;
};
int dossier_section(size_t no, struct dossier_section *s_r);

/* A page of an export: {"section":…, "title", "from", "ground", "items":[…], "next": cursor or null}, a
 * cursor "SECTION.KEY.NUMBER"; SLICE_NONE begins.  Sections follow one another; next is null behind the
 * last. */
int dossier_export(struct store *st, const struct person *person, struct slice cursor, size_t limit,
    struct arena *a, struct json_writer *w, struct err *err);

#endif
