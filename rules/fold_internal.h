/*
 * fold_internal.h - making texts equal that differ in case only.
 *
 * Simple one-to-one folding of Latin, Greek and Cyrillic; it never changes the length in bytes, so
 * no memory is needed beyond the text's own size.  Posts' words are folded by nlp; this is for
 * handles, tags, names and attributes.  Input: valid UTF-8.
 */
#ifndef RULES_FOLD_INTERNAL_H
#define RULES_FOLD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "rules/fields_internal.h"

uint32_t fold_char(uint32_t c);
/* out has room for s.len bytes */
void fold_text(struct slice s, char *out);
/* Is part in text, not cutting a word in two?  Both folded. */
bool fold_contains(struct slice text, struct slice part);
/* s as values of this kind are compared; out has room for s.len bytes */
struct slice fold_value(enum field_fold how, struct slice s, char *out);

#endif
