/*
 * snapshot_terms.c - marketing's words as items that come into fashion: the words and phrases of lists that posts are
 * asked for, looked for as the names of brands are.
 */
#include "daemon/snapshot_terms.h"

#include "core/arena.h"
#include "core/brand.h"
#include "core/err.h"
#include "core/map.h"
#include "core/post.h"
#include "nlp/nlp.h"

/* A tag or an account is an item, or a person, by itself. */
static bool
is_term(struct slice item)
{
	return item.len > 0 && item.len <= TERM_BYTES_MAX && item.ptr[0] != '#' &&
	    item.ptr[0] != '@';
}

/* "t:cold brew"; SLICE_NONE without memory. */
static struct slice
term_name(struct slice item, struct arena *a)
{
	char *name = arena_printf(a, "t:%.*s", SLICE_ARG(item));

	for (char *p = name; p != NULL && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return slice_of(name);
}

struct gathering {
	struct arena *arena;
	struct map *seen; /* names */
	struct brand *terms;
	struct slice *names;
	size_t count;
};

/* A word of two lists is one term. */
static int
gather(struct gathering *g, const struct slice *item)
{
	struct slice name;

	if (!is_term(*item) || g->count == TERMS_MAX)
		return 0;
	name = term_name(*item, g->arena);
	if (!slice_is_set(name))
		return -1;
	if (map_get(g->seen, name) != NULL)
		return 0;
	if (map_put(g->seen, name, g) < 0)
		return -1;
	g->names[g->count] = name;
	g->terms[g->count++] =
	    (struct brand){.id = name, .title = name, .called = {(struct slice *)item, 1}};
	return 0;
}

static int
gather_all(struct gathering *g, const struct brand_set *words)
{
	for (size_t i = 0; i < words->list_count; i++)
		for (size_t k = 0; words->lists[i].is_words && k < words->lists[i].items.count; k++)
			if (gather(g, &words->lists[i].items.items[k]) < 0)
				return -1;
	return 0;
}

int
snapshot_terms(const struct brand_set *words, struct arena *a, struct slice_list *names_r,
    struct matcher **terms_r, struct err *err)
{
	struct gathering g = {.arena = a};
	struct brand_set set;
	size_t most = 0;
	int rc = 0;

	*names_r = (struct slice_list){NULL, 0};
	*terms_r = NULL;
	for (size_t i = 0; i < words->list_count; i++)
		most += words->lists[i].is_words ? words->lists[i].items.count : 0;
	if (most == 0)
		return 0;
	most = most < TERMS_MAX ? most : TERMS_MAX;
	g.terms = arena_array(a, most, sizeof *g.terms);
	g.names = arena_array(a, most, sizeof *g.names);
	g.seen = map_new(0, most, NULL);
	if (g.terms == NULL || g.names == NULL || g.seen == NULL || gather_all(&g, words) < 0)
		rc = err_set(err, ERR_NOMEM, "no memory for the words of lists");
	map_free(g.seen);
	set = (struct brand_set){.brands = g.terms, .brand_count = g.count};
	if (rc < 0 || g.count == 0)
		return rc;
	*names_r = (struct slice_list){g.names, g.count};
	return matcher_new(&set, terms_r, err);
}
