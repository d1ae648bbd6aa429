#include "nlp/word_memo.h"

#include "core/arena.h"
#include "core/mem.h"

#define CACHE_LINE 64
_Static_assert(sizeof(struct word_fact) == 2 * CACHE_LINE, "a fact fills two cache lines");

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

/* The place that nobody asked for the longest; NULL: all are this post's. */
static struct word_fact *
oldest(const struct word_memo *m, size_t at)
{
	struct word_fact *best = NULL;
	uint32_t best_age = 0;
	for (size_t k = 0; k < WORD_MEMO_WAYS; k++) {
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

struct word_fact *
word_memo_learn(struct word_memo *m, const struct language_model *languages, const struct unit *u)
{
	struct slice word = u->key.text;
	uint64_t hash = word_memo_hash(u);
	struct word_fact *f = oldest(m, word_memo_place(hash));
	if (f == NULL)
		return NULL;
	f->hash = hash;
	f->len = (uint8_t)word.len;
	f->kind = word_memo_kind(u);
	f->post = m->post;
	memcpy(f->word, word.ptr, word.len);
	f->lang = LANGUAGE_COUNT;
	size_t skip = u->kind == TOKEN_HASHTAG ? 1 : 0; /* the # */
	if (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG)
		fill_languages(f, languages, slice_make(word.ptr + skip, word.len - skip));
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
