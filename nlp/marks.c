#include "nlp/marks.h"

#include "core/err.h"
#include "nlp/hashtag.h"

/* A rating as written in English. */
static uint32_t
english_rating(const struct marks_finder *f, const struct unit *u)
{
	struct lexicon_hit hit;
	struct unit plain = *u;
	plain.stem = plain.key;
	lexicon_resolve(f->english, f->stemmer, f->arena, &plain, &hit);
	if (hit.rated == 0)
		return 0;
	const struct lexeme *x = lexicon_at(f->english, hit.rated);
	return x->has_weight && x->role == ROLE_NONE ? hit.rated : 0;
}

static bool
is_known_word(void *cookie, struct slice word)
{
	const struct marks_finder *f = cookie;
	return lexicon_knows(f->lexicon, f->stemmer, f->arena, word);
}

/* The most telling rating among the words of a hashtag. */
static uint32_t
hashtag_rating(const struct marks_finder *f, const struct unit *u)
{
	struct slice parts[HASHTAG_PARTS_MAX];
	struct marks_finder own = *f;
	uint32_t best = 0;
	int32_t best_size = 0;
	int count = hashtag_split(u->key.text, u->key.text, is_known_word, &own, parts);
	for (int i = 0; i < count; i++) {
		struct lexicon_hit hit;
		struct unit word = {.key = word_key_of(parts[i]), .kind = TOKEN_WORD};
		word.stem = stemmer_stem(
		    f->stemmer, lexicon_language(f->lexicon), &word.key, f->arena);
		if (word.stem.text.ptr == NULL)
			return 0;
		lexicon_resolve(f->lexicon, f->stemmer, f->arena, &word, &hit);
		if (hit.rated == 0)
			continue;
		const struct lexeme *x = lexicon_at(f->lexicon, hit.rated);
		int32_t size = x->weight_milli < 0 ? -x->weight_milli : x->weight_milli;
		if (x->has_weight && size > best_size) {
			best = hit.rated;
			best_size = size;
		}
	}
	return best;
}

void
marks_look_up(const struct marks_finder *f, const struct unit *u, struct lexicon_hit *hit_r)
{
	*hit_r = (struct lexicon_hit){.rated = 0};
	if (f->only_signs && u->kind != TOKEN_EMOJI && u->kind != TOKEN_EMOTICON)
		return;
	lexicon_resolve(f->lexicon, f->stemmer, f->arena, u, hit_r);
	if (hit_r->rated != 0 || hit_r->stem != 0)
		return;
	if (u->kind == TOKEN_HASHTAG)
		hit_r->rated = hashtag_rating(f, u);
	if (hit_r->rated == 0 && f->english != NULL &&
	    (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG))
		hit_r->english = english_rating(f, u);
}

static void
fill_mark(const struct marks_finder *f, const struct lexicon_hit *hit, struct mark *m)
{
	m->rated = hit->rated != 0 ? lexicon_at(f->lexicon, hit->rated)
	    : hit->english != 0    ? lexicon_at(f->english, hit->english)
				   : NULL;
	m->stem = hit->stem;
	m->negated = hit->negated;
	m->number = hit->number;
	m->polarity_milli = 0;
	if (hit->stem != 0) {
		const struct lexeme *x = lexicon_at(f->lexicon, hit->stem);
		m->polarity_milli = x->positive_milli - x->negative_milli;
	}
}

int
marks_find(const struct marks_finder *f, const struct unit *units, const struct lexicon_hit *hits,
    size_t unit_count, struct mark **marks_r, size_t *count_r, struct err *err)
{
	struct mark *marks = scratch_need(f->scratch, (unit_count + 1) * sizeof *marks);
	size_t n = 0, phrase_end = 0;
	size_t silent_end = 0; /* of a brand's own phrase: its words say nothing else */
	if (marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	for (size_t i = 0; i < unit_count; i++) {
		struct lexicon_hit hit = hits[i];
		size_t span = 1;
		uint32_t phrase = hit.has_longer && i >= phrase_end
		    ? lexicon_phrase(f->lexicon, units, unit_count, i, &span)
		    : 0;
		bool is_named = phrase != 0 && lexicon_at(f->lexicon, phrase)->is_vocabulary;
		if (is_named)
			hit = (struct lexicon_hit){.rated = phrase, .stem = phrase};
		else if (i < silent_end ||
		    (phrase == 0 && (hit.rated | hit.stem | hit.number | hit.english) == 0))
			continue;
		struct mark *m = &marks[n++];
		m->unit = (uint32_t)i;
		m->span = (uint32_t)span;
		fill_mark(f, &hit, m);
		if (phrase != 0) {
			m->rated = lexicon_at(f->lexicon, phrase);
			phrase_end = i + span;
			silent_end = is_named ? phrase_end : 0;
		} else if (i < phrase_end) {
			m->rated = NULL; /* the phrase speaks for it */
		}
	}
	*marks_r = marks;
	*count_r = n;
	return 0;
}
