#include "nlp/stem.h"

#include <libstemmer.h>

#include "core/arena.h"
#include "core/mem.h"

#define CACHE_WORD_MAX 30
#define CACHE_TAIL_MAX 6

/* 64 bytes: one cache line.  The stem is the word's first `common` bytes and the tail. */
struct entry {
	uint64_t hash;
	uint64_t stem_hash;
	uint8_t lang; /* enum language; LANGUAGE_UND: free */
	uint8_t word_len;
	uint8_t common;
	uint8_t tail_len;
	char word[CACHE_WORD_MAX];
	char tail[CACHE_TAIL_MAX];
};

struct stemmer {
	struct sb_stemmer *by_language[LANGUAGE_COUNT]; /* made when first needed */
	struct entry *cache; /* NULL: none */
};

struct stemmer *
stemmer_new(bool has_cache)
{
	struct stemmer *s = mem_zalloc(sizeof *s);
	if (s == NULL)
		return NULL;
	s->cache = has_cache ? mem_array(STEM_CACHE_SIZE, sizeof *s->cache) : NULL;
	if (has_cache && s->cache == NULL) {
		mem_free(s);
		return NULL;
	}
	return s;
}

void
stemmer_free(struct stemmer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
		if (s->by_language[i] != NULL)
			sb_stemmer_delete(s->by_language[i]);
	}
	mem_free(s->cache);
	mem_free(s);
}

/* Head of the word, then the tail; in the arena when there is a tail. */
static struct slice
join(struct slice word, size_t common, const char *tail, size_t tail_len, struct arena *a)
{
	if (tail_len == 0)
		return slice_make(word.ptr, common);
	char *out = arena_alloc(a, common + tail_len);
	if (out == NULL)
		return SLICE_NONE;
	memcpy(out, word.ptr, common);
	memcpy(out + common, tail, tail_len);
	return slice_make(out, common + tail_len);
}

static void
remember(struct entry *e, enum language lang, const struct word_key *word, size_t common,
    const char *tail, size_t tail_len, uint64_t stem_hash)
{
	if (e == NULL || word->text.len > CACHE_WORD_MAX || tail_len > CACHE_TAIL_MAX)
		return;
	e->hash = word->hash;
	e->stem_hash = stem_hash;
	e->lang = (uint8_t)lang;
	e->word_len = (uint8_t)word->text.len;
	e->common = (uint8_t)common;
	e->tail_len = (uint8_t)tail_len;
	memcpy(e->word, word->text.ptr, word->text.len);
	memcpy(e->tail, tail, tail_len);
}

struct word_key
stemmer_stem(struct stemmer *s, enum language lang, const struct word_key *word, struct arena *a)
{
	struct slice w = word->text;
	const char *algorithm = language_stemmer(lang);
	if (algorithm == NULL || w.len > STEM_WORD_MAX)
		return *word;

	struct entry *e = s->cache == NULL
	    ? NULL
	    : &s->cache[(word->hash ^ (uint64_t)lang * 0x85ebca6bu) % STEM_CACHE_SIZE];
	if (e != NULL && e->hash == word->hash && e->lang == (uint8_t)lang &&
	    e->word_len == w.len && memcmp(e->word, w.ptr, w.len) == 0)
		return (struct word_key){join(w, e->common, e->tail, e->tail_len, a), e->stem_hash};

	struct sb_stemmer **engine = &s->by_language[lang];
	if (*engine == NULL && (*engine = sb_stemmer_new(algorithm, "UTF_8")) == NULL)
		return (struct word_key){SLICE_NONE, 0};
	const char *stem =
	    (const char *)sb_stemmer_stem(*engine, (const sb_symbol *)w.ptr, (int)w.len);
	if (stem == NULL)
		return (struct word_key){SLICE_NONE, 0};
	size_t len = (size_t)sb_stemmer_length(*engine);
	if (len == 0)
		return *word; /* nothing left to look up: the word says more */

	size_t common = 0;
	while (common < len && common < w.len && stem[common] == w.ptr[common])
		common++;
	uint64_t stem_hash = word_hash(slice_make(stem, len));
	remember(e, lang, word, common, stem + common, len - common, stem_hash);
	return (struct word_key){join(w, common, stem + common, len - common, a), stem_hash};
}
