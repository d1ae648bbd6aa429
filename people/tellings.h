/*
 * tellings.h - JSON that tells of a customer: read, bounded, and put into words when it cannot be taken.
 *
 * Ours:      {"id","customer" or "endpoint":{"channel","address"} or "author","name","at","source",
 *            "properties":{},"attributes":{},"endpoints":[{"channel","address"}]}.
 * Values:    texts, numbers and booleans become a text each, arrays lists of them.  What is inside of an
 *            object stands under its own name behind a dot ("address.city"), of an array of objects all
 *            together ("products.sku").  null removes an attribute, and is no property.
 *
 * Ownership: what is read lives in the arena given.
 * Errors:    0 it cannot be taken, and why; -1 without memory.
 * Threads:   any.
 */
#ifndef PEOPLE_TELLINGS_H
#define PEOPLE_TELLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/telling.h"

struct arena;
struct err;
struct json;

#define TELLING_WHY_MAX 300

/* One item of POST /api/v1/events: 1, 0 with why, -1.  fallback_id: of what came without an id. */
int telling_read(struct slice text, int64_t received_at_ms, struct slice fallback_id,
    struct arena *a, struct telling *t_r, char why[TELLING_WHY_MAX], struct err *err);

/* An object as attributes (of a telling keep_nulls: to be removed); absent and null are none. */
int telling_values(const struct json *object, const char *what, bool keep_nulls, struct arena *a,
    const struct attribute **list_r, size_t *count_r, char why[TELLING_WHY_MAX], struct err *err);

/* A text member of at most max bytes without control characters, trimmed: 1; 0 it is not there (or null,
 * or empty); -1 it is none, why says so.  Numbers are taken as they are written. */
int telling_text(const struct json *object, const char *key, size_t max, struct arena *a,
    struct slice *text_r, char why[TELLING_WHY_MAX]);

/* "SMS" -> "sms"; false: no channel of TARGET_CHANNELS (or no memory). */
bool telling_channel(struct slice name, struct arena *a, struct slice *channel_r);
/* NULL, or why no message can go there. */
const char *telling_address_fault(struct slice channel, struct slice address);

#endif
