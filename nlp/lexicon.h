/*
 * lexicon.h - one language's words, phrases, emoji and modifiers with their weights.
 *
 * The file: UTF-8, one entry a line, columns divided by tabs, sorted; lines that begin with # are
 *the header:
 *
 *	# language: en
 *	# licence: ...            (any number of further "key: value" lines)
 *	# checksum: 3f2a91c0...   FNV-1a, 64 bits, over all lines that are not header, line feeds
 *included # columns: kind entry weight word	abandon	-1.9 negator	isn't booster	very	0.29
 *
 * Kinds: word and phrase (published ratings), idiom (ours), emoji, emoticon with a weight of -4 to
 *4; negator, contrast
 * ("but") and sarcasm without one; booster with the share it adds (negative: a dampener takes
 *away).  One text may have a weight and a role ("damn").  `columns` names the columns, so that a
 *file with a weight for each class, stem pairs or negated stems is another list of columns and
 *kinds, not another format; a reader refuses what it does not know.
 *
 * Words are looked up as they are, then by stem: the weight of a stem is the mean of its words,
 *unless they disagree about the sign.  The longest phrase wins.  A brand's own vocabulary
 *overrides: its words also by stem. What it does to emoji, emoticons, hashtags, mentions: entries
 *like words.  URLs have no entries.  Elongated words are tried with two letters, then one.
 *Negation: entries only, modifiers.h applies them.
 *
 * Ownership: new/free; immutable after the last lexicon_add_vocabulary().
 * Threads:   an immutable lexicon may be shared.
 * Errors:    -1 with file and line.
 */
#ifndef NLP_LEXICON_H
#define NLP_LEXICON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "nlp/language.h"
#include "nlp/word_trie.h"
#include "nlp/stem.h"
#include "nlp/units.h"

struct diag_list;
struct err;
struct lexicon;

#define LEXICON_WEIGHT_MAX_MILLI 4000

enum lexeme_role {
	ROLE_NONE,
	ROLE_NEGATOR,
	ROLE_BOOSTER,
	ROLE_CONTRAST,
	ROLE_SARCASM
};

struct lexeme {
	struct slice text; /* the entry, or the stem */
	const char *source; /* "lexicon", "brand vocabulary", "emoji", "emoticon", "idiom" */
	int32_t weight_milli;
	int32_t boost_milli; /* ROLE_BOOSTER */
	enum lexeme_role role;
	bool has_weight;
	bool is_vocabulary;
};

/* name for messages ("en.tsv"). */
int lexicon_new(const char *name, struct slice text, struct lexicon **lexicon_r, struct err *err);
void lexicon_free(struct lexicon *lx);

enum language lexicon_language(const struct lexicon *lx);
/* "en-3f2a91c0"; with a vocabulary laid over it "en-3f2a91c0+1d5e77aa". */
const char *lexicon_version(const struct lexicon *lx);
size_t lexicon_count(const struct lexicon *lx);
const struct lexeme *lexicon_at(const struct lexicon *lx, size_t i);

/* One entry of a brand's vocabulary; -1 without memory or with no word in it. */
int lexicon_add_vocabulary(
    struct lexicon *lx, struct slice phrase, int32_t weight_milli, struct err *err);

/* What stands at unit `at`: the longest entry, *span_r units long; NULL: none. */
const struct lexeme *lexicon_find(
    const struct lexicon *lx, const struct unit *units, size_t count, size_t at, size_t *span_r);

/* "1.9", "-0.25", "3" to thousandths within +-max; false: it is not such a number. */
bool lexicon_parse_weight(struct slice s, int32_t max_milli, int32_t *milli_r);

#endif
