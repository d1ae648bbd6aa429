#include "nlp/word_memo.h"

#include "core/arena.h"
#include "core/mem.h"

#define CACHE_LINE 64
#define WAYS 4 /* places a word may have */

_Static_assert(sizeof(struct word_fact) == 2 * CACHE_LINE, "a fact fills two cache lines");

struct word_memo {
	uint64_t set_number;
	uint32_t post; /* counts, and may begin anew */
	struct word_fact *facts; /* begin at a cache line of `memory` */
	void *memory;
};

struct word_memo *
word_memo_new(void)
{
	struct word_memo *m = mem_zalloc(sizeof *m);
	if (m == NULL)
		return NULL;
	m->memory = mem_array(WORD_MEMO_SIZE + 1, sizeof *m->facts);
	if (m->memory == NULL) {
		mem_free(m);
		return NULL;
	}
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
	mem_free(m);
}

void
word_memo_begin(struct word_memo *m, uint64_t set_number)
{
	m->post++;
	if (m->set_number == set_number)
		return;
	for (size_t i = 0; i < WORD_MEMO_SIZE; i++)
		m->facts[i].len = 0;
	m->set_number = set_number;
}

static void
fill_languages(struct word_fact *f, const struct language_model *languages, struct slice word)
{
	struct language_vector v;
	language_word_vector(languages, word, &v);
	f->in_common = v.v[LANGUAGE_UND];
	v.v[LANGUAGE_UND] = 0;
	for (int i = 0; i < LANGUAGE_SLOTS / 2; i++)
		f->behind[i] = word_fact_pair(&v, i);
}

static inline uint8_t
kind_of(const struct unit *u)
{
	return (uint8_t)(u->kind << 1 | u->is_elongated);
}

/* Longer than eight bytes. */
static inline bool
are_bytes_same(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len - 8; i += 8) {
		if (word_load(a + i, 8) != word_load(b + i, 8))
			return false;
	}
	return word_load(a + len - 8, 8) == word_load(b + len - 8, 8);
}

/* Words up to eight bytes with the same length and the same hash are the same (word_trie.h). */
static inline bool
is_same(const struct word_fact *f, uint64_t hash, uint8_t kind, struct slice word)
{
	return f->hash == hash && f->len == word.len && f->kind == kind &&
	    (word.len <= 8 || are_bytes_same(f->word, word.ptr, word.len));
}

/* The place that nobody asked for the longest; NULL: all are this post's. */
static struct word_fact *
oldest(const struct word_memo *m, size_t at)
{
	struct word_fact *best = NULL;
	uint32_t best_age = 0;
	for (size_t k = 0; k < WAYS; k++) {
		struct word_fact *f = &m->facts[at ^ k];
		if (f->len == 0)
			return f;
		if (m->post - f->post > best_age) {
			best = f;
			best_age = m->post - f->post;
		}
	}
	return best;
}

/* Not inlined, so that finding a word needs no registers to be saved. */
__attribute__((noinline)) static struct word_fact *
learn(struct word_memo *m, const struct language_model *languages, const struct unit *u,
    uint64_t hash, size_t at)
{
	struct slice word = u->key.text;
	struct word_fact *f = oldest(m, at);
	if (f == NULL)
		return NULL;
	f->hash = hash;
	f->len = (uint8_t)word.len;
	f->kind = kind_of(u);
	f->post = m->post;
	memcpy(f->word, word.ptr, word.len);
	f->lang = LANGUAGE_COUNT;
	size_t skip = u->kind == TOKEN_HASHTAG ? 1 : 0; /* the # */
	if (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG)
		fill_languages(f, languages, slice_make(word.ptr + skip, word.len - skip));
	return f;
}

struct word_fact *
word_memo_fact(struct word_memo *m, const struct language_model *languages, const struct unit *u)
{
	struct slice word = u->key.text;
	uint8_t kind = kind_of(u);
	if (word.len == 0 || word.len > WORD_MEMO_BYTES)
		return NULL;
	uint64_t hash = u->key.hash + kind * WORD_HASH_FACTOR;
	size_t at = (hash * 0xff51afd7ed558ccdULL >> 40) % WORD_MEMO_SIZE;
	struct word_fact *f = &m->facts[at];
	for (size_t k = 1; !is_same(f, hash, kind, word); k++) {
		if (k == WAYS)
			return learn(m, languages, u, hash, at);
		f = &m->facts[at ^ k];
	}
	f->post = m->post;
	return f;
}

bool
word_fact_set_stem(struct word_fact *f, struct word_key stem)
{
	size_t common = 0;
	while (
	    common < stem.text.len && common < f->len && stem.text.ptr[common] == f->word[common])
		common++;
	size_t tail = stem.text.len - common;
	if (tail > WORD_MEMO_TAIL)
		return false;
	f->stem_common = (uint8_t)common;
	f->stem_tail_len = (uint8_t)tail;
	memcpy(f->stem_tail, stem.text.ptr + common, tail);
	f->stem_hash = stem.hash;
	return true;
}

struct word_key
word_fact_join(const struct word_fact *f, const struct unit *u, struct arena *a)
{
	size_t common = f->stem_common, tail = f->stem_tail_len;
	char *out = arena_alloc(a, common + tail);
	if (out == NULL)
		return (struct word_key){SLICE_NONE, 0};
	memcpy(out, u->key.text.ptr, common);
	memcpy(out + common, f->stem_tail, tail);
	return (struct word_key){slice_make(out, common + tail), f->stem_hash};
}
