/*
 * params.c - what stands in the path and the query: decoded, checked against what the route knows.
 *
 * A parameter nobody knows is an error naming the nearest known one, because a misspelt filter
 * would silently answer another question.
 */
#include "api/api_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/diag.h"
#include "core/utf8.h"
#include "platform/http_server.h"

static int
take_path(struct api_call *c, struct err *err)
{
	for (size_t i = 0; i < API_PARAMS_MAX && slice_is_set(c->params[i]); i++) {
		c->params[i] = http_percent_decode(c->env->arena, c->params[i]);
		if (!slice_is_set(c->params[i]))
			return api_nomem(c, err);
		if (!utf8_is_valid(c->params[i])) {
			api_problem_at(
			    c->reply, 400, "bad-path", "path", NULL, "the path is not valid UTF-8");
			return -1;
		}
	}
	return 0;
}

static int
unknown_parameter(struct api_call *c, struct slice name)
{
	const char *const *known = c->route->query;
	const char *nearest;
	char help[256] = "this resource takes no parameters";
	size_t count = 0, at = 0;

	for (; known != NULL && known[count] != NULL; count++)
		at += (size_t)snprintf(help + at, sizeof help - at, "%s%s",
		    count == 0 ? "known ones: " : ", ", known[count]);
	nearest = count == 0 ? NULL : diag_nearest(name, known, count);
	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	api_problem_at(c->reply, 400, "unknown-parameter", "query", help,
	    "there is no parameter '%.*s'", (int)(name.len > 100 ? 100 : name.len), name.ptr);
	return -1;
}

static int
take_one(struct api_call *c, struct slice raw, struct slice name)
{
	const char *const *known = c->route->query;
	struct api_query *slot;
	size_t i = 0;

	while (known != NULL && known[i] != NULL && !slice_eq_str(name, known[i]))
		i++;
	if (known == NULL || known[i] == NULL)
		return unknown_parameter(c, name);
	if (slice_is_set(api_query(c, known[i]))) {
		api_problem_at(c->reply, 400, "bad-parameter", known[i], NULL,
		    "'%s' is given more than once", known[i]);
		return -1;
	}
	if (c->query_count == API_QUERY_MAX) /* a table of more parameters is a bug, but bounded */
		return unknown_parameter(c, name);
	slot = &c->query[c->query_count++];
	slot->name = slice_of(known[i]);
	slot->value = http_query_get(c->env->arena, raw, known[i]);
	if (slice_is_set(slot->value) &&
	    (!utf8_is_valid(slot->value) || slot->value.len > API_WORD_MAX)) {
		api_problem_at(c->reply, 400, "bad-parameter", known[i], NULL,
		    "'%s' is not valid UTF-8 or longer than %d bytes", known[i], API_WORD_MAX);
		return -1;
	}
	return 0;
}

int
api_params_take(struct api_call *c, struct err *err)
{
	struct slice rest = c->request->query;

	if (take_path(c, err) < 0)
		return -1;
	while (slice_is_set(rest)) {
		struct slice pair = slice_split(&rest, '&'), value = pair, name;

		if (pair.len == 0)
			continue;
		name = http_percent_decode(c->env->arena, slice_split(&value, '='));
		if (!slice_is_set(name))
			return api_nomem(c, err);
		if (take_one(c, pair, name) < 0)
			return -1;
		if (!slice_is_set(c->query[c->query_count - 1].value))
			return api_nomem(c, err);
	}
	return 0;
}

struct slice
api_query(const struct api_call *c, const char *name)
{
	for (size_t i = 0; i < c->query_count; i++)
		if (slice_eq_str(c->query[i].name, name))
			return c->query[i].value;
	return SLICE_NONE;
}

int
api_query_i64(const struct api_call *c, const char *name, int64_t min, int64_t max,
    int64_t otherwise, int64_t *v_r)
{
	struct slice s = api_query(c, name);
	long long v;

	if (!slice_is_set(s)) {
		*v_r = otherwise;
		return 0;
	}
	if (!slice_to_i64(s, &v) || v < min || v > max) {
		if (max == INT64_MAX)
			api_problem_at(c->reply, 400, "bad-parameter", name, NULL,
			    "'%s' is a number from %lld on", name, (long long)min);
		else
			api_problem_at(c->reply, 400, "bad-parameter", name, NULL,
			    "'%s' is a number from %lld to %lld", name, (long long)min,
			    (long long)max);
		return -1;
	}
	*v_r = v;
	return 0;
}

int
api_query_bool(const struct api_call *c, const char *name, bool *v_r)
{
	static const char *const words[] = {"0", "1", "false", "true", "no", "yes"};
	int which;

	if (api_query_word(c, name, words, sizeof words / sizeof words[0], &which) < 0)
		return -1;
	*v_r = which > 0 && which % 2 == 1;
	return 0;
}

int
api_query_word(const struct api_call *c, const char *name, const char *const *words, size_t count,
    int *index_r)
{
	struct slice s = api_query(c, name);
	const char *nearest;
	char help[300] = "";
	size_t at = 0;

	*index_r = -1;
	if (!slice_is_set(s))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (slice_eq_str(s, words[i])) {
			*index_r = (int)i;
			return 0;
		}
		at += (size_t)snprintf(
		    help + at, sizeof help - at, "%s%s", i == 0 ? "one of: " : ", ", words[i]);
	}
	nearest = diag_nearest(s, words, count);
	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	api_problem_at(c->reply, 400, "bad-parameter", name, help, "'%s' cannot be '%.*s'", name,
	    (int)(s.len > 100 ? 100 : s.len), s.ptr);
	return -1;
}

int
api_query_page(const struct api_call *c, int64_t *before_r, size_t *limit_r)
{
	int64_t limit;

	if (api_query_i64(c, "before", 1, INT64_MAX, 0, before_r) < 0 ||
	    api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0)
		return -1;
	*limit_r = (size_t)limit;
	return 0;
}

int
api_param_i64(const struct api_call *c, size_t i, const char *what, int64_t *v_r)
{
	long long v;

	if (!slice_to_i64(c->params[i], &v) || v < 0) {
		api_problem_at(c->reply, 404, "not-found", "path", "it is a number",
		    "there is no %s '%.*s'", what,
		    (int)(c->params[i].len > 100 ? 100 : c->params[i].len), c->params[i].ptr);
		return -1;
	}
	*v_r = v;
	return 0;
}
