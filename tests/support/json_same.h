/*
 * json_same.h - are two values of core/json_internal.h the same, down to the bits of their numbers and the order of their members?
 * For those who compare the two readers; a header, because fuzz targets link no support.
 */
#ifndef TESTS_SUPPORT_JSON_SAME_H
#define TESTS_SUPPORT_JSON_SAME_H

#include <string.h>

#include "core/json_internal.h"

static inline bool
json_is_same(const struct json *a, const struct json *b)
{
	const struct json *x, *y;

	if (a->type != b->type || a->count != b->count)
		return false;
	switch (a->type) {
	case NODE_NULL: return true;
	case NODE_BOOL: return a->as.boolean == b->as.boolean;
	case NODE_INTEGER: return a->as.integer == b->as.integer;
	case NODE_REAL: return memcmp(&a->as.real, &b->as.real, sizeof a->as.real) == 0;
	case NODE_STRING: return memcmp(a->as.bytes, b->as.bytes, a->count + 1) == 0;
	case NODE_ARRAY:
		for (size_t i = 0; i < a->count; i++)
			if (!json_is_same(node_element(a, i), node_element(b, i)))
				return false;
		return true;
	case NODE_OBJECT:
		for (x = a->as.first, y = b->as.first; x != NULL && y != NULL;
		     x = x->next, y = y->next)
			if (!slice_eq(x->key, y->key) || x->key.ptr[x->key.len] != '\0' ||
			    !json_is_same(x, y))
				return false;
		return x == y;
	}
	return false;
}

#endif
