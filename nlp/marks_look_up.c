/*
 * marks_look_up.c - what one word has in the lexicons.
 */
#include "nlp/hashtag.h"
#include "nlp/lexicon_internal.h"
#include "nlp/marks.h"

/* A rating as written in English. */
static const struct lexeme *
english_rating(const struct marks_finder *f, const struct unit *u)
{
	struct lexicon_hit hit;
	struct word_fact word = {.hash = u->word->hash, .stem = unit_key(u)};
	struct unit plain = *u;
	plain.word = &word;
	lexicon_resolve(f->english, f->stemmer, f->arena, &plain, &hit);
	if (hit.rated == 0)
		return NULL;
	const struct lexeme *x = lexicon_at(f->english, hit.rated);
	return x->has_weight && x->role == ROLE_NONE ? x : NULL;
}

static bool
is_known_word(void *cookie, struct slice word)
{
	const struct marks_finder *f = cookie;
	return lexicon_knows(f->lexicon, f->stemmer, f->arena, word);
}

/* The most telling rating among the words of a hashtag. */
static const struct lexeme *
hashtag_rating(const struct marks_finder *f, const struct unit *u)
{
	struct slice parts[HASHTAG_PARTS_MAX];
	struct marks_finder own = *f;
	const struct lexeme *best = NULL;
	int32_t best_size = 0;
	int count = hashtag_split(unit_text(u), unit_text(u), is_known_word, &own, parts);
	for (int i = 0; i < count; i++) {
		struct lexicon_hit hit;
		struct word_fact word;
		struct word_key key = word_key_of(parts[i]);
		struct unit part = unit_of(&word, key, TOKEN_WORD);
		unit_set_stem(
		    &part, stemmer_stem(f->stemmer, lexicon_language(f->lexicon), &key, f->arena));
		if (unit_stem(&part).text.ptr == NULL)
			return NULL;
		lexicon_resolve(f->lexicon, f->stemmer, f->arena, &part, &hit);
		if (hit.rated == 0)
			continue;
		const struct lexeme *x = lexicon_at(f->lexicon, hit.rated);
		int32_t size = x->weight_milli < 0 ? -x->weight_milli : x->weight_milli;
		if (x->has_weight && size > best_size) {
			best = x;
			best_size = size;
		}
	}
	return best;
}

static void
look_up_elsewhere(const struct marks_finder *f, const struct unit *u, struct word_entries *e)
{
	const struct lexeme *x = u->kind == TOKEN_HASHTAG ? hashtag_rating(f, u) : NULL;
	if (x != NULL) {
		e->rated = lexicon_number_of(f->lexicon, x);
		lexeme_rate(x, &e->sense);
		return;
	}
	if (f->english == NULL || (u->kind != TOKEN_WORD && u->kind != TOKEN_HASHTAG))
		return;
	x = english_rating(f, u);
	if (x == NULL)
		return;
	e->rated = lexicon_number_of(f->english, x);
	e->sense.traits |= WORD_IS_ENGLISH;
	lexeme_rate(x, &e->sense);
}

static unsigned
traits_of(const struct word_entries *e, const struct unit *u, bool is_later)
{
	const struct word_sense *s = &e->sense;
	unsigned traits = s->traits;
	bool is_odd = s->role != ROLE_NONE || (traits & WORD_IS_ENGLISH) != 0;
	traits |= is_odd || u->kind == TOKEN_PUNCT ? WORD_IS_ODD : 0;
	traits |= e->followers != 0 ? WORD_BEGINS : 0;
	traits |= is_later ? WORD_FOLLOWS : 0;
	return traits | ((e->rated | e->stem | s->number) != 0 ? WORD_COUNTS : 0);
}

/* What was learned of a stem; number 0: nothing. */
static struct word_sense
learned_sense(const struct lexicon *lx, uint32_t number, const struct lexeme *stem)
{
	struct word_sense s = {.number = number & ((1u << 24) - 1),
	    .negative_milli = (int16_t)stem->negative_milli,
	    .positive_milli = (int16_t)stem->positive_milli};
	if (number != 0) {
		s.pair_seconds = lx->stem_entries[number].pair_seconds;
		s.pair_firsts = lx->stem_entries[number].pair_firsts;
	}
	return s;
}

void
marks_look_up(const struct marks_finder *f, const struct unit *u, struct word_entries *entries_r)
{
	const struct lexicon *lx = f->lexicon;
	struct lexicon_hit hit = {.rated = 0};
	bool is_read = !f->only_signs || u->kind == TOKEN_EMOJI || u->kind == TOKEN_EMOTICON;
	if (is_read)
		lexicon_resolve(lx, f->stemmer, f->arena, u, &hit);
	struct phrase_part p = lexicon_phrase_part(lx, u, hit.has_longer);
	*entries_r = (struct word_entries){.followers = p.followers,
	    .rated = hit.rated,
	    .stem = hit.stem,
	    .beginning = p.beginning,
	    .sense = learned_sense(lx, hit.number, &lx->lexemes[hit.stem])};
	if (is_read && (hit.rated | hit.stem) == 0)
		look_up_elsewhere(f, u, entries_r);
	else
		lexeme_rate(&lx->lexemes[hit.rated], &entries_r->sense);
	entries_r->sense.traits = traits_of(entries_r, u, p.is_later) & UINT8_MAX;
}
