/*
 * telling_values.c - JSON objects as lists of named texts.
 *
 * Values are collected as they are met, in one list; then they are put together by name.  At most
 * TELLING_VALUES_MAX of them, so that looking for a name is cheap enough.
 */
#include "people/tellings.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

#define DEPTH_MAX 5
#define NUMBER_MAX 64

struct value {
	struct slice text; /* SLICE_NONE: null */
	struct value *next;
};

struct name {
	struct slice name;
	struct value *first, **tail;
	size_t count;
	struct name *next;
};

struct collecting {
	const char *what;
	bool keep_nulls;
	struct arena *arena;
	struct name *first, **tail;
	size_t name_count, value_count;
	char *why;
};

/* 0: it cannot be taken. */
static int
refuse(struct collecting *c, struct slice name, const char *what)
{
	snprintf(c->why, TELLING_WHY_MAX, "%s: '%.*s' %s", c->what,
	    SLICE_ARG(utf8_prefix(name, 100)), what);
	return 0;
}

static struct name *
name_of(struct collecting *c, struct slice name)
{
	struct name *n;

	for (n = c->first; n != NULL; n = n->next)
		if (slice_eq(n->name, name))
			return n;
	n = ARENA_NEW(c->arena, struct name);
	if (n == NULL)
		return NULL;
	n->name = name;
	n->tail = &n->first;
	*c->tail = n;
	c->tail = &n->next;
	c->name_count++;
	return n;
}

/* 1, 0, -1, as all of these. */
static int
add_text(struct collecting *c, struct slice name, struct slice text)
{
	struct value *v;
	struct name *n;

	if (text.len > TELLING_VALUE_MAX)
		return refuse(c, name, "has a value of more than 4096 bytes");
	if (++c->value_count > TELLING_VALUES_MAX) {
		snprintf(c->why, TELLING_WHY_MAX, "%s: more than %d values", c->what,
		    TELLING_VALUES_MAX);
		return 0;
	}
	v = ARENA_NEW(c->arena, struct value);
	n = name_of(c, name);
	if (v == NULL || n == NULL)
		return -1;
	if (slice_is_set(text)) {
		v->text = arena_slice_dup(c->arena, text);
		if (!slice_is_set(v->text))
			return -1;
		n->count++;
	}
	*n->tail = v;
	n->tail = &v->next;
	return 1;
}

static int
add_number(struct collecting *c, struct slice name, const struct json *j)
{
	struct json_writer w;
	struct buf text;
	int rc;

	buf_init(&text, NUMBER_MAX);
	json_writer_init(&w, &text);
	json_put_value(&w, j);
	rc = buf_failed(&text) ? -1 : add_text(c, name, buf_slice(&text));
	buf_fini(&text);
	return rc;
}

static int add_value(struct collecting *c, struct slice name, const struct json *j, unsigned depth);

static int
add_members(struct collecting *c, struct slice prefix, const struct json *object, unsigned depth)
{
	const struct json *member;
	struct slice key;
	size_t pos = 0;
	int rc;

	while ((member = json_next(object, &pos, &key)) != NULL) {
		struct slice name = slice_of(arena_printf(c->arena, "%.*s%s%.*s", SLICE_ARG(prefix),
		    prefix.len > 0 ? "." : "", SLICE_ARG(key)));

		if (!slice_is_set(name))
			return -1;
		if (key.len == 0 || name.len > TELLING_NAME_MAX)
			return refuse(c, name, "is no name: from 1 to 256 bytes");
		rc = add_value(c, name, member, depth);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

/* Depth is bounded by DEPTH_MAX. */
static int
add_value(struct collecting *c, struct slice name, const struct json *j, unsigned depth)
{
	bool b;
	int rc;

	switch (json_type(j)) {
	case JSON_ABSENT:
	case JSON_NULL: return c->keep_nulls ? add_text(c, name, SLICE_NONE) : 1;
	case JSON_STRING: return add_text(c, name, json_str(j));
	case JSON_NUMBER: return add_number(c, name, j);
	case JSON_BOOL:
		return add_text(
		    c, name, json_bool(j, &b) && b ? SLICE_LIT("true") : SLICE_LIT("false"));
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	if (depth >= DEPTH_MAX)
		return refuse(c, name, "is nested too deep");
	if (json_type(j) == JSON_OBJECT)
		return add_members(c, name, j, depth + 1);
	for (size_t i = 0; i < json_count(j); i++) {
		rc = add_value(c, name, json_at(j, i), depth + 1);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

static int
put_together(struct collecting *c, const struct attribute **list_r, size_t *count_r)
{
	struct attribute *list = arena_array(c->arena, c->name_count + 1, sizeof *list);
	size_t n = 0;

	if (list == NULL)
		return -1;
	for (const struct name *name = c->first; name != NULL; name = name->next) {
		struct slice *items = arena_array(c->arena, name->count + 1, sizeof *items);
		size_t k = 0;

		if (items == NULL)
			return -1;
		for (const struct value *v = name->first; v != NULL; v = v->next)
			if (slice_is_set(v->text))
				items[k++] = v->text;
		list[n++] = (struct attribute){name->name, {items, k}};
	}
	*list_r = list;
	*count_r = n;
	return 1;
}

int
telling_values(const struct json *object, const char *what, bool keep_nulls, struct arena *a,
    const struct attribute **list_r, size_t *count_r, char why[TELLING_WHY_MAX], struct err *err)
{
	struct collecting c = {.what = what, .keep_nulls = keep_nulls, .arena = a, .why = why};
	int rc = 1;

	c.tail = &c.first;
	*list_r = NULL;
	*count_r = 0;
	if (json_type(object) == JSON_ABSENT || json_type(object) == JSON_NULL)
		return 1;
	if (json_type(object) != JSON_OBJECT) {
		snprintf(why, TELLING_WHY_MAX, "\"%s\" should be an object, not %s", what,
		    json_type_name(json_type(object)));
		return 0;
	}
	rc = add_members(&c, SLICE_LIT(""), object, 1);
	if (rc == 1)
		rc = put_together(&c, list_r, count_r);
	return rc < 0 ? err_set(err, ERR_NOMEM, "no memory for what was told") : rc;
}
