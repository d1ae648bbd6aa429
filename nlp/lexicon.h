/*
 * lexicon.h - one language's words: what they weigh, what they do to others, and the few numbers
 * that turn sums into probabilities.
 *
 * The file: UTF-8, one entry a line, columns divided by tabs; lines that begin with "# " are the
 * header, "key: value":
 *
 *	# language: en
 *	# licence: ...                  any number of further lines
 *	# stemmer: english 9c41d2ab     libstemmer's algorithm, fingerprint of its answers
 *	# unicode: 51f0c3e7             fingerprint of the folding of letters
 *	# temperature: 0.91             logits are multiplied by it
 *	# sure: 0.52                    a best class below it is unsure
 *	# checksum: 3f2a91c0...         FNV-1a, 64 bits, over the entries' lines, line feeds included
 *	word	abandon	-1.9
 *	stem	delayed	0.71	-0.22
 *
 * Kinds
 *   word, phrase, idiom, emoji, emoticon   a rating, -4 (bad) to 4 (good): published, or ours
 *   negator                                turns what is said behind it; a number is how many words it
 *                                          reaches, else it is four: "don't think" 12. Below 0: one
 *                                          that ends its clause turns what stands before it as well,
 *                                          as German "nicht" does
 *   contrast ("but"), sarcasm              what it does to others; no number
 *   booster                                the share it adds; below 0 it dampens
 *   stem, negated, pair                    learned: two weights, of the negative and of the
 *                                          positive class, natural log-odds against neutral
 *   shape, sum                             learned as well: how the post looks (enum shape), and
 *                                          what the sum of its ratings counts (enum rating_sum)
 *
 * A stem is written as its most frequent word, and a pair as two of them, so that a reader knows
 * what is meant and another version of the stemmer finds them again. "negated" is the stem behind a
 * negator; without such an entry the stem's own polarity turns (modifiers.h). In stems and pairs stand also
 * emoji, emoticons, "!" and the names <mention>, <link>, <number>.
 *
 * Ratings are looked up by the word as it is, then by stem (the mean of the stem's words, unless
 * they disagree about the sign); the longest phrase wins. A brand's own vocabulary overrides
 * rating and learned weights of what it names.
 *
 * What it does to emoji, emoticons, hashtags, mentions: entries like words. URLs are one name.
 * Elongated words are tried with two letters, then one. Negation: modifiers.h.
 *
 * Ownership: new/free; immutable after the last lexicon_add_*().
 * Threads:   an immutable lexicon may be shared.
 * Errors:    -1 with file and line.
 * Limits:    LEXICON_ENTRIES_MAX entries of LEXICON_ENTRY_BYTES_MAX bytes; more is refused.
 */
#ifndef NLP_LEXICON_H
#define NLP_LEXICON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/score.h"
#include "core/slice.h"
#include "nlp/language.h"
#include "nlp/stem.h"
#include "nlp/units.h"
#include "nlp/word_trie.h"

struct arena;
struct buf;
struct err;
struct lexicon;

#define LEXICON_WEIGHT_MAX_MILLI 4000
#define LEXICON_CLASS_WEIGHT_MAX_MILLI 9000
#define LEXICON_REACH_MAX_MILLI 20000 /* of a negator, in words */
#define LEXICON_FILE_MAX (64u << 20)
#define LEXICON_ENTRIES_MAX 1000000
#define LEXICON_ENTRY_BYTES_MAX 1000

enum lexeme_kind {
	LEXEME_WORD,
	LEXEME_PHRASE,
	LEXEME_IDIOM,
	LEXEME_EMOJI,
	LEXEME_EMOTICON,
	LEXEME_NEGATOR,
	LEXEME_BOOSTER,
	LEXEME_CONTRAST,
	LEXEME_SARCASM,
	LEXEME_STEM,
	LEXEME_NEGATED,
	LEXEME_PAIR,
	LEXEME_SHAPE,
	LEXEME_SUM,
	LEXEME_STEM_RATING, /* the mean of a stem's ratings; made from them, not in the file */
	LEXEME_KIND_COUNT
};

