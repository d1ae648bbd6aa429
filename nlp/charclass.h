/*
 * charclass.h - what kind of character, as the tokeniser sees it.
 */
#ifndef NLP_CHARCLASS_H
#define NLP_CHARCLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

enum char_class {
	CHAR_OTHER,
	CHAR_SPACE,
	CHAR_LETTER,
	CHAR_DIGIT,
	CHAR_HIGH
};

static inline enum char_class
charclass_byte(char ch)
{
	unsigned char c = (unsigned char)ch;
	if (c >= 0x80)
		return CHAR_HIGH;
	if (c >= 'a' && c <= 'z')
		return CHAR_LETTER;
	if (c >= '0' && c <= '9')
		return CHAR_DIGIT;
	return c == ' ' || (c >= '\t' && c <= '\r') ? CHAR_SPACE : CHAR_OTHER;
}

static inline bool
charclass_is_alnum(char c)
{
	enum char_class k = charclass_byte(c);
	return k == CHAR_LETTER || k == CHAR_DIGIT;
}

/* The signs of U+00A1 to U+00BF that are neither letters nor digits and have no other spelling, by the second of
 * their two bytes. */
static inline bool
charclass_is_latin_sign(unsigned char second)
{
	return (second >= 0xa1 && second <= 0xa7) || second == 0xac || second == 0xb0 ||
	    second == 0xb1 || second == 0xb6 || second == 0xb7 || second == 0xbf;
}

/* Letters, marks and digits outside ASCII. */
bool charclass_is_word(uint32_t cp);
/* Written without spaces between words: one token a character. */
bool charclass_is_cjk(uint32_t cp);
bool charclass_is_upper(uint32_t cp);
bool charclass_is_lower(uint32_t cp);

#endif
