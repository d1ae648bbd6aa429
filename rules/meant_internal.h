/*
 * meant_internal.h - what people write before they have read the manual, and what to tell them.
 *
 * Each answers a help that can be copied, or NULL: no idea.
 */
#ifndef RULES_MEANT_INTERNAL_H
#define RULES_MEANT_INTERNAL_H

#include "core/slice.h"

struct field;

/* Where a field belongs: "hashtag", "keyword". */
const char *meant_field(struct slice word);
/* Where an action belongs: "notify", "email". */
const char *meant_action(struct slice word);
/* Where a line of a rule begins: "disabled", "else". */
const char *meant_clause(struct slice word);
/* Behind what could end a line: "million", "but". */
const char *meant_rest(struct slice word);
/* A sign where a line begins: "-", "(". */
const char *meant_sign(struct slice sign);
/* A sign behind what could end a line, or where a value belongs: "&&", "["; never NULL. */
const char *meant_rest_sign(struct slice sign);
/* A value of that field: "weekend", "december", "09:00". */
const char *meant_value(const struct field *f, struct slice value);

#endif
