/*
 * json_read_internal.h - what json_read.c (items, conditions, actions), json_crowd.c (sequences,
 * watches) and json_value.c (texts, comments, values) share.
 *
 * Errors: the first one is kept in the reader's err with its place; everything returns false from
 * then on.
 */
#ifndef RULES_JSON_READ_INTERNAL_H
#define RULES_JSON_READ_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/json_internal.h"

/* Where we are in the document, for messages; links live on the stack. */
struct json_place {
	const struct json_place *above;
	const char *key; /* NULL: an element */
	size_t index;
};

struct json_reader {
	struct arena *arena;
	const struct finding_sink *sink;
	struct err *err;
	bool has_failed;
};

/* Always false. */
bool json_read_fail(struct json_reader *r, const struct json_place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void *json_read_alloc(struct json_reader *r, size_t size); /* NULL: reported */
bool json_read_text(struct json_reader *r, const struct json *obj, const char *key,
    const struct json_place *above, struct slice *s_r);
bool json_read_before(struct json_reader *r, const struct json *list, const struct json_place *at,
    struct comment **first_r);
bool json_read_notes(struct json_reader *r, const struct json *obj, const char *before,
    const char *after, const struct json_place *above, struct notes **notes_r);
bool json_read_duration(
    struct json_reader *r, struct slice s, const struct json_place *at, struct duration *d_r);
/* Thousandths. */
bool json_read_number(
    struct json_reader *r, const struct json *v, const struct json_place *at, int64_t *milli_r);
bool json_read_integer(struct json_reader *r, const struct json *j, const char *key, int64_t min,
    int64_t max, const struct json_place *above, int64_t *n_r);
/* Is the key there?  Then the item has the line of that slot. */
bool json_read_has(struct item *it, const struct json *j, const char *key, enum slot s);
/* What json_guardrail.c writes. */
/* {"field":...,"op":...,"value":...} */
bool json_read_condition(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct node *n);
bool json_read_examples(
    struct json_reader *r, const struct json *j, const struct json_place *above, struct item *it);
bool json_read_guardrails(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct item *it);
bool json_read_value(struct json_reader *r, const struct json *j, bool is_wordy,
    const struct json_place *at, struct values *list);
/* is_list: may be empty, and every value has a line of its own for comments. */
bool json_read_values(struct json_reader *r, const struct json *obj, const char *key, bool is_wordy,
    bool is_list, const struct json_place *above, struct values *list);

/* ---- json_read.c for json_crowd.c, and back ---- */

bool json_read_node(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct node *n);
bool json_read_actions(
    struct json_reader *r, const struct json *obj, const struct json_place *above, struct item *it);
bool json_read_sequences(
    struct json_reader *r, const struct json *obj, const struct json_place *above, struct item *it);
bool json_read_watch(
    struct json_reader *r, const struct json *obj, const struct json_place *above, struct item *it);

#endif
