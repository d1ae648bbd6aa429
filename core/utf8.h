/*
 * utf8.h - the border where bytes become text.
 *
 * Invalid UTF-8 (overlong forms, surrogates, above U+10FFFF, cut sequences) and NUL are replaced by
 * U+FFFD once, here, and counted; everything behind the border may rely on valid UTF-8.
 * Follows the Unicode standard's "maximal subpart" practice: one U+FFFD per broken subsequence.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;

/* Valid as it stands (and without NUL)? */
bool utf8_is_valid(struct slice s);

/* How many bytes at the front are valid: s.len when all are, else where the first broken one
 * stands. */
size_t utf8_valid_prefix(struct slice s);

/* Returns s itself when it is valid, else a repaired copy in the arena; *replaced_r (may be NULL)
 * gets the number of replacements.  ptr NULL when the arena is full. */
struct slice utf8_repair(struct arena *a, struct slice s, size_t *replaced_r);

/* Decodes the code point at s.ptr + *pos and moves *pos behind it.  s must be valid; *pos < len. */
uint32_t utf8_next(struct slice s, size_t *pos);

/* Writes cp (1 to 4 bytes) to out and returns the length. */
size_t utf8_encode(uint32_t cp, char out[4]);

/* Would a terminal do something else with it than show it where it stands: controls (C0, C1, DEL), and
 * what turns the direction of what follows? */
bool utf8_is_command(uint32_t cp);

/* Number of code points in valid text. */
size_t utf8_count(struct slice s);

/* The longest prefix of at most max_bytes that does not cut a character. */
struct slice utf8_prefix(struct slice s, size_t max_bytes);

#endif
