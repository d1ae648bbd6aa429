/*
 * json_value.c - the small parts of a tree as JSON: texts, comments, values.
 */
#include "rules/json_read_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "rules/limits_internal.h"

static void
place_text(const struct json_place *at, char *out, size_t size)
{
	char above[160] = "";

	if (at == NULL) {
		out[0] = '\0';
		return;
	}
	if (at->above != NULL)
		place_text(at->above, above, sizeof above);
	if (at->key == NULL)
		snprintf(out, size, "%s[%zu]", above, at->index);
	else
		snprintf(out, size, "%s%s%s", above, above[0] != '\0' ? "." : "", at->key);
}

/* Keeps the first; always false. */
bool
json_read_fail(struct json_reader *r, const struct json_place *at, const char *fmt, ...)
{
	char where[200], what[200];
	va_list ap;

	if (r->has_failed)
		return false;
	r->has_failed = true;
	place_text(at, where, sizeof where);
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	err_set(r->err, ERR_INPUT, "%s: %s", where[0] != '\0' ? where : "rules", what);
	return false;
}

static bool
no_memory(struct json_reader *r)
{
	if (!r->has_failed)
		err_set(r->err, ERR_NOMEM, "no memory to read the rules");
	r->has_failed = true;
	return false;
}

void *
json_read_alloc(struct json_reader *r, size_t size)
{
	void *p = arena_zalloc(r->arena, size);

	if (p == NULL)
		no_memory(r);
	return p;
}

/* ---- texts and comments ---- */

static bool
copy(struct json_reader *r, struct slice s, struct slice *r_r)
{
	struct slice c = arena_slice_dup(r->arena, s);

	if (!slice_is_set(c))
		return no_memory(r);
	*r_r = c;
	return true;
}

bool
json_read_text(struct json_reader *r, const struct json *obj, const char *key,
    const struct json_place *above, struct slice *s_r)
{
	struct json_place at = {above, key, 0};
	struct slice s = json_get_str(obj, key);

	if (!slice_is_set(s))
		return json_read_fail(r, &at, "a text belongs here");
	if (!text_is_valid(s))
		return json_read_fail(
		    r, &at, "the text is too long or holds a line break or control character");
	return copy(r, s, s_r);
}

static bool
is_comment(struct slice s)
{
	return slice_is_set(s) && s.len <= RULES_COMMENT_MAX && utf8_is_valid(s) &&
	    slice_eq(slice_trim(s), s) &&
	    (s.len == 0 ||
		(memchr(s.ptr, '\n', s.len) == NULL && memchr(s.ptr, '\0', s.len) == NULL));
}

bool
json_read_before(struct json_reader *r, const struct json *list, const struct json_place *at,
    struct comment **first_r)
{
	struct comment **tail = first_r;

	for (size_t i = 0; i < json_count(list); i++) {
		struct slice s = json_str(json_at(list, i));

		if (!is_comment(s))
			return json_read_fail(
			    r, at, "a comment is one line of text without blanks around it");
		*tail = json_read_alloc(r, sizeof **tail);
		if (*tail == NULL || !copy(r, s, &(*tail)->text))
			return false;
		tail = &(*tail)->next;
	}
	return true;
}

bool
json_read_notes(struct json_reader *r, const struct json *obj, const char *before,
    const char *after, const struct json_place *above, struct notes **notes_r)
{
	const struct json *list = json_get(obj, before), *line = json_get(obj, after);
	struct json_place at = {above, before, 0};
	struct notes *n;

	if (json_count(list) == 0 && json_type(line) == JSON_ABSENT)
		return true;
	n = json_read_alloc(r, sizeof *n);
	if (n == NULL || !json_read_before(r, list, &at, &n->before))
		return false;
	if (json_type(line) != JSON_ABSENT) {
		at.key = after;
		if (!is_comment(json_str(line)))
			return json_read_fail(
			    r, &at, "a comment is one line of text without blanks around it");
		if (!copy(r, json_str(line), &n->after))
			return false;
	}
	*notes_r = n;
	return true;
}

/* ---- values ---- */

bool
json_read_number(
    struct json_reader *r, const struct json *v, const struct json_place *at, int64_t *milli_r)
{
	double d;

	if (!json_f64(v, &d) || !isfinite(d) || fabs(d) * 1000 > (double)RULES_NUMBER_MAX)
		return json_read_fail(r, at, "a number of at most 999999999999 belongs here");
	*milli_r = llround(d * 1000);
	return true;
}

