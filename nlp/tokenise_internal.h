/*
 * tokenise_internal.h - the tokeniser step by step, for those who take plain words themselves
 * (post_cut.h).
 */
#ifndef NLP_TOKENISE_INTERNAL_H
#define NLP_TOKENISE_INTERNAL_H

#include "nlp/address.h"
#include "nlp/charclass.h"
#include "nlp/tokenise.h"

struct tokeniser {
	const struct normal *n;
	struct slice text; /* the folded text */
	size_t at;
	size_t no_address_until; /* see address_url() */
	struct arena *arena;
	struct token_list *list;
	struct err *err;
	bool has_failed; /* no memory; err says so */
};

/* At the beginning of a text, with an empty list that has room for `count` tokens; -1 without
 * memory. */
int tokenise_begin(struct tokeniser *c, const struct normal *n, size_t count, struct arena *a,
    struct token_list *list, struct err *err);
/* Room for `count` tokens more; false: without memory (has_failed), or they would be too many. */
bool tokenise_reserve(struct tokeniser *c, size_t count);
/* What stands at c->at, inside the text: moves behind it, and adds its token when it is one. */
void tokenise_one(struct tokeniser *c);

/* All capitals, two letters or more, in the text as written. */
bool tokenise_is_all_caps(const struct normal *n, uint32_t start, uint32_t len);
/* Does a letter stand three times in a row?  Whatever joins the parts of a word breaks a row. */
bool tokenise_is_elongated(struct slice word);

static inline bool
tokenise_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* What ends a word whatever stands behind: bytes below 64 that neither join words nor belong to
 * addresses, emoticons and percentages. */
#define TOKENISE_BIT(c) (1ULL << (c))
static const uint64_t TOKENISE_PLAIN_ENDS =
    ~(TOKENISE_BIT('%') | TOKENISE_BIT('&') | TOKENISE_BIT('\'') | TOKENISE_BIT('*') |
	TOKENISE_BIT(',') | TOKENISE_BIT('-') | TOKENISE_BIT('.') | TOKENISE_BIT('/') |
	(TOKENISE_BIT(':') - TOKENISE_BIT('0')) | TOKENISE_BIT(':'));

static const uint64_t TOKENISE_PLAIN_MARKS =
    TOKENISE_BIT(',') | TOKENISE_BIT('.') | TOKENISE_BIT(':');
_Static_assert('/' + 1 == '0', "it stands before the digits");

static const uint64_t TOKENISE_MOUTHS =
    TOKENISE_BIT('(') | TOKENISE_BIT(')') | TOKENISE_BIT('=') | TOKENISE_BIT(':');
static const uint64_t TOKENISE_SECOND = TOKENISE_BIT('d' & 63) | TOKENISE_BIT('p' & 63);

/* Is the run [at, end) a word for certain: no address, emoticon or keycap, and nothing joins it to
 * what follows?  The padding makes the bytes behind the text readable.  What a word is like cannot be
 * foreseen: few branches. */
static inline bool
tokenise_is_plain_word(const char *p, size_t at, size_t end)
{
	unsigned char stop = (unsigned char)p[end];
	size_t len = end - at;
	if (stop >= 64)
		return false;
	/* Behind a mark, anything but what goes on with the word. */
	uint64_t ends = TOKENISE_PLAIN_ENDS >> stop, is_mark = TOKENISE_PLAIN_MARKS >> stop;
	unsigned char behind = (unsigned char)p[end + 1];
	uint64_t goes_on = ((unsigned)(behind - 'a') < 26) | ((unsigned)(behind - '/') < 11);
	if (((ends | (is_mark & ~goes_on)) & 1) == 0)
		return false;
	/* "x(", "d:", "xd": emoticons that begin like a word.  Of a second byte that is a digit or a sign some
	 * are taken for letters: then it is not certain. */
	uint64_t is_odd = TOKENISE_MOUTHS >> stop & (len == 1);
	is_odd |= TOKENISE_SECOND >> (p[at + 1] & 63) & (len == 2);
	if (is_odd != 0)
		return false;
	return p[at] != 'h' || p[at + 1] != 't' || !address_is_scheme(slice_make(p + at, len));
}

#endif
