/*
 * Findings show the user's own line, and that line may hold a secret that does not belong there. So
 * all findings are made against a copy of the text in which the values of secrets and of keys that
 * we do not know are asterisks.
 */
#include "core/options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/options_internal.h"
#include "core/yaml.h"

#define OPTIONS_ARENA_MAX ((size_t)16 * 1024 * 1024)
#define OPTIONS_COUNT_MAX 128 /* rows of a table */

static size_t
table_count(const struct option *table)
{
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	assert(n <= OPTIONS_COUNT_MAX);
	return n;
}

static const struct option *
table_find(const struct option *table, struct slice name)
{
	for (; table->name != NULL; table++) {
		if (slice_eq_str(name, table->name))
			return table;
	}
	return NULL;
}

/* ---- the map ---- */

static void
unknown_key(struct option_context *c, const struct yaml_node *node)
{
	const char *names[OPTIONS_COUNT_MAX];
	struct arena *a = c->o->arena;
	const char *help = NULL;
	struct buf known;

	for (size_t i = 0; i < c->o->count; i++)
		names[i] = c->o->table[i].name;
	const char *near = diag_nearest(node->key, names, c->o->count);
	buf_init(&known, 512);
	for (size_t i = 0; i < c->o->count; i++)
		buf_addf(&known, "%s%s", i == 0 ? "" : ", ", names[i]);
	if (near != NULL)
		help = arena_printf(a, "did you mean '%s'?", near);
	else if (!buf_failed(&known))
		help = arena_printf(a, "known here: %s", buf_str(&known));
	buf_fini(&known);
	bool is_top = c->path == NULL || c->path[0] == '\0';
	diag_add(c->diags, DIAG_ERROR, "C021", c->file, c->text, node->key_start, node->key_len,
	    help, "there is no option '%.*s'%s%s%s", SLICE_ARG(node->key), is_top ? "" : " in '",
	    is_top ? "" : c->path, is_top ? "" : "'");
}

static void
required_check(struct option_context *c, const struct yaml_doc *doc, const struct yaml_node *node)
{
	/* What seems to be missing may stand in a part that could not be read. */
	if (doc != NULL && yaml_is_broken(doc))
		return;
	for (size_t i = 0; i < c->o->count; i++) {
		const struct option *opt = &c->o->table[i];
		if (!opt->is_required || c->o->values[i].is_set ||
		    yaml_get(node, opt->name) != NULL)
			continue;
		const char *help = opt->example == NULL
		    ? opt->help
		    : arena_printf(
			  c->o->arena, "add a line such as '%s: %s'", opt->name, opt->example);
		const char *name = option_full_name(c, opt->name);
		if (node != NULL && node->key_len > 0)
			diag_add(c->diags, DIAG_ERROR, "C022", c->file, c->text, node->key_start,
			    node->key_len, help, "'%s' is missing", name);
		else
			diag_add_file(
			    c->diags, DIAG_ERROR, "C022", c->file, help, "'%s' is missing", name);
	}
}

static void
cover(char *text, const struct yaml_node *node)
{
	for (size_t i = node->start; i < node->start + node->len; i++) {
		if (text[i] != '\n')
			text[i] = '*';
	}
}

/* The document's text with everything covered that must not be shown. */
static struct slice
text_cover(struct option_context *c, const struct yaml_doc *doc, const struct yaml_node *node)
{
	struct slice text = yaml_text(doc);
	char *copy = NULL;

	if (node == NULL || node->type != YAML_MAP)
		return text;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *child = &node->items[i];
		const struct option *opt = table_find(c->o->table, child->key);
		bool is_reference =
		    child->type == YAML_SCALAR && secret_is_reference(child->scalar);
		if ((opt != NULL && opt->type != OPTION_SECRET) || is_reference)
			continue;
		if (copy == NULL)
			copy = arena_strndup(c->o->arena, text.ptr, text.len);
		if (copy == NULL) {
			/* Then rather no lines at all. */
			c->has_no_memory = true;
			return SLICE_LIT("");
		}
		cover(copy, child);
	}
	return copy == NULL ? text : slice_make(copy, text.len);
}

static void
map_read(struct option_context *c, const struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *child = &node->items[i];
		const struct option *opt = table_find(c->o->table, child->key);
		if (opt == NULL)
			unknown_key(c, child);
		else
			option_value_read(c, opt, &c->o->values[opt - c->o->table], child);
	}
}

