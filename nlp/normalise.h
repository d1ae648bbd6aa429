/*
 * normalise.h - one spelling for what looks the same: NFKC and case folding, with the way back to
 * the bytes as written.
 *
 * Text that is ASCII only is lower-cased and nothing else; Latin letters with accents, Cyrillic,
 * Greek, Chinese and Japanese text and emoji have short paths; everything else goes through
 * utf8proc, one cluster (a letter and its marks) at a time, at most CLUSTER_MAX characters, because
 * ordering marks costs their square.
 *
 * What it does to
 *   emoji:     nothing; variation selectors and zero-width joiners behind an emoji are kept for the
 *              tokeniser, elsewhere dropped with the other invisible characters (soft hyphen,
 *              zero-width space, bidi marks);
 *   mentions, hashtags, URLs: case is folded, no more;
 *   elongation: nothing;
 *   negation:  curly and modifier apostrophes, and an acute or grave accent standing for one,
 *              become ', so that "don’t" is "don't".
 * Curly double quotes become ", "…" becomes "...", (TM), (R) and (C) signs become a space, not
 * letters.
 *
 * Ownership: folded is in the arena, with FOLDED_PADDING zero bytes behind it and a blank before; map is in the
 *            normaliser, valid until its next call.
 * Errors:    -1 without memory.
 * Input:     valid UTF-8.  Same text, same answer; linear time.
 */
#ifndef NLP_NORMALISE_H
#define NLP_NORMALISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "nlp/scratch.h"

struct arena;
struct err;

/* Zero bytes behind the folded text, so that it can be read 64 bytes at a time. */
#define FOLDED_PADDING 64

struct normal {
	struct slice text; /* as written */
	struct slice folded;
	const uint32_t
	    *map; /* folded byte -> first byte of the original cluster; NULL: the same offset */
};

struct normaliser {
	struct scratch map;
};

int normalise_text(struct normaliser *z, struct slice text, struct arena *a,
    struct normal *normal_r, struct err *err);
void normalise_fini(struct normaliser *z);

/* The original range behind folded bytes [from, to); from < to. */
static inline uint32_t
normalise_start(const struct normal *n, size_t from)
{
	return n->map == NULL ? (uint32_t)from : n->map[from];
}

static inline uint32_t
normalise_end(const struct normal *n, size_t to)
{
	if (n->map == NULL)
		return (uint32_t)to;
	/* A boundary inside what one character became belongs behind that character. */
	uint32_t last = n->map[to - 1];
	while (to < n->folded.len && n->map[to] == last)
		to++;
	return to < n->folded.len ? n->map[to] : (uint32_t)n->text.len;
}

/* May this character stand in an emoji (pictograph, flag letter, skin tone)?  Shared with the
 * tokeniser. */
bool normalise_is_emoji(uint32_t cp);

#endif
