/*
 * pattern_index.h - patterns of words, groups of words and gaps, looked for in one pass.
 *
 * word_trie.h holds phrases of words; a pattern such as "where is <my> <order>" would be hundreds
 * of them, and most begin with words that every post holds.  So a pattern is looked for from its
 * rarest item: a word of it that occurs in the text is a candidate, and then the pattern is compared with
 * what stands there.
 *
 * Method: words become symbols (numbers), a stem or an exact spelling each; many words of a text
 * are no symbol at all.  Sealing chooses the anchor of each pattern, the item whose words stand in the
 * fewest posts, of a phrase its rarest word, and writes for each symbol the patterns it anchors, with masks
 * of the words that may stand directly before and behind it, and of those one of which must stand somewhere
 * to its left and to its right: nearly all candidates end there.  A mask has a bit for each class of
 * words.  A group is a small tree of its members, whose branches are sorted rows of symbols.
 *
 * Where a pattern stands is told by its head, the item whose words stand in the fewest patterns, and of
 * several ways those with the first head come first: that depends on the patterns alone, not on how many posts
 * hold their words.
 *
 * What the index knows of a word is its mark, of four bytes: whoever scores many texts keeps it with
 * the word, so that a text costs no look-up at all.
 *
 * What it does to
 *   hashtags:   "#boycott" is also "boycott";
 *   elongation: "pleaseee" is also "please";
 *   mentions, emoji, URLs, punctuation: units like words;
 *   clauses:    a pattern reaches out of its clause only over a gap, and never out of its sentence.
 *
 * Ownership: new/free; owns its texts.
 * Threads:   may be shared once it is sealed.
 * Errors:    0 as a symbol, or -1: without memory, or more than PATTERN_SYMBOLS_MAX symbols.
 * Limits:    an item is tried at a bounded number of places, so a word costs a bounded number of
 *            steps.
 */
#ifndef NLP_PATTERN_INDEX_H
#define NLP_PATTERN_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "nlp/word_trie.h"

struct pattern_index;

#define PATTERN_SYMBOLS_MAX 65536
#define PATTERN_ITEMS_MAX 12
#define PATTERN_CIRCUMSTANCES 6
#define PATTERN_KINDS 64
/* Units that a gap skips, at most. */
#define PATTERN_GAP_SHORT 3
#define PATTERN_GAP_LONG 8

/* Symbols that every index has. */
enum pattern_symbol {
	PATTERN_NONE,
	PATTERN_SHORT_GAP, /* "*" */
	PATTERN_LONG_GAP, /* "..." */
	PATTERN_FIRST_FREE
};

struct pattern_item {
	uint32_t symbol;
	bool is_optional;
};

struct pattern_index *pattern_index_new(void);
void pattern_index_free(struct pattern_index *x);

/* ---- building ---- */

/* The symbol of a word, compared by stem; `surface` is the word itself, by which hashtags and
 * elongated words are recognised. */
uint32_t pattern_index_word(struct pattern_index *x, struct word_key stem, struct word_key surface);
/* Another stem (and spelling) for the same symbol: "kuendig" for "kündig".  -1 without memory. */
int pattern_index_alias(
    struct pattern_index *x, uint32_t symbol, struct word_key stem, struct word_key surface);
/* The symbol of a word spelt exactly so; it has this stem. */
uint32_t
pattern_index_exact(struct pattern_index *x, struct word_key stem, struct word_key surface);

/* A new, empty group. */
uint32_t pattern_index_group(struct pattern_index *x);
/* Words only. */
int pattern_index_add_member(
    struct pattern_index *x, uint32_t group, const uint32_t *words, size_t count);

/* The words of this group stand in most texts, and tell little of the patterns they stand in. */
void pattern_index_mark_common(struct pattern_index *x, uint32_t group);
/* Of 10,000 posts so many hold this word: patterns are looked for from other ones. */
void pattern_index_tell_posts(struct pattern_index *x, const struct word_key *stem,
    const struct word_key *surface, uint32_t posts);

/* 1 to PATTERN_ITEMS_MAX items, the first and the last no gap, one at least neither gap nor
 * optional.  Several may have one value.  when: bits of the circumstances, numbers that mean what
 * the caller likes, in which the pattern is looked for; kind: one of PATTERN_KINDS, as well. */