static struct options *
options_new(const struct option *table)
{
	struct options *o = mem_zalloc(sizeof(*o));

	if (o == NULL)
		return NULL;
	o->table = table;
	o->count = table_count(table);
	o->arena = arena_new(OPTIONS_ARENA_MAX);
	if (o->arena != NULL)
		o->values = arena_array(o->arena, o->count, sizeof(*o->values));
	if (o->values == NULL) {
		options_free(o);
		return NULL;
	}
	return o;
}

struct options *
options_read(const struct option *table, const struct yaml_doc *doc, const struct yaml_node *node,
    const char *path, const char *base_dir, struct diag_list *diags)
{
	struct option_context c = {.path = path, .base_dir = base_dir, .diags = diags};

	c.o = options_new(table);
	if (c.o == NULL)
		return NULL;
	if (doc != NULL) {
		c.file = yaml_file(doc);
		c.text = text_cover(&c, doc, node);
	}
	for (size_t i = 0; i < c.o->count; i++)
		option_fallback_set(&c, &table[i], &c.o->values[i]);
	if (node != NULL && option_is_empty(node))
		node = NULL;
	if (node != NULL && node->type != YAML_MAP)
		option_finding(&c, "C020", node, "write its options below it, one a line, indented",
		    path == NULL || path[0] == '\0'
			? "this must be a map of options"
			: arena_printf(c.o->arena, "'%s' must be a map of options", path));
	else if (node != NULL)
		map_read(&c, node);
	if (node == NULL || node->type == YAML_MAP)
		required_check(&c, doc, node);
	if (c.has_no_memory) {
		options_free(c.o);
		return NULL;
	}
	return c.o;
}

void
options_free(struct options *o)
{
	if (o == NULL)
		return;
	arena_free(o->arena);
	mem_free(o);
}

/* ---- answers ---- */

static const struct value *
value_of(const struct options *o, const char *name)
{
	const struct option *opt = table_find(o->table, slice_of(name));

	assert(opt != NULL && "an option that is not in its table");
	return &o->values[opt - o->table];
}

bool
options_has(const struct options *o, const char *name)
{
	return value_of(o, name)->is_set;
}

const char *
options_text(const struct options *o, const char *name)
{
	return value_of(o, name)->text;
}

int64_t
options_int(const struct options *o, const char *name)
{
	return value_of(o, name)->number;
}

bool
options_bool(const struct options *o, const char *name)
{
	return value_of(o, name)->number != 0;
}

size_t
options_list_count(const struct options *o, const char *name)
{
	return value_of(o, name)->item_count;
}

const char *
options_list_at(const struct options *o, const char *name, size_t i)
{
	const struct value *v = value_of(o, name);

	assert(i < v->item_count);
	return v->items[i];
}

const struct yaml_node *
options_node(const struct options *o, const char *name)
{
	return value_of(o, name)->node;
}

static const char *
type_text(const struct option *opt)
{
	switch (opt->type) {
	case OPTION_TEXT: return "text";
	case OPTION_LIST: return "list";
	case OPTION_SECRET: return "secret";
	case OPTION_BOOL: return "true or false";
	case OPTION_INT: return "number";
	case OPTION_DURATION: return "duration";
	case OPTION_SIZE: return "size";
	case OPTION_AMOUNT: return "amount";
	case OPTION_PATH: return "path";
	case OPTION_CHOICE: return opt->choices;
	case OPTION_MAP: return "map";
	}
	assert(0 && "an option_type without a name");
	return "unknown";
}

void
options_describe(const struct option *table, struct buf *out)
{
	for (const struct option *opt = table; opt->name != NULL; opt++) {
		buf_addf(out, "  %s (%s", opt->name, type_text(opt));
		if (opt->is_required)
			buf_add_str(out, ", required");
		if (opt->fallback != NULL && opt->fallback[0] != '\0')
			buf_addf(out, ", default %s", opt->fallback);
		buf_add_str(out, ")\n");
		if (opt->help != NULL)
			buf_addf(out, "      %s\n", opt->help);
		if (opt->example != NULL)
			buf_addf(out, "      example: %s\n", opt->example);
	}
}
