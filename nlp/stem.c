#include "nlp/stem.h"

#include <assert.h>
#include <stdint.h>

#include <libstemmer.h>

#include "core/arena.h"
#include "core/mem.h"

#define CACHE_WORD_MAX 36
#define CACHE_TAIL_MAX 8
/* Places a word may have.  12,000 tweets read twice made 53,000 calls of the stemmer with 16,384
 * words of one place each, 44,000 with two, 22,000 with 65,536 words of two. */
#define WAYS 2
#define CACHE_LINE 64

/* One cache line.  The stem is the word's first `common` bytes and the tail. */
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

_Static_assert(sizeof(struct entry) == CACHE_LINE, "an entry fills a cache line");

struct stemmer {
	struct sb_stemmer *by_language[LANGUAGE_COUNT]; /* made when first needed */
	struct entry *cache; /* begins at a cache line of `memory`; NULL: none */
	void *memory;
	bool has_failed; /* since it was last asked */
};

struct stemmer *
stemmer_new(bool has_cache)
{
	struct stemmer *s = mem_zalloc(sizeof *s);
	if (s == NULL)
		return NULL;
	if (!has_cache)
		return s;
	s->memory = mem_array(STEM_CACHE_SIZE + 1, sizeof *s->cache);
	if (s->memory == NULL) {
		mem_free(s);
		return NULL;
	}
	uintptr_t at = (uintptr_t)s->memory;
	s->cache = (void *)((char *)s->memory + (CACHE_LINE - at % CACHE_LINE) % CACHE_LINE);
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
	mem_free(s->memory);
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

static bool
is_same(const char *a, const char *b, size_t len)
{
	size_t i = 0;
	for (; len - i >= 8; i += 8) {
		if (word_load(a + i, 8) != word_load(b + i, 8))
			return false;
	}
	if (len - i >= 4) {
		if (word_load(a + i, 4) != word_load(b + i, 4))
			return false;
		i += 4;
	}
	for (; i < len; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

static inline bool
is_entry_of(const struct entry *e, enum language lang, const struct word_key *word)
{
	return e->hash == word->hash && e->lang == (uint8_t)lang && e->word_len == word->text.len &&
	    is_same(e->word, word->text.ptr, word->text.len);
}

/* The places of a word.  Languages share the cache: a post has one, a service few. */
static inline struct entry *
places_of(const struct stemmer *s, enum language lang, const struct word_key *word)
{
	uint64_t at = (word->hash ^ (uint64_t)lang * 0x85ebca6bu) % (STEM_CACHE_SIZE / WAYS);
	return &s->cache[at * WAYS];
}

/* In the first place; what stood there moves to the second. */
static void
remember(struct entry *places, enum language lang, const struct word_key *word, size_t common,
    const char *tail, size_t tail_len, uint64_t stem_hash)
{
	if (word->text.len > CACHE_WORD_MAX || tail_len > CACHE_TAIL_MAX)
		return;
	for (size_t i = WAYS - 1; i > 0; i--)
		places[i] = places[i - 1];
	struct entry *e = &places[0];
	e->hash = word->hash;
	e->stem_hash = stem_hash;
	e->lang = (uint8_t)lang;
	e->word_len = (uint8_t)word->text.len;
	e->common = (uint8_t)common;
	e->tail_len = (uint8_t)tail_len;
	memcpy(e->word, word->text.ptr, word->text.len);
	memcpy(e->tail, tail, tail_len);
}

/* The stem of a word the cache does not know. */
static struct word_key
stem_anew(struct stemmer *s, enum language lang, const struct word_key *word, struct arena *a)
{
	struct slice w = word->text;
	struct sb_stemmer **engine = &s->by_language[lang];
	const char *algorithm = language_stemmer(lang);
	if (algorithm == NULL || w.len > STEM_WORD_MAX)
		return *word;
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
	if (s->cache != NULL)
		remember(places_of(s, lang, word), lang, word, common, stem + common, len - common,
		    stem_hash);
	return (struct word_key){join(w, common, stem + common, len - common, a), stem_hash};
}

static struct word_key
find_or_stem(struct stemmer *s, enum language lang, const struct word_key *word, struct arena *a)
{
	if (s->cache == NULL)
		return stem_anew(s, lang, word, a);
	const struct entry *places = places_of(s, lang, word);
	for (size_t i = 0; i < WAYS; i++) {
		const struct entry *e = &places[i];
		if (is_entry_of(e, lang, word))
			return (struct word_key){
			    join(word->text, e->common, e->tail, e->tail_len, a), e->stem_hash};
	}
	return stem_anew(s, lang, word, a);
}

struct word_key
stemmer_stem(struct stemmer *s, enum language lang, const struct word_key *word, struct arena *a)
{
	struct word_key stem = find_or_stem(s, lang, word, a);
	s->has_failed |= stem.text.ptr == NULL;
	return stem;
}

bool
stemmer_take_failure(struct stemmer *s)
{
	bool has_failed = s->has_failed;
	s->has_failed = false;
	return has_failed;
}
