/*
 * lexicon_find.c - what stands in a lexicon at a word or phrase.
 */
#include "nlp/lexicon.h"
#include "nlp/lexicon_internal.h"

/* The entry of one word as written, or in one of its other spellings. */
static uint32_t
find_word(const struct lexicon *lx, const struct unit *u, bool *has_longer_r)
{
	uint32_t at, found = 0;
	bool has_longer;
	struct word_key key = unit_key(u);
	if (word_trie_word(lx->words, &key, &at, has_longer_r))
		found = at;
	for (size_t k = 0; k < u->other_count; k++) {
		if (word_trie_word(lx->words, &u->others[k], &at, &has_longer) && found == 0)
			found = at;
		*has_longer_r |= has_longer;
	}
	return found;
}

static uint32_t
find_rated(const struct lexicon *lx, const struct unit *u, bool *has_longer_r)
{
	uint32_t word = find_word(lx, u, has_longer_r);
	if (u->kind != TOKEN_WORD ||
	    (word != 0 && (lx->lexemes[word].is_vocabulary || !lx->has_vocabulary)))
		return word;
	uint32_t at;
	bool has_longer;
	struct word_key key = unit_stem(u);
	if (!word_trie_word(lx->rated_stems, &key, &at, &has_longer))
		return word;
	uint32_t stem = lx->stem_ratings[at].lexeme;
	const struct lexeme *x = &lx->lexemes[stem];
	return x->is_vocabulary || (word == 0 && x->has_weight) ? stem : word;
}

/* The number of what was learned about a unit; 0: nothing. */
static uint32_t
find_stem(const struct lexicon *lx, struct stemmer *stemmer, struct arena *a, const struct unit *u)
{
	uint32_t at;
	bool has_longer;
	int name = lexicon_name_of((enum token_kind)u->kind);
	if (name >= 0)
		return lx->names[name];
	struct word_key key = lexicon_stem_key(u);
	if (word_trie_word(lx->stems, &key, &at, &has_longer))
		return at;
	for (size_t k = 0; k < u->other_count; k++) {
		/* A tag, a drawn-out word, a possessive: in the form that was learned. */
		key = stemmer_stem(stemmer, lx->lang, &u->others[k], a);
		if (key.text.ptr != NULL && word_trie_word(lx->stems, &key, &at, &has_longer))
			return at;
	}
	return 0;
}

void
lexicon_resolve(const struct lexicon *lx, struct stemmer *stemmer, struct arena *a,
    const struct unit *u, struct lexicon_hit *hit_r)
{
	*hit_r = (struct lexicon_hit){.rated = 0};
	hit_r->rated = find_rated(lx, u, &hit_r->has_longer);
	if (hit_r->rated != 0 && lx->lexemes[hit_r->rated].is_vocabulary) {
		hit_r->stem = hit_r->rated;
		return;
	}
	hit_r->number = find_stem(lx, stemmer, a, u);
	if (hit_r->number != 0)
		hit_r->stem = lx->stem_entries[hit_r->number].plain;
}

bool
lexicon_knows(const struct lexicon *lx, struct stemmer *stemmer, struct arena *a, struct slice word)
{
	struct word_key key = word_key_of(word);
	uint32_t at;
	bool has_longer;
	if (word_trie_word(lx->words, &key, &at, &has_longer))
		return true;
	struct word_key stem = stemmer_stem(stemmer, lx->lang, &key, a);
	return stem.text.ptr != NULL && word_trie_word(lx->stems, &stem, &at, &has_longer);
}

struct phrase_part
lexicon_phrase_part(const struct lexicon *lx, const struct unit *u, bool has_longer)
{
	struct phrase_part p = {.is_spelt = u->other_count > 0};
	struct word_key key = unit_key(u);
	p.is_later = p.is_spelt || word_trie_is_later(lx->words, &key);
	if (!has_longer)
		return p;
	if (p.is_spelt) {
		p.beginning = PHRASE_BEGINS_SPELT;
		p.followers = UINT32_MAX;
		return p;
	}
	p.beginning = word_trie_node(lx->words, &key);
	uint64_t followers = word_trie_followers(lx->words, p.beginning);
	p.followers = (uint32_t)(followers | followers >> 32);
	return p;
}

uint32_t
lexicon_phrase(
    const struct lexicon *lx, const struct unit *units, size_t count, size_t at, size_t *span_r)
{
	return word_trie_longest(lx->words, 0, units, count, at, span_r);
}

uint32_t
lexicon_phrase_from(const struct lexicon *lx, uint32_t beginning, const struct unit *units,
    size_t count, size_t at, size_t *span_r)
{
	uint32_t node = beginning == PHRASE_BEGINS_SPELT ? 0 : beginning;
	return word_trie_longest(lx->words, node, units, count, at, span_r);
}

uint32_t
lexicon_pair(const struct lexicon *lx, uint32_t first, uint32_t second)
{
	return lexicon_find_pair(lx, first, second);
}

uint32_t
lexicon_shape(const struct lexicon *lx, enum shape shape)
{
	return lx->shapes[shape];
}

uint32_t
lexicon_sum(const struct lexicon *lx, enum rating_sum sum)
{
	return lx->sums[sum];
}

uint32_t
lexicon_stem_of(const struct lexicon *lx, uint32_t negated)
{
	for (size_t i = 1; i < lx->stem_count; i++) {
		if (lx->stem_entries[i].negated == negated)
			return lx->stem_entries[i].plain;
	}
	return 0;
}
