/*
 * dossier_internal.h - what a person's page begins with.
 */
#ifndef PEOPLE_DOSSIER_INTERNAL_H
#define PEOPLE_DOSSIER_INTERNAL_H

struct arena;
struct dossier_terms;
struct err;
struct json_writer;
struct person;
struct store;

/* The members name, person, profile and influence (dossier.h). */
int dossier_head(struct store *st, const struct person *person, const struct dossier_terms *terms,
    struct arena *a, struct json_writer *w, struct err *err);

#endif