enum lexeme_role {
	ROLE_NONE,
	ROLE_NEGATOR,
	ROLE_BOOSTER,
	ROLE_CONTRAST,
	ROLE_SARCASM
};

/* How a post looks; values in thousandths, sentiment.h says how they are counted. */
enum shape {
	SHAPE_ALWAYS, /* the bias */
	SHAPE_LENGTH,
	SHAPE_CAPITALS,
	SHAPE_ELONGATED,
	SHAPE_EXCLAMATIONS,
	SHAPE_QUESTIONS,
	SHAPE_MENTIONS,
	SHAPE_HASHTAGS,
	SHAPE_LINKS,
	SHAPE_QUOTED,
	SHAPE_COUNT
};

enum rating_sum {
	SUM_POSITIVE,
	SUM_NEGATIVE, /* of either side, squashed for the text's length */
	SUM_BALANCE, /* their difference, squashed */
	SUM_COUNT
};

/* Two fit in a cache line, and none lies on two of them. */
struct lexeme {
	struct score_entry entry; /* what reasons name; source by kind */
	int32_t weight_milli; /* rating; 0 without one */
	int32_t negative_milli, positive_milli; /* learned, or a vocabulary's */
	int16_t boost_milli; /* of a booster; the number of a negator, 0: none */
	unsigned kind : 5; /* enum lexeme_kind it was first added as */
	unsigned role : 3;
	bool has_weight : 1; /* has a rating */
	bool is_vocabulary : 1;
	bool holds_negator : 1; /* a phrase that negates by itself: "not happy with" */
};
_Static_assert(sizeof(struct lexeme) == 32, "half a cache line");

/* What one unit has in the lexicon.  Lexemes are numbered from 1; 0: none. */
struct lexicon_hit {
	uint32_t rated; /* the word alone: rating, role or both */
	uint32_t stem;
	uint32_t number; /* of the stem, in pairs and for what it is negated; 0: in none */
	bool has_longer; /* a phrase may begin here */
};

/* name for messages ("en.tsv"); kept by reference. */
int lexicon_new(const char *name, struct slice text, struct lexicon **lexicon_r, struct err *err);
/* An empty one, to be filled by lexicon_add(). */
int lexicon_new_empty(enum language lang, struct lexicon **lexicon_r, struct err *err);
void lexicon_free(struct lexicon *lx);

/* One entry, valid UTF-8; numbers that its kind does not have are ignored.  a: rating, share, or negative class;
 * b: positive class; thousandths, within what lexicon_parse_weight() takes of their kind. */
int lexicon_add(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, int32_t a_milli,
    int32_t b_milli, struct err *err);
/* Finds the phrases that hold a negator, when all entries are there; lexicon_new() has done it. */
int lexicon_settle(struct lexicon *lx, struct err *err);
/* One entry of a brand's vocabulary; -1 without memory or with no word in it. */
int lexicon_add_vocabulary(
    struct lexicon *lx, struct slice phrase, int32_t weight_milli, struct err *err);

/* Writes the file; header: lines "# key: value" that come first.  Reading it gives the same
 * lexicon, and printing that the same bytes. */
int lexicon_print(struct lexicon *lx, struct slice header, struct buf *out, struct err *err);

enum language lexicon_language(const struct lexicon *lx);
/* "en-3f2a91c0"; with a vocabulary laid over it "en-3f2a91c0+1d5e77aa". */
const char *lexicon_version(const struct lexicon *lx);
int32_t lexicon_temperature_milli(const struct lexicon *lx);
int32_t lexicon_sure_milli(const struct lexicon *lx);
void lexicon_set_calibration(struct lexicon *lx, int32_t temperature_milli, int32_t sure_milli);

