#include "nlp/word_guests.h"

#include <assert.h>

#include "core/mem.h"

void
word_guests_clear(struct word_guests *g)
{
	g->next = g->end = NULL;
	g->used = 0;
}

void
word_guests_fini(struct word_guests *g)
{
	for (size_t i = 0; i < WORD_GUESTS_BLOCKS; i++)
		mem_free(g->blocks[i]);
	*g = (struct word_guests){.used = 0};
}

/* Goes on to the next block; false without memory. */
static bool
next_block(struct word_guests *g)
{
	size_t count = (size_t)WORD_GUESTS_FIRST << g->used;
	assert(g->used < WORD_GUESTS_BLOCKS);
	struct word_fact **block = &g->blocks[g->used];
	if (*block == NULL)
		*block = mem_array(count, sizeof **block);
	if (*block == NULL)
		return false;
	g->next = *block;
	g->end = g->next + count;
	g->used++;
	return true;
}

struct word_fact *
word_guests_add(struct word_guests *g, struct word_key key)
{
	if (g->next == g->end && !next_block(g))
		return NULL;
	struct word_fact *word = g->next++;
	word->hash = key.hash;
	word->stem = key;
	word->mark = (struct pattern_mark){.symbol = 0};
	word->len = 0;
	return word;
}
