/*
 * diff_internal.h - the notes of a change, as diff.c collects and diff_notes.c words them.
 */
#ifndef RULES_DIFF_INTERNAL_H
#define RULES_DIFF_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct item;

#define DIFF_NOTES_MAX 16

struct diff_notes {
	struct slice items[DIFF_NOTES_MAX];
	size_t count;
};

/* text lives as long as the notes are used; what is said already is not said twice, what is beyond
 * DIFF_NOTES_MAX is left out. */
void diff_note(struct diff_notes *n, const char *text);

/* Of two versions of one item, of one that comes, of one that goes. */
void diff_note_rule(const struct item *was, const struct item *is, struct diff_notes *n);
void diff_note_watch(const struct item *was, const struct item *is, struct diff_notes *n);
void diff_note_new_watch(const struct item *is, struct diff_notes *n);
void diff_note_gone_watch(const struct item *was, struct diff_notes *n);
void diff_note_segment(const struct item *was, const struct item *is, struct diff_notes *n);
void diff_note_one_segment(const struct item *it, bool is_added, struct diff_notes *n);

#endif