int pattern_index_add(struct pattern_index *x, const struct pattern_item *items, size_t count,
    uint8_t when, uint8_t kind, uint32_t value);

/* After the last pattern. */
int pattern_index_seal(struct pattern_index *x);

/* ---- looking ---- */

/* The mark of a unit, from its stem and spellings alone: its symbol; its class, which several words
 * share and a spelling has from its stem, 0 for words that no pattern knows; a second class, which
 * other words share; whether it, or its stem, is the anchor of a pattern; whether it is a spelling whose
 * stem has a symbol as well.  The sign is 0 and the caller's. */
struct pattern_mark pattern_index_mark(const struct pattern_index *x, const struct unit *u);

#define PATTERN_CLASSES 64

/* Words, as the bits of their classes: by the first, by the second. */
typedef uint64_t pattern_set __attribute__((vector_size(16)));

/* It ends where the next one begins. */
struct pattern_sentence {
	uint32_t begin; /* its first unit */
	uint32_t when; /* number of the circumstance */
};

/* What stands before a unit in its sentence, and behind it; and class 0. */
struct pattern_sides {
	pattern_set left, right;
};

/* A unit of a text. */
struct pattern_spot {
	uint32_t unit, sentence;
};

/* A text to look in.  The arrays are the caller's, with room for one more than there are units; but
 * PATTERN_PLACES marks. */
struct pattern_text {
	const struct unit *units;
	struct pattern_mark
	    *marks; /* sentence behind sentence, one that is nobody's before and behind each */
	struct pattern_sentence *sentences; /* and one behind the last */
	struct pattern_sides *sides; /* of units; a search fills those it needs */
	struct pattern_spot *anchors; /* units whose marks are anchors */
	size_t sentence_count, anchor_count;
	bool has_signs; /* some mark has one */
};

#define PATTERN_PLACES(units) (2 * (units) + 1)

/* Where a pattern may stand: all that can be told by what stands there, as bits, allows it. */
struct pattern_chance {
	struct pattern_spot anchor;
	uint32_t candidate;
	uint32_t kind; /* of the pattern */
};

#define PATTERN_CHANCES 64 /* at a time */

/* An anchor in the text, and those of its patterns that go well with its neighbours. */
struct pattern_anchor {
	uint64_t bits; /* from pattern `first` on */
	struct pattern_spot spot;
	uint32_t first;
};

/* A search on its way through a text.  Of the caller are chances, and what follows up to is_all. */
struct pattern_search {
	const struct pattern_index *x;
	const struct pattern_text *text;
	struct pattern_chance chances[PATTERN_CHANCES];
	size_t count;
	uint64_t once, twice; /* kinds of the chances, a bit each: there is one; there are two */
	bool is_all; /* there are no more */
	struct pattern_anchor anchors[PATTERN_CHANCES];
	size_t anchor_count, anchor_at;
	size_t next; /* of the text's anchors */
	uint32_t sided; /* the last sentence whose sides are filled; UINT32_MAX: none */
	uint32_t done; /* of its patterns */
};

/* Units [at, end), of which one is, or begins, its head. */
struct pattern_match {
	uint32_t value;
	uint32_t at, end, head;
	bool
	    is_head_stem; /* a spelling that some pattern asks for stands there, and this one asks for its stem */
};

/* Called with each way in which a pattern can stand there; true: that will do, false: try another one. */
typedef bool pattern_found_fn(void *cookie, const struct pattern_match *m);

/* Lays out a text, all of it in one circumstance; that of a sentence may be changed until a search begins.
 * Units are of sentence 0, and each of the sentence of the one before it or of the next. */
void
pattern_index_lay(struct pattern_text *t, const struct unit *units, size_t count, uint32_t when);

/* A search through all of the text: then pattern_index_next() gives the next chances, PATTERN_CHANCES
 * at most, in order of their anchors, until is_all. */
void pattern_index_begin(
    struct pattern_search *s, const struct pattern_index *x, const struct pattern_text *t);
void pattern_index_next(struct pattern_search *s);

/* Does the pattern stand there? */
void pattern_index_try(const struct pattern_search *s, const struct pattern_chance *c,
    pattern_found_fn *found, void *cookie);

/* Does a member of this group begin at this unit?  Units the longest covers; 0: none. */
size_t pattern_index_member(
    const struct pattern_index *x, uint32_t group, const struct pattern_text *t, size_t unit);

#endif
