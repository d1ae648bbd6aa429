#include "nlp/word_memo.h"

#include <assert.h>

#include "core/arena.h"
#include "core/mem.h"

#define CACHE_LINE 64
#define LOOKED_AT 8 /* facts, when one has to go */
#define FURTHER_FACTOR 0xd6e8feb86659fd93ULL /* tells languages of one word apart */
_Static_assert(WORD_FACT_TAIL < 1 << (8 - WORD_FACT_COMMON_BITS) &&
	WORD_FACT_BYTES < 1 << WORD_FACT_COMMON_BITS,
    "lengths of a stem fit");
_Static_assert(WORD_MEMO_SIZE <= 1 << 16, "a number fits beside its tag");
_Static_assert(sizeof(struct word_fact) == 2 * CACHE_LINE, "a fact fills two cache lines");

struct word_memo *
word_memo_new(void)
{
	struct word_memo *m = mem_zalloc(sizeof *m);
	if (m == NULL)
		return NULL;
	m->memory = mem_array(WORD_MEMO_SIZE + 1, sizeof *m->facts);
	m->index = mem_array((size_t)WORD_MEMO_SETS * WORD_MEMO_WAYS, sizeof *m->index);
	if (m->memory == NULL || m->index == NULL) {
		word_memo_free(m);
		return NULL;
	}
	m->count = m->hand = 1;
	uintptr_t at = (uintptr_t)m->memory;
	m->facts = (void *)((char *)m->memory + (CACHE_LINE - at % CACHE_LINE) % CACHE_LINE);
	return m;
}

void
word_memo_free(struct word_memo *m)
{
	if (m == NULL)
		return;
	mem_free(m->memory);
	mem_free(m->index);
	mem_free(m);
}

void
word_memo_begin(struct word_memo *m, uint64_t set_number)
{
	m->post++;
	if (m->set_number == set_number)
		return;
	memset(m->index, 0, (size_t)WORD_MEMO_SETS * WORD_MEMO_WAYS * sizeof *m->index);
	m->count = m->hand = 1;
	m->set_number = set_number;
}

static void
fill_languages(struct word_fact *f, const struct language_model *languages, struct slice word)
{
	struct language_vector v;
	language_word_vector(languages, word, &v);
	f->in_common = speech_pack(&v, f->behind);
}

/* Where the fact of this word of this kind is looked for; lang: of a further one. */
static uint64_t
place_hash(uint64_t hash, uint8_t kind, enum language lang)
{
	uint64_t first = word_memo_hash_of(hash, kind & ~WORD_FACT_FURTHER & UINT8_MAX);
	uint64_t further = ((uint64_t)lang + 1) * FURTHER_FACTOR;
	return (kind & WORD_FACT_FURTHER) == 0 ? first : first + further;
}

static enum language
further_language(const struct word_fact *f)
{
	return (enum language)f->in_common;
}

/* The fact that is there after all, as two words may have one tag; NULL: it is not. */
static struct word_fact *
search(const struct word_memo *m, const uint32_t *places, uint8_t kind, const struct word_key *word)
{
	for (size_t k = 0; k < WORD_MEMO_WAYS; k++) {
		struct word_fact *f = &m->facts[places[k] & 0xffff];
		if (word_fact_is_of(f, kind, word))
			return f;
	}
	return NULL;
}

/* A free place, or the one that nobody asked for the longest; NULL: all are this post's. */
static uint32_t *
oldest(const struct word_memo *m, uint32_t *places)
{
	uint32_t *best = NULL, best_age = 0;
	for (size_t k = 0; k < WORD_MEMO_WAYS; k++) {
		if (places[k] == 0)
			return &places[k];
		uint32_t age = m->post - m->facts[places[k] & 0xffff].post;
		if (age > best_age) {
			best = &places[k];
			best_age = age;
		}
	}
	return best;
}

/* Takes the fact with this number out of its place. */
static void
forget(struct word_memo *m, uint32_t number)
{
	const struct word_fact *f = &m->facts[number];
	uint64_t hash = place_hash(f->hash, f->kind, further_language(f));
	uint32_t tag, *places = m->index + word_memo_place(hash, &tag);
	for (size_t k = 0; k < WORD_MEMO_WAYS; k++) {
		if (places[k] == (tag << 16 | number))
			places[k] = 0;
	}
}

/* A fact in no place: a new one, or of the next few the one that nobody asked for the longest; 0: all of
 * them are this post's. */
static uint32_t
free_fact(struct word_memo *m)
{
	uint32_t best = 0, best_age = 0;
	if (m->count < WORD_MEMO_SIZE)
		return m->count++;
	for (unsigned k = 0; k < LOOKED_AT; k++) {
		uint32_t age = m->post - m->facts[m->hand].post;
		if (age > best_age) {
			best = m->hand;
			best_age = age;
		}
		m->hand = m->hand + 1 < WORD_MEMO_SIZE ? m->hand + 1 : 1;
	}
	if (best != 0)
		forget(m, best);
	return best;
}

