/*
 * import_line.c - one JSON line: Pinpoint's endpoint or our own export, and what both share.
 */
#include "people/import_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

/* ---- lists that grow --------------------------------------------------------- */

void *
import_grow(struct import *i, void *items, size_t count, size_t size)
{
	size_t cap = count < 4 ? 4 : 2 * count;
	void *bigger;

	/* Room is made at 0, 4, 8, 16 ... */
	if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
		return items;
	bigger = arena_array(i->row, cap, size);
	if (bigger != NULL && count > 0)
		memcpy(bigger, items, count * size);
	return bigger;
}

int
import_add_value(
    struct import *i, struct attribute **list, size_t *count, struct slice name, struct slice value)
{
	struct attribute *a = NULL;
	struct slice *items;

	for (size_t k = 0; k < *count && a == NULL; k++)
		if (slice_eq((*list)[k].name, name))
			a = &(*list)[k];
	if (a == NULL) {
		*list = IMPORT_GROW(i, *list, *count);
		if (*list == NULL)
			return -1;
		a = &(*list)[(*count)++];
		a->name = name;
	}
	items = import_grow(i, (void *)(uintptr_t)a->values.items, a->values.count, sizeof *items);
	if (items == NULL)
		return -1;
	items[a->values.count++] = value;
	a->values.items = items;
	return 0;
}

struct row_consent *
import_consent_slot(
    struct import *i, struct person_row *p, struct slice channel, enum purpose purpose)
{
	struct row_consent *c;

	for (size_t k = 0; k < p->consent_count; k++)
		if (p->consents[k].c.purpose == purpose &&
		    slice_eq(p->consents[k].c.channel, channel))
			return &p->consents[k];
	p->consents = IMPORT_GROW(i, p->consents, p->consent_count);
	if (p->consents == NULL)
		return NULL;
	c = &p->consents[p->consent_count++];
	c->c.channel = channel;
	c->c.purpose = purpose;
	return c;
}

/* ---- members ------------------------------------------------------------------ */

/* The wrong kind of value: where it is looked for by people is its name. */
static int
wrong_type(struct import *i, const char *key, const char *want, const struct json *v)
{
	import_finding(i, DIAG_ERROR, "I023", 0, NULL, "%s is %s, expected %s", key,
	    json_type_name(json_type(v)), want);
	return 1;
}

void
import_warn_unknown(
    struct import *i, const struct json *v, const char *const *known, size_t known_count)
{
	struct slice key;
	size_t pos = 0;

	while (json_next(v, &pos, &key) != NULL) {
		bool is_known = false;
		const char *nearest;
		char help[100];

		for (size_t k = 0; k < known_count; k++)
			is_known |= slice_eq_str(key, known[k]);
		if (is_known)
			continue;
		nearest = diag_nearest(key, known, known_count);
		snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		import_finding(i, DIAG_WARNING, "I002", 0, nearest == NULL ? NULL : help,
		    "there is no member called '%.*s'; it is left out",
		    SLICE_ARG(utf8_prefix(key, 100)));
	}
}

int
import_text(struct import *i, const struct json *obj, const char *key, struct slice *text_r)
{
	const struct json *v = json_get(obj, key);
	struct slice text;

	*text_r = SLICE_NONE;
	if (json_type(v) == JSON_ABSENT || json_type(v) == JSON_NULL)
		return 0;
	if (json_type(v) != JSON_STRING)
		return wrong_type(i, key, "a text", v);
	text = slice_trim(json_str(v));
	if (text.len == 0)
		return 0;
	*text_r = arena_slice_dup(i->row, text);
	return slice_is_set(*text_r) ? 0 : -1;
}

int
import_object(struct import *i, const struct json *obj, const char *key, const struct json **r)
{
	*r = json_get(obj, key);
	if (json_type(*r) == JSON_NULL)
		*r = NULL;
	if (*r == NULL || json_type(*r) == JSON_OBJECT)
		return 0;
	return wrong_type(i, key, "an object", *r);
}

int
import_bool(struct import *i, const struct json *obj, const char *key, bool *v_r)
{
	const struct json *v = json_get(obj, key);

	*v_r = false;
	if (v == NULL || json_type(v) == JSON_NULL || json_bool(v, v_r))
		return 0;
	return wrong_type(i, key, "true or false", v);
}

int
import_value_text(struct import *i, const struct json *v, struct slice *text_r)
{
	struct json_writer w;
	struct buf b;

	*text_r = SLICE_NONE;
	switch (json_type(v)) {
	case JSON_STRING: *text_r = arena_slice_dup(i->row, json_str(v)); break;
	case JSON_NUMBER:
	case JSON_BOOL:
		buf_init(&b, 100);
		json_writer_init(&w, &b);
		json_put_value(&w, v);
		*text_r = arena_slice_dup(i->row, buf_slice(&b));
		buf_fini(&b);
		break;
	case JSON_ABSENT:
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT: return 1;
	}
	return slice_is_set(*text_r) ? 0 : -1;
}

