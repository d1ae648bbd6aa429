/*
 * charset.h - documents of any encoding become UTF-8.
 *
 * What a document says of itself and what the server says of it are both often wrong, so the bytes
 * are asked first: a byte order mark, then whether they are valid UTF-8 with characters beyond
 * ASCII in it (nothing else looks like that by accident); only then the HTTP header, the XML
 * declaration, and at last Windows-1252.
 */
#ifndef COLLECTORS_CHARSET_H
#define COLLECTORS_CHARSET_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;

/* content_type: the HTTP header or SLICE_NONE.  Returns UTF-8 without byte order mark, valid
 * throughout: a part of body itself or a copy in the arena; ptr NULL without memory.  *name_r (may
 * be NULL) names the encoding found, *repaired_r (may be NULL) grows by the characters replaced. */
struct slice charset_to_utf8(struct arena *a, struct slice body, struct slice content_type,
    const char **name_r, size_t *repaired_r);

/* What Windows-1252 has at a byte from 0x80 to 0x9F; U+FFFD where it has nothing. */
uint32_t charset_windows_1252(unsigned char byte);

/* UTF-8 that was taken for Windows-1252 and encoded once more is undone; everything else comes back
 * as it is. */
struct slice charset_fix_double(struct arena *a, struct slice s);

#endif
