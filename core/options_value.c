#include "core/options_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/utf8.h"
#include "core/yaml.h"

#define SHOWN_MAX 60 /* bytes of a value in a message */

/* "sources.fediverse.poll_every" */
const char *
option_full_name(struct option_context *c, const char *name)
{
	bool is_top = c->path == NULL || c->path[0] == '\0';
	const char *full = is_top ? name : arena_printf(c->o->arena, "%s.%s", c->path, name);

	return full == NULL ? name : full;
}

void
option_finding(struct option_context *c, const char *code, const struct yaml_node *node,
    const char *help, const char *message)
{
	size_t start = node->start, len = node->len;

	if (len == 0 && node->key_len > 0) {
		start = node->key_start;
		len = node->key_len;
	}
	diag_add(c->diags, DIAG_ERROR, code, c->file, c->text, start, len, help, "%s",
	    message == NULL ? "no memory for this finding" : message);
}

static const char *
unit_help(enum option_type type)
{
	if (type == OPTION_DURATION)
		return "write a number and a unit: 500 ms, 30 s, 5 min, 2 hours, 90 days";
	if (type == OPTION_SIZE)
		return "write a number and a unit: 512 bytes, 64 KB, 10 MB, 1 GB";
	if (type == OPTION_AMOUNT)
		return "write it with a point and at most three digits behind it: 20 or 0.075";
	return "write it in digits only";
}

static const char *
number_text(struct arena *a, enum option_type type, int64_t v)
{
	char duration[DURATION_TEXT_MAX];

	if (type == OPTION_DURATION)
		return arena_strdup(a, duration_format(v, duration));
	if (type == OPTION_AMOUNT)
		return arena_printf(a, "%" PRId64, v / 1000);
	if (type == OPTION_SIZE && v != 0 && v % (1 << 20) == 0)
		return arena_printf(a, "%" PRId64 " MB", v >> 20);
	if (type == OPTION_SIZE && v != 0 && v % (1 << 10) == 0)
		return arena_printf(a, "%" PRId64 " KB", v >> 10);
	return arena_printf(a, "%" PRId64 "%s", v, type == OPTION_SIZE ? " bytes" : "");
}

static bool
number_parse(enum option_type type, struct slice s, int64_t *value_r)
{
	long long number;

	if (type == OPTION_DURATION)
		return duration_parse(s, value_r);
	if (type == OPTION_SIZE)
		return size_parse(s, value_r);
	if (type == OPTION_AMOUNT)
		return amount_parse(s, value_r);
	if (!slice_to_i64(s, &number))
		return false;
	*value_r = number;
	return true;
}

static bool
bool_parse(struct slice s, int64_t *value_r)
{
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};

	for (size_t i = 0; i < 3; i++) {
		bool is_yes = slice_eq_nocase(s, slice_of(yes[i]));
		if (is_yes || slice_eq_nocase(s, slice_of(no[i]))) {
			*value_r = is_yes;
			return true;
		}
	}
	return false;
}

/* Splits "a|b|c" (or "a, b") into at most max texts. */
static size_t
words_split(struct arena *a, const char *joined, char sep, const char **words, size_t max)
{
	struct slice rest = slice_of(joined);
	size_t n = 0;

	while (slice_is_set(rest) && n < max) {
		struct slice word = slice_trim(slice_split(&rest, sep));
		words[n] = arena_strndup(a, word.ptr, word.len);
		if (words[n] == NULL)
			break;
		n++;
	}
	return n;
}

/* "pretty" for messages: cut, quoted. */
static const char *
shown(struct option_context *c, struct slice s)
{
	struct slice cut = utf8_prefix(s, SHOWN_MAX);
	const char *text =
	    arena_printf(c->o->arena, "'%.*s%s'", SLICE_ARG(cut), cut.len < s.len ? "..." : "");

	return text == NULL ? "this" : text;
}

