/*
 * compile_segment.c - segments of the tree: numbers, code, the order in which they are judged, and a hash
 * of what decides who is in them.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

/* Part of every hash: raised when the meaning of conditions changes, so that an upgrade judges anew. */
#define MEANING "1"

static int
name_segment(struct compiler *c, struct item *it)
{
	struct rule_set *s = c->set;
	struct segment_head *head = &s->segment_heads[s->segment_count];

	it->segment = (uint32_t)s->segment_count;
	c->segments[s->segment_count] = it;
	s->segments[s->segment_count++] =
	    (struct compiled_segment){.place = compile_place(c, it), .root = ASKED_NONE};
	*head = (struct segment_head){.id = it->id,
	    .title = it->title,
	    .description = it->description,
	    .is_imported = it->is_imported};
	return compile_keep(c, &head->id) < 0 || compile_keep(c, &head->title) < 0
	    ? -1
	    : compile_keep(c, &head->description);
}

int
compile_segment_names(struct compiler *c, size_t count)
{
	struct rule_set *s = c->set;

	c->segments = arena_array(c->trees, count + 1, sizeof *c->segments);
	s->segments = arena_array(s->arena, count + 1, sizeof *s->segments);
	s->segment_heads = arena_array(s->arena, count + 1, sizeof *s->segment_heads);
	if (c->segments == NULL || s->segments == NULL || s->segment_heads == NULL)
		return -1;
	for (size_t f = 0; f < s->file_count; f++) {
		c->from = &s->files[f];
		for (struct item *it = c->files[f].first; it != NULL; it = it->next) {
			if (it->kind != ITEM_SEGMENT)
				continue;
			if (name_segment(c, it) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- the order ---- */

struct order {
	const struct rule_set *set;
	struct map *const *ids;
	uint32_t *list;
	size_t count;
	bool *is_listed;
};

static void order_segment(struct order *o, const struct item *it);

static void
order_node(struct order *o, const struct node *n)
{
	if (n == NULL)
		return;
	if (n->kind == NODE_CONDITION && n->field->type == FIELD_IN_SEGMENT)
		order_segment(o, map_get(o->ids[ITEM_SEGMENT], n->values.first->text));
	for (const struct node *child = n->first; child != NULL; child = child->next)
		order_node(o, child);
}

/* Depth is bounded by RULES_SEGMENT_DEPTH_MAX: the checker saw to it. */
static void
order_segment(struct order *o, const struct item *it)
{
	if (o->is_listed[it->segment])
		return;
	order_node(o, it->when);
	o->is_listed[it->segment] = true;
	o->list[o->count++] = it->segment;
}

static int
make_order(struct compiler *c)
{
	struct rule_set *s = c->set;
	struct order o = {.set = s,
	    .ids = c->ids,
	    .list = arena_array(s->arena, s->segment_count + 1, sizeof *o.list),
	    .is_listed = arena_array(s->arena, s->segment_count + 1, sizeof *o.is_listed)};

	if (o.list == NULL || o.is_listed == NULL)
		return -1;
	for (size_t i = 0; i < s->segment_count; i++)
		order_segment(&o, c->segments[i]);
	s->segment_order = o.list;
	return 0;
}

/* ---- what they ask ---- */

/* Lists are part of it by what is on them. */
static void
hash_values(struct compiler *c, const struct node *n)
{
	for (const struct value *v = n->values.first; v != NULL; v = v->next) {
		const struct item *list =
		    v->kind == VALUE_LIST ? map_get(c->ids[ITEM_LIST], v->text) : NULL;

		if (list == NULL)
			continue;
		buf_add_str(c->text, " [");
		for (const struct value *item = list->items.first; item != NULL; item = item->next)
			print_quoted(item->text, c->text);
		buf_add_str(c->text, "]");
	}
}

/* The conditions without their comments, in c->text. */
static void
hash_node(struct compiler *c, const struct node *n)
{
	static const char *const open[] = {
	    [NODE_ALL] = "all(", [NODE_ANY] = "any(", [NODE_NOT] = "not(", [NODE_CONDITION] = "("};

	buf_add_str(c->text, open[n->kind]);
	if (n->kind == NODE_CONDITION) {
		print_condition(n, c->text);
		hash_values(c, n);
		if (n->field->type == FIELD_IN_SEGMENT) {
			const struct item *it =
			    map_get(c->ids[ITEM_SEGMENT], n->values.first->text);

			buf_addf(c->text, " %llx",
			    (unsigned long long)c->set->segment_heads[it->segment].content_hash);
		}
	}
	for (const struct node *child = n->first; child != NULL; child = child->next)
		hash_node(c, child);
	buf_add_char(c->text, ')');
}

static int
note_time(struct rule_set *s, uint32_t test)
{
	void *times = s->segment_times;

	for (size_t i = 0; i < s->segment_time_count; i++)
		if (s->segment_times[i] == test)
			return 0;
	if (vector_grow(
		&times, s->segment_time_count, &s->segment_time_cap, sizeof *s->segment_times) < 0)
		return -1;
	s->segment_times = times;
	s->segment_times[s->segment_time_count++] = test;
	return 0;
}

static int
note_needs(struct rule_set *s, uint32_t root)
{
	for (uint32_t i = root; i < asked_end(s, root); i++) {
		const struct asked *q = &s->asked[i];
		const struct field *f;
		struct slice name;

		if (q->kind != NODE_CONDITION)
			continue;
		f = s->tests[q->arg].field;
		name = slice_of(f->name);
		s->segment_needs.tags |= slice_eq_str(name, "customer.tag");
		s->segment_needs.days |= f->is_of_days;
		s->segment_needs.influence |= slice_eq_str(name, "customer.influence");
		s->segment_needs.links |= slice_starts_with(name, "link.");
		if (f->type == FIELD_DURATION &&
		    s->tests[q->arg].opcode == RULE_OPCODE_TEST_BOUNDS && note_time(s, q->arg) < 0)
			return -1;
	}
	return 0;
}

static int
compile_one(struct compiler *c, uint32_t i)
{
	struct compiled_segment *g = &c->set->segments[i];
	const struct item *it = c->segments[i];

	if (it->is_imported)
		return 0;
	c->from = it->sink;
	if (compile_code(c, it->when, g) < 0 || note_needs(c->set, g->root) < 0)
		return -1;
	buf_clear(c->text);
	buf_add_str(c->text, MEANING);
	hash_node(c, it->when);
	if (buf_failed(c->text))
		return -1;
	c->set->segment_heads[i].content_hash = hash_bytes(0, buf_slice(c->text));
	return 0;
}

int
compile_segments(struct compiler *c)
{
	if (make_order(c) < 0)
		return -1;
	for (size_t k = 0; k < c->set->segment_count; k++)
		if (compile_one(c, c->set->segment_order[k]) < 0)
			return -1;
	return 0;
}