/* A new fact at one of the places of this place_hash(), for the caller to fill; NULL: there is none to be had. */
static struct word_fact *
put_fact(struct word_memo *m, uint64_t hash)
{
	uint32_t tag, *places = m->index + word_memo_place(hash, &tag);
	uint32_t *place = oldest(m, places);
	uint32_t number = place == NULL ? 0 : *place == 0 ? free_fact(m) : *place & 0xffff;
	if (number == 0)
		return NULL;
	*place = tag << 16 | number;
	m->facts[number].post = m->post;
	return &m->facts[number];
}

struct word_fact *
word_memo_learn(struct word_memo *m, const struct language_model *languages, const struct unit *u)
{
	struct word_key word = unit_key(u);
	uint8_t kind = word_memo_kind(u);
	uint64_t hash = word_memo_hash(u);
	uint32_t tag, *places = m->index + word_memo_place(hash, &tag);
	struct word_fact *f = search(m, places, kind, &word);
	if (f != NULL) {
		f->post = m->post;
		return f;
	}
	f = put_fact(m, hash);
	if (f == NULL)
		return NULL;
	f->hash = word.hash;
	f->in_common = 0;
	f->flags = 0;
	f->len = f->stem_lens = (uint8_t)word.text.len; /* what is no word is its own stem */
	f->kind = kind;
	memcpy(f->word, word.text.ptr, word.text.len);
	f->lang = LANGUAGE_COUNT;
	if (u->kind == TOKEN_WORD)
		fill_languages(f, languages, word.text);
	else
		memset(f->behind, 0, sizeof f->behind);
	return f;
}

/* The fact of the same word, of this kind and when it is a further one of this language; NULL: there is none. */
static struct word_fact *
find_same(const struct word_memo *m, const struct word_fact *of, uint8_t kind, enum language lang)
{
	uint32_t tag, *places = m->index + word_memo_place(place_hash(of->hash, kind, lang), &tag);
	for (size_t k = 0; k < WORD_MEMO_WAYS; k++) {
		struct word_fact *f = &m->facts[places[k] & 0xffff];
		if (places[k] >> 16 == tag && f->hash == of->hash && f->kind == kind &&
		    ((kind & WORD_FACT_FURTHER) == 0 || further_language(f) == lang) &&
		    f->len == of->len && memcmp(f->word, of->word, f->len) == 0)
			return f;
	}
	return NULL;
}

/* A further fact of the same word, not filled; NULL: there is no room for it. */
static struct word_fact *
put_further(struct word_memo *m, const struct word_fact *first, enum language lang)
{
	uint8_t kind = first->kind | WORD_FACT_FURTHER;
	struct word_fact *f = put_fact(m, place_hash(first->hash, kind, lang));
	if (f == NULL)
		return NULL;
	uint32_t post = f->post;
	*f = *first;
	f->post = post;
	f->kind = kind;
	f->flags &= (uint8_t)~WORD_FACT_JOINED;
	f->in_common = (int16_t)lang;
	f->lang = LANGUAGE_COUNT;
	f->stem_lens = f->len;
	return f;
}

struct word_fact *
word_memo_in_language(struct word_memo *m, const struct word_fact *f, enum language lang)
{
	/* The first is of this post, too: it cannot have gone. */
	struct word_fact *first = (f->kind & WORD_FACT_FURTHER) == 0
	    ? &m->facts[f - m->facts]
	    : find_same(m, f, f->kind & ~WORD_FACT_FURTHER & UINT8_MAX, LANGUAGE_UND);
	assert(first != NULL);
	if (first->lang == lang || first->lang == LANGUAGE_COUNT)
		return first;
	struct word_fact *further = find_same(m, f, first->kind | WORD_FACT_FURTHER, lang);
	if (further == NULL)
		further = put_further(m, first, lang);
	if (further == NULL)
		return first;
	further->post = m->post;
	return further;
}

bool
word_fact_set_stem(struct word_fact *f, struct slice stem)
{
	size_t common = 0;
	while (common < stem.len && common < f->len && stem.ptr[common] == f->word[common])
		common++;
	size_t tail = stem.len - common;
	if (tail > WORD_FACT_TAIL)
		return false;
	f->stem_lens = (uint8_t)(tail << WORD_FACT_COMMON_BITS | common);
	f->flags &= (uint8_t)~WORD_FACT_JOINED;
	f->flags |= tail > 0 ? WORD_FACT_JOINED : 0;
	memcpy(f->stem_tail, stem.ptr + common, tail);
	return true;
}

struct slice
word_fact_join(const struct word_fact *f, struct slice word, struct arena *a)
{
	size_t common = word_fact_stem_common(f), tail = word_fact_stem_tail(f);
	char *out = arena_alloc(a, common + tail);
	if (out == NULL)
		return SLICE_NONE;
	memcpy(out, word.ptr, common);
	memcpy(out + common, f->stem_tail, tail);
	return slice_make(out, common + tail);
}
