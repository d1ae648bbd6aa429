/*
 * score.h - what nlp found in a text: tokens, sentiment with reasons, intents, brands.
 *
 * Filled by nlp_score() in an arena; integers throughout, so that it is the same everywhere.
 * Probabilities are per mille and sum to 1000; score_milli is -1000..1000.
 */
#ifndef CORE_SCORE_H
#define CORE_SCORE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum token_kind {
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_URL,
	TOKEN_MENTION, /* folded: "@acme" */
	TOKEN_HASHTAG, /* folded: "#acme" */
	TOKEN_EMOJI,
	TOKEN_EMOTICON,
	TOKEN_PUNCT, /* runs of ! and ?, "..." */
};

/* Every word of every post is one, and most are never shown: two fit in a cache line.
 * folded: NFKC, case-folded, elongation shortened; texts to match are folded the same way.
 * stem:   of TOKEN_WORD in a language with a stemmer; else equal to folded. */
struct token {
	uint32_t start, len; /* byte range in the original text */
	const char *folded, *stem; /* token_folded(), token_stem() */
	uint32_t folded_len;
	uint8_t stem_len; /* TOKEN_STEM_WHOLE: as long as folded */
	uint8_t kind; /* enum token_kind */
	bool is_caps : 1; /* all capitals, two letters or more */
	bool is_elongated : 1; /* "soooo": folded holds the shortened form */
	bool
	    ends_sentence; /* a sentence or line ends behind it; a byte, as it is written for each */
};
_Static_assert(sizeof(struct token) <= 32, "two fit in a cache line");

#define TOKEN_STEM_WHOLE UINT8_MAX

static inline struct slice
token_folded(const struct token *t)
{
	return slice_make(t->folded, t->folded_len);
}

static inline struct slice
token_stem(const struct token *t)
{
	return slice_make(t->stem, t->stem_len == TOKEN_STEM_WHOLE ? t->folded_len : t->stem_len);
}

static inline void
token_set_folded(struct token *t, struct slice folded)
{
	t->folded = folded.ptr;
	t->folded_len = (uint32_t)folded.len;
}

/* A stem of TOKEN_STEM_WHOLE bytes or more is the whole word: no stemmer is asked for such (nlp/stem.h). */
static inline void
token_set_stem(struct token *t, struct slice stem)
{
	assert(stem.len < TOKEN_STEM_WHOLE || stem.len == t->folded_len);
	t->stem = stem.ptr;
	t->stem_len = stem.len < TOKEN_STEM_WHOLE ? (uint8_t)stem.len : TOKEN_STEM_WHOLE;
}

/* A token of a text that is folded already, and its own stem. */
static inline struct token
token_of(enum token_kind kind, struct slice text)
{
	struct token t = {.kind = (uint8_t)kind};
	token_set_folded(&t, text);
	token_set_stem(&t, text);
	return t;
}

enum entry_source {
	ENTRY_SOURCE_NONE, /* not known, or nothing that counts by itself */
	ENTRY_LEXICON,
	ENTRY_IDIOM,
	ENTRY_EMOJI,
	ENTRY_EMOTICON,
	ENTRY_LEARNED,
	ENTRY_LEARNED_NEGATED,
	ENTRY_LEARNED_PAIR,
	ENTRY_SHAPE,
	ENTRY_RATINGS,
	ENTRY_VOCABULARY,
	ENTRY_SOURCE_COUNT
};

/* What a lexicon calls an entry, e.g. "terribl", and where it has it from. */
struct score_entry {
	const char *text;
	uint32_t len;
	uint8_t source; /* enum entry_source */
};

/* What moved the score: an entry of the lexicon, or a modifier on one.  A post has two dozen of them and hardly
 * one is ever shown, so they point to what can be said of them: two fit in a cache line. */
struct contribution {
	uint32_t start, len; /* byte range in the original text */
	const struct score_entry *entry; /* the lexicon's; a stored score has its own */
	const char *modifiers; /* "negated by 'not', boosted by 'very'"; NULL: none */
	int32_t weight_milli; /* as the lexicon has it */
	int32_t effect_milli; /* what counted after modifiers */
};

enum sentiment_label {
	SENTIMENT_NEGATIVE,
	SENTIMENT_NEUTRAL,
	SENTIMENT_POSITIVE
};

enum intent {
	INTENT_COMPLAINT,
	INTENT_SUPPORT,
	INTENT_QUESTION,
	INTENT_PRAISE,
	INTENT_PURCHASE,
	INTENT_CHURN,
	INTENT_SUGGESTION,
	INTENT_FEEDBACK,
	INTENT_SPAM,
	INTENT_COUNT
};

/* Why an intent was found. */
struct intent_reason {
	enum intent intent;
	uint32_t start, len; /* byte range in the original text */
	struct slice pattern; /* as its file has it; lives as long as the lexicons */
};

struct score {
	struct token *tokens;
	size_t token_count;
	char lang[8]; /* "en", ... or "und" */
	enum sentiment_label label;
	int32_t score_milli;
	int32_t negative_milli, neutral_milli, positive_milli;
	bool is_unsure;
	bool is_scored; /* false: a language we cannot score; label neutral, is_unsure true */
	uint32_t intents; /* bit per enum intent */
	struct intent_reason *intent_reasons;
	size_t intent_reason_count;
	const uint16_t *brands; /* indices into the matcher's brand list, ascending */
	size_t brand_count;
	struct contribution *reasons;
	size_t reason_count;
	uint32_t smaller_reasons; /* that were not kept with a stored score, and their effect */
	int32_t smaller_effect_milli;
	const char *lexicon; /* "en-3f2a91c0"; lives as long as the lexicon */
};

const char *sentiment_label_name(enum sentiment_label l);
const char *intent_name(enum intent i);
const char *token_kind_name(enum token_kind k); /* "word", "punctuation", ... */
/* "lexicon", "brand vocabulary", "emoji", ...; NULL for ENTRY_SOURCE_NONE.  A name that is none is
 * ENTRY_SOURCE_NONE. */
const char *entry_source_name(enum entry_source s);
enum entry_source entry_source_of(struct slice name);

static inline struct slice
entry_text(const struct score_entry *e)
{
	return slice_make(e->text, e->len);
}

/* Of a contribution that is about the post as a whole, in words for people: "its exclamation marks"; NULL: it
 * is about words. */
const char *contribution_shape_words(const struct contribution *c);

struct buf;
struct json_writer;

/* The members "sentiment", "intents", "brands", "lexicon", "lang" of a scored post into an open
 * object; brand ids by index from brand_names (their display names).  explain
 * adds "reasons", "intent_reasons" and "tokens". */
void score_to_json(const struct score *s, const char *const *brand_names, bool explain,
    struct slice text, struct json_writer *w);

#endif