bool
json_read_duration(
    struct json_reader *r, struct slice s, const struct json_place *at, struct duration *d_r)
{
	struct slice rest = s, amount = slice_split(&rest, ' ');
	struct duration d;
	long long n;

	if (!slice_is_set(s) || !slice_to_i64(amount, &n) || n < 1 ||
	    n > RULES_DURATION_MAX_MS / 1000 || !duration_unit_parse(rest, &d.unit))
		return json_read_fail(r, at, "a length of time such as \"30 days\" belongs here");
	d.amount = n;
	if (n > RULES_DURATION_MAX_MS / duration_ms((struct duration){1, d.unit}))
		return json_read_fail(r, at, "at most 3650 days");
	*d_r = d;
	return true;
}

/* A word that could not be written without quotes is a text. */
static bool
settle_word(struct json_reader *r, const struct json_place *at, struct value *v)
{
	if (word_is_plain(v->text) || id_is_valid(v->text))
		return true;
	return json_read_fail(r, at, "'%.*s' is not one word", SHOWN(v->text));
}

static bool
read_object_value(
    struct json_reader *r, const struct json *j, const struct json_place *at, struct value *v)
{
	struct json_place number = {at, "number", 0};

	if (!json_read_notes(r, j, "before", "after", at, &v->notes))
		return false;
	if (json_type(json_get(j, "number")) != JSON_ABSENT) {
		v->kind = VALUE_NUMBER;
		return json_read_number(r, json_get(j, "number"), &number, &v->number_milli);
	}
	if (json_type(json_get(j, "time")) != JSON_ABSENT) {
		v->kind = VALUE_DURATION;
		return json_read_duration(r, json_get_str(j, "time"), at, &v->duration);
	}
	if (json_type(json_get(j, "list")) != JSON_ABSENT) {
		v->kind = VALUE_LIST;
		return json_read_text(r, j, "list", at, &v->text) && settle_word(r, at, v);
	}
	if (json_type(json_get(j, "word")) != JSON_ABSENT) {
		v->kind = VALUE_WORD;
		return json_read_text(r, j, "word", at, &v->text) && settle_word(r, at, v);
	}
	v->kind = VALUE_TEXT;
	return json_read_text(r, j, "text", at, &v->text);
}

bool
json_read_value(struct json_reader *r, const struct json *j, bool is_wordy,
    const struct json_place *at, struct values *list)
{
	struct value *v = json_read_alloc(r, sizeof *v);

	if (v == NULL)
		return false;
	switch (json_type(j)) {
	case JSON_NUMBER:
		v->kind = VALUE_NUMBER;
		if (!json_read_number(r, j, at, &v->number_milli))
			return false;
		break;
	case JSON_STRING:
		v->kind = VALUE_TEXT;
		if (!text_is_valid(json_str(j)))
			return json_read_fail(r, at,
			    "the text is too long or holds a line break or control character");
		if (!copy(r, json_str(j), &v->text))
			return false;
		if (is_wordy && word_is_plain(v->text) && !slice_eq_str(v->text, "list"))
			v->kind = VALUE_WORD;
		break;
	case JSON_OBJECT:
		if (!read_object_value(r, j, at, v))
			return false;
		break;
	case JSON_ABSENT:
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_ARRAY:
		return json_read_fail(
		    r, at, "a value belongs here, not %s", json_type_name(json_type(j)));
	}
	values_add(list, v);
	return true;
}

/* The first value stands on the line itself, and so does what follows the last one: their comments
 * are the line's. */
static bool
check_value_notes(struct json_reader *r, const struct values *list, const struct json_place *at)
{
	if ((list->first->notes != NULL && list->first->notes->before != NULL) ||
	    (list->last->notes != NULL && slice_is_set(list->last->notes->after)))
		return json_read_fail(r, at,
		    "comments before the first and behind the last value belong to the line");
	return true;
}

bool
json_read_values(struct json_reader *r, const struct json *obj, const char *key, bool is_wordy,
    bool is_list, const struct json_place *above, struct values *list)
{
	const struct json *j = json_get(obj, key);
	struct json_place at = {above, key, 0};

	if (json_type(j) != JSON_ARRAY || (json_count(j) == 0 && !is_list))
		return json_read_fail(r, &at, "an array of values belongs here");
	for (size_t i = 0; i < json_count(j); i++) {
		struct json_place element = {&at, NULL, i};

		if (!json_read_value(r, json_at(j, i), is_wordy, &element, list))
			return false;
	}
	return is_list || check_value_notes(r, list, &at);
}