static int
add_json_value(struct import *i, struct attribute **list, size_t *count, struct slice name,
    const struct json *v)
{
	struct slice text;
	int rc = import_value_text(i, v, &text);

	if (rc == 0)
		return import_add_value(i, list, count, name, text);
	if (rc < 0)
		return -1;
	if (json_type(v) == JSON_NULL)
		return 0;
	import_finding(i, DIAG_ERROR, "I023", 0, "an attribute is a list of texts",
	    "a value of the attribute '%.*s' is %s", SLICE_ARG(utf8_prefix(name, 100)),
	    json_type_name(json_type(v)));
	return 1;
}

static int
add_json_attribute(struct import *i, struct attribute **list, size_t *count, struct slice key,
    const struct json *v)
{
	struct slice name = arena_slice_dup(i->row, key);
	int rc = 0;

	if (!slice_is_set(name))
		return -1;
	if (name.len == 0 || name.len > TARGET_NAME_BYTES_MAX) {
		import_finding(i, DIAG_ERROR, "I023", 0, NULL,
		    "an attribute's name has 1 to %d bytes, not %zu", TARGET_NAME_BYTES_MAX,
		    name.len);
		return 1;
	}
	if (json_type(v) != JSON_ARRAY)
		return add_json_value(i, list, count, name, v);
	for (size_t k = 0; k < json_count(v) && rc == 0; k++)
		rc = add_json_value(i, list, count, name, json_at(v, k));
	return rc;
}

int
import_attributes(struct import *i, const struct json *obj, const char *key,
    struct attribute **list_r, size_t *count_r)
{
	const struct json *members, *v;
	struct slice name;
	size_t pos = 0;
	int rc = import_object(i, obj, key, &members);

	while (rc == 0 && members != NULL && (v = json_next(members, &pos, &name)) != NULL)
		rc = add_json_attribute(i, list_r, count_r, name, v);
	return rc;
}

static int
add_json_metric(struct import *i, struct customer_metric **list, size_t *count, struct slice key,
    const struct json *v)
{
	char text[TARGET_NUMBER_MAX];
	struct slice given;
	int rc = import_value_text(i, v, &given);

	if (rc < 0)
		return -1;
	if (rc > 0 || json_type(v) == JSON_BOOL || key.len == 0 ||
	    key.len > TARGET_NAME_BYTES_MAX || !target_number(given, 0, text)) {
		import_finding(i, DIAG_ERROR, "I016", 0, "write it like 12.5",
		    "the metric '%.*s' is no number", SLICE_ARG(utf8_prefix(key, 100)));
		return 1;
	}
	*list = IMPORT_GROW(i, *list, *count);
	if (*list == NULL)
		return -1;
	(*list)[*count].name = arena_slice_dup(i->row, key);
	(*list)[*count].value = slice_of(arena_strdup(i->row, text));
	if (!slice_is_set((*list)[*count].name) || !slice_is_set((*list)[*count].value))
		return -1;
	(*count)++;
	return 0;
}

int
import_metrics(struct import *i, const struct json *obj, const char *key,
    struct customer_metric **list_r, size_t *count_r)
{
	const struct json *members, *v;
	struct slice name;
	size_t pos = 0;
	int rc = import_object(i, obj, key, &members);

	while (rc == 0 && members != NULL && (v = json_next(members, &pos, &name)) != NULL)
		if (json_type(v) != JSON_NULL)
			rc = add_json_metric(i, list_r, count_r, name, v);
	return rc;
}

/* ---- the line ------------------------------------------------------------------- */

static int
unreadable(struct import *i, const struct err *why, struct err *err)
{
	if (why->kind == ERR_NOMEM)
		return import_nomem(i, err);
	import_finding(i, DIAG_ERROR, "I001", 0, "a line holds one JSON object",
	    "the line cannot be read: %s", why->text);
	return 1;
}

int
import_line_read(struct import *i, struct slice text, struct person_row *p, struct err *err)
{
	struct json_doc *doc = NULL;
	struct err own = {ERR_NONE, ""};
	size_t replaced = 0;
	int rc;

	memset(p, 0, sizeof *p);
	if (json_parse(text, &doc, &replaced, &own) < 0)
		return unreadable(i, &own, err);
	if (replaced > 0)
		import_finding(i, DIAG_WARNING, "I012", 0, "save the file as UTF-8",
		    "bytes that are not UTF-8 text (%zu); they are replaced by U+FFFD", replaced);
	if (json_type(json_root(doc)) != JSON_OBJECT) {
		import_finding(i, DIAG_ERROR, "I001", 0, "a line holds one JSON object",
		    "the line is %s", json_type_name(json_type(json_root(doc))));
		rc = 1;
	} else if (json_get(json_root(doc), "id") != NULL) {
		rc = import_own_read(i, json_root(doc), p, err);
	} else {
		rc = import_pinpoint_read(i, json_root(doc), p, err);
	}
	json_doc_free(doc);
	return rc;
}
