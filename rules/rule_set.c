#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"

struct rule_set *
rule_set_ref(struct rule_set *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void
rule_set_unref(struct rule_set *set)
{
	if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) > 1)
		return;
	index_fini(&set->index);
	phrases_fini(&set->phrases);
	words_fini(&set->words);
	mem_free(set->code);
	mem_free(set->asked);
	mem_free(set->step_room);
	mem_free(set->tests);
	mem_free(set->test_words);
	mem_free(set->sets);
	mem_free(set->segment_times);
	arena_free(set->arena);
	mem_free(set);
}

int64_t
rule_set_version(const struct rule_set *set)
{
	return set->version;
}

const struct brand_set *
rule_set_brands(const struct rule_set *set)
{
	return &set->brands;
}

size_t
rule_set_count(const struct rule_set *set)
{
	return set->rule_count;
}

const struct rule_head *
rule_set_head(const struct rule_set *set, size_t i)
{
	assert(i < set->rule_count);
	return &set->rules[i].head;
}

bool
rule_set_is_off(const struct rule_set *set, size_t i)
{
	assert(i < set->rule_count);
	return set->programs[i].is_off;
}

size_t
rule_set_watch_count(const struct rule_set *set)
{
	return set->watch_count;
}

const struct watch_head *
rule_set_watch(const struct rule_set *set, size_t i)
{
	assert(i < set->watch_count);
	return &set->watch_heads[i];
}

int64_t
rule_set_watch_window(const struct rule_set *set, size_t i)
{
	const struct compiled_watch *w = &set->watches[i];
	int64_t within_ms = 0;

	assert(i < set->watch_count);
	for (size_t k = 0; k < w->test_count; k++)
		if (w->tests[k].within_ms > within_ms)
			within_ms = w->tests[k].within_ms;
	return within_ms;
}

size_t
rule_set_watch_of(const struct rule_set *set, const struct rule_head *rule)
{
	/* a watch's head begins with the rule's */
	size_t i = (size_t)((const struct watch_head *)rule - set->watch_heads);

	assert(i < set->watch_count && &set->watch_heads[i].rule == rule);
	return i;
}

bool
rule_set_watch_is_off(const struct rule_set *set, size_t i)
{
	assert(i < set->watch_count);
	return set->programs[set->watches[i].over].is_off;
}

int
rule_set_find_watch(const struct rule_set *set, struct slice id)
{
	for (size_t i = 0; i < set->watch_count; i++)
		if (slice_eq(set->watch_heads[i].rule.id, id))
			return (int)i;
	return -1;
}

int
rule_set_find(const struct rule_set *set, struct slice id)
{
	size_t low = 0, high = set->rule_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t i = set->rules_by_id[middle];
		int order = slice_cmp(set->rules[i].head.id, id);

		if (order == 0)
			return (int)i;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}
