/*
 * check_brand.c - two brands of one name: a block was copied, and every post speaks of both.
 */
#include "rules/check_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/map.h"
#include "rules/limits_internal.h"

#define NAMES_MAX 10000000u

/* The words of a name, folded, blanks between; SLICE_NONE: it has none, or no memory. */
static struct slice
name_key(struct check *c, struct slice name)
{
	struct token *tokens;
	size_t count = 0, len = 0, at = 0;
	char *key;

	arena_reset(c->scratch);
	if (c->env->tokenise(c->env->cookie, name, c->scratch, &tokens, &count) < 0)
		return SLICE_NONE;
	for (size_t i = 0; i < count; i++)
		len += tokens[i].folded_len + 1;
	key = len == 0 ? NULL : arena_alloc(c->scratch, len);
	if (key == NULL)
		return SLICE_NONE;
	for (size_t i = 0; i < count; i++) {
		if (tokens[i].folded_len > 0)
			memcpy(key + at, tokens[i].folded, tokens[i].folded_len);
		at += tokens[i].folded_len;
		key[at++] = ' ';
	}
	return slice_make(key, at);
}

static int
check_names(struct check *c, struct map *names, const struct item *brand)
{
	for (const struct value *v = brand->called.first; v != NULL; v = v->next) {
		struct slice key = v->kind == VALUE_TEXT ? name_key(c, v->text) : SLICE_NONE;
		const struct item *other = slice_is_set(key) ? map_get(names, key) : NULL;

		if (!slice_is_set(key) || (other != NULL && slice_eq(other->id, brand->id)))
			continue; /* the same id twice is a finding of its own */
		if (other != NULL)
			finding_add(brand->sink, FINDING_SHARED_NAME, v->at,
			    "a post that says it speaks of both; change the name that was copied",
			    "brand '%.*s' is called that already, at %s:%zu", SHOWN(other->id),
			    other->sink->file, check_line_of(other));
		else if (map_put(names, key, (void *)(uintptr_t)brand) < 0)
			return -1;
	}
	return 0;
}

void
check_shared_names(struct check *c)
{
	struct map *names = map_new(0, NAMES_MAX, NULL);

	c->has_no_memory = names == NULL;
	for (size_t f = 0; f < c->file_count && !c->has_no_memory; f++)
		for (const struct item *it = c->files[f].first; it != NULL && !c->has_no_memory;
		     it = it->next)
			if (it->kind == ITEM_BRAND && check_names(c, names, it) < 0)
				c->has_no_memory = true;
	map_free(names);
}
