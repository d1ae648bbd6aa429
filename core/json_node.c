#include "core/json_internal.h"

#include <assert.h>

#include "core/arena.h"

struct json *
node_new(struct arena *a, enum node_type type)
{
	struct json *v = arena_alloc(a, sizeof *v);

	if (v == NULL)
		return NULL;
	*v = (struct json){.type = type};
	return v;
}

void
node_append(struct json *parent, struct json **last, struct json *child)
{
	assert(child->next == NULL);
	if (*last != NULL)
		(*last)->next = child;
	else if (parent->type == NODE_OBJECT)
		parent->as.first = child;
	*last = child;
	parent->count++;
}

int
node_finish_array(struct json *array, const struct json *first, struct arena *a)
{
	size_t i = 0;

	assert(array->type == NODE_ARRAY);
	if (array->count == 0)
		return 0;
	array->as.elements = arena_alloc(a, array->count * sizeof *array->as.elements);
	if (array->as.elements == NULL)
		return -1;
	for (; first != NULL; first = first->next)
		array->as.elements[i++] = first;
	assert(i == array->count);
	return 0;
}

const struct json *
node_element(const struct json *v, size_t i)
{
	assert(v->type == NODE_ARRAY);
	return i < v->count ? v->as.elements[i] : NULL;
}

const struct json *
node_member(const struct json *v, struct slice key)
{
	assert(v->type == NODE_OBJECT);
	for (const struct json *m = v->as.first; m != NULL; m = m->next)
		if (slice_eq(m->key, key))
			return m;
	return NULL;
}
