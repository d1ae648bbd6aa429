/*
 * units_internal.h - units of a text bit by bit, for those who make those of plain words
 * themselves (post_cut.h).
 */
#ifndef NLP_UNITS_INTERNAL_H
#define NLP_UNITS_INTERNAL_H

#include "nlp/units.h"

/* Quotes are few kinds; an opening one says what closes it. */
enum quote {
	QUOTE_NONE,
	QUOTE_STRAIGHT, /* " */
	QUOTE_HIGH, /* opened by U+201C */
	QUOTE_LOW, /* opened by U+201E, closed by U+201C or U+201D */
	QUOTE_LEFT, /* opened by U+00AB */
	QUOTE_RIGHT /* opened by U+00BB, closed by U+00AB */
};

/* Where a unit stands, apart from its token. */
struct unit_place {
	uint16_t clause, sentence;
	bool is_quoted;
};

struct unit_maker {
	const struct normal *n;
	struct arena *arena;
	struct unit_list *list;
	struct unit_place place;
	uint32_t end; /* of the last token */
	enum quote quote; /* open */
	size_t quote_from; /* the first unit behind it */
};

/* What stands between two tokens. */
enum gap {
	GAP_BREAK = 1, /* a clause ends */
	GAP_QUOTE = 2,
	GAP_LINE = 4
};

/* Bits of enum gap: what a piece of the text as written, which stands between two tokens, holds. */
unsigned units_gap(const char *p, size_t len);
/* No units and no guests. */
void units_clear(struct unit_list *l);
/* Room for `count` units; false without memory. */
bool units_reserve(struct unit_list *l, size_t count);
/* The units of the tokens from number `from` on.  -1 without memory. */
int units_more(struct unit_maker *m, const struct token_list *tokens, size_t from);
/* Opens and closes the quotes of bytes [from, to), which stand behind the last unit. */
void units_read_quotes(struct unit_maker *m, size_t from, size_t to);
/* Fills the other spellings of a unit without any; -1 without memory. */
int units_add_others(struct unit_maker *m, struct unit *u);
/* "RT @user:" - does the last unit, a mention, say that what follows is somebody else's? */
bool units_is_repeat(const struct unit_maker *m);

#endif