static void
number_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	static const char *const what[] = {"a whole number", "a duration", "a size", "an amount"};
	static const char *const codes[] = {"C024", "C026", "C027", "C033"};
	struct arena *a = c->o->arena;
	size_t kind = opt->type == OPTION_INT ? 0
	    : opt->type == OPTION_DURATION    ? 1
	    : opt->type == OPTION_SIZE        ? 2
					      : 3;
	int64_t number;

	if (!number_parse(opt->type, node->scalar, &number)) {
		option_finding(c, codes[kind], node, unit_help(opt->type),
		    arena_printf(a, "'%s' is %s, which is not %s", option_full_name(c, opt->name),
			shown(c, node->scalar), what[kind]));
		return;
	}
	bool has_bounds = opt->min != 0 || opt->max != 0;
	if (has_bounds && (number < opt->min || number > opt->max)) {
		bool is_low = number < opt->min;
		option_finding(c, "C025", node, NULL,
		    arena_printf(a, "'%s' is %s, it must be at %s %s",
			option_full_name(c, opt->name), shown(c, node->scalar),
			is_low ? "least" : "most",
			number_text(a, opt->type, is_low ? opt->min : opt->max)));
		return;
	}
	v->number = number;
	v->is_set = true;
}

static void
choice_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	struct arena *a = c->o->arena;
	const char *choices[32];
	size_t n = words_split(a, opt->choices, '|', choices, 32);
	struct buf list;

	for (size_t i = 0; i < n; i++) {
		if (slice_eq_nocase(node->scalar, slice_of(choices[i]))) {
			v->text = choices[i];
			v->is_set = true;
			return;
		}
	}
	const char *near = diag_nearest(node->scalar, choices, n);
	buf_init(&list, 1024);
	for (size_t i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i == 0 ? "" : ", ", choices[i]);
	const char *help = near == NULL ? arena_printf(a, "one of: %s", buf_str(&list))
					: arena_printf(a, "did you mean '%s'?", near);
	buf_fini(&list);
	option_finding(c, "C028", node, help,
	    arena_printf(
		a, "'%s' cannot be %s", option_full_name(c, opt->name), shown(c, node->scalar)));
}

static void
secret_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	struct arena *a = c->o->arena;
	struct err err = {.kind = ERR_NONE};

	if (!secret_is_reference(node->scalar)) {
		option_finding(c, "C030", node,
		    "write ${NAME} for an environment variable, ${file:PATH}, or "
		    "${credential:NAME}",
		    arena_printf(a, "'%s' is a secret and must not stand in this file",
			option_full_name(c, opt->name)));
		return;
	}
	v->text = secret_fetch(node->scalar, c->base_dir, a, &err);
	v->is_set = v->text != NULL;
	if (!v->is_set && err.kind == ERR_NOMEM)
		c->has_no_memory = true;
	else if (!v->is_set)
		option_finding(c, "C031", node, NULL,
		    arena_printf(
			a, "no value for '%s': %s", option_full_name(c, opt->name), err.text));
}

static void
text_set(struct option_context *c, struct value *v, const char *text)
{
	v->text = text;
	v->is_set = text != NULL;
	if (text == NULL)
		c->has_no_memory = true;
}

static void
scalar_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	struct arena *a = c->o->arena;

	switch (opt->type) {
	case OPTION_TEXT:
		text_set(c, v, arena_strndup(a, node->scalar.ptr, node->scalar.len));
		break;
	case OPTION_PATH: text_set(c, v, path_resolve(node->scalar, c->base_dir, a)); break;
	case OPTION_SECRET: secret_read(c, opt, v, node); break;
	case OPTION_CHOICE: choice_read(c, opt, v, node); break;
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_AMOUNT:
	case OPTION_SIZE: number_read(c, opt, v, node); break;
	case OPTION_BOOL:
		v->is_set = bool_parse(node->scalar, &v->number);
		if (!v->is_set)
			option_finding(c, "C029", node, "write true or false",
			    arena_printf(a, "'%s' is %s, which is neither true nor false",
				option_full_name(c, opt->name), shown(c, node->scalar)));
		break;
	case OPTION_LIST:
	case OPTION_MAP: assert(0 && "not a scalar"); break;
	}
}

