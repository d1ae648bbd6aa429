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

#define FOLD_HIGH_BITS UINT64_C(0x8080808080808080) /* of a byte that is no ASCII */

/* Eight letters of ASCII at once. */
static inline uint64_t
fold_eight(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	/* the high bit of each byte: at least 'A' and at most 'Z' */
	uint64_t upper = (w + (0x80 - 'A') * ones) & ~(w + (0x7f - 'Z') * ones) & FOLD_HIGH_BITS;

	return w | upper >> 2;
}

/* out has room for s.len bytes */
void fold_text(struct slice s, char *out);
/* Is part in text, not cutting a word in two?  Both folded. */
bool fold_contains(struct slice text, struct slice part);
/* s as values of this kind are compared; out has room for s.len bytes */
struct slice fold_value(enum field_fold how, struct slice s, char *out);

#endif
