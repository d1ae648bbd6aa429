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

/* Where the letters and digits from byte `at` on end, of ASCII alone; the text ends with a byte that is neither. */
static inline size_t
charclass_alnum_end(const char *text, size_t at)
{
	while (charclass_is_alnum(text[at]))
		at++;
	return at;
}

/* Letters, marks and digits outside ASCII. */
bool charclass_is_word(uint32_t cp);
/* Written without spaces between words: one token a character. */
bool charclass_is_cjk(uint32_t cp);
bool charclass_is_upper(uint32_t cp);
bool charclass_is_lower(uint32_t cp);

#endif
