/*
 * frequencies.h - in how many posts words stand, for choosing among words; nothing is scored by it.
 *
 * Ownership: words lie in the table, which is part of the program.
 * Threads:   any.
 * Numbers:   corpora/frequencies.tsv, made by scripts/make_frequencies.py; corpora/README.md says
 *            from what.
 */
#ifndef NLP_FREQUENCIES_H
#define NLP_FREQUENCIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "nlp/language.h"

struct frequency {
	struct slice word;
	uint32_t posts; /* of 10,000 that hold it */
};

/* The words of a language, one after another; false: there are no more. */
struct frequencies {
	enum language lang;
	struct slice rest;
};

struct frequencies frequencies_of(enum language lang);
bool frequencies_next(struct frequencies *f, struct frequency *frequency_r);

#endif
