/*
 * body.c - a request's body as one JSON object: known members, right types, bounded texts.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/diag.h"

static int
bad_member(const struct api_call *c, const char *name, enum json_type is, const char *want)
{
	api_problem_at(c->reply, 400, "bad-member", name, NULL, "'%s' is %s, expected %s", name,
	    json_type_name(is), want);
	return -1;
}

static int
unknown_member(const struct api_call *c, const char *const *known, struct slice name)
{
	size_t count = 0, at = 0;
	const char *nearest;
	char help[256] = "";

	for (; known[count] != NULL; count++)
		at += (size_t)snprintf(help + at, sizeof help - at, "%s%s",
		    count == 0 ? "known ones: " : ", ", known[count]);
	nearest = diag_nearest(name, known, count);
	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	api_problem_at(c->reply, 400, "unknown-member", "body", help, "there is no member '%.*s'",
	    (int)(name.len > 100 ? 100 : name.len), name.ptr);
	return -1;
}

int
api_body(struct api_call *c, const char *const *known, bool is_optional, struct err *err)
{
	struct slice text = c->request->body;
	const struct json *root;
	struct slice name;
	size_t pos = 0;

	if (text.len == 0) {
		if (is_optional)
			return 0;
		api_problem_at(c->reply, 400, "bad-body", "body", NULL,
		    "the body is empty, expected a JSON object");
		return -1;
	}
	if (json_parse(text, &c->body, NULL, err) < 0)
		return err_prefix(err, "the body");
	root = json_root(c->body);
	if (json_type(root) != JSON_OBJECT) {
		api_problem_at(c->reply, 400, "bad-body", "body", NULL,
		    "the body is %s, expected a JSON object", json_type_name(json_type(root)));
		return -1;
	}
	while (json_next(root, &pos, &name) != NULL) {
		size_t i = 0;

		while (known[i] != NULL && !slice_eq_str(name, known[i]))
			i++;
		if (known[i] == NULL)
			return unknown_member(c, known, name);
	}
	return 0;
}

/* NULL when absent or null. */
static const struct json *
member(const struct api_call *c, const char *name)
{
	const struct json *v = c->body == NULL ? NULL : json_get(json_root(c->body), name);

	return json_type(v) == JSON_NULL || json_type(v) == JSON_ABSENT ? NULL : v;
}

int
api_body_str(const struct api_call *c, const char *name, size_t max, struct slice *v_r)
{
	const struct json *v = member(c, name);
	struct slice s;

	*v_r = SLICE_NONE;
	if (v == NULL)
		return 0;
	if (json_type(v) != JSON_STRING)
		return bad_member(c, name, json_type(v), "a string");
	s = json_str(v);
	if (s.len > max) {
		api_problem_at(c->reply, 413, "too-large", name, NULL,
		    "'%s' has %zu bytes, at most %zu are taken", name, s.len, max);
		return -1;
	}
	*v_r = s;
	return 0;
}

int
api_body_bool(const struct api_call *c, const char *name, bool *is_there_r, bool *v_r)
{
	const struct json *v = member(c, name);

	*is_there_r = v != NULL;
	if (v != NULL && !json_bool(v, v_r))
		return bad_member(c, name, json_type(v), "true or false");
	return 0;
}

int
api_body_i64(const struct api_call *c, const char *name, int64_t otherwise, int64_t *v_r)
{
	const struct json *v = member(c, name);

	*v_r = otherwise;
	if (v != NULL && !json_i64(v, v_r))
		return bad_member(c, name, json_type(v), "a whole number");
	if (v != NULL && *v_r < 0)
		return bad_member(c, name, json_type(v), "a whole number that is not negative");
	return 0;
}

int
api_body_cstr(const struct api_call *c, const char *name, size_t max, const char *otherwise,
    const char **v_r, struct err *err)
{
	struct slice s;

	if (api_body_str(c, name, max, &s) < 0)
		return -1;
	*v_r = s.len == 0 ? otherwise : arena_strndup(c->env->arena, s.ptr, s.len);
	return s.len > 0 && *v_r == NULL ? api_nomem(c, err) : 0;
}

int
api_body_who(const struct api_call *c, const char **who_r, struct err *err)
{
	return api_body_cstr(
	    c, "who", API_WHO_MAX, c->request->who == NULL ? "api" : c->request->who, who_r, err);
}