size_t lexicon_count(const struct lexicon *lx);
/* number from 1 to lexicon_count(). */
const struct lexeme *lexicon_at(const struct lexicon *lx, uint32_t number);
/* Of one of its own. */
uint32_t lexicon_number_of(const struct lexicon *lx, const struct lexeme *x);
/* Is it the entry of one of its own lexemes, as reasons name them? */
bool lexicon_has_entry(const struct lexicon *lx, const struct score_entry *e);
void lexicon_set_class_weights(
    struct lexicon *lx, uint32_t number, int32_t negative_milli, int32_t positive_milli);

/* Is it more than nobody, who stands where there is none? */
static inline bool
lexeme_is_some(const struct lexeme *x)
{
	return x->entry.len > 0;
}

/* What a word says as whose rating or role this stands: all but what was learned. */
static inline void
lexeme_rate(const struct lexeme *x, struct word_sense *s)
{
	s->rating_milli = (int16_t)(x->has_weight ? x->weight_milli : 0);
	s->role = x->role;
}

static inline struct slice
lexeme_text(const struct lexeme *x)
{
	return entry_text(&x->entry);
}

/* What stands at a unit: depends on its key, kind and spellings only, so it may be kept.  The
 * stemmer is for other spellings than its key's; stems of those lie in the arena. */
void lexicon_resolve(const struct lexicon *lx, struct stemmer *stemmer, struct arena *a,
    const struct unit *u, struct lexicon_hit *hit_r);
/* Is this folded word in it, or its stem? */
bool lexicon_knows(
    const struct lexicon *lx, struct stemmer *stemmer, struct arena *a, struct slice word);
/* What a unit is to phrases; depends on its key and spellings only. */
struct phrase_part {
	uint32_t followers; /* which units may follow when one begins here: bits; 0: none begins */
	uint32_t beginning; /* a node of theirs, or PHRASE_BEGINS_SPELT */
	bool is_later; /* it may be one's second unit */
	bool is_spelt; /* it has several spellings */
};
#define PHRASE_BEGINS_SPELT UINT32_MAX
/* The bit of a unit among the followers of the one before. */
static inline uint32_t
lexicon_follower(const struct unit *u)
{
	return u->other_count > 0 ? UINT32_MAX : 1u << word_trie_bit(u->word->hash) % 32;
}
/* Fills the last two from the unit, the others from what begins with it, if anything does. */
struct phrase_part
lexicon_phrase_part(const struct lexicon *lx, const struct unit *u, bool has_longer);
/* The longest phrase of two units or more that begins at unit `at`; 0: none. */
uint32_t lexicon_phrase(
    const struct lexicon *lx, const struct unit *units, size_t count, size_t at, size_t *span_r);
/* The same for a unit with this beginning. */
uint32_t lexicon_phrase_from(const struct lexicon *lx, uint32_t beginning, const struct unit *units,
    size_t count, size_t at, size_t *span_r);
/* The pair of two stems by their numbers; 0: none. */
uint32_t lexicon_pair(const struct lexicon *lx, uint32_t first, uint32_t second);
uint32_t lexicon_shape(const struct lexicon *lx, enum shape shape);
uint32_t lexicon_sum(const struct lexicon *lx, enum rating_sum sum);

/* The LEXEME_STEM that a LEXEME_NEGATED belongs to; 0: it has none. */
uint32_t lexicon_stem_of(const struct lexicon *lx, uint32_t negated);

/* The text that learned entries are compared with: the stem, or "<mention>" for any mention. */
struct word_key lexicon_stem_key(const struct unit *u);
const char *lexeme_kind_name(enum lexeme_kind k);
/* LEXEME_NEGATOR for ROLE_NEGATOR ...; not for ROLE_NONE. */
enum lexeme_kind lexeme_role_kind(enum lexeme_role role);
const char *shape_name(enum shape s);
const char *rating_sum_name(enum rating_sum s);

/* "1.9", "-0.25", "3" to thousandths within +-max; false: it is not such a number. */
bool lexicon_parse_weight(struct slice s, int32_t max_milli, int32_t *milli_r);

#endif
