#include "nlp/word_memo.h"

#include "core/arena.h"
#include "core/mem.h"

struct word_memo {
	uint64_t set_number;
	struct word_fact facts[WORD_MEMO_SIZE];
	uint8_t last_used[WORD_MEMO_SIZE / 2]; /* of a pair of places */
};

struct word_memo *
word_memo_new(void)
{
	return mem_zalloc(sizeof(struct word_memo));
}

void
word_memo_free(struct word_memo *m)
{
	mem_free(m);
}

void
word_memo_use(struct word_memo *m, uint64_t set_number)
{
	if (m->set_number == set_number)
		return;
	for (size_t i = 0; i < WORD_MEMO_SIZE; i++)
		m->facts[i].len = 0;
	m->set_number = set_number;
}

static void
fill_votes(struct word_fact *f, const struct language_model *languages, struct slice word)
{
	struct language_vector v;
	language_word_vector(languages, word, &v);
	f->in_common = v.v[0];
	f->votes[0] = 0;
	for (int i = 1; i < LANGUAGE_SLOTS; i++)
		f->votes[i] = (int8_t)v.v[i];
}

static inline bool
is_same(const struct word_fact *f, uint64_t hash, uint8_t kind, struct slice word)
{
	return f->hash == hash && f->len == word.len && f->kind == kind &&
	    memcmp(f->word, word.ptr, word.len) == 0;
}

static inline struct word_fact *
use(struct word_memo *m, struct word_fact *f)
{
	size_t at = (size_t)(f - m->facts);
	m->last_used[at / 2] = (uint8_t)(at & 1);
	return f;
}

struct word_fact *
word_memo_fact(struct word_memo *m, const struct language_model *languages, const struct unit *u)
{
	struct slice word = u->key.text;
	uint8_t kind = (uint8_t)(u->kind << 1 | u->is_elongated);
	if (word.len == 0 || word.len > WORD_MEMO_BYTES)
		return NULL;
	uint64_t hash = u->key.hash + kind * 0x9e3779b97f4a7c15ULL;
	/* Two places for each: the one that was used last stays. */
	struct word_fact *f = &m->facts[(hash * 0xff51afd7ed558ccdULL >> 40) % WORD_MEMO_SIZE];
	struct word_fact *other = &m->facts[(size_t)(f - m->facts) ^ 1];
	if (is_same(f, hash, kind, word))
		return use(m, f);
	if (is_same(other, hash, kind, word))
		return use(m, other);
	if (m->last_used[(f - m->facts) / 2] == ((f - m->facts) & 1))
		f = other;
	use(m, f);
	f->hash = hash;
	f->len = (uint8_t)word.len;
	f->kind = kind;
	memcpy(f->word, word.ptr, word.len);
	f->lang = LANGUAGE_COUNT;
	size_t skip = u->kind == TOKEN_HASHTAG ? 1 : 0; /* the # */
	if (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG)
		fill_votes(f, languages, slice_make(word.ptr + skip, word.len - skip));
	return f;
}

bool
word_fact_set_stem(struct word_fact *f, struct word_key stem)
{
	size_t common = 0;
	while (common < stem.text.len && common < f->len &&
	    stem.text.ptr[common] == f->word[common])
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
word_fact_stem(const struct word_fact *f, const struct unit *u, struct arena *a)
{
	struct slice text = slice_make(u->key.text.ptr, f->stem_common);
	if (f->stem_tail_len > 0) {
		char *out = arena_alloc(a, text.len + f->stem_tail_len);
		if (out == NULL)
			return (struct word_key){SLICE_NONE, 0};
		memcpy(out, text.ptr, text.len);
		memcpy(out + text.len, f->stem_tail, f->stem_tail_len);
		text = slice_make(out, text.len + f->stem_tail_len);
	}
	return (struct word_key){text, f->stem_hash};
}
