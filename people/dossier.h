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

struct adoption_config;
struct arena;
struct err;
struct influence_weights;
struct json_writer;
struct person;
struct store;

/* Rows of a section that a page shows. */
#define DOSSIER_SHOWN 20

/* What the page is made with. */
struct dossier_terms {
	const struct influence_weights *weights;
	const struct adoption_config *adoption;
	int64_t retention_ms; /* of the words of posts and events; 0: not known */
	int64_t now_ms;
};

/* Members of an object:
 *   name       what to call them: by their attributes, else an account's name; null
 *   person     {customers, accounts}
 *   profile    of the customer, all that were merged into one: timezone, locale, country, consents (what
 *              holds of each channel and purpose), behaviour (over 7, 30, 90 days); null without one
 *   influence  of each account, at most DOSSIER_SHOWN: its parts, endorsements, adoption
 *   sections   [{name, title, from, ground, kept, count, more, items}]; empty ones are left out and named in
 *              nothing_in.  Posts and events are without what was seen with them, which an export has.
 *              count is exact up to DOSSIER_COUNT_MAX ("more" is true when the items are not all). */
int dossier_write(struct store *st, const struct person *person, const struct dossier_terms *terms,
    struct arena *a, struct json_writer *w, struct err *err);

/* The section of a name, with what it is; 1, 0 there is none. */
struct dossier_section {
	size_t no;
	const char *name, *title, *from, *ground, *kept;
};
int dossier_section(size_t no, struct dossier_section *s_r);

/* A page of an export: {"name":…, "title", "from", "ground", "kept", "items":[…], "next": cursor or null}, a
 * cursor "SECTION.KEY.NUMBER"; SLICE_NONE begins.  Sections follow one another; next is null behind the
 * last. */
int dossier_export(struct store *st, const struct person *person, struct slice cursor, size_t limit,
    const struct dossier_terms *terms, struct arena *a, struct json_writer *w, struct err *err);

#endif
