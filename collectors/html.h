/*
 * html.h - HTML fragments become plain text; entities and characters that HTML and feeds share.
 *
 * Text:      block ends and <br> become line breaks (at most two in a row), white space is folded,
 *            entities are decoded once, a bare '&', '<' or '>' stays what it is.  script, style,
 *            head and their like are dropped; so are the invisible parts of Mastodon's shortened
 *            links, where the link's target takes the place of what was shown.  Emoji drawn as
 *            images give their alt text.
 * Limits:    one pass, time linear in the input whatever it holds; no tree and no nesting to
 *            overflow.
 * Ownership: results live in the arena given.
 */
#ifndef COLLECTORS_HTML_H
#define COLLECTORS_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;

/* html need not be valid UTF-8, the text is.  What is over max_bytes is cut at a character;
 * *is_cut_r (may be NULL) says so. 0, or -1 without memory. */
int html_to_text(struct slice html, size_t max_bytes, struct arena *a, struct slice *text_r,
    bool *is_cut_r, struct err *err);

/* Does it hold a tag or an entity, so that reading it as HTML changes it? */
bool html_is_likely(struct slice s);

/* Reads the reference at s.ptr[pos], which is '&'.  Returns the bytes it takes up and *cp_r, or 0
 * when it is just an ampersand. Unusable numbers give U+FFFD, those in the C1 range what
 * Windows-1252 has there. */
size_t html_entity_decode(struct slice s, size_t pos, uint32_t *cp_r);

/* The code point behind a named entity of HTML 4, 0 when there is none. */
uint32_t html_entity_named(struct slice name);

#endif
