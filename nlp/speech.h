/*
 * speech.h - what the words of a text say about its language, added up.
 *
 * language.h has a vector for each word; here they are kept packed, two languages a number, so that
 * eight pairs are added in a step.
 *
 * Ownership: none.
 * Limits:    SPEECH_WORDS_MAX words; those behind do not vote.
 */
#ifndef NLP_SPEECH_H
#define NLP_SPEECH_H

#include <stdint.h>
#include <string.h>

#include "nlp/language.h"

/* So many words are enough to tell a language.  As none speaks against one for more than
 * LANGUAGE_WORD_MAX steps, their votes add up in 16 bits. */
#define SPEECH_WORDS_MAX LANGUAGE_TEXT_WORDS
_Static_assert(SPEECH_WORDS_MAX *LANGUAGE_WORD_MAX <= INT16_MAX, "votes add up in 16 bits");

/* Eight pairs of languages a step. */
typedef uint16_t speech_lanes __attribute__((vector_size(16)));
#define SPEECH_LANES 8
#define SPEECH_GROUPS (LANGUAGE_SLOTS / 2 / SPEECH_LANES)

/* How far behind the first and the second language of each pair is, and what the words have in
 * common with their best. */
struct speech {
	speech_lanes first[SPEECH_GROUPS], second[SPEECH_GROUPS];
	int32_t in_common;
	uint32_t words, letters;
};

/* A word's vector, packed: the first language's steps behind are the low byte of a number, the second
 * one's its high byte.  LANGUAGE_UND, which is no language, has its own place. */
static inline int16_t
speech_pack(const struct language_vector *v, uint16_t behind[LANGUAGE_SLOTS / 2])
{
	for (int i = 0; i < LANGUAGE_SLOTS / 2; i++) {
		int first = i == LANGUAGE_UND / 2 ? 0 : v->v[2 * i];
		behind[i] = (uint16_t)(-first | -v->v[2 * i + 1] << 8);
	}
	return v->v[LANGUAGE_UND];
}
_Static_assert(LANGUAGE_UND == 0, "it is the first of its pair");

/* Adds votes without counting a word.  Without a loop, so that a caller's sums stay in registers. */
_Static_assert(SPEECH_GROUPS == 2, "both are added");
static inline void
speech_add(struct speech *p, const uint16_t behind[LANGUAGE_SLOTS / 2], int16_t in_common)
{
	speech_lanes low, high;
	memcpy(&low, behind, sizeof low);
	memcpy(&high, behind + SPEECH_LANES, sizeof high);
	p->first[0] += low & 255;
	p->second[0] += low >> 8;
	p->first[1] += high & 255;
	p->second[1] += high >> 8;
	p->in_common += in_common;
}

/* Adds what other words of the text say. */
static inline void
speech_join(struct speech *p, const struct speech *more)
{
	p->first[0] += more->first[0];
	p->second[0] += more->second[0];
	p->first[1] += more->first[1];
	p->second[1] += more->second[1];
	p->in_common += more->in_common;
	p->words += more->words;
	p->letters += more->letters;
}

/* As language_decide() wants it: the languages in their order. */
static inline void
speech_sum(const struct speech *p, struct language_sums *sums_r)
{
	for (int g = 0; g < SPEECH_GROUPS; g++) {
		speech_lanes low =
		    -__builtin_shufflevector(p->first[g], p->second[g], 0, 8, 1, 9, 2, 10, 3, 11);
		speech_lanes high =
		    -__builtin_shufflevector(p->first[g], p->second[g], 4, 12, 5, 13, 6, 14, 7, 15);
		memcpy(&sums_r->v[2 * SPEECH_LANES * g], &low, sizeof low);
		memcpy(&sums_r->v[2 * SPEECH_LANES * g + SPEECH_LANES], &high, sizeof high);
	}
	sums_r->in_common = p->in_common;
	sums_r->words = p->words;
	sums_r->letters = p->letters;
}

#endif
