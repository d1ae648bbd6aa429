#include "nlp/brands.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"

#define CUT_MAX (1u << 20)

struct matcher {
	atomic_int refs;
	struct word_trie *phrases; /* values: brand * 2, plus 1 for "but not" */
};

/* A phrase found: units [at, end). */
struct hit {
	uint32_t at, end;
	uint16_t brand;
	bool is_not;
};

struct hits {
	struct scratch *scratch;
	size_t count;
	bool has_failed;
};

static int
add_phrase(struct matcher *m, struct cutting *c, struct arena *a, struct slice text, uint32_t value,
    struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	arena_reset(a);
	if (units_cut_text(c, text, a, err) < 0)
		return -1;
	if (c->units.count == 0)
		return 0; /* only punctuation: nothing to look for */
	if (c->units.count > PHRASE_WORDS_MAX)
		return err_set(err, ERR_LIMIT, "'%.*s' has more than %d words", SLICE_ARG(text),
		    PHRASE_WORDS_MAX);
	for (size_t i = 0; i < c->units.count; i++)
		keys[i] = unit_key(&c->units.items[i]);
	return word_trie_add(m->phrases, keys, c->units.count, value, err);
}

static int
add_brand(struct matcher *m, struct cutting *c, struct arena *a, const struct brand *b,
    uint32_t index, struct err *err)
{
	for (size_t i = 0; i < b->called.count; i++) {
		if (add_phrase(m, c, a, b->called.items[i], index * 2, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < b->but_not.count; i++) {
		if (add_phrase(m, c, a, b->but_not.items[i], index * 2 + 1, err) < 0)
			return -1;
	}
	return 0;
}

int
matcher_new(const struct brand_set *brands, struct matcher **matcher_r, struct err *err)
{
	struct cutting cutting = {0};
	struct arena *a = NULL;
	int rc = -1;
	struct matcher *m = mem_zalloc(sizeof *m);
	if (m == NULL)
		return err_set(err, ERR_NOMEM, "no memory for brands");
	atomic_init(&m->refs, 1);
	m->phrases = word_trie_new();
	a = arena_new(CUT_MAX);
	if (m->phrases == NULL || a == NULL) {
		err_set(err, ERR_NOMEM, "no memory for brands");
		goto out;
	}
	if (brands->brand_count > BRANDS_MAX) {
		err_set(
		    err, ERR_LIMIT, "%zu brands are more than %d", brands->brand_count, BRANDS_MAX);
		goto out;
	}
	for (size_t i = 0; i < brands->brand_count; i++) {
		if (add_brand(m, &cutting, a, &brands->brands[i], (uint32_t)i, err) < 0)
			goto out;
	}
	*matcher_r = m;
	m = NULL;
	rc = 0;
out:
	units_cutting_fini(&cutting);
	arena_free(a);
	matcher_unref(m);
	return rc;
}

struct matcher *
matcher_ref(struct matcher *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void
matcher_unref(struct matcher *m)
{
	if (m == NULL || atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	word_trie_free(m->phrases);
	mem_free(m);
}

static void
keep_hit(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct hits *h = cookie;
	if (h->count == BRAND_HITS_MAX || h->has_failed)
		return;
	struct hit *items = scratch_need(h->scratch, (h->count + 1) * sizeof *items);
	if (items == NULL) {
		h->has_failed = true;
		return;
	}
	struct hit hit = {(uint32_t)at, (uint32_t)end, (uint16_t)(value / 2), value % 2 == 1};
	items[h->count++] = hit;
}

static int
by_brand(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	if (a->brand != b->brand)
		return a->brand < b->brand ? -1 : 1;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return 0;
}

/* Does a called phrase of hits [from, to), one brand's in text order, touch no "but not" of it? */
static bool
is_called(const struct hit *hits, size_t from, size_t to)
{
	size_t nearest = from; /* no "but not" before it can reach the phrase looked at */
	for (size_t i = from; i < to; i++) {
		if (hits[i].is_not)
			continue;
		while (nearest < i && hits[nearest].at + PHRASE_WORDS_MAX < hits[i].at)
			nearest++;
		bool is_taken = false;
		for (size_t k = nearest; k < to && hits[k].at < hits[i].end && !is_taken; k++)
			is_taken = hits[k].is_not && hits[k].end > hits[i].at;
		if (!is_taken)
			return true;
	}
	return false;
}

int
brands_find(const struct matcher *m, const struct unit *units, size_t count,
    struct scratch *scratch, struct arena *a, const uint16_t **brands_r, size_t *count_r,
    struct err *err)
{
	struct hits h = {.scratch = scratch};
	size_t i = word_trie_next(m->phrases, units, count, 0);
	for (; i < count; i = word_trie_next(m->phrases, units, count, i + 1))
		word_trie_match(m->phrases, units, count, i, keep_hit, &h);
	if (h.has_failed)
		return err_set(err, ERR_NOMEM, "no memory for brands");
	*brands_r = NULL;
	*count_r = 0;
	if (h.count == 0)
		return 0;

	struct hit *hits = scratch->ptr;
	uint16_t *found = arena_array(a, h.count, sizeof *found);
	if (found == NULL)
		return err_set(err, ERR_NOMEM, "no memory for brands");
	if (h.count > 1)
		qsort(hits, h.count, sizeof *hits, by_brand);
	size_t n = 0;
	for (size_t from = 0, to; from < h.count; from = to) {
		for (to = from + 1; to < h.count && hits[to].brand == hits[from].brand;)
			to++;
		if (is_called(hits, from, to))
			found[n++] = hits[from].brand;
	}
	*brands_r = found;
	*count_r = n;
	return 0;
}