static void
wrong_kind(struct option_context *c, const struct option *opt, const struct yaml_node *node,
    const char *expected)
{
	static const char *const names[] = {"a single value", "a list", "a map"};

	option_finding(c, "C023", node, NULL,
	    arena_printf(c->o->arena, "'%s' is %s, expected %s", option_full_name(c, opt->name),
		names[node->type], expected));
}

static void
list_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	size_t count = node->type == YAML_LIST ? node->count : 1;
	const struct yaml_node *items = node->type == YAML_LIST ? node->items : node;

	if (node->type == YAML_MAP) {
		wrong_kind(c, opt, node, "a list of texts");
		return;
	}
	const char **texts = arena_array(c->o->arena, count, sizeof(*texts));
	for (size_t i = 0; texts != NULL && i < count; i++) {
		if (items[i].type != YAML_SCALAR) {
			wrong_kind(c, opt, &items[i], "a text in the list");
			return;
		}
		texts[i] = arena_strndup(c->o->arena, items[i].scalar.ptr, items[i].scalar.len);
		if (texts[i] == NULL)
			texts = NULL;
	}
	c->has_no_memory |= texts == NULL;
	v->items = texts;
	v->item_count = texts == NULL ? 0 : count;
	v->is_set = texts != NULL;
}

bool
option_is_empty(const struct yaml_node *node)
{
	return node->type == YAML_SCALAR && node->is_plain &&
	    (node->scalar.len == 0 || slice_eq_str(node->scalar, "~") ||
		slice_eq_str(node->scalar, "null"));
}

void
option_value_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node)
{
	struct value read = {0};

	if (option_is_empty(node)) {
		if (opt->type != OPTION_MAP)
			option_finding(c, "C032", node, "leave the line out to have the default",
			    arena_printf(
				c->o->arena, "'%s' has no value", option_full_name(c, opt->name)));
		return;
	}
	if (opt->type == OPTION_LIST) {
		list_read(c, opt, &read, node);
	} else if (opt->type == OPTION_MAP) {
		read.node = node;
		read.is_set = node->type == YAML_MAP;
		if (!read.is_set)
			wrong_kind(c, opt, node, "a map");
	} else if (node->type != YAML_SCALAR) {
		wrong_kind(c, opt, node, "a single value");
	} else {
		scalar_read(c, opt, &read, node);
	}
	/* After a finding the default stays. */
	if (read.is_set)
		*v = read;
}

void
option_fallback_set(struct option_context *c, const struct option *opt, struct value *v)
{
	struct arena *a = c->o->arena;
	struct slice s = slice_of(opt->fallback);
	const char *items[64];

	if (opt->fallback == NULL)
		return;
	switch (opt->type) {
	case OPTION_TEXT:
	case OPTION_CHOICE: text_set(c, v, opt->fallback); return;
	case OPTION_PATH: text_set(c, v, path_resolve(s, c->base_dir, a)); return;
	case OPTION_LIST:
		v->item_count = s.len == 0 ? 0 : words_split(a, opt->fallback, ',', items, 64);
		v->items = arena_array(a, v->item_count, sizeof(*v->items));
		if (v->items == NULL)
			c->has_no_memory = true;
		else
			memcpy(v->items, items, v->item_count * sizeof(*items));
		v->is_set = v->items != NULL;
		return;
	case OPTION_BOOL: v->is_set = bool_parse(s, &v->number); break;
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_AMOUNT:
	case OPTION_SIZE: v->is_set = number_parse(opt->type, s, &v->number); break;
	case OPTION_SECRET:
	case OPTION_MAP: break;
	}
	assert(v->is_set && "a default that is not of its option's type");
}
