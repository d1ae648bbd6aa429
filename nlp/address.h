/*
 * address.h - the tokens that point somewhere: URLs, bare domains, mail addresses, mentions. Folded
 * text.
 */
#ifndef NLP_ADDRESS_H
#define NLP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/slice.h"

/* Length of the URL, bare domain or mail address at `at`; 0: none.  Punctuation that closes a
 * sentence is left out.  *none_until, 0 for a new text, remembers how far a row of words with dots has
 * been looked at in vain, so that "a.a.a.a..." is read once and not for each of its words. */
size_t address_url(struct slice text, size_t at, size_t *none_until);
/* Length of the mention at `at`, where '@' stands; 0: none. */
size_t address_mention(struct slice text, size_t at);

/* "http", "https": alone, what is left of a link that was cut off. */
static inline bool
address_is_scheme(struct slice word)
{
	return (word.len == 4 || word.len == 5) && memcmp(word.ptr, "https", word.len) == 0;
}

#endif
