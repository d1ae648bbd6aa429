/*
 * emoticon.h - the closed list of emoticons, folded (":D" is ":d").
 */
#ifndef NLP_EMOTICON_H
#define NLP_EMOTICON_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

/* Does an emoticon stand at text.ptr + at (folded text)?  Returns its length there, repeated mouths
 * included, and its listed form in *folded_r; 0: no.  Looks at neighbours: "http://", "10:30",
 * "(see 8)" hold none. */
size_t emoticon_at(struct slice text, size_t at, struct slice *folded_r);

/* May an emoticon begin with these two bytes?  false: emoticon_at() would find none. */
bool emoticon_may_begin(char first, char second);

#endif
